// The page: who is logged in, which dashboard is shown, whether the server answers, when to ask again.

import { Alerts } from "./alerts.js";
import { Refused, call, onConnection } from "./api.js";
import { Dashboard } from "./dashboard.js";
import { announce, h, put, soon } from "./dom.js";
import { logIn } from "./login.js";
import { forget } from "./names.js";
import { go, onPlace, place } from "./place.js";
import { printable } from "./print.js";
import { setZone, short } from "./time.js";
import { Toolbar, topBar } from "./toolbar.js";

const AWAY_EVERY_MS = 5000; // a panel that says it tries again does so, however seldom the page asks
const EMPTY_EVERY_MS = 3000; // a ward that is empty is looked at often: somebody waits for the first reading
const app = document.getElementById("app");
const banner = h("div", { class: "banner", role: "alert" });
const live = h("div", { id: "live", class: "hidden-text", "aria-live": "polite" });
const alerts = new Alerts();
let session = null;
let dashboards = [];
let dashboard = null;
let toolbar = null;
let timer = 0;
let asking = false;
let opened = 0; // how often a dashboard was opened: what an earlier one still waits for is not shown any more
let anyRoom = false; // whether a room is known to have reported

async function begin(why) {
  try {
    session = await call("GET", "session").catch((problem) => {
      if (problem.status === 401) return logIn(app, why);
      throw problem;
    });
    ({ dashboards } = await call("GET", "dashboards"));
  } catch (problem) {
    session = null;
    put(
      app,
      h(
        "main",
        { class: "login" },
        h("p", { role: "alert" }, problem.detail ?? "The ward server does not answer. Trying again."),
      ),
    );
    setTimeout(() => begin(why), 2000);
    return;
  }
  setZone(session.timezone, session.now_ms);
  alerts.roomUid = dashboards.find(({ uid }) => /room$/.test(uid))?.uid ?? null;
  alerts.start();
  await open();
}

/** Leave nothing of a patient on the page, and ask who is there. */
async function leave(why) {
  if (session === null) return;
  session = null;
  clearTimeout(timer);
  alerts.stop();
  alerts.box.hidden = true;
  dashboard?.destroy();
  dashboard = null;
  forget();
  await begin(why);
}

async function open() {
  const uid = place().uid ?? dashboards[0]?.uid;
  if (!uid) {
    put(app, top(null), h("main", { class: "login" }, h("p", {}, "There are no dashboards on this server.")));
    return;
  }
  if (place().uid === null) {
    go({ uid }, true); // which opens it
    return;
  }
  const mine = ++opened;
  dashboard?.destroy();
  dashboard = null;
  const host = h("main", { id: "main", tabindex: "-1" });
  put(
    app,
    top(uid),
    h("div", { class: "under" }, host, alerts.box),
    h("footer", {}, "Bedside stores and shows. It is not for active patient monitoring."),
    live,
  );
  let document_;
  try {
    document_ = await call("GET", `dashboards/${encodeURIComponent(uid)}`);
  } catch (problem) {
    put(host, h("p", { class: "notice fault" }, problem.detail ?? String(problem)));
    const away = problem.status === 0 || problem.status >= 500;
    if (away) setTimeout(() => session !== null && mine === opened && open(), AWAY_EVERY_MS);
    return;
  }
  if (session === null || mine !== opened) return; // it was left, or another was opened meanwhile
  const space = h("div");
  dashboard = new Dashboard(document_, space);
  toolbar = new Toolbar(dashboard, () => again(true));
  dashboard.onValues = () => toolbar.update();
  put(host, toolbar.element, roomsHint, space);
  document.title = `${document_.title} · Bedside`;
  lookForRooms();
  asking = true;
  await dashboard.start();
  if (mine !== opened) return;
  asking = false;
  toolbar.update();
  schedule();
}

const roomsHint = h("div", { class: "hint", role: "status" });
roomsHint.hidden = true;

/** A ward in which nothing has reported yet is no fault: say how it begins. */
async function lookForRooms() {
  try {
    const { rooms } = await call("GET", "rooms");
    anyRoom = rooms.length > 0;
  } catch {
    return; // asked again, since `anyRoom` is not yet true
  }
  roomsHint.hidden = anyRoom;
  put(
    roomsHint,
    anyRoom
      ? []
      : [
          h("h2", {}, "No room has reported yet"),
          h("p", {}, "As soon as a monitor posts its first reading, its room shows here."),
        ],
  );
}

function top(uid) {
  return h(
    "div",
    {},
    h(
      "a",
      {
        class: "skip",
        href: "#main",
        on: {
          click: (event) => {
            event.preventDefault();
            document.getElementById("main")?.focus();
          },
        },
      },
      "To the panels",
    ),
    topBar({
      dashboards,
      current: uid,
      who: session.who,
      alertsButton: alerts.button,
      onTheme: turnTheme,
      onLogout: logOut,
    }),
    banner,
  );
}

async function logOut() {
  await call("DELETE", "session").catch(() => {});
  await leave("You are logged out.");
}

function turnTheme() {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "light" ? "dark" : "light";
  localStorage.setItem("bedside-theme", root.dataset.theme);
  dashboard?.redraw();
}

function period() {
  const text = place().refresh ?? dashboard?.document.refresh ?? "";
  const found = /^(\d+)([smh])$/.exec(text || "");
  return found ? Math.max(2, Number(found[1]) * { s: 1, m: 60, h: 3600 }[found[2]]) * 1000 : 0;
}

function schedule() {
  clearTimeout(timer);
  const usual = anyRoom ? period() : EMPTY_EVERY_MS;
  const lost = dashboard?.variables.away || dashboard?.panels.some((panel) => panel.away && panel.onScreen);
  const wait = away !== null ? 2000 : lost ? Math.min(usual || AWAY_EVERY_MS, AWAY_EVERY_MS) : usual;
  if (wait) timer = setTimeout(() => again(), wait);
}

async function again(force = false) {
  if (!dashboard || asking) {
    schedule();
    return;
  }
  if (document.hidden && !force) {
    schedule();
    return;
  }
  asking = true;
  try {
    if (!anyRoom) await lookForRooms();
    await dashboard.refresh(force || away !== null);
    toolbar.update();
  } finally {
    asking = false;
    schedule();
  }
}

let away = null;

onConnection(({ away: since, loggedOut }) => {
  if (loggedOut) {
    leave("The session has ended. Log in again.");
    return;
  }
  away = since ?? null;
  banner.classList.toggle("shown", away !== null);
  const seen = dashboard?.shownAt();
  put(
    banner,
    away === null
      ? []
      : `The ward server does not answer since ${short(away)}. ${seen ? `What you see is from ${short(seen)}. ` : ""}Trying again.`,
  );
  if (away === null) {
    announce("The ward server answers again.");
    setTimeout(() => again(true), 0);
  } else if (!asking) {
    schedule();
  }
});

onPlace((now, before) => {
  if (session === null) return;
  if (now.uid !== before.uid) {
    open();
  } else if (dashboard) {
    asking = true;
    dashboard
      .refresh()
      .then(() => toolbar.update())
      .finally(() => {
        asking = false;
        schedule();
      });
    toolbar.update();
  }
});

document.addEventListener("visibilitychange", () => !document.hidden && again(true));
window.addEventListener(
  "resize",
  soon(() => {
    dashboard?.fit();
    dashboard?.panels.forEach(({ visual }) => visual?.resize());
  }, 120),
);
printable(() => dashboard);
window.addEventListener("unhandledrejection", (event) => {
  if (event.reason?.name === "AbortError") event.preventDefault();
  else if (event.reason instanceof Refused) announce(event.reason.detail);
});
begin("");
