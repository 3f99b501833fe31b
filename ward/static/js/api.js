// Calls to the ward server: few at a time, each can be given up, and whether the server answers is told to the page.

const AT_ONCE = 6;
const listeners = new Set();
const waiting = [];
let underWay = 0;
let away = null; // since when nobody answers

/** What a call failed with: `status` (0: nobody answered), `type` and `detail`, a sentence for a person. */
export class Refused extends Error {
  constructor(status, type, detail) {
    super(detail);
    this.status = status;
    this.type = type;
    this.detail = detail;
  }
}

/** Told `{away}`: null, or since when (ms) nobody answers; and `{loggedOut}` when the session has ended. */
export function onConnection(call) {
  listeners.add(call);
}

function tell(what) {
  for (const call of listeners) call(what);
}

/** The JSON answer of a call below `/ward/api/`; throws `Refused`, or AbortError when it was given up. */
export async function call(method, path, body, signal) {
  await turn(signal);
  try {
    return await send(method, path, body, signal);
  } finally {
    underWay -= 1;
    next();
  }
}

function turn(signal) {
  return new Promise((go, stop) => {
    const entry = { go, stop, signal };
    waiting.push(entry);
    signal?.addEventListener("abort", () => {
      const at = waiting.indexOf(entry);
      if (at >= 0) {
        waiting.splice(at, 1);
        stop(new DOMException("given up", "AbortError"));
      }
    });
    next();
  });
}

function next() {
  while (underWay < AT_ONCE && waiting.length) {
    underWay += 1;
    waiting.shift().go();
  }
}

async function send(method, path, body, signal) {
  const headers = { "X-Bedside-Ward": "1" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(`/ward/api/${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    nobody();
    throw new Refused(0, "server-away", "The ward server does not answer. Trying again.");
  }
  const text = await answer.text();
  let document = null;
  try {
    document = JSON.parse(text);
  } catch {
    document = null;
  }
  if (document === null && answer.status >= 500) {
    nobody();
    throw new Refused(0, "server-away", "The ward server is being started. Trying again.");
  }
  if (away !== null) {
    away = null;
    tell({ away: null });
  }
  if (!answer.ok) {
    if (answer.status === 401 && path !== "session") tell({ loggedOut: true });
    throw new Refused(answer.status, document?.type ?? "", document?.detail ?? `The server answered ${answer.status}.`);
  }
  return document;
}

function nobody() {
  if (away === null) {
    away = Date.now();
    tell({ away });
  }
}
