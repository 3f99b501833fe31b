// A night on one page: before printing the dashboard is laid out for a landscape sheet and its charts drawn to fit.

const WIDE_PX = 1040; // A4 landscape less its margins, at 96 px an inch
const HIGH_PX = 660;
const LEAST_ROW_PX = 8;

/** Lay the dashboard of `current()` out for paper while the browser prints it. */
export function printable(current) {
  let theme = null;
  window.addEventListener("beforeprint", () => {
    const dashboard = current();
    if (!dashboard) return;
    const root = document.documentElement;
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    root.classList.add("printing");
    const shown = dashboard.panels.filter(({ element }) => element.offsetParent !== null || !element.hidden);
    const rows = Math.max(1, ...shown.map(({ model }) => (model.gridPos?.y ?? 0) + (model.gridPos?.h ?? 8)));
    const row = Math.max(LEAST_ROW_PX, Math.min(30, HIGH_PX / rows - 3));
    dashboard.grid.style.width = `${WIDE_PX}px`;
    dashboard.grid.style.setProperty("--row", `${row}px`);
    dashboard.redraw();
  });
  window.addEventListener("afterprint", () => {
    const dashboard = current();
    if (theme !== null) document.documentElement.dataset.theme = theme;
    document.documentElement.classList.remove("printing");
    if (!dashboard) return;
    dashboard.grid.style.width = "";
    dashboard.grid.style.removeProperty("--row");
    dashboard.redraw();
  });
}
