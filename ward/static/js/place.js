// Where the page is: dashboard, variables, range and panel, in the fragment of the address.
// Browsers send that part to no server, so that no MRN stands in anybody's access log.

const listeners = new Set();
let current = read();

/** `{uid, from, to, refresh, panel, vars: {name: [values]}}`; what is not said is null. */
export const place = () => current;

/** Told `(place, before)` when it changes, by a link, the back button, or `go`. */
export function onPlace(call) {
  listeners.add(call);
}

function read() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?");
  const params = new URLSearchParams(query);
  const vars = {};
  for (const [name, value] of params) {
    if (name.startsWith("var-")) (vars[name.slice(4)] ??= []).push(value);
  }
  return {
    uid: /^\/d\/([\w-]+)/.exec(path)?.[1] ?? null,
    from: params.get("from"),
    to: params.get("to"),
    refresh: params.get("refresh"),
    panel: params.has("viewPanel") ? Number(params.get("viewPanel").replace(/^panel-/, "")) : null,
    vars,
  };
}

/** The address of a place. */
export function address(where) {
  const params = new URLSearchParams();
  for (const [name, values] of Object.entries(where.vars))
    for (const value of values) params.append(`var-${name}`, value);
  for (const name of ["from", "to", "refresh"])
    if (where[name] !== null && where[name] !== undefined) params.set(name, where[name]);
  if (where.panel !== null && where.panel !== undefined) params.set("viewPanel", where.panel);
  const query = params.toString();
  return `#/d/${where.uid}${query ? `?${query}` : ""}`;
}

/** Go there: `changes` to where the page is now. `replace` leaves no step for the back button. */
export function go(changes, replace = false) {
  const wanted = address({ ...current, ...changes });
  if (wanted === location.hash) return;
  if (replace) {
    history.replaceState(null, "", wanted);
    changed();
  } else {
    location.hash = wanted;
  }
}

function changed() {
  const before = current;
  current = read();
  for (const call of listeners) call(current, before);
}

window.addEventListener("hashchange", changed);

/** A link of a Grafana dashboard as a link of this page; null for one that leads nowhere safe. */
export function linkOf(url) {
  const inside = /^\/?d\/([\w-]+)(?:\/[^?#]*)?(\?[^#]*)?$/.exec(url);
  if (inside) return `#/d/${inside[1]}${inside[2] ?? ""}`;
  return /^https?:\/\//.test(url) ? url : null;
}
