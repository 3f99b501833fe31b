// Panels of type `stat`, `gauge` and `bargauge`: single values, large, with a bar or the line they came by.

import { colorOf, faded, readable, seriesColor, textOn } from "../colors.js";
import { h, put, s } from "../dom.js";
import { calculate, linksOf, show, shown } from "../fields.js";
import { patient } from "../names.js";

/** The values that a panel reduces its frames to: `{name, value, field, frame, row, series}`. */
export function valuesOf(frames, reduce = {}) {
  const { calcs = ["lastNotNull"], values: each = false, fields: wanted = "", limit = 100 } = reduce;
  const found = [];
  for (const frame of frames) {
    const texts = frame.fields.filter((field) => field.type === "string" && !field.ofKey);
    for (const field of frame.fields) {
      if (!takes(field, wanted, frame)) continue;
      if (each) {
        for (let row = 0; row < frame.length && found.length < limit; row += 1) {
          const own = texts
            .map((text) => text.values[row])
            .filter(Boolean)
            .join(" ");
          found.push({ name: own || field.display, value: field.values[row], field, frame, row });
        }
      } else {
        const value = calculate(calcs[0], field.values);
        found.push({
          name: field.display,
          value,
          field,
          frame,
          row: Math.max(0, frame.length - 1),
          series: field.type === "number" ? field.values : null,
        });
      }
    }
  }
  return found.slice(0, limit);
}

function takes(field, wanted, frame) {
  if (field.config.custom.hideFrom?.viz) return false;
  if (wanted === "")
    return (
      field.type === "number" ||
      field.type === "boolean" ||
      (field.type === "string" && frame.fields.every(({ type }) => type === "string"))
    );
  const pattern = /^\/(.*)\/$/.exec(wanted);
  if (!pattern) return field.name === wanted || field.display === wanted;
  return pattern[1] === ".*" || new RegExp(pattern[1]).test(field.name);
}

/** One panel's values. */
export class Stat {
  constructor(host, panel, page) {
    this.panel = panel;
    this.page = page;
    const look = `stats ${panel.type === "bargauge" ? "bars" : ""} ${panel.options?.orientation ?? "auto"}`;
    this.box = h("div", { class: look, tabindex: "0", role: "group", "aria-label": panel.title || "Figures" });
    host.append(this.box);
  }

  update(frames) {
    this.values = valuesOf(frames, this.panel.options?.reduceOptions);
    this.draw();
  }

  draw() {
    const draw =
      this.panel.type === "bargauge" || this.panel.type === "gauge" ? (one) => this.bar(one) : (one) => this.stat(one);
    put(this.box, this.values.map(draw));
  }

  build() {
    this.draw();
  }

  resize() {}

  stat({ name, value, field, frame, row, series }) {
    const { colorMode = "value", graphMode = "area", textMode = "auto" } = this.panel.options ?? {};
    const { text, suffix, color } = show(field, value);
    const painted = this.colorOf(field, color);
    const onBackground = colorMode.startsWith("background") && painted;
    const style = onBackground ? { background: painted, color: textOn(painted) } : {};
    const figure = h(
      "span",
      { class: "figure", style: !onBackground && colorMode === "value" && painted ? { color: readable(painted) } : {} },
      text,
      h("small", {}, suffix),
    );
    const named =
      textMode === "value_and_name" || textMode === "name" || (textMode === "auto" && this.values.length > 1);
    const label = named ? h("span", { class: "stat-name" }, this.nameOf(field, name)) : null;
    const line =
      graphMode === "area" && series && series.length > 2 && !onBackground
        ? spark(series, painted ?? seriesColor(0))
        : null;
    const [link] = linksOf(field, { frame, row, value, range: this.page.urlRange() });
    const inner = [label, textMode === "name" ? null : figure, line];
    return link
      ? h("a", { class: "stat", href: link.url, title: link.title || null, style }, inner)
      : h("div", { class: "stat", style }, inner);
  }

  bar({ name, value, field }) {
    const { text, suffix, color } = show(field, value);
    const { min = 0, max } = field.config;
    const top = max ?? Math.max(...this.values.map((one) => (typeof one.value === "number" ? one.value : 0)), 1);
    const share = typeof value === "number" ? Math.max(0, Math.min(1, (value - min) / (top - min || 1))) : 0;
    const fill = h("i", {
      style: { width: `${share * 100}%`, background: this.colorOf(field, color) ?? seriesColor(0) },
    });
    return h(
      "div",
      { class: "bar-row" },
      h("span", { class: "bar-name" }, this.nameOf(field, name)),
      h("span", { class: "bar-track" }, fill),
      h("b", {}, text + suffix),
    );
  }

  colorOf(field, color) {
    const { mode, fixedColor } = field.config.color ?? {};
    return mode === "fixed" ? colorOf(fixedColor) : mode?.startsWith("palette") ? null : color;
  }

  nameOf(field, name) {
    const { mrn } = field.labels;
    return mrn && name.includes(mrn) ? name.replace(mrn, patient(mrn)) : name;
  }

  note() {
    return "";
  }

  table() {
    return {
      head: ["Name", "Value"],
      rows: this.values.map(({ name, value, field }) => [this.nameOf(field, name), shown(field, value)]),
    };
  }

  names() {
    this.draw();
  }

  destroy() {}
}

/** A small line of the values that came before; it is decoration, the figure says it. */
function spark(values, color) {
  const found = values.map((value, at) => [at, value]).filter(([, value]) => typeof value === "number");
  const low = Math.min(...found.map(([, value]) => value)),
    high = Math.max(...found.map(([, value]) => value));
  const points = found.map(
    ([at, value]) =>
      `${((at / (values.length - 1)) * 100).toFixed(2)},${(30 - ((value - low) / (high - low || 1)) * 28).toFixed(2)}`,
  );
  const box = s("svg", { viewBox: "0 0 100 32", preserveAspectRatio: "none", class: "spark", "aria-hidden": "true" });
  box.append(s("polygon", { points: `0,32 ${points.join(" ")} 100,32`, fill: faded(color, 0.15) }));
  box.append(
    s("polyline", {
      points: points.join(" "),
      fill: "none",
      stroke: color,
      "stroke-width": "1.5",
      "vector-effect": "non-scaling-stroke",
    }),
  );
  return box;
}
