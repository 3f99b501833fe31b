// Where panels stand: on Grafana's grid of 24 columns, tables no higher than their rows; what is below moves up.

const LEAST_ROWS = 4;

/** Put a panel on the dashboard's grid. */
export function place({ element }, x, y, w, h) {
  element.style.gridColumn = `${x + 1} / span ${w}`;
  element.style.gridRow = `${y + 1} / span ${h}`;
}

/** Place all panels of a grid; `rowsOf` then holds how many rows each has. */
export function fit(grid, panels) {
  const style = getComputedStyle(grid);
  const [row, gap] = [parseFloat(style.gridAutoRows), parseFloat(style.rowGap)];
  let up = 0;
  for (const { band, top, high } of bands(panels)) {
    const used = Math.max(...band.map((panel) => at(panel).y - top + needed(panel, row, gap)));
    for (const panel of band) {
      const { x, y, w, h } = at(panel);
      panel.rows = Math.min(h, used - (y - top));
      place(panel, x, y - up, w, panel.rows);
    }
    up += high - used;
  }
}

/** Panels that stand beside each other, or partly so, from top to bottom: they end together. */
function bands(panels) {
  const found = [];
  let end = -1;
  for (const panel of [...panels].sort((one, other) => at(one).y - at(other).y)) {
    const { y, h } = at(panel);
    if (y >= end) found.push({ band: [], top: y });
    found.at(-1).band.push(panel);
    end = Math.max(end, y + h);
    found.at(-1).high = end - found.at(-1).top;
  }
  return found;
}

function at({ model }) {
  return { x: 0, y: 0, w: 24, h: 8, ...model.gridPos };
}

function needed(panel, row, gap) {
  const { h } = at(panel);
  const high = panel.contentHeight();
  return high === null || !(row > 0) ? h : Math.max(Math.min(LEAST_ROWS, h), Math.min(h, Math.ceil((high + gap) / (row + gap))));
}
