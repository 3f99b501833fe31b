// Panels of type `timeseries` (and `barchart` over nights): lines, steps, bars and points, drawn by uPlot.

import { colorOf, faded, seriesColor } from "../colors.js";
import { h, put } from "../dom.js";
import { CALC_NAMES, calculate, linksOf, show, shown } from "../fields.js";
import { patient } from "../names.js";
import { ago, full } from "../time.js";
import { words } from "../units.js";
import { Chart, Tooltip, axisLook, cursorOptions, hooks, leftAxis, marksAt, onPaper, timeOptions } from "./chart.js";

const WHOLE = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();
const GAP = 5; // a stretch this many times the usual distance of points is a gap, not a line

/** The series of frames: every number over time, with its look. `{name, times, values, field, frame, color}`. */
export function seriesOf(frames) {
  const found = [];
  for (const frame of frames) {
    const time = frame.fields.find((field) => field.type === "time");
    if (!time) continue;
    for (const field of frame.fields) {
      if (field.type !== "number" && field.type !== "boolean") continue;
      if (field.config.custom.hideFrom?.viz) continue;
      const values =
        field.type === "boolean" ? field.values.map((value) => (value === null ? null : Number(value))) : field.values;
      found.push({ field, frame, ...ordered(time.values, values), name: field.display });
    }
  }
  const byName = [...new Set(found.map(({ name }) => name))].sort();
  found.forEach((one, index) => (one.color = colorFor(one, index, byName)));
  return found;
}

function ordered(times, values) {
  const rising = times.every((time, at) => at === 0 || times[at - 1] < time);
  if (rising) return { times, values };
  const byTime = new Map(times.map((time, at) => [time, values[at]]));
  const sorted = [...byTime.keys()].sort((a, b) => a - b);
  return { times: sorted, values: sorted.map((time) => byTime.get(time)) };
}

function colorFor({ field, values, name }, index, byName) {
  const { mode, fixedColor } = field.config.color ?? {};
  if ((mode === "fixed" || mode === "shades") && fixedColor) return colorOf(fixedColor);
  if (mode === "thresholds") return show(field, calculate("lastNotNull", values)).color ?? seriesColor(index);
  return seriesColor(mode === "palette-classic-by-name" ? byName.indexOf(name) : index);
}

/** Where a stream was quiet there is a gap: a null behind each point that is followed by a long stretch of nothing. */
function withGaps({ times, values, field }) {
  const span = field.config.custom.spanNulls;
  if (span === true || times.length < 3 || field.config.custom.drawStyle === "bars") return [times, values];
  const steps = times.slice(1).map((time, at) => time - times[at]);
  const usual = calculate("median", steps);
  const most =
    typeof span === "number"
      ? span
      : typeof field.config.custom.insertNulls === "number"
        ? field.config.custom.insertNulls
        : usual * GAP;
  if (!steps.some((step) => step > most)) return [times, values];
  const filled = [[], []];
  times.forEach((time, at) => {
    filled[0].push(time);
    filled[1].push(values[at]);
    if (steps[at] > most) {
      filled[0].push(time + 1);
      filled[1].push(null);
    }
  });
  return filled;
}

/** Where the bars of values at these times begin, and how wide all of them are: of the usual step, a lone one of a
 * thirtieth of the range. The first, whose window the range cuts, begins where its window does. */
export function barPlaces(times, { barWidthFactor = 0.6, barAlignment = 0 }, range) {
  const steps = times.slice(1).map((time, at) => time - times[at]);
  const step = steps.length ? calculate("median", steps) : (range.stop - range.start) / 30;
  const width = step * barWidthFactor;
  const before = ((1 - barAlignment) / 2) * width; // -1: a bar ends at its time, 0: it is around it, 1: it begins there
  return { begins: times.map((time, at) => (steps[at] < step ? times[at + 1] - step : time) - before), width };
}

function barsOf({ times, field }, range) {
  const { begins, width } = barPlaces(times, field.config.custom, range);
  const places = new Map(times.map((time, at) => [time / 1000, begins[at] / 1000]));
  return window.uPlot.paths.bars({
    disp: {
      x0: { unit: 1, values: (u) => u.data[0].map((time) => places.get(time) ?? time) },
      size: { unit: 1, values: () => [width / 1000] },
    },
  });
}

/** One panel's chart. `host` gets the drawing and its legend. */
export class TimeSeries extends Chart {
  constructor(host, panel, page) {
    super(host, panel, page, { look: "chart", legend: "Legend" });
    this.hidden = new Set();
  }

  /** Draw these frames. */
  update(frames) {
    this.series = seriesOf(frames);
    const joined = window.uPlot.join(
      this.series.map((one) => {
        const [times, values] = withGaps(one);
        return [times.map((time) => time / 1000), values];
      }),
    );
    this.data = joined;
    this.drawLegend();
    this.build();
  }

  /** Draw again: the size or the theme changed. */
  build() {
    this.chart?.destroy();
    const size = this.size();
    this.range = this.page.range();
    const time = timeOptions(this.range);
    const scales = { x: time.scale };
    const axes = [time.axis];
    const series = [{}];
    for (const one of this.series) {
      const { key, axis, scale } = this.scaleOf(one, axes.length);
      if (!(key in scales)) {
        scales[key] = scale;
        if (axis) axes.push(axis);
      }
      series.push(this.look(one, key));
    }
    const plugins = hooks({
      zoom: this.page.zoom,
      marks: () => this.page.marks(this.panel),
      drawUnder: (u) => this.drawThresholds(u),
      tell: (u) => this.hover(u),
      hovering: () => this.inside,
    });
    const options = {
      ...size,
      tzDate: time.tzDate,
      scales,
      axes,
      series,
      cursor: cursorOptions(),
      legend: { show: false },
      hooks: plugins,
      padding: [8, 12, 0, 4],
    };
    put(this.area);
    this.chart = new window.uPlot(options, this.data, this.area);
    this.tooltip = new Tooltip(this.area);
    this.area.setAttribute("aria-label", this.summary());
  }

  size() {
    return { width: Math.max(120, this.area.clientWidth), height: Math.max(60, this.area.clientHeight) };
  }

  /** The chart has another size now. */
  resize() {
    if (this.chart) this.chart.setSize(this.size());
  }

  scaleOf({ field }, index) {
    const { unit = "none", min, max, custom } = field.config;
    const key = `y-${unit}-${custom.axisPlacement ?? "auto"}-${custom.axisLabel ?? ""}`;
    const limits = [...(field.config.thresholds?.steps ?? [])]
      .map((step) => step.value)
      .filter((value) => typeof value === "number");
    const shownLimits = custom.thresholdsStyle?.mode && custom.thresholdsStyle.mode !== "off" ? limits : [];
    const scale = {
      range: (_u, low, high) => {
        let [bottom, top] =
          low === null || (low === 0 && high === 0)
            ? [0, 1]
            : window.uPlot.rangeNum(low, high, {
                min: { pad: 0.1, soft: 0, mode: 3 },
                max: { pad: 0.1, soft: 0, mode: 3 },
              });
        for (const limit of shownLimits.slice(0, 1)) [bottom, top] = [Math.min(bottom, limit), Math.max(top, limit)];
        bottom = Math.min(bottom, custom.axisSoftMin ?? bottom);
        top = Math.max(top, custom.axisSoftMax ?? top);
        return [min ?? bottom, max ?? (top > (min ?? bottom) ? top : bottom + 1)];
      },
    };
    if (custom.axisPlacement === "hidden") return { key, scale, axis: null };
    const right = custom.axisPlacement === "right" || (custom.axisPlacement !== "left" && index > 1);
    const axis = {
      ...axisLook(),
      scale: key,
      side: right ? 1 : 3,
      size: (_u, texts) =>
        Math.max(custom.axisWidth ?? leftAxis(), 16 + 6.4 * Math.max(0, ...(texts ?? []).map((text) => text.length))),
      space: onPaper() ? 14 : 28,
      incrs: field.config.decimals === 0 ? WHOLE : undefined,
      label: custom.axisLabel || undefined,
      labelFont: "11px system-ui, sans-serif",
      labelSize: 18,
      values: (_u, ticks) => ticks.map((tick) => words(tick, unit)),
    };
    if (index > 1) axis.grid = { show: false };
    return { key, scale, axis };
  }

  look(one, scale) {
    const { field, color, times } = one;
    const { custom } = field.config;
    const width = custom.drawStyle === "points" ? 0 : (custom.lineWidth ?? 1);
    const paths = window.uPlot.paths;
    const style = {
      linear: paths.linear(),
      smooth: paths.spline(),
      stepBefore: paths.stepped({ align: -1 }),
      stepAfter: paths.stepped({ align: 1 }),
    };
    const opacity = (custom.fillOpacity ?? (custom.drawStyle === "bars" ? 60 : 0)) / 100;
    return {
      scale,
      show: !this.hidden.has(field.display),
      stroke: color,
      width,
      fill: opacity ? faded(color, opacity) : undefined,
      dash:
        custom.lineStyle?.fill === "dash"
          ? (custom.lineStyle.dash ?? [8, 6])
          : custom.lineStyle?.fill === "dot"
            ? [1, 4]
            : undefined,
      paths:
        custom.drawStyle === "bars"
          ? barsOf(one, this.range)
          : style[custom.lineInterpolation ?? "linear"],
      spanGaps: custom.spanNulls === true,
      points:
        custom.drawStyle === "points" ||
        custom.showPoints === "always" ||
        (times.length === 1 && custom.drawStyle !== "bars")
          ? { show: true, size: Math.max(4, custom.pointSize ?? 5), fill: color }
          : custom.showPoints === "never" || custom.drawStyle === "bars"
            ? { show: false }
            : { size: custom.pointSize ?? 5, fill: color, space: 12 },
    };
  }

  drawThresholds(u) {
    const done = new Set();
    for (const one of this.series) {
      const { thresholds, custom } = one.field.config;
      const mode = custom.thresholdsStyle?.mode ?? "off";
      const { key } = this.scaleOf(one, 1);
      if (mode === "off" || done.has(key) || !(key in u.scales)) continue;
      done.add(key);
      this.drawSteps(u, key, thresholds?.steps ?? [], mode);
    }
  }

  drawSteps(u, key, steps, mode) {
    const { ctx, bbox } = u;
    const ratio = window.devicePixelRatio || 1;
    const inside = (y) => Math.max(bbox.top, Math.min(bbox.top + bbox.height, y));
    ctx.save();
    steps.forEach(({ value, color }, at) => {
      const painted = colorOf(color);
      const y = value === null || value === undefined ? bbox.top + bbox.height : u.valToPos(value, key, true);
      if (mode.includes("area")) {
        const next = steps[at + 1];
        const top = next ? u.valToPos(next.value, key, true) : bbox.top;
        ctx.fillStyle = faded(painted, 0.09);
        if (painted !== "transparent") ctx.fillRect(bbox.left, inside(top), bbox.width, inside(y) - inside(top));
      }
      if ((mode.includes("line") || mode.includes("dashed")) && typeof value === "number" && inside(y) === y) {
        ctx.strokeStyle = faded(painted, 0.9);
        ctx.lineWidth = ratio;
        ctx.setLineDash(mode.includes("dashed") ? [8 * ratio, 6 * ratio] : []);
        ctx.beginPath();
        ctx.moveTo(bbox.left, y);
        ctx.lineTo(bbox.left + bbox.width, y);
        ctx.stroke();
      }
    });
    ctx.restore();
  }

  hover(u) {
    const { idx, left, top } = u.cursor;
    const focused = document.activeElement === this.area;
    if (!(this.inside || focused) || left < 0 || idx === null || idx === undefined) {
      this.tooltip?.hide();
      return;
    }
    const rows = [];
    this.series.forEach((one, at) => {
      const found = u.cursor.idxs?.[at + 1] ?? idx;
      const value = this.data[at + 1][found];
      if (this.hidden.has(one.name) || value === null || value === undefined) return;
      const distance = Math.abs(u.valToPos(value, u.series[at + 1].scale) - top);
      rows.push({ color: one.color, name: this.nameOf(one), text: shown(one.field, value), distance });
    });
    const nearest = Math.min(...rows.map(({ distance }) => distance));
    rows.forEach((row) => (row.near = row.distance === nearest && rows.length > 1));
    if (rows.length > 12) rows.sort((a, b) => a.distance - b.distance);
    this.tooltip?.show(u, this.data[0][idx] * 1000, rows, marksAt(u, this.page.marks(this.panel), left));
  }

  nameOf({ field, name }) {
    const { mrn } = field.labels;
    return mrn && name.includes(mrn) ? name.replace(mrn, patient(mrn)) : name;
  }

  describe(at) {
    const values = this.series.map(
      (one, index) => `${this.nameOf(one)} ${shown(one.field, this.data[index + 1][at] ?? null)}`,
    );
    return `${full(this.data[0][at] * 1000)}: ${values.slice(0, 8).join(", ")}`;
  }

  summary() {
    const parts = this.series.slice(0, 6).map((one) => {
      const last = calculate("lastNotNull", one.values);
      const [low, high] = [calculate("min", one.values), calculate("max", one.values)];
      return `${this.nameOf(one)}: last ${shown(one.field, last)}, from ${shown(one.field, low)} to ${shown(one.field, high)}`;
    });
    const more = this.series.length > 6 ? `; ${this.series.length - 6} more series` : "";
    return `${this.panel.title || "Chart"}. ${parts.join("; ")}${more}. Arrow keys read values, plus and minus zoom.`;
  }

  /** The newest instant that has a value, or null. */
  newest() {
    const last = this.series
      .map(({ times, values }) => times[values.findLastIndex((value) => value !== null)] ?? null)
      .filter((time) => time !== null);
    return last.length ? Math.max(...last) : null;
  }

  drawLegend() {
    const { showLegend = true, calcs = [] } = this.panel.options?.legend ?? {};
    this.legend.hidden = !showLegend || this.series.length > 60;
    const items = this.legend.hidden ? [] : this.series.map((one) => this.legendItem(one, calcs));
    put(this.legend, items);
  }

  legendItem(one, calcs) {
    const figures = calcs.map((calc) => `${CALC_NAMES[calc] ?? calc} ${shown(one.field, calculate(calc, one.values))}`);
    const button = h(
      "button",
      {
        type: "button",
        "aria-pressed": String(!this.hidden.has(one.name)),
        title: "Show or hide this series",
        on: { click: () => this.toggle(one.name, button) },
      },
      h("i", { style: { background: one.color } }),
      this.nameOf(one),
      figures.length ? h("span", { class: "figures" }, figures.join(" · ")) : null,
    );
    const links = linksOf(one.field, { frame: one.frame, row: one.frame.length - 1, range: this.page.urlRange() });
    return h(
      "li",
      {},
      button,
      links.map(({ title, url }) => h("a", { href: url, "aria-label": `${title}: ${this.nameOf(one)}`, title }, "↗")),
    );
  }

  toggle(name, button) {
    if (this.hidden.has(name)) this.hidden.delete(name);
    else this.hidden.add(name);
    button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
    this.series.forEach(
      (one, at) => one.name === name && this.chart.setSeries(at + 1, { show: !this.hidden.has(name) }),
    );
  }

  /** What a person should know who sees no movement. */
  note() {
    const newest = this.newest();
    const { start, stop, live } = this.page.range();
    const lines = this.series.some(({ field }) => field.config.custom.drawStyle !== "bars");
    const quiet = newest !== null && live && lines && stop - newest > Math.max(3 * 60_000, (stop - start) / 50);
    return quiet ? `Last value ${ago(newest)}` : "";
  }

  /** The values as rows, for the table of values. */
  table() {
    return {
      head: ["Time", ...this.series.map((one) => this.nameOf(one))],
      rows: this.data[0].map((time, at) => [
        full(time * 1000),
        ...this.series.map((one, index) => shown(one.field, this.data[index + 1][at] ?? null)),
      ]),
    };
  }

  names() {
    this.drawLegend();
    this.area.setAttribute("aria-label", this.summary());
  }

  destroy() {
    this.chart?.destroy();
  }
}
