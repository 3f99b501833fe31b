// Times of the ward: everything is shown in the ward's own time zone, wherever the browser is.

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const UNITS = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

let zone = "UTC";
let clockAhead = 0; // how far the server's clock is ahead of this one, ms
const formats = new Map();

/** The ward's time zone, and the server's clock to go by. */
export function setZone(name, serverNow) {
  zone = name;
  formats.clear();
  clockAhead = serverNow - Date.now();
}

export const zoneName = () => zone;
/** Now, by the server's clock. */
export const now = () => Date.now() + clockAhead;

function formatter(key, options) {
  if (!formats.has(key))
    formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options }));
  return formats.get(key);
}

const WALL = {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
};

/** What the ward's clock shows at an instant: year, month (1 to 12), day, hour, minute, second. */
export function wall(ms) {
  const found = {};
  for (const part of formatter("wall", WALL).formatToParts(ms)) found[part.type] = Number(part.value);
  return found;
}

/** The instant at which the ward's clock shows this; in an hour that there is not, the one after it. */
export function fromWall(year, month, day, hour = 0, minute = 0, second = 0) {
  const wanted = Date.UTC(year, month - 1, day, hour, minute, second);
  let guess = wanted;
  for (let round = 0; round < 3; round += 1) {
    const seen = wall(guess);
    const shown = Date.UTC(seen.year, seen.month - 1, seen.day, seen.hour, seen.minute, seen.second);
    if (shown === wanted) break;
    guess += wanted - shown;
  }
  return guess;
}

/** The noon at which the night that holds this instant began, shifted by so many nights. */
export function noonBefore(ms, shift = 0) {
  const at = wall(ms);
  const back = at.hour < 12 ? 1 : 0;
  return fromWall(at.year, at.month, at.day - back + shift, 12);
}

/** An end of a range as an instant: `now-12h/d`, `night`, `night-1` (noon to noon), or milliseconds; null if it is none. */
export function instant(text, isEnd = false) {
  if (/^\d{10,16}$/.test(text)) return Number(text);
  const night = /^night(-\d{1,4})?$/.exec(text);
  if (night) return noonBefore(now(), Number(night[1] ?? 0) + (isEnd ? 1 : 0));
  if (!/^now(?:[-+]\d{1,6}[smhdwMy]|\/[smhdwMy])*$/.test(text)) {
    const parsed = Date.parse(text);
    return Number.isNaN(parsed) ? null : parsed;
  }
  let at = now();
  for (const [, sign, count, unit, floor] of text.matchAll(/([-+])(\d+)([smhdwMy])|\/([smhdwMy])/g)) {
    at = floor ? rounded(at, floor, isEnd) : moved(at, (sign === "-" ? -1 : 1) * Number(count), unit);
  }
  return at;
}

function moved(at, count, unit) {
  if (unit in UNITS && unit !== "d" && unit !== "w") return at + count * UNITS[unit];
  const days = unit === "w" ? 7 * count : unit === "d" ? count : 0;
  const w = wall(at);
  return fromWall(
    w.year + (unit === "y" ? count : 0),
    w.month + (unit === "M" ? count : 0),
    w.day + days,
    w.hour,
    w.minute,
    w.second,
  );
}

function rounded(at, unit, up) {
  const w = wall(at);
  const plus = up ? 1 : 0;
  if (unit === "y") return fromWall(w.year + plus, 1, 1);
  if (unit === "M") return fromWall(w.year, w.month + plus, 1);
  if (unit === "d") return fromWall(w.year, w.month, w.day + plus);
  if (unit === "w") {
    const monday = (new Date(Date.UTC(w.year, w.month - 1, w.day)).getUTCDay() + 6) % 7;
    return fromWall(w.year, w.month, w.day - monday + 7 * plus);
  }
  const size = UNITS[unit];
  return Math.floor(at / size) * size + plus * size;
}

export const SHORTCUTS = [
  ["Last 5 minutes", "now-5m", "now"],
  ["Last 15 minutes", "now-15m", "now"],
  ["Last hour", "now-1h", "now"],
  ["Last 3 hours", "now-3h", "now"],
  ["Last 6 hours", "now-6h", "now"],
  ["Last 12 hours", "now-12h", "now"],
  ["Last 24 hours", "now-24h", "now"],
  ["This night, noon to noon", "night", "night"],
  ["Last night, noon to noon", "night-1", "night-1"],
  ["The night before", "night-2", "night-2"],
  ["Last 2 days", "now-2d", "now"],
  ["Last 7 days", "now-7d", "now"],
  ["Last 30 days", "now-30d", "now"],
  ["Last 90 days", "now-90d", "now"],
];

const two = (number) => String(number).padStart(2, "0");

/** `2026-01-10 22:00:00` in the ward's zone. */
export function full(ms) {
  const w = wall(ms);
  return `${w.year}-${two(w.month)}-${two(w.day)} ${two(w.hour)}:${two(w.minute)}:${two(w.second)}`;
}

/** The same to the minute, and without the date where it is today's. */
export function short(ms) {
  const w = wall(ms);
  const today = wall(now());
  const clock = `${two(w.hour)}:${two(w.minute)}`;
  const same = w.year === today.year && w.month === today.month && w.day === today.day;
  return same ? clock : `${w.year}-${two(w.month)}-${two(w.day)} ${clock}`;
}

/** How long ago, in words that a table has room for. */
export function ago(ms) {
  const gone = Math.max(0, now() - ms);
  if (gone < 90 * SECOND) return `${Math.round(gone / SECOND)} s ago`;
  if (gone < 90 * MINUTE) return `${Math.round(gone / MINUTE)} min ago`;
  if (gone < 36 * HOUR) return `${Math.round(gone / HOUR)} h ago`;
  return `${Math.round(gone / DAY)} days ago`;
}

/** What an `<input type="datetime-local">` holds, and back. */
export const toInput = (ms) => full(ms).replace(" ", "T").slice(0, 16);
export function fromInput(text) {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(text);
  return found ? fromWall(...found.slice(1, 6).map(Number)) : null;
}

/** What a range is called. */
export function rangeName(from, to) {
  const shortcut = SHORTCUTS.find(([, a, b]) => a === from && b === to);
  if (shortcut) return shortcut[0];
  const night = /^night-(\d+)$/.exec(from);
  const start = instant(from),
    stop = instant(to, true);
  if (night && from === to) return `Night of ${full(start).slice(0, 10)}`;
  if (start !== null && stop !== null && start === noonBefore(start) && stop === noonBefore(start, 1)) {
    return `Night of ${full(start).slice(0, 10)}`;
  }
  const last = /^now-(\d+)([smhdwMy])$/.exec(from);
  if (last && to === "now")
    return `Last ${last[1]} ${{ s: "seconds", m: "minutes", h: "hours", d: "days", w: "weeks", M: "months", y: "years" }[last[2]]}`;
  return start === null || stop === null
    ? "No time range"
    : `${full(start).slice(0, 16)} to ${full(stop).slice(0, 16)}`;
}
