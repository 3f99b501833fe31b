// Panels of type `state-timeline` and `status-history`: one row a series, its states as bars along the time axis.

import { colorOf, seriesColor, textOn } from "../colors.js";
import { h, put } from "../dom.js";
import { show, shown } from "../fields.js";
import { patient } from "../names.js";
import { full } from "../time.js";
import { Chart, Tooltip, axisLook, cursorOptions, hooks, leftAxis, marksAt, timeOptions } from "./chart.js";

/** The rows of frames: `{name, field, times, values}`, a frame's time with each of its other fields. */
function rowsOf(frames) {
  const rows = [];
  for (const frame of frames) {
    const time = frame.fields.find((field) => field.type === "time");
    if (!time) continue;
    const ends = frame.fields.find((field) => field.type === "time" && field !== time);
    for (const field of frame.fields) {
      if (field.type === "time" || field.ofKey || field.config.custom.hideFrom?.viz) continue;
      rows.push({ name: field.display, field, times: time.values, ends: ends?.values, values: field.values });
    }
  }
  return rows.sort((one, other) => order.compare(one.name, other.name));
}

const order = new Intl.Collator("en", { numeric: true }); // room 2 before room 10

/** The states of a row: `{from, to, value}`; equal neighbours are one. */
function statesOf({ times, ends, values }, stop, joinEqual) {
  const states = [];
  times.forEach((from, at) => {
    const value = values[at];
    const to = ends?.[at] ?? times[at + 1] ?? stop;
    const last = states.at(-1);
    if (value === null || value === undefined) return;
    if (joinEqual && last && last.value === value && last.to === from) last.to = to;
    else states.push({ from, to, value });
  });
  return states;
}

/** One panel's timeline. */
export class Timeline extends Chart {
  constructor(host, panel, page) {
    super(host, panel, page, { look: "chart timeline", legend: "States" });
  }

  update(frames) {
    this.rows = rowsOf(frames);
    const stop = Math.min(this.page.range().stop, Date.now());
    const joinEqual = this.panel.options?.mergeValues !== false;
    for (const row of this.rows) row.states = statesOf(row, stop, joinEqual);
    this.times = [...new Set(this.rows.flatMap(({ times }) => times))].sort((a, b) => a - b);
    this.texts = new Map();
    this.drawLegend();
    this.build();
  }

  build() {
    this.chart?.destroy();
    const time = timeOptions(this.page.range());
    const count = Math.max(1, this.rows.length);
    const axis = {
      ...axisLook(),
      scale: "y",
      grid: { show: false },
      ticks: { show: false },
      size: Math.max(leftAxis(), Math.min(190, 24 + 7 * Math.max(0, ...this.rows.map((row) => row.name.length)))),
      gap: 6,
      splits: () => this.rows.map((_, at) => count - at - 0.5),
      values: () => this.rows.map((row, at) => (this.labelFits(at) ? row.name.slice(0, 24) : "")),
    };
    const plugins = hooks({
      zoom: this.page.zoom,
      marks: () => this.page.marks(this.panel),
      drawUnder: (u) => this.paint(u),
      tell: (u) => this.hover(u),
      hovering: () => this.inside,
    });
    const options = {
      ...this.size(),
      tzDate: time.tzDate,
      axes: [time.axis, axis],
      hooks: plugins,
      legend: { show: false },
      padding: [4, 12, 0, 0],
      scales: { x: time.scale, y: { range: () => [0, count] } },
      series: [{}, { scale: "y", show: true, paths: () => null, points: { show: false } }],
      cursor: { ...cursorOptions(), y: true, points: { show: false } },
    };
    put(this.area);
    const seconds = this.times.map((at) => at / 1000);
    this.chart = new window.uPlot(options, [seconds, seconds.map(() => null)], this.area);
    this.tooltip = new Tooltip(this.area);
    this.area.setAttribute("aria-label", this.summary());
  }

  size() {
    return { width: Math.max(160, this.area.clientWidth), height: Math.max(60, this.area.clientHeight) };
  }

  resize() {
    this.chart?.setSize(this.size());
  }

  /** Many rooms on one screen: every n-th label, so that none lies on another. */
  labelFits(at) {
    const each = Math.max(1, Math.ceil((13 * this.rows.length) / Math.max(1, this.size().height - 40)));
    return at % each === 0;
  }

  paint(u) {
    const { ctx, bbox } = u;
    const high = bbox.height / Math.max(1, this.rows.length);
    const fill = Math.max(1, high * (this.panel.options?.rowHeight ?? 0.9));
    const ratio = window.devicePixelRatio || 1;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textBaseline = "middle";
    this.rows.forEach((row, at) => {
      const top = bbox.top + at * high + (high - fill) / 2;
      for (const { from, to, value } of row.states) {
        const left = u.valToPos(from / 1000, "x", true),
          right = u.valToPos(to / 1000, "x", true);
        if (right < bbox.left || left > bbox.left + bbox.width) continue;
        const { text, color } = this.stateOf(row, value);
        ctx.fillStyle = color;
        ctx.fillRect(Math.floor(left), top, Math.max(ratio, Math.ceil(right) - Math.floor(left)), fill);
        this.write(ctx, text, color, Math.max(left, bbox.left), right, top, fill, ratio);
      }
    });
    ctx.restore();
  }

  write(ctx, text, color, left, right, top, fill, ratio) {
    const mode = this.panel.options?.showValue ?? "auto";
    if (mode === "never" || fill < 13 * ratio || right - left < 30 * ratio) return;
    if (ctx.measureText(text).width + 8 * ratio > right - left) return;
    ctx.fillStyle = textOn(color);
    ctx.fillText(text, left + 4 * ratio, top + fill / 2);
  }

  stateOf({ field }, value) {
    const key = `${field.config.unit}|${typeof value}|${value}`;
    if (!this.texts.has(key)) {
      const { text, suffix, color } = show(field, value);
      const { mode, fixedColor } = field.config.color ?? {};
      const own = mode === "fixed" ? colorOf(fixedColor) : color;
      this.texts.set(key, { text: text + suffix, color: own ?? seriesColor(this.texts.size) });
    }
    return this.texts.get(key);
  }

  at(row, ms) {
    return row.states.find(({ from, to }) => from <= ms && ms < to);
  }

  hover(u) {
    const { left, top } = u.cursor;
    if (!this.inside || left < 0) {
      this.tooltip?.hide();
      return;
    }
    const ms = u.posToVal(left, "x") * 1000;
    const row = this.rows[Math.floor((top / u.over.clientHeight) * this.rows.length)];
    const state = row && this.at(row, ms);
    const told = state ? [{ ...this.stateOf(row, state.value), name: `${this.nameOf(row)}` }] : [];
    const until = state
      ? [
          { color: "transparent", name: "from", text: full(state.from) },
          { color: "transparent", name: "until", text: full(state.to) },
        ]
      : [];
    this.tooltip?.show(u, ms, [...told, ...until], marksAt(u, this.page.marks(this.panel), left));
  }

  nameOf({ name, field }) {
    const { mrn } = field.labels;
    return mrn && name.includes(mrn) ? name.replace(mrn, patient(mrn)) : name;
  }

  describe(at) {
    const ms = this.times[at];
    const told = this.rows.map((row) => [row, this.at(row, ms)]).filter(([, state]) => state);
    return `${full(ms)}: ${told
      .slice(0, 10)
      .map(([row, state]) => `${row.name} ${this.stateOf(row, state.value).text}`)
      .join(", ")}`;
  }

  summary() {
    const now = this.rows
      .filter(({ states }) => states.length)
      .slice(0, 10)
      .map((row) => `${row.name} ${this.stateOf(row, row.states.at(-1).value).text}`);
    return `${this.panel.title || "Timeline"}. ${this.rows.length} rows. Last states: ${now.join(", ")}. Arrow keys read states, plus and minus zoom.`;
  }

  drawLegend() {
    const { showLegend = true } = this.panel.options?.legend ?? {};
    for (const row of this.rows) for (const { value } of row.states.slice(-200)) this.stateOf(row, value);
    const entries = new Map(this.inOrder().map(({ text, color }) => [text, color]));
    this.legend.hidden = !showLegend || entries.size > 12;
    put(
      this.legend,
      this.legend.hidden
        ? []
        : [...entries].map(([text, color]) => h("li", {}, h("i", { style: { background: color } }), text)),
    );
  }

  /** The states that there are, those that the dashboard maps in its order: a legend that never moves is found again. */
  inOrder() {
    const mapped = this.rows.flatMap(({ field }) => field.config.mappings ?? []).filter(({ type }) => type === "value");
    const ranks = new Map(
      mapped.flatMap(({ options }) => Object.values(options).map(({ text, index }) => [text, index ?? 0])),
    );
    const rank = ({ text }) => ranks.get(text) ?? Infinity;
    return [...this.texts.values()].sort((one, other) => rank(one) - rank(other) || 0);
  }

  note() {
    return "";
  }

  table() {
    const rows = this.rows.flatMap((row) =>
      row.states.map((state) => [this.nameOf(row), full(state.from), full(state.to), shown(row.field, state.value)]),
    );
    return { head: ["Row", "From", "Until", "State"], rows };
  }

  names() {
    this.area.setAttribute("aria-label", this.summary());
  }

  destroy() {
    this.chart?.destroy();
  }
}
