// Panels of type `table`: rows that can be sorted, cells with thresholds and links, names beside MRNs, flow images.

import { colorOf, readable, textOn } from "../colors.js";
import { h, put } from "../dom.js";
import { linksOf, show } from "../fields.js";
import { nameOf } from "../names.js";
import { sorted } from "../transform.js";

const MOST_ROWS = 2000;
const IMAGE = /^[0-9a-f]{64}$/;

/** One panel's table; when it is drawn again the cells are changed in place, so that focus and scrolling stay. */
export class Table {
  constructor(host, panel, page) {
    this.panel = panel;
    this.page = page;
    this.head = h("thead");
    this.body = h("tbody");
    this.table = h(
      "table",
      { class: "grid" },
      h("caption", { class: "hidden-text" }, panel.title ?? "Table"),
      this.head,
      this.body,
    );
    this.more = h("p", { class: "more" });
    this.more.hidden = true;
    host.append(
      h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": panel.title || "Table" },
        this.table,
        this.more,
      ),
    );
    const [first] = panel.options?.sortBy ?? [];
    // Flux gives columns by the alphabet; the dashboard's overrides name them in the order in which they are read.
    const named = (panel.fieldConfig?.overrides ?? [])
      .filter(({ matcher }) => matcher.id === "byName")
      .map(({ matcher }) => matcher.options);
    const organized = (panel.transformations ?? []).some(({ id }) => id === "organize");
    this.ranks = new Map(organized ? [] : named.map((name, at) => [name, at]));
    this.order = first ? { name: first.displayName, descending: Boolean(first.desc) } : null;
  }

  update(frames) {
    this.frames = frames;
    this.draw();
  }

  build() {
    this.draw();
  }

  resize() {}

  /** How high all its rows are, px. */
  height() {
    return this.table.offsetHeight + this.more.offsetHeight;
  }

  draw() {
    const whole = this.frames[0];
    if (!whole) return;
    const ordered =
      this.order && whole.fields.find((field) => field.display === this.order.name || field.name === this.order.name);
    this.frame = ordered ? sorted(whole, ordered.name, this.order.descending) : whole;
    const rank = (field) => this.ranks.get(field.original ?? field.name) ?? Infinity;
    const fields = [...this.frame.fields].sort((one, other) => rank(one) - rank(other) || 0);
    this.fields = fields.filter((field) => !field.config.custom.hidden && !field.config.custom.hideFrom?.viz);
    this.drawHead();
    const count = Math.min(this.frame.length, MOST_ROWS);
    while (this.body.rows.length > count) this.body.deleteRow(-1);
    for (let row = 0; row < count; row += 1) this.drawRow(row);
    this.more.hidden = this.frame.length <= MOST_ROWS;
    this.more.textContent = `The first ${MOST_ROWS} of ${this.frame.length} rows.`;
  }

  drawHead() {
    const key = JSON.stringify([this.fields.map((field) => field.display), this.order]);
    if (this.headKey === key) return;
    this.headKey = key;
    const had = document.activeElement?.dataset?.column;
    put(
      this.head,
      h(
        "tr",
        {},
        this.fields.map((field) => this.headCell(field)),
      ),
    );
    if (had) this.head.querySelector(`[data-column="${CSS.escape(had)}"]`)?.focus();
  }

  headCell(field) {
    const mine = this.order && (this.order.name === field.display || this.order.name === field.name);
    const direction = mine ? (this.order.descending ? "descending" : "ascending") : "none";
    const button = h(
      "button",
      { type: "button", data: { column: field.name }, on: { click: () => this.sort(field) } },
      field.display,
      h("span", { "aria-hidden": "true" }, mine ? (this.order.descending ? " ▾" : " ▴") : ""),
    );
    const { width, align } = field.config.custom;
    const style = width ? { width: `${width}px` } : {};
    return h("th", { scope: "col", "aria-sort": direction, class: this.alignment(field, align), style }, button);
  }

  alignment(field, align = "auto") {
    if (align === "center" || align === "right" || align === "left") return align;
    return field.type === "number" ? "right" : "left";
  }

  sort(field) {
    const mine = this.order && this.order.name === field.display;
    this.order = mine && this.order.descending ? null : { name: field.display, descending: Boolean(mine) };
    this.draw();
  }

  drawRow(row) {
    const line = this.body.rows[row] ?? this.body.insertRow();
    while (line.cells.length > this.fields.length) line.deleteCell(-1);
    this.fields.forEach((field, at) => this.drawCell(line.cells[at] ?? line.insertCell(), field, row));
  }

  drawCell(cell, field, row) {
    const value = field.values[row];
    const { text, suffix, color } = show(field, value);
    const options = field.config.custom.cellOptions ?? {};
    const mode = options.type ?? field.config.custom.displayMode ?? "auto";
    const painted = this.colorOf(field, color);
    const links = linksOf(field, { frame: this.frame, row, value, range: this.page.urlRange() });
    const isMrn = (field.original ?? field.name) === "mrn";
    const name = isMrn ? nameOf(value) : null;
    const key = JSON.stringify([text, suffix, painted, mode, links, name, document.documentElement.dataset.theme]);
    if (cell.dataset.key === key) return;
    cell.dataset.key = key;
    cell.className = this.alignment(field, field.config.custom.align);
    this.paint(cell, mode, painted);
    const said = this.content(field, value, text + suffix, name);
    const had = cell.contains(document.activeElement);
    put(cell, links.length ? this.linked(links, said) : said);
    if (mode === "gauge" && typeof value === "number") cell.prepend(this.gauge(field, value, painted));
    if (had) cell.querySelector("a")?.focus();
  }

  paint(cell, mode, painted) {
    const background = mode.startsWith("color-background") && painted && painted !== "transparent";
    cell.style.background = background ? painted : "";
    cell.style.color = background ? textOn(painted) : mode === "color-text" && painted ? readable(painted) : "";
    cell.classList.toggle("painted", Boolean(background));
    cell.classList.toggle("strong", mode === "color-text" && Boolean(painted));
  }

  content(field, value, text, name) {
    if (typeof value === "string" && IMAGE.test(value)) {
      return h("img", { src: `/ward/api/images/${value}`, alt: "Flow image", class: "flow", loading: "lazy" });
    }
    return name ? [h("span", { class: "name" }, name), " ", h("span", { class: "mrn" }, text)] : text;
  }

  linked(links, said) {
    const [first, ...others] = links;
    const more = others.map((link) => h("a", { href: link.url, class: "second" }, link.title));
    const outside = first.outside ? { target: "_blank", rel: "noreferrer" } : {};
    return [h("a", { href: first.url, title: first.title || null, ...outside }, said), more];
  }

  gauge(field, value, painted) {
    const { min = 0, max = 100 } = field.config;
    const share = Math.max(0, Math.min(1, (value - min) / (max - min || 1)));
    return h(
      "span",
      { class: "cell-gauge", "aria-hidden": "true" },
      h("i", { style: { width: `${share * 100}%`, background: painted ?? "" } }),
    );
  }

  colorOf(field, color) {
    const { mode, fixedColor } = field.config.color ?? {};
    return mode === "fixed" ? colorOf(fixedColor) : color;
  }

  note() {
    return "";
  }

  table() {
    return null;
  }

  names() {
    this.draw();
  }

  destroy() {}
}
