// The viewer: a page, and beside it the pages of the document as small images that load when they come into sight.

import { byId, data, el } from "./dom.js";
import { Paper } from "./paper.js";
import { Seeking } from "./seeking.js";
import { Stage } from "./stage.js";

const version = data();
const strip = byId("strip");
const SMALL = window.matchMedia("(max-width: 45rem)").matches ? 70 : 110;
const toggle = byId("strip-toggle");
const note = byId("note");
const entries = [];

const stage = new Stage(byId("sheet"), version, { shown: settled, failed: broken });

function say(text, bad = false) {
  note.classList.toggle("bad", bad);
  note.textContent = text;
}

function settled(page) {
  say(`Page ${page} of ${stage.last}. Every page you open is recorded.`);
  return seeking?.lay(page);
}

function broken(problem) {
  const taken = problem.gone && problem.code !== "clawed-back";
  say(taken ? "This document is no longer available to you." : problem.message, true);
  if (problem.gone) end();
}

function end() {
  watch.disconnect();
  strip.replaceChildren();
  strip.hidden = true;
  toggle.disabled = true;
  seeking?.end();
  stage.mark();
}

async function turn(page) {
  const going = stage.go(page);
  stage.mark();
  entries.forEach((entry, index) => {
    if (index + 1 === stage.page) entry.setAttribute("aria-current", "page");
    else entry.removeAttribute("aria-current");
  });
  if (!strip.hidden) entries[stage.page - 1]?.scrollIntoView({ block: "nearest" });
  await going;
}

const watch = new IntersectionObserver(
  (seen) => {
    for (const one of seen) {
      const entry = one.target;
      if (!one.isIntersecting) {
        clearTimeout(entry.waiting);
        continue;
      }
      entry.waiting = setTimeout(async () => {
        watch.unobserve(entry);
        try {
          await entry.paper.show(entry.page, SMALL);
        } catch (problem) {
          if (problem.gone) broken(problem);
        }
      }, 250);
    }
  },
  { root: strip },
);

function build() {
  version.sizes.forEach((_, index) => {
    const paper = new Paper(version);
    const entry = el("button", { type: "button", onclick: () => turn(index + 1) }, paper.node, String(index + 1));
    entry.setAttribute("aria-label", `Go to page ${index + 1}`);
    entry.paper = paper;
    entry.page = index + 1;
    paper.measure(index + 1, SMALL);
    entries.push(entry);
    strip.append(entry);
    watch.observe(entry);
  });
}

toggle.addEventListener("click", () => {
  strip.hidden = !strip.hidden;
  toggle.setAttribute("aria-expanded", String(!strip.hidden));
  if (!entries.length) build();
  entries[stage.page - 1]?.setAttribute("aria-current", "page");
});

const seeking = document.getElementById("seek") ? new Seeking(stage, { turn, say }) : null;
stage.controls(turn);
if (window.matchMedia("(min-width: 62rem)").matches && stage.last > 1) toggle.click();
await turn(1);
