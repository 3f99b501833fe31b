// Names of patients: asked for by MRN when a view shows one, held in memory while the page is open, nowhere else.

import { call } from "./api.js";
import { place } from "./place.js";
import { soon } from "./dom.js";

const AT_ONCE = 200;
const known = new Map();
const asked = new Map(); // view -> MRNs that were asked for in it
const wanted = new Set();
const listeners = new Set();

/** Told when names have come; the result ends it. */
export function onNames(call) {
  listeners.add(call);
  return () => listeners.delete(call);
}

/** A view is opened anew: whoever is seen in it is asked for, and so written down, again. */
export function newView(uid) {
  asked.delete(uid);
}

/** Forget every name, as after a logout. */
export function forget() {
  known.clear();
  asked.clear();
  wanted.clear();
}

/** The patient's name, or null while it is not known. Asking for it in this view is a view of that patient. */
export function nameOf(mrn) {
  if (typeof mrn !== "string" || mrn === "") return null;
  const view = place().uid ?? "home";
  if (!asked.has(view)) asked.set(view, new Set());
  if (!asked.get(view).has(mrn)) {
    asked.get(view).add(mrn);
    wanted.add(mrn);
    fetchSoon(view);
  }
  return known.get(mrn) ?? null;
}

/** `Ada Park · 5001`, or the MRN alone. */
export function patient(mrn) {
  const name = nameOf(mrn);
  return name ? `${name} · ${mrn}` : mrn;
}

const fetchSoon = soon(async (view) => {
  const mrns = [...wanted];
  wanted.clear();
  for (let at = 0; at < mrns.length; at += AT_ONCE) {
    const part = mrns.slice(at, at + AT_ONCE);
    try {
      const { names } = await call("POST", "names", { view, mrns: part });
      for (const [mrn, name] of Object.entries(names)) known.set(mrn, name);
    } catch {
      for (const mrn of part) asked.get(view)?.delete(mrn); // asked for again with the next answer
    }
  }
  for (const listener of listeners) listener();
}, 30);
