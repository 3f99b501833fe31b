// Numbers with Grafana's units, as many digits as mean something.

import { ago, full } from "./time.js";

const SUFFIX = {
  percent: "%",
  percentunit: "%",
  humidity: "%",
  bpm: " /min",
  cpm: " /min",
  opm: " /min",
  rpm: " /min",
  litre: " L",
  flowlpm: " L/min",
  conccmh2o: " cmH₂O",
  pressurecmh2o: " cmH₂O",
  celsius: " °C",
  cps: " /s",
  ops: " /s",
  reqps: " /s",
  wps: " /s",
  none: "",
  short: "",
  string: "",
  "litre/min": " L/min",
  lpm: " L/min",
  h: " h",
  m: " min",
  s: " s",
  ms: " ms",
  d: " d",
};
const STEPS = { ms: [1, "ms"], s: [1000, "s"], m: [60_000, "min"], h: [3_600_000, "h"], d: [86_400_000, "d"] };
const BYTES = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A value in words: `{text, suffix}`; an absent one is a dash. */
export function format(value, unit, decimals) {
  if (value === null || value === undefined || value === "") return { text: "–", suffix: "" };
  if (typeof value === "boolean") return { text: value ? "yes" : "no", suffix: "" };
  if (typeof value !== "number") return { text: String(value), suffix: "" };
  if (unit?.startsWith("dateTimeFromNow")) return { text: ago(value), suffix: "" };
  if (unit?.startsWith("dateTime") || unit?.startsWith("time:")) return { text: full(value), suffix: "" };
  if (unit === "percentunit") return { text: digits(value * 100, decimals), suffix: "%" };
  if (unit === "bytes" || unit === "decbytes") return bytes(value, decimals);
  if (unit === "dtdurationms" || unit === "dtdurations" || unit === "dthms")
    return { text: duration(unit === "dtdurationms" ? value : value * 1000), suffix: "" };
  if (unit in STEPS) return scaled(value, unit, decimals);
  if (unit?.startsWith("suffix:")) return { text: digits(value, decimals), suffix: glue(unit.slice(7)) };
  if (unit?.startsWith("prefix:")) return { text: unit.slice(7) + digits(value, decimals), suffix: "" };
  if (unit === "bool_yes_no" || unit === "bool") return { text: value ? "yes" : "no", suffix: "" };
  if (unit === "bool_on_off") return { text: value ? "on" : "off", suffix: "" };
  const suffix = unit ? (SUFFIX[unit] ?? glue(unit)) : "";
  return { text: digits(value, decimals), suffix };
}

/** The same in one text. */
export function words(value, unit, decimals) {
  const { text, suffix } = format(value, unit, decimals);
  return text + suffix;
}

const glue = (suffix) => (/^[\s%°]/.test(suffix) || suffix === "" ? suffix : ` ${suffix}`);

function digits(value, decimals) {
  if (typeof decimals === "number") return value.toFixed(Math.min(decimals, 12));
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return String(Number(value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3)));
}

function scaled(value, unit, decimals) {
  const ms = value * STEPS[unit][0];
  const size = Math.abs(ms);
  const key =
    size >= 2 * STEPS.d[0]
      ? "d"
      : size >= 2 * STEPS.h[0]
        ? "h"
        : size >= 2 * STEPS.m[0]
          ? "m"
          : size >= 1000
            ? "s"
            : "ms";
  const best = size === 0 ? unit : key;
  return { text: digits(ms / STEPS[best][0], decimals), suffix: ` ${STEPS[best][1]}` };
}

function duration(ms) {
  const minutes = Math.round(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

function bytes(value, decimals) {
  let left = value,
    step = 0;
  while (Math.abs(left) >= 1024 && step < BYTES.length - 1) {
    left /= 1024;
    step += 1;
  }
  return { text: digits(left, decimals), suffix: ` ${BYTES[step]}` };
}
