// One panel: its frame, what it asks, and what it shows while there is nothing, something, or a fault.

import { Refused, call } from "./api.js";
import { Timeline } from "./charts/timeline.js";
import { TimeSeries } from "./charts/timeseries.js";
import { h, iconButton, put } from "./dom.js";
import { configure, fillText, framesOf, links } from "./fields.js";
import { Stat } from "./panels/stat.js";
import { Table } from "./panels/table.js";
import { Text, markdown } from "./panels/text.js";
import { go, place } from "./place.js";
import { full, short } from "./time.js";
import { transform } from "./transform.js";

const KINDS = {
  timeseries: TimeSeries,
  barchart: TimeSeries,
  trend: TimeSeries,
  stat: Stat,
  gauge: Stat,
  bargauge: Stat,
  table: Table,
  "state-timeline": Timeline,
  "status-history": Timeline,
  text: Text,
};
const MOST_TABLE_ROWS = 500;
const EMPTY_PX = 90; // two sentences instead of rows
const FRAME_PX = 14; // what the frame and its padding take

/** One panel of a dashboard. `page` is the dashboard. */
export class Panel {
  constructor(model, page) {
    this.model = model;
    this.page = page;
    this.onScreen = false; // only what is seen is asked for again and again
    this.asked = null; // the key of what was last asked
    this.shownAt = null; // when what is shown came
    this.away = false; // what it asks was away: it is asked again soon
    this.element = this.frame();
    this.watch = new ResizeObserver(() => this.visual?.resize());
    this.watch.observe(this.body);
  }

  frame() {
    const { id, title = "", description } = this.model;
    const label = `panel-${id}-title`;
    this.title = h("h2", { id: label }, title);
    this.state = h("span", { class: "panel-state", role: "status" });
    this.info = description ? this.disclosure("info", "What this panel shows", () => markdown(description)) : null;
    this.values = h("div", { class: "values" });
    this.values.hidden = true;
    const can = this.model.type !== "text" && this.model.type !== "table";
    this.tableButton = can
      ? iconButton("table", `Values of ${title || "this panel"} as a table`, () => this.toggleTable(), {
          "aria-pressed": "false",
        })
      : null;
    this.fullButton = iconButton("full", `${title || "This panel"} in full size`, () =>
      go({ panel: place().panel === id ? null : id }),
    );
    this.body = h("div", { class: "panel-body" });
    this.notice = h("div", { class: "notice" });
    this.notice.hidden = true;
    const bar = h(
      "header",
      {},
      this.title,
      this.panelLinks(),
      this.state,
      h("span", { class: "panel-buttons" }, this.info?.button, this.tableButton, this.fullButton),
    );
    return h(
      "section",
      {
        class: `panel type-${this.model.type} ${this.model.transparent ? "transparent" : ""}`,
        "aria-labelledby": label,
        data: { panel: String(id) },
      },
      bar,
      this.info?.box,
      this.body,
      this.values,
      this.notice,
    );
  }

  panelLinks() {
    this.linkBox = h("span", { class: "panel-links" });
    return this.linkBox;
  }

  disclosure(name, label, content) {
    const box = h("div", { class: "disclosed", tabindex: "0", role: "group", "aria-label": label });
    box.hidden = true;
    const button = iconButton(
      name,
      label,
      () => {
        box.hidden = !box.hidden;
        button.setAttribute("aria-expanded", String(!box.hidden));
        if (!box.hidden) put(box, content());
        this.page.fit();
      },
      { "aria-expanded": "false" },
    );
    return { button, box };
  }

  /** Ask what the panel asks, if it is on the screen (or `anyway`); what is shown stays until the answer is there. */
  async refresh(force = false, anyway = false) {
    this.title.textContent = fillText(this.model.title ?? "", this.context());
    put(
      this.linkBox,
      links(this.model.links ?? [], this.context()).map(({ title, url }) => h("a", { href: url }, title)),
    );
    if (this.model.type === "text" || !(this.model.targets ?? []).length) {
      this.begin();
      return;
    }
    if (!this.onScreen && !anyway) return;
    const asked = this.question();
    const key = JSON.stringify(asked);
    if (key === this.asked && !force) return;
    this.giveUp?.abort();
    const giveUp = (this.giveUp = new AbortController());
    this.asked = key;
    if (this.shownAt === null) this.wait();
    this.element.setAttribute("aria-busy", "true");
    try {
      const { answers, problems } = await call("POST", "query", asked, giveUp.signal);
      if (giveUp === this.giveUp) this.show(answers, problems);
    } catch (problem) {
      if (problem.name === "AbortError") return;
      this.asked = null;
      this.fail(problem);
    } finally {
      if (giveUp === this.giveUp) this.element.removeAttribute("aria-busy");
    }
  }

  context() {
    return { vars: this.page.values, range: this.page.urlRange() };
  }

  question() {
    const { start, stop } = this.page.range();
    const width = Math.max(100, Math.min(2000, this.body.clientWidth || 600));
    const points = this.model.maxDataPoints ?? width;
    return {
      dashboard: this.page.uid,
      panel: this.model.id,
      from: start,
      to: stop,
      points: Math.round(points),
      variables: this.page.values,
    };
  }

  show(answers, problems) {
    const frames = this.frames(answers);
    this.shownAt = Date.now();
    this.away = false;
    this.state.classList.remove("old");
    if (!frames.some(({ length }) => length > 0)) {
      this.empty();
      this.page.fit();
      return;
    }
    this.say("", "");
    this.begin();
    this.visual.update(frames);
    if (this.model.type === "table") this.page.fit();
    this.state.textContent = [this.visual.note(), ...problems].filter(Boolean).join(" ");
    if (!this.values.hidden) this.drawTable();
  }

  frames(answers) {
    const moved = transform(framesOf(answers), this.model.transformations);
    return configure(moved, this.model.fieldConfig);
  }

  begin() {
    if (this.visual) return;
    const Kind = KINDS[this.model.type];
    if (!Kind) {
      this.say("quiet", `Grafana draws this kind of panel (${this.model.type}); the ward page does not.`);
      return;
    }
    put(this.body);
    this.visual = new Kind(this.body, this.model, this.page);
    if (this.visual.area) this.watch.observe(this.visual.area);
  }

  /** Nothing in this range is an answer, too: say so, and what to do. */
  empty() {
    this.visual?.destroy();
    this.visual = null;
    put(this.body);
    this.state.textContent = "";
    const { noValue = "" } = this.model.fieldConfig?.defaults ?? {};
    const own = noValue.length > 3; // not the dash that stands for one absent value
    const sentence = own ? noValue : "Nothing in this time range";
    // An empty list that has a sentence of its own is an answer, and no reason to look further.
    this.say(
      "quiet",
      sentence,
      own && this.model.type === "table" ? "" : "Choose a longer one, or another room or patient.",
    );
  }

  wait() {
    this.say("waiting", "Asking …");
  }

  fail(problem) {
    const detail = problem instanceof Refused ? problem.detail : "The answer could not be drawn.";
    this.away = problem.status === 0 || problem.status === 503;
    const stays = this.shownAt !== null && this.visual;
    if (stays) {
      this.state.textContent = `From ${short(this.shownAt)}: ${detail}`;
      this.state.classList.add("old");
      return;
    }
    const again = h("button", { type: "button", on: { click: () => this.refresh(true) } }, "Try again");
    if (problem.type === "no-value") this.say("quiet", detail);
    else this.say(this.away ? "away" : "fault", detail, again);
  }

  say(kind, text, more = "") {
    this.notice.hidden = !text;
    this.notice.className = `notice ${kind}`;
    put(
      this.notice,
      text ? h("p", {}, text) : null,
      typeof more === "string" ? (more ? h("p", { class: "more" }, more) : null) : more,
    );
  }

  toggleTable() {
    this.values.hidden = !this.values.hidden;
    this.body.classList.toggle("behind", !this.values.hidden);
    this.tableButton.setAttribute("aria-pressed", String(!this.values.hidden));
    if (!this.values.hidden) this.drawTable();
    else this.visual?.resize();
  }

  drawTable() {
    const told = this.visual?.table();
    if (!told) return;
    const rows = told.rows.slice(-MOST_TABLE_ROWS).reverse();
    const marks = this.page.marks(this.model).map(({ time, text }) => h("li", {}, `${full(time)}: ${text}`));
    const table = h(
      "table",
      { class: "grid" },
      h("caption", { class: "hidden-text" }, `Values of ${this.model.title ?? "this panel"}, newest first`),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          told.head.map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            row.map((cell) => h("td", {}, cell)),
          ),
        ),
      ),
    );
    const cut =
      told.rows.length > MOST_TABLE_ROWS
        ? h("p", { class: "more" }, `The newest ${MOST_TABLE_ROWS} of ${told.rows.length}.`)
        : null;
    put(
      this.values,
      h(
        "div",
        {
          class: "scroll",
          tabindex: "0",
          role: "region",
          "aria-label": `Values of ${this.model.title ?? "this panel"}`,
        },
        table,
        cut,
        marks.length ? h("ul", { class: "marks" }, marks) : null,
      ),
    );
  }

  /** How high the panel is with all it shows, px; null where it takes whatever height it is given. */
  contentHeight() {
    if (this.model.type !== "table" || this.shownAt === null) return null;
    const bar = this.element.firstElementChild.offsetHeight;
    const told = this.info?.box.scrollHeight ?? 0;
    return bar + told + (this.visual?.height() ?? EMPTY_PX) + FRAME_PX;
  }

  /** Draw again what is there: another theme, or a size that changed. */
  redraw() {
    this.visual?.build();
  }

  /** The panel was made large, or small again. */
  setFull(on) {
    this.element.classList.toggle("large", on);
    put(this.fullButton, iconButton(on ? "small" : "full", "", () => {}).firstChild);
    this.fullButton.setAttribute("aria-pressed", String(on));
  }

  destroy() {
    this.giveUp?.abort();
    this.watch.disconnect();
    this.visual?.destroy();
  }
}
