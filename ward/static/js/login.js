// The login: a clinician's token, and the name that is shown with what this person silences.

import { Refused, call } from "./api.js";
import { h, put } from "./dom.js";

/** Show the login in `host`; the result is the session, once there is one. */
export function logIn(host, why = "") {
  return new Promise((done) => {
    const who = h("input", {
      id: "who",
      type: "text",
      autocomplete: "name",
      maxlength: "60",
      required: true,
      value: localStorage.getItem("bedside-who") ?? "",
    });
    const token = h("input", {
      id: "token",
      type: "password",
      autocomplete: "off",
      maxlength: "512",
      required: true,
      spellcheck: "false",
    });
    const problem = h("p", { class: "problem", role: "alert" }, why);
    const button = h("button", { type: "submit" }, "Log in");
    const submit = async (event) => {
      event.preventDefault();
      button.disabled = true;
      problem.textContent = "";
      try {
        const session = await call("POST", "session", { token: token.value.trim(), who: who.value.trim() });
        localStorage.setItem("bedside-who", who.value.trim());
        done(session);
      } catch (fault) {
        problem.textContent = fault instanceof Refused ? fault.detail : "The login failed. Try again.";
        button.disabled = false;
        token.focus();
      }
    };
    put(
      host,
      h(
        "main",
        { class: "login" },
        h(
          "form",
          { on: { submit } },
          h("h1", {}, h("img", { src: "static/icon.svg", alt: "", width: "40", height: "40" }), "Bedside"),
          h("p", {}, "Stores and shows. Not for active patient monitoring."),
          h("label", { for: "who" }, "Your name or initials"),
          who,
          h("label", { for: "token" }, "A clinician's token"),
          token,
          problem,
          button,
          h("p", { class: "faint" }, "Every view of a named patient is written down."),
        ),
      ),
    );
    (who.value ? token : who).focus();
  });
}
