// From an answer's tables to fields with their settings: names, units, thresholds, mappings, links. As in Grafana.

import { colorOf } from "./colors.js";
import { linkOf, place } from "./place.js";
import { full } from "./time.js";
import { format } from "./units.js";

/** The frames of a panel's answers: `{refId, fields, length}`. A series' value is called by its `_field`. */
export function framesOf(answers) {
  const frames = [];
  for (const { refId, tables } of answers) {
    for (const table of tables) frames.push(isSeries(table) ? series(refId, table) : rows(refId, table));
  }
  return frames;
}

const isSeries = ({ columns }) => "_time" in columns && "_value" in columns;

function series(refId, { key, kinds, columns }) {
  const labels = {};
  for (const [name, value] of Object.entries(key))
    if (!name.startsWith("_") && kinds[name] === "string") labels[name] = value;
  const time = { name: "Time", type: "time", values: columns._time, labels: {} };
  const value = { name: key._field ?? "Value", type: kinds._value, values: columns._value, labels };
  const others = Object.keys(columns)
    .filter((name) => !["_time", "_value", "_start", "_stop"].includes(name))
    .map((name) => ({ name, type: kinds[name], values: columns[name], labels: {} }));
  return { refId, length: columns._time.length, fields: [time, value, ...others] };
}

function rows(refId, { key, kinds, columns }) {
  const length = Object.values(columns)[0]?.length ?? 0;
  const labels = {};
  for (const [name, value] of Object.entries(key))
    if (!name.startsWith("_") && kinds[name] === "string") labels[name] = value;
  const fields = [];
  for (const [name, value] of Object.entries(key)) {
    fields.push({ name, type: kinds[name], values: new Array(length).fill(value), labels: {}, ofKey: true });
  }
  for (const [name, values] of Object.entries(columns)) {
    if (name !== "_start" && name !== "_stop")
      fields.push({ name, type: kinds[name], values, labels: kinds[name] === "number" ? labels : {} });
  }
  return { refId, length, fields };
}

/** Give every field its settings: the panel's defaults, then the overrides that match, in order. */
export function configure(frames, fieldConfig = {}) {
  for (const frame of frames) {
    for (const field of frame.fields) {
      const config = structuredClone(fieldConfig.defaults ?? {});
      config.custom ??= {};
      for (const override of fieldConfig.overrides ?? []) {
        if (matches(override.matcher ?? {}, field, frame))
          for (const { id, value } of override.properties ?? []) set(config, id, value);
      }
      field.config = config;
    }
  }
  nameAll(frames);
  return frames;
}

function set(config, id, value) {
  const path = id.split(".");
  let at = config;
  for (const name of path.slice(0, -1)) at = at[name] ??= {};
  at[path.at(-1)] = value;
}

function matches({ id, options }, field, frame) {
  if (id === "byName") return options === field.name || options === field.display;
  if (id === "byNames") return (options?.names ?? []).includes(field.name);
  if (id === "byType") return options === field.type;
  if (id === "byFrameRefID") return options === frame.refId;
  if (id === "byRegexp") return pattern(options).test(field.name) || pattern(options).test(field.labels.room ?? "");
  return false;
}

function pattern(text) {
  const slashed = /^\/(.*)\/([gimsuy]*)$/s.exec(text ?? "");
  try {
    return slashed ? new RegExp(slashed[1], slashed[2].replace("g", "")) : new RegExp(text ?? "");
  } catch {
    return /(?!)/;
  }
}

function nameAll(frames) {
  const values = frames.flatMap((frame) => frame.fields.filter((field) => field.type !== "time" && !field.ofKey));
  const sameField = new Set(values.map((field) => field.name)).size === 1;
  for (const frame of frames) {
    for (const field of frame.fields) {
      const own = Object.values(field.labels);
      if (field.config.displayName) field.display = fillText(field.config.displayName, { field, frame });
      else if (own.length && sameField) field.display = own.join(" · ");
      else field.display = own.length ? `${field.name} ${own.join(" · ")}` : field.name;
    }
  }
}

/** Text with `${__field.labels.x}`, `${__data.fields.x}`, `${__value.text}` and the dashboard's variables replaced. */
export function fillText(text, context, encode = (value) => value) {
  return text.replace(/\$\{([^}]+)\}|\$(__url_time_range|__all_variables|\w+)/g, (whole, braced, plain) => {
    const found = lookUp(braced ?? plain, context, encode);
    return found === undefined ? whole : found;
  });
}

function lookUp(name, { field, frame, row, value, vars = place().vars, range }, encode) {
  if (name === "__url_time_range") return range ? `from=${encode(range.from)}&to=${encode(range.to)}` : "";
  if (name === "__all_variables" || name === "__url.params") return allVariables(vars, encode);
  if (name === "__from" || name === "__to") return range ? String(name === "__from" ? range.start : range.stop) : "";
  const label = /^__field\.labels(?:\.(\w+)|\["?([^\]"]+)"?\])$/.exec(name);
  if (label) return encode(field?.labels[label[1] ?? label[2]] ?? "");
  if (name === "__field.name" || name === "__series.name") return encode(field?.display ?? field?.name ?? "");
  const cell = /^__data\.fields(?:\.(\w+)|\[["']?([^\]"']+)["']?\])(?:\.(?:text|numeric|raw))?$/.exec(name);
  if (cell && frame) {
    const wanted = cell[1] ?? cell[2];
    const found =
      frame.fields.find((one) => one.name === wanted || one.display === wanted) ?? frame.fields[Number(wanted)];
    return encode(String(found?.values[row] ?? ""));
  }
  if (name === "__value.time") {
    const times = frame?.fields.find((one) => one.type === "time");
    return encode(String(times?.values[row] ?? ""));
  }
  if (/^__value\.(raw|text|numeric)$/.test(name)) return encode(String(value ?? ""));
  const [variable, form] = name.split(":");
  if (!(variable in vars)) return undefined;
  if (form === "queryparam") return vars[variable].map((one) => `var-${variable}=${encodeURIComponent(one)}`).join("&");
  return encode(vars[variable].join(","));
}

function allVariables(vars, encode) {
  return Object.entries(vars)
    .flatMap(([name, values]) => values.map((value) => `var-${name}=${encode(value)}`))
    .join("&");
}

/** The links of a cell or a series as `{title, url, outside}`; those that lead nowhere safe are left out. */
export function linksOf(field, context) {
  return links(field.config?.links ?? [], { field, ...context });
}

/** Links with what they hold filled in. */
export function links(given, context) {
  const found = [];
  for (const link of given) {
    const url = linkOf(fillText(link.url ?? "", context, encodeURIComponent));
    if (url)
      found.push({
        title: fillText(link.title ?? "", context),
        url,
        outside: Boolean(link.targetBlank) || !url.startsWith("#"),
      });
  }
  return found;
}

/** What a value is shown as: `{text, suffix, color, index}`; `color` is null where nothing gives it one. */
export function show(field, value) {
  const { unit, decimals, mappings = [], thresholds } = field.config;
  const mapped = mapping(mappings, value);
  const written =
    field.type === "time" && typeof value === "number" && !unit
      ? { text: full(value), suffix: "" }
      : format(value, unit, decimals);
  if (value === null || value === undefined) written.text = field.config.noValue ?? written.text;
  const step = typeof value === "number" ? thresholdAt(thresholds, value, field) : null;
  const color = mapped?.color ? colorOf(mapped.color) : step ? colorOf(step.color) : null;
  return mapped?.text !== undefined ? { text: mapped.text, suffix: "", color } : { ...written, color };
}

/** The same in one text. */
export function shown(field, value) {
  const { text, suffix } = show(field, value);
  return text + suffix;
}

function mapping(mappings, value) {
  for (const { type, options } of mappings) {
    if (type === "value" && value !== null && String(value) in options) return options[String(value)];
    if (type === "range" && typeof value === "number") {
      if ((options.from ?? -Infinity) <= value && value <= (options.to ?? Infinity)) return options.result;
    }
    if (type === "regex" && typeof value === "string" && pattern(options.pattern).test(value)) return options.result;
    if (type === "special" && special(options.match, value)) return options.result;
  }
  return null;
}

function special(match, value) {
  const none = value === null || value === undefined;
  if (match === "null" || match === "null+nan") return none;
  return (
    (match === "true" && value === true) ||
    (match === "false" && value === false) ||
    (match === "empty" && value === "")
  );
}

/** The step of the thresholds that a value is in. */
export function thresholdAt(thresholds, value, field) {
  const steps = thresholds?.steps ?? [];
  let against = value;
  if (thresholds?.mode === "percentage") {
    const { min = 0, max = 100 } = field.config;
    against = ((value - min) / (max - min || 1)) * 100;
  }
  let found = null;
  for (const step of steps) if (step.value === null || step.value === undefined || against >= step.value) found = step;
  return found;
}

const numbers = (values) => values.filter((value) => typeof value === "number");
const CALCS = {
  last: (values) => values.at(-1) ?? null,
  lastNotNull: (values) => values.findLast((value) => value !== null) ?? null,
  first: (values) => values[0] ?? null,
  firstNotNull: (values) => values.find((value) => value !== null) ?? null,
  min: (values) => (numbers(values).length ? numbers(values).reduce((a, b) => Math.min(a, b)) : null),
  max: (values) => (numbers(values).length ? numbers(values).reduce((a, b) => Math.max(a, b)) : null),
  mean: (values) => (numbers(values).length ? CALCS.sum(values) / numbers(values).length : null),
  sum: (values) => numbers(values).reduce((a, b) => a + b, 0),
  count: (values) => values.length,
  range: (values) => (numbers(values).length ? CALCS.max(values) - CALCS.min(values) : null),
  allIsNull: (values) => values.every((value) => value === null),
  median: (values) => quantile(values, 0.5),
};

function quantile(values, at) {
  const sorted = numbers(values).sort((a, b) => a - b);
  if (!sorted.length) return null;
  const where = (sorted.length - 1) * at;
  const low = sorted[Math.floor(where)],
    high = sorted[Math.ceil(where)];
  return low + (high - low) * (where - Math.floor(where));
}

/** One of Grafana's calculations over the values of a field. */
export function calculate(name, values) {
  const percentile = /^p(\d\d)$/.exec(name);
  return percentile ? quantile(values, Number(percentile[1]) / 100) : (CALCS[name] ?? CALCS.lastNotNull)(values);
}

export const CALC_NAMES = {
  lastNotNull: "last",
  last: "last",
  min: "min",
  max: "max",
  mean: "mean",
  sum: "total",
  count: "count",
  median: "median",
  p95: "95 %",
};
