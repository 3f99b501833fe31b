// A dashboard's variables: asked for in their order, each with the values of those before it; chosen by selects.

import { call } from "./api.js";
import { h, put } from "./dom.js";
import { patient } from "./names.js";
import { go, place } from "./place.js";

const ALL = "$__all";

/** The variables that go along from one dashboard to the next; each decides what the next of them can be. */
export const CHAIN = ["room", "mrn", "night"];

/** The variables of one dashboard. `values` is what panels ask with; the time zone is the server's to say. */
export class Variables {
  constructor(models, page) {
    this.models = models;
    this.page = page;
    this.options = new Map();
    this.values = {};
    this.problems = [];
    this.away = false; // what they ask was away: they are asked again soon
    this.element = h("div", { class: "variables", role: "group", "aria-label": "Choose" });
  }

  /** Ask for the options and settle the values; a value in the address wins, else the one of the dashboard, else the first. */
  async settle() {
    this.values = {};
    this.problems = [];
    this.away = false;
    const chosen = this.models.filter(({ name }) => name !== "timezone");
    for (const model of chosen) {
      const needs = [...JSON.stringify(model.query ?? "").matchAll(/\$\{(\w+)|\$(\w+)/g)].map(
        (found) => found[1] ?? found[2],
      );
      const missing = needs.find((name) => chosen.some((one) => one.name === name) && !this.values[name]?.length);
      const found = missing ? [] : await this.optionsOf(model).catch((problem) => this.failed(model, problem));
      this.options.set(model.name, found);
      const values = this.choose(model, found);
      if (values.length || model.type === "textbox") this.values[model.name] = values;
    }
    this.draw();
    return this.values;
  }

  /** A variable that could not be asked for has no options; the page says which. */
  failed(model, problem) {
    if (problem.name === "AbortError" || problem.status === 401) throw problem;
    this.away ||= problem.status === 0 || problem.status === 503;
    this.problems.push(`${model.label || model.name}: ${problem.detail}`);
    return [];
  }

  async optionsOf(model) {
    const { start, stop } = this.page.range();
    const asked = { dashboard: this.page.uid, variable: model.name, from: start, to: stop, variables: this.values };
    const { options } = await call("POST", "variable", asked);
    return options;
  }

  choose(model, options) {
    const wanted = place().vars[model.name];
    if (model.type === "textbox") return wanted ?? [String(model.query ?? "")];
    const everything = options.map(({ value }) => value);
    if (wanted?.includes(ALL)) return model.allValue ? [model.allValue] : everything;
    // A value that came by a link is taken as it is: a night or a patient need not be among the latest.
    if (wanted?.length) return model.multi ? wanted : wanted.slice(0, 1);
    const given = [model.current?.value ?? []].flat().filter((value) => everything.includes(value));
    if (given.length) return model.multi ? given : given.slice(0, 1);
    if (model.includeAll) return model.allValue ? [model.allValue] : everything;
    return everything.slice(0, 1);
  }

  draw() {
    const shown = this.models.filter(
      ({ hide = 0, type, name }) => name !== "timezone" && hide !== 2 && type !== "constant" && type !== "datasource",
    );
    put(
      this.element,
      shown.map((model) => this.control(model)),
      this.problems.length ? h("span", { class: "problem", role: "status" }, this.problems.join(" ")) : null,
    );
  }

  control(model) {
    const id = `var-${model.name}`;
    const label = h("label", { for: id }, model.hide === 1 ? "" : model.label || model.name);
    const chosen = this.values[model.name] ?? [];
    if (model.type === "textbox") {
      const input = h("input", {
        id,
        type: "text",
        value: chosen[0] ?? "",
        maxlength: "200",
        on: { change: () => this.set(model, [input.value]) },
      });
      return h("span", { class: "variable" }, label, input);
    }
    const options = this.options.get(model.name) ?? [];
    const all = chosen.length > 1 && chosen.length === options.length;
    const missing = chosen
      .filter((value) => !all && !options.some((one) => one.value === value))
      .map((value) => ({ text: value, value }));
    const choices = [...(model.includeAll ? [{ text: "All", value: ALL }] : []), ...missing, ...options];
    const select = h(
      "select",
      { id, disabled: !choices.length, on: { change: () => this.set(model, [select.value]) } },
      choices.map(({ text, value }) => h("option", { value }, this.text(model, text, value, chosen))),
    );
    if (!choices.length) select.append(h("option", {}, "none yet"));
    select.value =
      model.includeAll && (all || !chosen.length || chosen[0] === model.allValue) ? ALL : (chosen[0] ?? "");
    return h("span", { class: "variable" }, label, select);
  }

  /** Only the patient who is looked at is named: a list of names would be a view of everybody in it. */
  text(model, text, value, chosen) {
    return model.name === "mrn" && chosen.length === 1 && chosen[0] === value ? patient(value) : text;
  }

  /** Choose; those that depend on it are settled anew by the page, without what was chosen for them before. */
  set(model, values) {
    const vars = { ...place().vars, [model.name]: values };
    for (const other of this.models) {
      if (other !== model && JSON.stringify(other.query ?? "").includes(`\${${model.name}`)) delete vars[other.name];
    }
    // What other dashboards would choose by it: a patient of another room, a night of another patient.
    for (const later of CHAIN.slice(CHAIN.indexOf(model.name) + 1 || CHAIN.length)) delete vars[later];
    go({ vars });
  }
}
