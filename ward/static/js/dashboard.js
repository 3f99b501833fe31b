// One dashboard on the page: its variables, its panels on Grafana's grid, its annotations, its refresh.

import { call } from "./api.js";
import { onPaper } from "./charts/chart.js";
import { h, put } from "./dom.js";
import { fillText } from "./fields.js";
import { fit } from "./grid.js";
import { newView, onNames } from "./names.js";
import { Panel } from "./panel.js";
import { go, place } from "./place.js";
import { MINUTE, SECOND, instant } from "./time.js";
import { Variables } from "./variables.js";

const SHORTEST_MS = 10 * SECOND;
const LONGEST_MS = 5 * 365 * 24 * 60 * MINUTE;

/** A dashboard that is shown in `host` until `destroy`. */
export class Dashboard {
  constructor(document, host) {
    this.document = document;
    this.uid = document.uid;
    this.host = host;
    this.marked = [];
    this.values = {};
    this.span = null;
    this.variables = new Variables(document.templating?.list ?? [], this);
    this.grid = h("div", { class: "dashboard" });
    this.rows = [];
    this.panels = [];
    this.build();
    this.observer = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: "200px" });
    for (const panel of this.panels) this.observer.observe(panel.element);
    newView(this.uid);
    this.forgetNames = onNames(() => this.named());
    this.zoom = (start, stop) => this.zoomTo(start, stop);
    put(host, this.grid);
    this.fit();
  }

  /** Give every panel its place; tables that need less than theirs make way. A sheet of paper is laid out by `print`. */
  fit() {
    if (!onPaper()) fit(this.grid, this.panels);
  }

  build() {
    let row = null;
    for (const model of this.document.panels ?? []) {
      if (model.type === "row") {
        row = this.rowOf(model);
        this.grid.append(row.element);
        for (const inner of model.panels ?? []) this.add(inner, row);
      } else {
        this.add(model, row);
      }
    }
    this.fold();
  }

  rowOf(model) {
    const row = { model, open: !model.collapsed, panels: [] };
    const button = h(
      "button",
      {
        type: "button",
        "aria-expanded": String(row.open),
        on: {
          click: () => {
            row.open = !row.open;
            button.setAttribute("aria-expanded", String(row.open));
            this.fold();
          },
        },
      },
      model.title ?? "",
    );
    row.element = h("h2", { class: "row-title" }, button);
    row.element.style.gridRow = `${(model.gridPos?.y ?? 0) + 1}`;
    this.rows.push(row);
    return row;
  }

  add(model, row) {
    const panel = new Panel(model, this);
    panel.element.style.setProperty("--rows", String(model.gridPos?.h ?? 8));
    this.panels.push(panel);
    row?.panels.push(panel);
    this.grid.append(panel.element);
  }

  fold() {
    for (const row of this.rows) for (const panel of row.panels) panel.element.hidden = !row.open;
  }

  /** The range that is looked at: `{start, stop, live}` in ms; `live` where it ends now. */
  range() {
    if (this.span === null) this.span = this.readRange();
    return this.span;
  }

  readRange() {
    const from = place().from ?? this.document.time?.from ?? "now-12h";
    const to = place().to ?? this.document.time?.to ?? "now";
    let start = instant(from),
      stop = instant(to, true);
    if (start === null || stop === null || stop - start < SHORTEST_MS)
      [start, stop] = [instant("now-12h"), instant("now")];
    return { start: Math.max(start, stop - LONGEST_MS), stop, live: to === "now", from, to };
  }

  /** The ends of the range as a link carries them on. */
  urlRange() {
    const { start, stop, from, to } = this.range();
    return { from, to, start, stop };
  }

  /** Read the place anew and ask whatever changed. */
  async refresh(force = false) {
    this.span = null;
    this.applyFull();
    this.values = await this.variables.settle();
    this.onValues?.();
    const marks = this.askMarks();
    await Promise.all(this.panels.map((panel) => panel.refresh(force)));
    await marks;
  }

  async askMarks() {
    const listed = (this.document.annotations?.list ?? []).filter(({ builtIn, enable = true }) => !builtIn && enable);
    if (!listed.length) return;
    const { start, stop } = this.range();
    try {
      const { annotations } = await call("POST", "annotations", {
        dashboard: this.uid,
        from: start,
        to: stop,
        variables: this.values,
      });
      this.marked = annotations.flatMap((one) =>
        marksOf(
          one,
          listed.find(({ name }) => name === one.name),
        ),
      );
      for (const { visual } of this.panels) visual?.chart?.redraw(false);
    } catch {
      // Without its annotations a chart is still right; the next refresh asks again.
    }
  }

  /** The annotations of a panel. */
  marks(model) {
    return this.marked.filter(
      ({ only }) => !only || (only.exclude ? !only.ids.includes(model.id) : only.ids.includes(model.id)),
    );
  }

  /** What comes onto the screen asks anew if what it shows is old. */
  seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const panel = this.panels.find(({ element }) => element === target);
      panel.onScreen = isIntersecting;
      if (isIntersecting && this.ready) panel.refresh();
    }
  }

  /** Begin: first what is on the screen asks, then, once, the rest, so that it is there for paper and for scrolling. */
  async start() {
    this.span = null;
    this.values = await this.variables.settle();
    this.onValues?.();
    this.ready = true;
    this.applyFull();
    const marks = this.askMarks();
    await Promise.all(this.panels.map((panel) => panel.refresh()));
    await marks;
    for (const panel of this.panels) await panel.refresh(false, true);
  }

  applyFull() {
    const wanted = place().panel;
    const any = this.panels.some(({ model }) => model.id === wanted);
    this.grid.classList.toggle("one-panel", any);
    for (const panel of this.panels) panel.setFull(any && panel.model.id === wanted);
  }

  zoomTo(start, stop) {
    const half = Math.max(SHORTEST_MS, stop - start) / 2,
      middle = (start + stop) / 2;
    go({ from: String(Math.round(middle - half)), to: String(Math.round(middle + half)) });
  }

  /** Twice the time, around the middle. */
  zoomOut() {
    const { start, stop } = this.range();
    const half = Math.min(stop - start, LONGEST_MS / 2);
    this.zoomTo((start + stop) / 2 - half, (start + stop) / 2 + half);
  }

  named() {
    this.variables.draw();
    for (const { visual } of this.panels) visual?.names();
    this.onValues?.();
  }

  /** Another theme: everything is drawn again. */
  redraw() {
    for (const panel of this.panels) panel.redraw();
  }

  /** The newest instant that an answer was shown. */
  shownAt() {
    const times = this.panels.map((panel) => panel.shownAt).filter((at) => at !== null);
    return times.length ? Math.max(...times) : null;
  }

  destroy() {
    this.forgetNames();
    this.observer.disconnect();
    for (const panel of this.panels) panel.destroy();
  }
}

/** Annotations from an answer's rows: `{time, end, text, color, only}`. */
function marksOf({ color, tables }, model) {
  const mappings = model?.mappings ?? {};
  const column = (name, fallback) => mappings[name]?.value ?? fallback;
  return tables.flatMap(({ key, columns }) => {
    const times = columns[column("time", "_time")] ?? columns.time ?? columns._time ?? [];
    return times
      .map((time, row) => {
        const at = (name) => (name in columns ? columns[name][row] : key[name]);
        const text = at(column("text", "text")) ?? at("_value") ?? "";
        return {
          time,
          end: at(column("timeEnd", "timeEnd")) ?? null,
          text: fillText(String(text), {}),
          color,
          only: model?.filter ?? null,
        };
      })
      .filter(({ time }) => typeof time === "number");
  });
}
