// The bars above a dashboard: where to go, which time, how often anew; what has the theme, the alerts, the way out.

import { h, icon, iconButton, put } from "./dom.js";
import { patient } from "./names.js";
import { address, go, onPlace, place } from "./place.js";
import { SHORTCUTS, fromInput, full, noonBefore, rangeName, toInput, zoneName } from "./time.js";
import { CHAIN } from "./variables.js";

export const REFRESHES = [
  ["Off", ""],
  ["5 s", "5s"],
  ["10 s", "10s"],
  ["30 s", "30s"],
  ["1 min", "1m"],
  ["5 min", "5m"],
  ["15 min", "15m"],
];

/** The first bar: dashboards, alerts, theme, who is logged in. */
export function topBar({ dashboards, current, who, alertsButton, onTheme, onLogout }) {
  tabs = dashboards.map(({ uid, title }) => ({
    uid,
    link: h("a", { "aria-current": uid === current ? "page" : null }, title),
  }));
  lead();
  return h(
    "header",
    { class: "top" },
    h(
      "a",
      { class: "brand", href: "#/" },
      h("img", { src: "static/icon.svg", alt: "", width: "24", height: "24" }),
      "Bedside",
    ),
    h(
      "nav",
      { "aria-label": "Dashboards" },
      tabs.map(({ link }) => link),
    ),
    h(
      "span",
      { class: "top-end" },
      alertsButton,
      iconButton("theme", "Dark or light", onTheme),
      h("span", { class: "who" }, who),
      h("button", { type: "button", on: { click: onLogout } }, "Log out"),
    ),
  );
}

let tabs = [];

/** A room, a patient, a night and a range that somebody chose stay chosen from one dashboard to the next. */
function lead() {
  const { vars, from, to } = place();
  const carried = Object.fromEntries(Object.entries(vars).filter(([name]) => CHAIN.includes(name)));
  for (const { uid, link } of tabs) link.href = address({ uid, vars: carried, from, to, refresh: null, panel: null });
}

onPlace(lead);

/** The second bar, for one dashboard. */
export class Toolbar {
  constructor(dashboard, onReload) {
    this.dashboard = dashboard;
    this.picker = new TimePicker(dashboard);
    const refresh = place().refresh ?? dashboard.document.refresh ?? "";
    const choices = REFRESHES.some(([, value]) => value === refresh) ? REFRESHES : [...REFRESHES, [refresh, refresh]];
    const select = h(
      "select",
      { id: "refresh", on: { change: () => go({ refresh: select.value }, true) } },
      choices.map(([text, value]) => h("option", { value }, text)),
    );
    select.value = refresh;
    this.fresh = h("span", { class: "fresh" });
    this.heading = h("h1", {}, dashboard.document.title);
    this.element = h(
      "div",
      { class: "bar" },
      this.heading,
      dashboard.variables.element,
      h(
        "span",
        { class: "bar-end" },
        this.picker.element,
        iconButton("reload", "Ask again now", onReload),
        h("span", { class: "variable" }, h("label", { for: "refresh" }, "every"), select),
        iconButton("print", "Print on one page", () => window.print()),
      ),
      this.fresh,
    );
    this.update();
  }

  /** Say what is shown: the title with its patient, the range, when it came. */
  update() {
    const { document, values } = this.dashboard;
    const mrn = document.panels && values.mrn?.length === 1 ? values.mrn[0] : null;
    this.heading.textContent = mrn ? `${document.title}: ${patient(mrn)}` : document.title;
    this.picker.update();
    const at = this.dashboard.shownAt();
    this.fresh.textContent = at
      ? `${rangeName(this.dashboard.range().from, this.dashboard.range().to)}, as of ${full(at).slice(11)}`
      : "";
  }
}

/** The time picker: a button that tells the range, and a box with shortcuts and two ends. */
class TimePicker {
  constructor(dashboard) {
    this.dashboard = dashboard;
    this.button = h("button", {
      type: "button",
      class: "range",
      "aria-expanded": "false",
      "aria-haspopup": "dialog",
      on: { click: () => this.open(this.box.hidden) },
    });
    this.from = h("input", { id: "range-from", type: "datetime-local", step: "60" });
    this.to = h("input", { id: "range-to", type: "datetime-local", step: "60" });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.box = h("div", { class: "picker", role: "dialog", "aria-label": "Time range" }, this.form(), this.shortcuts());
    this.box.hidden = true;
    this.element = h(
      "span",
      { class: "time" },
      iconButton("left", "Earlier", () => this.shift(-1)),
      this.button,
      iconButton("right", "Later", () => this.shift(1)),
      iconButton("out", "Twice the time", () => dashboard.zoomOut()),
      this.box,
    );
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.box.hidden) {
        this.open(false);
        this.button.focus();
      }
    });
    this.element.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.element.contains(event.relatedTarget)) this.open(false);
    });
  }

  form() {
    const apply = (event) => {
      event.preventDefault();
      const [start, stop] = [fromInput(this.from.value), fromInput(this.to.value)];
      if (start === null || stop === null || stop <= start) {
        this.problem.textContent = "The range must begin before it ends.";
        return;
      }
      this.choose(String(start), String(stop));
    };
    return h(
      "form",
      { on: { submit: apply } },
      h("label", { for: "range-from" }, "From"),
      this.from,
      h("label", { for: "range-to" }, "To"),
      this.to,
      h("p", { class: "zone" }, `Times of the ward: ${zoneName()}`),
      this.problem,
      h("button", { type: "submit" }, "Show"),
    );
  }

  shortcuts() {
    return h(
      "ul",
      { class: "shortcuts" },
      SHORTCUTS.map(([name, from, to]) =>
        h("li", {}, h("button", { type: "button", on: { click: () => this.choose(from, to) } }, name)),
      ),
    );
  }

  choose(from, to) {
    this.problem.textContent = "";
    this.open(false);
    this.button.focus();
    go({ from, to });
  }

  open(on) {
    this.box.hidden = !on;
    this.button.setAttribute("aria-expanded", String(on));
    if (!on) return;
    const { start, stop } = this.dashboard.range();
    this.from.value = toInput(start);
    this.to.value = toInput(stop);
    this.box.querySelector(".shortcuts button")?.focus();
  }

  /** As far back or forth as the range is long; from noon to noon where it is a night. */
  shift(sign) {
    const { start, stop, from } = this.dashboard.range();
    const night = /^night(?:-(\d+))?$/.exec(from);
    if (night) {
      const back = Math.max(0, Number(night[1] ?? 0) - sign);
      const named = back ? `night-${back}` : "night";
      go({ from: named, to: named });
    } else if (start === noonBefore(start) && stop === noonBefore(start, 1)) {
      go({ from: String(noonBefore(start, sign)), to: String(noonBefore(start, sign + 1)) });
    } else {
      go({ from: String(start + sign * (stop - start)), to: String(stop + sign * (stop - start)) });
    }
  }

  update() {
    const { from, to } = this.dashboard.range();
    put(this.button, icon("clock"), rangeName(from, to));
  }
}
