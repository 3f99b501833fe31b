// The alerts: which fire, who silenced them and until when. They tell where to look; nobody is watched by them.

import { Refused, call } from "./api.js";
import { announce, h, icon, iconButton, put } from "./dom.js";
import { address } from "./place.js";
import { ago, short } from "./time.js";

const EVERY_MS = 10_000;
const SNOOZES = [
  ["15 min", 900],
  ["30 min", 1800],
  ["1 hour", 3600],
  ["4 hours", 14_400],
  ["12 hours", 43_200],
];

/** The button in the top bar and the list that it opens. */
export class Alerts {
  constructor() {
    this.count = h("span", { class: "count" });
    this.firing = h("span", { class: "hidden-text" });
    this.button = h(
      "button",
      {
        type: "button",
        class: "alerts-button",
        "aria-expanded": "false",
        "aria-controls": "alerts",
        on: { click: () => this.open(this.box.hidden) },
      },
      icon("bell"),
      h("span", { class: "wide" }, "Alerts"),
      this.count,
      this.firing,
    );
    this.list = h("ul", { class: "alert-list" });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.state = h("p", { class: "faint" });
    this.box = h(
      "aside",
      { id: "alerts", class: "alerts", "aria-label": "Alerts", tabindex: "-1" },
      h(
        "header",
        {},
        h("h2", {}, "Alerts"),
        iconButton("close", "Close the alerts", () => this.open(false)),
      ),
      h("p", { class: "not-monitoring" }, "Not for active patient monitoring."),
      this.problem,
      this.list,
      this.state,
    );
    this.box.hidden = true;
    this.box.addEventListener("keydown", (event) => event.key === "Escape" && this.open(false));
    this.known = "";
  }

  open(on) {
    this.box.hidden = !on;
    this.button.setAttribute("aria-expanded", String(on));
    if (on) {
      this.draw();
      this.box.focus({ preventScroll: true });
    } else {
      this.button.focus();
    }
  }

  /** On a phone the alerts cover the page: whoever follows a link wants to see where it leads. */
  aside() {
    if (this.box.offsetWidth >= innerWidth) this.open(false);
  }

  start() {
    this.stopped = false;
    this.load();
    this.timer = setInterval(() => this.load(), EVERY_MS);
  }

  stop() {
    this.stopped = true;
    clearInterval(this.timer);
  }

  async load() {
    try {
      this.found = await call("GET", "alerts");
      this.draw();
    } catch {
      // Whether the server answers is said at the top of the page.
    }
  }

  draw() {
    if (!this.found || this.stopped) return;
    const loud = this.found.alerts.filter(({ state, silence }) => state === "firing" && !silence);
    this.count.textContent = loud.length ? String(loud.length) : "";
    this.firing.textContent = loud.length ? "firing" : "";
    this.button.classList.toggle("firing", loud.length > 0);
    if (loud.some(({ id }) => !this.told?.has(id)) && this.told)
      announce(`${loud.length} alerts fire. Not for active patient monitoring.`);
    this.told = new Set(loud.map(({ id }) => id));
    if (this.box.hidden) return;
    const key = JSON.stringify([this.found.alerts, document.documentElement.dataset.theme]);
    if (key === this.known && this.list.childElementCount) return;
    this.known = key;
    const had = document.activeElement?.dataset?.key;
    put(
      this.list,
      this.found.alerts.map((alert) => this.item(alert)),
    );
    if (had) this.list.querySelector(`[data-key="${CSS.escape(had)}"]`)?.focus();
    const problems = this.found.problems.map(({ title, detail }) => `${title} could not be looked at: ${detail}`);
    this.state.textContent = [...problems, this.found.alerts.length ? "" : this.quiet()].filter(Boolean).join(" ");
  }

  quiet() {
    if (!this.found.rules) return "There are no alert rules here.";
    return this.found.evaluated_ms
      ? `Nothing fires. Looked at ${ago(this.found.evaluated_ms)}.`
      : "The rules have not been looked at yet.";
  }

  item(alert) {
    const { labels, severity, state, silence } = alert;
    const where = labels.room ? `Room ${labels.room}` : "";
    const link =
      where && this.roomUid
        ? h(
            "a",
            {
              href: address({
                uid: this.roomUid,
                vars: { room: [labels.room] },
                from: null,
                to: null,
                refresh: null,
                panel: null,
              }),
              on: { click: () => this.aside() },
            },
            where,
          )
        : where;
    return h(
      "li",
      { class: `alert ${severity} ${silence ? "silenced" : ""}` },
      h("h3", {}, h("span", { class: "badge" }, state === "firing" ? severity : "pending"), alert.title),
      where ? h("p", { class: "where" }, link) : null,
      h("p", {}, alert.summary),
      h("p", { class: "faint" }, `Since ${short(alert.since_ms)}. Not for active patient monitoring.`),
      silence ? this.silenced(alert) : this.actions(alert),
    );
  }

  silenced({ id, silence }) {
    const did = silence.kind === "acknowledge" ? "Acknowledged" : "Snoozed";
    const text = `${did} by ${silence.who} at ${short(silence.from_ms)}, until ${short(silence.until_ms)}${silence.kind === "acknowledge" ? " or until it is over" : ""}.`;
    return h(
      "p",
      { class: "silence" },
      text,
      " ",
      h(
        "button",
        {
          type: "button",
          data: { key: `lift ${id}` },
          on: { click: () => this.act("DELETE", `alerts/silences/${silence.id}`) },
        },
        "Undo",
      ),
    );
  }

  actions({ id, title }) {
    const seen = h(
      "button",
      {
        type: "button",
        data: { key: `seen ${id}` },
        on: { click: () => this.act("POST", "alerts/silences", { alert: id, kind: "acknowledge" }) },
      },
      "Acknowledge",
    );
    const choice = h(
      "select",
      { "aria-label": `How long to snooze ${title}`, data: { key: `long ${id}` } },
      SNOOZES.map(([text, value]) => h("option", { value: String(value) }, text)),
    );
    const snooze = h(
      "button",
      {
        type: "button",
        data: { key: `snooze ${id}` },
        on: {
          click: () => this.act("POST", "alerts/silences", { alert: id, kind: "snooze", for_s: Number(choice.value) }),
        },
      },
      "Snooze",
    );
    return h("p", { class: "actions" }, seen, h("span", {}, snooze, choice));
  }

  async act(method, path, body) {
    this.problem.textContent = "";
    try {
      await call(method, path, body);
    } catch (problem) {
      this.problem.textContent = problem instanceof Refused ? problem.detail : "That could not be done.";
    }
    await this.load();
  }
}
