// The redaction editor: marks are made on the page or from a search, each with a coded reason, and saved one by one.

import { byId, data, typing } from "./dom.js";
import { DraftBox } from "./draft.js";
import { Drawing } from "./drawing.js";
import { Finder } from "./finder.js";
import { list } from "./marklist.js";
import { Marks } from "./marks.js";
import { Overlay, Pages } from "./overlay.js";
import { ReasonForm } from "./reason.js";
import { Scans } from "./scans.js";
import { Stage } from "./stage.js";

const root = byId("editor");
const page = data();
const note = byId("note");
const overlay = new Overlay();
const pages = new Pages(page.original);
const marks = new Marks(root.dataset.url, page.marks);
let draft = null;
let lit = null;

const stage = new Stage(byId("sheet"), page.original, {
  shown: (number) => {
    say(`Page ${number} of ${stage.last}. Every page you open is recorded.`);
    return lay(number);
  },
  failed: (problem) => say(sentence(problem), true),
});

function sentence(problem) {
  return problem.gone ? "This document is no longer available to you." : problem.message;
}

function say(text, bad = false) {
  note.textContent = text;
  note.classList.toggle("bad", bad);
}

async function turn(number) {
  const going = stage.go(number);
  overlay.node.remove();
  stage.mark();
  await going;
}

/** Lays the marks over the page that has just been shown. */
async function lay(number) {
  try {
    const found = await pages.of(number);
    if (number !== stage.page || stage.ended) return;
    drawing.words = found.words;
    overlay.reset(found);
    stage.paper.node.append(overlay.node);
    paint();
  } catch (problem) {
    say(problem.gone ? sentence(problem) : `Marking is not possible: ${problem.message}`, true);
  }
}

// ---- what stands on the page

function paint() {
  if (!overlay.node.isConnected) return;
  overlay.reset(overlay.frame);
  overlay.node.classList.toggle("words", drawing.tool === "words");
  for (const mark of marks.on(stage.page)) {
    const node = overlay.box(mark.box, { class: mark.id === lit ? "saved lit" : "saved", "aria-label": `${mark.code}: ${mark.rationale}` });
    node.addEventListener("click", () => light(mark));
  }
  for (const hit of finder.places.filter((one) => one.page === stage.page)) {
    for (const box of hit.boxes) overlay.box(box, { class: finder.look(hit) });
  }
  for (const item of draft?.items ?? []) if (item.page === stage.page) paintDraft(item);
}

function paintDraft(item) {
  if (!item.box || draft.items.length > 1 || item.kind !== "box") {
    overlay.box(item.box, { class: "fresh" });
    return;
  }
  const made = new DraftBox(overlay, item.box, (box) => (item.box = box));
  if (draft.focus) made.node.focus({ preventScroll: true });
}

function light(mark) {
  lit = mark.id;
  redraw();
  byId("marks").querySelector(".lit")?.scrollIntoView({ block: "nearest" });
}

function redraw() {
  list(byId("marks"), marks.all, page.codes, lit, { show, edit, remove });
  byId("count").textContent = marks.all.length ? `(${marks.all.length})` : "";
  byId("undo").disabled = !marks.undoable;
  const box = document.getElementById("submit-box");
  if (box) box.querySelector("button").disabled = marks.all.length === 0;
  paint();
}

async function show(mark) {
  if (mark.page !== stage.page) await turn(mark.page);
  light(mark);
}

// ---- a mark in the making

const form = new ReasonForm(page.codes, { save, drop });

/** Asks for the reason of `items`, or gives them the last one at once where the person wished that. */
async function begin(items, title, focus = false) {
  draft = { items, focus, replaces: null };
  const ready = form.kept && !focus;
  form.open(title, items.length);
  paint();
  if (ready) await form.submit();
  else if (!focus) form.focus();
}

async function edit(mark) {
  if (mark.page !== stage.page) await turn(mark.page);
  const kind = mark.kind === "page" ? "page" : "box";
  draft = { items: [{ page: mark.page, box: mark.box, kind }], focus: false, replaces: mark.id };
  form.open("Change the mark", 1, mark);
  paint();
  form.focus();
}

function drop() {
  draft = null;
  form.close();
  paint();
  byId("sheet").focus({ preventScroll: true });
}

async function save(reason) {
  const all = draft.items.map((item) => ({ ...item, ...reason }));
  await marks.add(all, draft.replaces);
  say(all.length === 1 ? "The mark is saved." : `${all.length} marks are saved.`);
  if (all.some((item) => item.kind === "term" || item.kind === "scan")) finder.clear();
  drop();
  redraw();
}

/** Does something to the marks, says so, and shows them as they then stand. */
async function change(work, said) {
  try {
    await work();
    say(said);
  } catch (problem) {
    say(sentence(problem), true);
  }
  redraw();
}

const remove = (mark) => change(() => marks.remove(mark), "The mark is deleted. Undo brings it back.");
const undo = () => marks.undoable && change(() => marks.undo(), "Undone.");

// ---- what the person does

const drawing = new Drawing(overlay, stage, { begin, say, paint });
const finder = new Finder(root.dataset.search, page.original, {
  go: async (place) => {
    if (place.page !== stage.page) await turn(place.page);
    paint();
    overlay.node.querySelector(".now")?.scrollIntoView({ block: "center" });
  },
  mark: (items, title) => begin(items, title),
  changed: paint,
});
const scans = new Scans(root.dataset.scans);

byId("whole-page").addEventListener("click", () => {
  begin([{ page: stage.page, box: null, kind: "page" }], `Whole page ${stage.page}`);
});
byId("undo").addEventListener("click", undo);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && draft && !document.querySelector("dialog")) drop();
  if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || typing(event)) return;
  event.preventDefault();
  undo();
});

stage.controls(turn);
redraw();
await turn(1);
await scans.ask();
