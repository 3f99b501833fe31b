// A dashboard on one sheet: before printing it is laid out anew for landscape A4 and its charts are drawn to fit.

import { place } from "./grid.js";

const WIDE_PX = 1040; // A4 landscape less its margins, at 96 px an inch
const HIGH_PX = 640;
const GAP_PX = 3;
const LEAST_ROW_PX = 15; // with lower rows charts of the whole width go side by side
const CHARTS = ["timeseries", "barchart", "state-timeline"];

/** Lay the dashboard of `current()` out for paper while the browser prints it. */
export function printable(current) {
  let theme = null;
  window.addEventListener("beforeprint", () => {
    const dashboard = current();
    if (!dashboard) return;
    theme = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    document.documentElement.classList.add("printing");
    const shown = dashboard.panels.filter(({ element, model }) => !element.hidden && model.type !== "row");
    let sheet = layOut(shown, false);
    if (HIGH_PX / sheet.rows < LEAST_ROW_PX) sheet = layOut(shown, true);
    for (const { panel, x, y, w, h } of sheet.places) place(panel, x, y, w, h);
    dashboard.grid.style.width = `${WIDE_PX}px`;
    dashboard.grid.style.setProperty("--row", `${HIGH_PX / sheet.rows - GAP_PX}px`);
    dashboard.redraw();
    // uPlot draws when this is over, which is too late for a browser that copies the page now (Firefox does).
    for (const { visual } of dashboard.panels) visual?.chart?.batch(() => {});
  });
  window.addEventListener("afterprint", () => {
    const dashboard = current();
    if (theme !== null) document.documentElement.dataset.theme = theme;
    document.documentElement.classList.remove("printing");
    if (!dashboard) return;
    dashboard.grid.style.width = "";
    dashboard.grid.style.removeProperty("--row");
    dashboard.fit();
    dashboard.redraw();
  });
}

/** Panels line by line, in their order; `halved` lets charts of the whole width share a line. */
export function layOut(panels, halved) {
  const inOrder = [...panels].sort(
    (a, b) => position(a, "y") - position(b, "y") || position(a, "x") - position(b, "x"),
  );
  const places = [];
  let x = 0,
    y = 0,
    high = 0;
  for (const panel of inOrder) {
    const { w: whole = 24 } = panel.model.gridPos ?? {};
    const h = panel.rows;
    const w = halved && whole > 12 && CHARTS.includes(panel.model.type) ? 12 : whole;
    if (x + w > 24) {
      widen(places.at(-1), 24 - x);
      y += high;
      x = high = 0;
    }
    places.push({ panel, x, y, w, h });
    x += w;
    high = Math.max(high, h);
  }
  return { places, rows: Math.max(1, y + high) };
}

/** The last chart of a line takes what is left of it. */
function widen(last, left) {
  if (last && CHARTS.includes(last.panel.model.type)) last.w += left;
}

const position = ({ model }, axis) => model.gridPos?.[axis] ?? 0;
