// Grafana's names of colours as this page paints them, and what can be read on them.

const HUES = {
  red: ["#FFA6B0", "#FF7383", "#F2495C", "#E02F44", "#C4162A"],
  orange: ["#FFCB7D", "#FFB357", "#FF9830", "#FF780A", "#FA6400"],
  yellow: ["#FFF899", "#FFEE52", "#FADE2A", "#F2CC0C", "#E0B400"],
  green: ["#C8F2C2", "#96D98D", "#73BF69", "#56A64B", "#37872D"],
  blue: ["#C0D8FF", "#8AB8FF", "#5794F2", "#3274D9", "#1F60C4"],
  purple: ["#DEB6F2", "#CA95E5", "#B877D9", "#A352CC", "#8F3BB8"],
};
const SHADES = ["super-light-", "light-", "", "semi-dark-", "dark-"];
const NAMED = { white: "#FFFFFF", black: "#000000", gray: "#8E8E8E", grey: "#8E8E8E" };
// Okabe and Ito's palette, which people with any kind of colour blindness tell apart, in an order that
// keeps neighbours far from each other; its black is left to the text.
const SERIES = ["#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#0072B2", "#F0E442"];
const SERIES_LIGHT = ["#0072B2", "#B35900", "#00785A", "#A94C82", "#D55E00", "#3B8FC4", "#8A7F00"];

export const isDark = () => document.documentElement.dataset.theme !== "light";
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The page's own colours, as the theme has them. */
export function theme() {
  return {
    text: token("--text"),
    faint: token("--faint"),
    grid: token("--grid"),
    panel: token("--panel"),
    accent: token("--accent"),
  };
}

/** A colour of a dashboard as `#rrggbb` or another CSS colour. */
export function colorOf(name) {
  if (!name) return theme().faint;
  if (name in NAMED) return NAMED[name];
  if (name === "text") return theme().text;
  if (name === "transparent") return "transparent";
  const found = /^(super-light-|light-|semi-dark-|dark-)?(red|orange|yellow|green|blue|purple)$/.exec(name);
  if (found) return HUES[found[2]][SHADES.indexOf(found[1] ?? "")];
  return /^#[0-9a-f]{3,8}$/i.test(name) || /^rgba?\([\d.,% ]+\)$/.test(name) ? name : theme().faint;
}

/** The colour of the n-th series. */
export function seriesColor(index) {
  const palette = isDark() ? SERIES : SERIES_LIGHT;
  return palette[index % palette.length];
}

function channels(color) {
  let hex = /^#([0-9a-f]+)$/i.exec(color)?.[1];
  if (hex === undefined) return (color.match(/[\d.]+/g) ?? [128, 128, 128]).slice(0, 3).map(Number);
  if (hex.length < 6) hex = [...hex].map((digit) => digit + digit).join("");
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** Relative luminance as WCAG 2 defines it. */
function luminance(color) {
  const [r, g, b] = channels(color).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Black or white, whichever is read better on that background. */
export const textOn = (background) =>
  contrast(background, "#000000") >= contrast(background, "#FFFFFF") ? "#000000" : "#FFFFFF";

/** The colour, moved towards white or black until text in it can be read on a panel (4.5 to 1). */
export function readable(color, background = theme().panel) {
  const goal = luminance(background) < 0.2 ? 255 : 0;
  let parts = channels(color);
  for (let round = 0; round < 20; round += 1) {
    const mixed = `#${parts.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
    if (contrast(mixed, background) >= 4.6) return mixed;
    parts = parts.map((part) => part + (goal - part) * 0.12);
  }
  return theme().text;
}

/** The colour with an opacity from 0 to 1. */
export function faded(color, opacity) {
  const [r, g, b] = channels(color);
  return `rgba(${r},${g},${b},${opacity})`;
}
