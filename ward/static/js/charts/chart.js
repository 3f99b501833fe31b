// What all charts on a time axis share: axes in the ward's zone, a cursor that all follow, zoom, annotations, keyboard.

import { colorOf, faded, theme } from "../colors.js";
import { announce, h, put } from "../dom.js";
import { full, zoneName } from "../time.js";

export const SYNC = "ward";
/** How wide the axis at the left is on every chart, px, so that an instant is at one place on all of them. */
export const leftAxis = () => (onPaper() ? 52 : 74);
const MARK_NEAR = 6; // px within which the pointer is on an annotation

/** The x axis and scale for a range, and how uPlot reads times: in seconds, in the ward's zone. */
export function timeOptions(range) {
  return {
    tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), zoneName()),
    scale: { time: true, range: () => [range.start / 1000, range.stop / 1000] },
    axis: {
      ...axisLook(),
      space: onPaper() ? 40 : 70,
      size: onPaper() ? 30 : 50,
      values: [
        [86400 * 360, "{YYYY}", null, null, null, null, null, null, 1],
        [86400 * 28, "{YYYY}-{MM}", null, null, null, null, null, null, 1],
        [86400, "{MM}-{DD}", "\n{YYYY}", null, null, null, null, null, 1],
        [60, "{HH}:{mm}", "\n{MM}-{DD}", null, "\n{MM}-{DD}", null, null, null, 1],
        [1, "{HH}:{mm}:{ss}", "\n{MM}-{DD}", null, "\n{MM}-{DD}", null, null, null, 1],
      ],
    },
  };
}

/** Whether the page is being printed: axes take less room then. */
export const onPaper = () => document.documentElement.classList.contains("printing");

/** How axes look in the current theme. */
export function axisLook() {
  const { faint, grid } = theme();
  return {
    stroke: faint,
    font: onPaper() ? "8px system-ui, sans-serif" : "11px system-ui, sans-serif",
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1, size: 4 },
  };
}

/** A cursor that shows on all charts at once; dragging selects a range, which `zoom` gets. */
export function cursorOptions() {
  return {
    sync: { key: SYNC, scales: ["x", null], setSeries: false },
    drag: { x: true, y: false, setScale: false },
    focus: { prox: 24 },
    points: { size: 7 },
  };
}

/** Hooks for uPlot: the selection becomes the page's range, annotations are drawn, the tooltip follows. */
export function hooks({ zoom, marks, drawUnder, drawOver, tell, hovering }) {
  return {
    setSelect: [
      (u) => {
        if (u.select.width > 4) {
          const from = u.posToVal(u.select.left, "x"),
            to = u.posToVal(u.select.left + u.select.width, "x");
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          if (hovering()) zoom(Math.round(from * 1000), Math.round(to * 1000));
        }
      },
    ],
    drawClear: drawUnder ? [drawUnder] : [],
    draw: [(u) => drawMarks(u, marks()), ...(drawOver ? [drawOver] : [])],
    setCursor: [(u) => tell(u)],
  };
}

function drawMarks(u, marks) {
  const { ctx, bbox } = u;
  const ratio = window.devicePixelRatio || 1;
  ctx.save();
  ctx.lineWidth = ratio;
  for (const { time, end, color } of marks) {
    const x = Math.round(u.valToPos(time / 1000, "x", true));
    const painted = colorOf(color || "blue");
    if (end && end > time) {
      const to = Math.min(u.valToPos(end / 1000, "x", true), bbox.left + bbox.width);
      ctx.fillStyle = faded(painted, 0.12);
      ctx.fillRect(Math.max(x, bbox.left), bbox.top, to - Math.max(x, bbox.left), bbox.height);
    }
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = painted;
    ctx.setLineDash([4 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillStyle = painted;
    ctx.beginPath();
    ctx.moveTo(x - 4 * ratio, bbox.top + bbox.height + 6 * ratio);
    ctx.lineTo(x + 4 * ratio, bbox.top + bbox.height + 6 * ratio);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.fill();
  }
  ctx.restore();
}

/** The annotations at a place of the cursor. */
export function marksAt(u, marks, left) {
  return marks.filter(({ time }) => Math.abs(u.valToPos(time / 1000, "x") - left) <= MARK_NEAR);
}

/** A box beside the cursor. `rows` are `{color, name, text, near}`. */
export class Tooltip {
  constructor(host) {
    this.box = h("div", { class: "tooltip", "aria-hidden": "true" });
    this.box.hidden = true;
    host.append(this.box);
  }

  show(u, ms, rows, marks) {
    const lines = rows
      .slice(0, 12)
      .map(({ color, name, text, near }) =>
        h(
          "div",
          { class: near ? "tip-row near" : "tip-row" },
          h("i", { style: { background: color } }),
          h("span", {}, name),
          h("b", {}, text),
        ),
      );
    if (rows.length > 12) lines.push(h("div", { class: "tip-more" }, `and ${rows.length - 12} more`));
    const told = marks.map(({ text, color }) =>
      h("div", { class: "tip-mark", style: { borderColor: colorOf(color) } }, text),
    );
    put(this.box, h("div", { class: "tip-time" }, full(ms)), lines, told);
    this.box.hidden = false;
    const area = u.over.getBoundingClientRect(),
      host = this.box.offsetParent?.getBoundingClientRect() ?? area;
    const at = area.left - host.left + u.cursor.left;
    const width = this.box.offsetWidth;
    const right = at + 14 + width < host.width;
    this.box.style.left = `${Math.max(0, right ? at + 14 : at - 14 - width)}px`;
    this.box.style.top = `${Math.max(0, Math.min(area.top - host.top + 6, host.height - this.box.offsetHeight))}px`;
  }

  hide() {
    this.box.hidden = true;
  }
}

/** One panel's drawing and its legend in `host`; `describe(at)` says in words what is at a point of its time axis. */
export class Chart {
  constructor(host, panel, page, { look, legend }) {
    this.panel = panel;
    this.page = page;
    this.area = h("div", { class: look, tabindex: "0", role: "figure" });
    this.legend = h("ul", { class: "legend", "aria-label": legend });
    host.append(this.area, this.legend);
    this.inside = false;
    this.area.addEventListener("pointerenter", () => (this.inside = true));
    this.area.addEventListener("pointerleave", () => {
      this.inside = false;
      this.tooltip?.hide();
    });
    this.area.addEventListener("dblclick", () => page.zoomOut());
    keyboard(this.area, {
      chart: () => this.chart,
      zoom: page.zoom,
      range: () => page.range(),
      describe: (at) => this.describe(at),
    });
  }
}

/** Keys on a focused chart: arrows move the cursor and say what is there, + and - zoom, Home and End jump. */
function keyboard(host, { chart, zoom, range, describe }) {
  host.addEventListener("keydown", (event) => {
    const u = chart();
    if (!u || event.ctrlKey || event.metaKey || event.altKey) return;
    const times = u.data[0];
    const at = u.cursor.idx ?? -1;
    const step = event.shiftKey ? 10 : 1;
    const moves = {
      ArrowLeft: at < 0 ? times.length - 1 : at - step,
      ArrowRight: at < 0 ? 0 : at + step,
      Home: 0,
      End: times.length - 1,
    };
    if (event.key in moves && times.length) {
      const wanted = Math.max(0, Math.min(times.length - 1, moves[event.key]));
      u.setCursor({ left: u.valToPos(times[wanted], "x"), top: u.over.clientHeight / 2 });
      announce(describe(wanted));
    } else if (event.key === "+" || event.key === "-") {
      const { start, stop } = range();
      const middle = at >= 0 && event.key === "+" ? times[at] * 1000 : (start + stop) / 2;
      const half = ((stop - start) / 2) * (event.key === "+" ? 0.5 : 2);
      zoom(Math.round(middle - half), Math.round(middle + half));
    } else if (event.key === "Escape") {
      u.setCursor({ left: -10, top: -10 });
      return;
    } else {
      return;
    }
    event.preventDefault();
  });
  host.addEventListener("blur", () => chart()?.setCursor({ left: -10, top: -10 }));
}
