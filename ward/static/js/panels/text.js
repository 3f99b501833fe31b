// Panels of type `text`: Markdown's paragraphs, headings, lists, emphasis and links; any markup is shown as it is.

import { h, put } from "../dom.js";
import { fillText } from "../fields.js";
import { linkOf } from "../place.js";

/** One panel's text. */
export class Text {
  constructor(host, panel) {
    this.panel = panel;
    this.box = h("div", { class: "prose" });
    host.append(this.box);
    this.build();
  }

  build() {
    put(this.box, markdown(fillText(this.panel.options?.content ?? "", {})));
  }

  update() {}
  resize() {}
  names() {}
  destroy() {}

  note() {
    return "";
  }

  table() {
    return null;
  }
}

/** Elements for a Markdown text. */
export function markdown(text) {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((block) => {
      const heading = /^(#{1,6})\s+(.*)$/s.exec(block);
      if (heading) return h(`h${Math.min(6, heading[1].length + 2)}`, {}, inline(heading[2]));
      const lines = block.split("\n");
      if (lines.every((line) => /^\s*[-*]\s/.test(line)))
        return h(
          "ul",
          {},
          lines.map((line) => h("li", {}, inline(line.replace(/^\s*[-*]\s+/, "")))),
        );
      return h("p", {}, inline(block));
    });
}

function inline(text) {
  const parts = text.split(/(\*\*[^*]+\*\*|`[^`]+`|\[[^\]]+\]\([^)\s]+\)|\*[^*]+\*)/);
  return parts.map((part) => {
    const link = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(part);
    if (link) return linkOf(link[2]) ? h("a", { href: linkOf(link[2]) }, link[1]) : link[1];
    if (/^\*\*.+\*\*$/.test(part)) return h("strong", {}, part.slice(2, -2));
    if (/^`.+`$/.test(part)) return h("code", {}, part.slice(1, -1));
    if (/^\*.+\*$/.test(part)) return h("em", {}, part.slice(1, -1));
    return part;
  });
}
