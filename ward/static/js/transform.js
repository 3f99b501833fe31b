// Grafana's transformations that the dashboards use, each a function from frames to frames.

const TRANSFORMATIONS = {
  organize,
  merge,
  joinByField,
  seriesToColumns: joinByField,
  sortBy,
  filterFieldsByName,
  limit,
  labelsToFields,
  renameByRegex,
  reduce: (frames) => frames,
};

/** The frames after a panel's transformations; one that this page does not know leaves them as they are. */
export function transform(frames, transformations = []) {
  let current = frames;
  for (const { id, options = {}, disabled } of transformations) {
    if (!disabled && TRANSFORMATIONS[id]) current = TRANSFORMATIONS[id](current, options);
  }
  return current;
}

function organize(frames, { excludeByName = {}, includeByName = {}, indexByName = {}, renameByName = {} }) {
  const included = Object.keys(includeByName).some((name) => includeByName[name]);
  return frames.map((frame) => {
    const kept = frame.fields.filter(({ name }) => !excludeByName[name] && (!included || includeByName[name]));
    const order = (field) => indexByName[field.name] ?? Infinity;
    const fields = kept
      .map((field, at) => ({ field, at }))
      .sort((a, b) => order(a.field) - order(b.field) || a.at - b.at || 0)
      .map(({ field }) => ({
        ...field,
        name: renameByName[field.name] || field.name,
        original: field.original ?? field.name,
      }));
    return { ...frame, fields };
  });
}

function merge(frames) {
  if (frames.length < 2) return frames;
  const fields = new Map();
  for (const frame of frames)
    for (const field of frame.fields) if (!fields.has(field.name)) fields.set(field.name, { ...field, values: [] });
  const shared = [...fields.keys()].filter((name) =>
    frames.every((frame) => frame.fields.some((field) => field.name === name)),
  );
  const byKey = new Map();
  const merged = [];
  for (const frame of frames) {
    for (let row = 0; row < frame.length; row += 1) {
      const values = Object.fromEntries(frame.fields.map((field) => [field.name, field.values[row]]));
      const key = JSON.stringify(shared.map((name) => values[name]));
      const same = byKey
        .get(key)
        ?.find((one) => Object.keys(values).every((name) => !(name in one) || one[name] === values[name]));
      if (same) Object.assign(same, values);
      else {
        merged.push(values);
        byKey.set(key, [...(byKey.get(key) ?? []), values]);
      }
    }
  }
  for (const [name, field] of fields) field.values = merged.map((values) => values[name] ?? null);
  return [{ refId: frames[0].refId, length: merged.length, fields: [...fields.values()] }];
}

function joinByField(frames, { byField, mode = "outer" }) {
  const keyOf = (frame) => frame.fields.find((field) => field.name === byField || (!byField && field.type === "time"));
  const usable = frames.filter(keyOf);
  if (usable.length < 2) return frames;
  const keys = new Map();
  usable.forEach((frame) => keyOf(frame).values.forEach((value) => keys.set(value, (keys.get(value) ?? 0) + 1)));
  const wanted = [...keys.keys()].filter((value) => mode !== "inner" || keys.get(value) >= usable.length);
  if (keyOf(usable[0]).type === "time") wanted.sort((a, b) => a - b);
  const fields = [{ ...keyOf(usable[0]), values: wanted }];
  for (const frame of usable) {
    const at = new Map(keyOf(frame).values.map((value, row) => [value, row]));
    for (const field of frame.fields) {
      if (field !== keyOf(frame))
        fields.push({ ...field, values: wanted.map((value) => (at.has(value) ? field.values[at.get(value)] : null)) });
    }
  }
  return [{ refId: usable[0].refId, length: wanted.length, fields }];
}

function sortBy(frames, { sort = [] }) {
  const [first] = sort;
  return first ? frames.map((frame) => sorted(frame, first.field, first.desc)) : frames;
}

/** A frame with its rows in the order of a field: numbers by size, texts as people count (2 before 10), absent ones last. */
export function sorted(frame, name, descending = false) {
  const values = frame.fields.find((field) => field.name === name)?.values;
  if (!values) return frame;
  const sign = descending ? -1 : 1;
  const order = values.map((_, row) => row).sort((a, b) => compare(values[a], values[b], sign) || a - b);
  return {
    ...frame,
    fields: frame.fields.map((field) => ({ ...field, values: order.map((row) => field.values[row]) })),
  };
}

const collator = new Intl.Collator("en", { numeric: true });

function compare(one, other, sign) {
  if (one === null || other === null) return (one === null) - (other === null);
  if (typeof one === "string") return sign * collator.compare(one, String(other));
  return sign * (one - other);
}

function filterFieldsByName(frames, { include, exclude }) {
  const allowed = (set, name) =>
    (set?.names ?? []).includes(name) ||
    (set?.pattern ? new RegExp(set.pattern.replace(/^\/|\/$/g, "")).test(name) : false);
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.filter(
      ({ name }) => (!include || allowed(include, name)) && !(exclude && allowed(exclude, name)),
    ),
  }));
}

function limit(frames, { limitField = 10 }) {
  return frames.map((frame) => ({
    ...frame,
    length: Math.min(frame.length, limitField),
    fields: frame.fields.map((field) => ({ ...field, values: field.values.slice(0, limitField) })),
  }));
}

function labelsToFields(frames) {
  return frames.map((frame) => {
    const labels = Object.assign({}, ...frame.fields.map((field) => field.labels));
    const made = Object.entries(labels).map(([name, value]) => ({
      name,
      type: "string",
      values: new Array(frame.length).fill(value),
      labels: {},
    }));
    return { ...frame, fields: [...frame.fields.map((field) => ({ ...field, labels: {} })), ...made] };
  });
}

function renameByRegex(frames, { regex = "", renamePattern = "" }) {
  const made = new RegExp(regex.replace(/^\/|\/$/g, ""));
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => ({ ...field, name: field.name.replace(made, renamePattern) })),
  }));
}
