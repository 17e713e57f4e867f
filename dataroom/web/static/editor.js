// The redaction editor: marks are made on the page or from a search, each with a coded reason, and saved one by one.

import { byId, data, el, typing } from "./dom.js";
import { DraftBox, follow } from "./draft.js";
import { toBox } from "./geometry.js";
import { Finder } from "./finder.js";
import { list } from "./marklist.js";
import { send } from "./net.js";
import { Overlay, Pages } from "./overlay.js";
import { Stage } from "./stage.js";
import { at, lines, stepped } from "./words.js";

const MOST_AT_ONCE = 1000;
const root = byId("editor");
const page = data();
const version = page.original;
const note = byId("note");
const overlay = new Overlay();
const pages = new Pages(version);
let words = [];
let marks = page.marks;
let tool = "box";
let draft = null;
let finder = { places: [], chosen: new Set() };
let undoing = null;
let lit = null;

const stage = new Stage(byId("sheet"), version, {
  shown: (number) => {
    say(`Page ${number} of ${stage.last}. Every page you open is recorded.`);
    return lay(number);
  },
  failed: (problem) => say(problem.gone ? "This document is no longer available to you." : problem.message, true),
});

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
    words = found.words;
    overlay.reset(found);
    stage.paper.node.append(overlay.node);
    paint();
  } catch (problem) {
    say(problem.gone ? "This document is no longer available to you." : `Marking is not possible: ${problem.message}`, true);
  }
}

// ---- what stands on the page

function paint() {
  overlay.reset(overlay.frame);
  overlay.node.classList.toggle("words", tool === "words");
  for (const mark of marks.filter((one) => one.page === stage.page)) {
    const text = `${mark.code}: ${mark.rationale}`;
    const node = overlay.box(mark.box, { class: mark.id === lit ? "saved lit" : "saved", "aria-label": text });
    node.addEventListener("click", () => light(mark));
  }
  for (const hit of finder.places.filter((one) => one.page === stage.page)) {
    for (const box of hit.boxes) overlay.box(box, { class: finder.chosen.has(hit) ? "hit" : "hit passed" });
  }
  for (const item of draft?.items ?? []) {
    if (item.page !== stage.page) continue;
    if (item.box && draft.items.length === 1 && item.kind === "box") {
      const made = new DraftBox(overlay, item.box, (box) => (item.box = box));
      if (draft.focus) made.node.focus({ preventScroll: true });
    } else overlay.box(item.box, { class: "fresh" });
  }
}

function light(mark) {
  lit = mark.id;
  redraw();
  byId("marks").querySelector(".lit")?.scrollIntoView({ block: "nearest" });
}

function redraw() {
  list(byId("marks"), marks, page.codes, lit, { show, edit, remove });
  byId("count").textContent = marks.length ? `(${marks.length})` : "";
  const box = document.getElementById("submit-box");
  if (box) box.querySelector("button").disabled = marks.length === 0;
  if (overlay.node.isConnected) paint();
}

async function show(mark) {
  lit = mark.id;
  if (mark.page !== stage.page) await turn(mark.page);
  light(mark);
}

// ---- a mark in the making

function begin(items, title, { focus = false, replaces = null } = {}) {
  draft = { items, focus, replaces };
  const ready = byId("keep").checked && byId("code").value && byId("rationale").value.trim() && !replaces && !focus;
  byId("draft").hidden = false;
  byId("draft-title").textContent = title;
  byId("draft-error").textContent = "";
  byId("save").textContent = items.length === 1 ? "Save mark" : `Save marks (${items.length})`;
  if (!byId("keep").checked && !replaces) clear();
  explain();
  paint();
  if (ready) return save();
  if (!focus) byId(byId("code").value ? "rationale" : "code").focus({ preventScroll: window.innerWidth > 700 });
  return undefined;
}

function clear() {
  byId("draft-form").reset();
  byId("particular-fields").replaceChildren();
}

function drop() {
  draft = null;
  byId("draft").hidden = true;
  if (overlay.node.isConnected) paint();
  byId("sheet").focus({ preventScroll: true });
}

function explain() {
  const code = byId("code").value;
  for (const hint of document.querySelectorAll("[data-basis]")) hint.hidden = hint.dataset.basis !== code;
  byId("rationale").minLength = page.codes[code]?.min ?? 8;
  particulars();
}

/** The fields for what the chosen codes ask to be recorded; what is typed already stays. */
function particulars(given = stated()) {
  const chosen = [byId("code").value, byId("second-code").value].map((code) => page.codes[code]).filter(Boolean);
  const must = new Set(chosen.filter((code) => code.all).flatMap((code) => code.record));
  const names = [...new Set(chosen.flatMap((code) => code.record))].sort((a, b) => must.has(b) - must.has(a));
  byId("particulars").hidden = !names.length;
  byId("particulars").open = must.size > 0 || names.some((name) => given[name]);
  byId("particular-fields").replaceChildren(
    ...names.map((name, number) =>
      el(
        "div",
        { class: "field" },
        el("label", { for: `particular-${number}` }, name[0].toUpperCase() + name.slice(1), must.has(name) ? "" : el("span", { class: "quiet" }, " (optional)")),
        el("input", { id: `particular-${number}`, "data-particular": name, value: given[name] ?? "", maxlength: "300", autocomplete: "off" }),
      ),
    ),
  );
}

function stated() {
  const typed = [...byId("particular-fields").querySelectorAll("input")].map((node) => [node.dataset.particular, node.value.trim()]);
  return Object.fromEntries(typed.filter(([, value]) => value));
}

async function save() {
  const [code, rationale] = [byId("code").value, byId("rationale").value.trim()];
  const least = page.codes[code]?.min ?? 8;
  if (!code || rationale.length < least) {
    byId("draft-error").textContent = code ? `Write at least ${least} characters: why this has to go.` : "Choose a code.";
    return;
  }
  const more = { second_code: byId("second-code").value, details: stated() };
  const all = draft.items.map((item) => ({ ...item, code, rationale, ...more }));
  byId("save").disabled = true;
  const before = new Set(marks.map((mark) => mark.id));
  const replaced = marks.find((mark) => mark.id === draft.replaces);
  try {
    for (let first = 0; first < all.length; first += MOST_AT_ONCE) {
      marks = (await send("POST", root.dataset.url, { marks: all.slice(first, first + MOST_AT_ONCE) })).marks;
    }
    if (draft.replaces) marks = (await send("DELETE", root.dataset.url, { marks: [draft.replaces] })).marks;
    say(all.length === 1 ? "The mark is saved." : `${all.length} marks are saved.`);
    remember(before, replaced);
    if (all.some((item) => item.kind === "term" || item.kind === "scan")) finder.clear();
    drop();
    redraw();
  } catch (problem) {
    byId("draft-error").textContent = problem.message;
  } finally {
    byId("save").disabled = false;
  }
}

async function edit(mark) {
  if (mark.page !== stage.page) await turn(mark.page);
  byId("code").value = mark.code;
  byId("second-code").value = mark.second_code;
  byId("rationale").value = mark.rationale;
  particulars(mark.details);
  const kind = mark.kind === "page" ? "page" : "box";
  begin([{ page: mark.page, box: mark.box, kind }], "Change the mark", { replaces: mark.id });
}

async function remove(mark) {
  try {
    marks = (await send("DELETE", root.dataset.url, { marks: [mark.id] })).marks;
    remember(new Set(marks.map((one) => one.id)), mark);
    say("The mark is deleted.");
  } catch (problem) {
    say(problem.message, true);
  }
  redraw();
}

// ---- drawing

overlay.node.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  if (tool === "words") return choose(event);
  if (event.target.classList.contains("saved") && !event.shiftKey && event.detail > 1) return;
  const [x, y] = overlay.point(event);
  const place = (later) => {
    const [nx, ny] = overlay.point(later);
    const [w, h] = overlay.size;
    const edge = (value, most) => Math.min(Math.max(value, 0), most);
    const [ax, ay, bx, by] = [edge(Math.min(x, nx), w), edge(Math.min(y, ny), h), edge(Math.max(x, nx), w), edge(Math.max(y, ny), h)];
    return { x: ax, y: ay, width: bx - ax, height: by - ay };
  };
  let rubber = null;
  follow(
    event,
    (later) => {
      rubber?.remove();
      rubber = overlay.rect(place(later), { class: "fresh" });
    },
    (later) => {
      rubber?.remove();
      const drawn = place(later);
      if (later.type === "pointercancel" || drawn.width < 3 || drawn.height < 3) return;
      const box = toBox(drawn, overlay.frame);
      begin([{ page: stage.page, box, kind: "box" }], "New mark");
    },
  );
});

function choose(event) {
  const where = (one) => {
    const [x, y] = overlay.point(one);
    const box = toBox({ x, y, width: 0, height: 0 }, overlay.frame);
    return at(words, [box[0], box[1]]);
  };
  const first = where(event);
  if (first < 0) return;
  let last = first;
  let painted = [];
  const preview = () => {
    painted.forEach((node) => node.remove());
    painted = lines(words, first, last).map((box) => overlay.box(box, { class: "fresh" }));
  };
  preview();
  follow(
    event,
    (later) => {
      const now = where(later);
      if (now >= 0 && now !== last) {
        last = now;
        preview();
      }
    },
    () => chosen(first, last),
  );
}

function spoken(first, last) {
  return words.slice(Math.min(first, last), Math.max(first, last) + 1).map((word) => word.text).join(" ");
}

function chosen(first, last) {
  const boxes = lines(words, first, last);
  begin(boxes.map((box) => ({ page: stage.page, box, kind: "words" })), `New mark: “${spoken(first, last).slice(0, 60)}”`);
}

let typed = { page: 0, first: -1, last: -1 };

/** Words with the keys: arrows go from word to word, with Shift they take more in, Enter marks. */
function choosing(event) {
  if (typed.page !== stage.page) typed = { page: stage.page, first: -1, last: -1 };
  const next = stepped(words, typed.last, event.key);
  if (next === null && (event.key !== "Enter" || typed.last < 0)) return;
  event.preventDefault();
  event.stopPropagation();
  if (next === null) return chosen(typed.first, typed.last);
  typed = { page: stage.page, first: event.shiftKey && typed.first >= 0 ? typed.first : next, last: next };
  paint();
  const boxes = lines(words, typed.first, typed.last).map((box) => overlay.box(box, { class: "fresh" }));
  boxes[boxes.length - 1].scrollIntoView({ block: "nearest" });
  say(`“${spoken(typed.first, typed.last).slice(0, 120)}”. Enter marks it; Shift with the arrow keys takes more in.`);
}

byId("sheet").addEventListener("keydown", (event) => {
  if (event.target !== byId("sheet") || !overlay.node.isConnected) return;
  if (tool === "words") return choosing(event);
  if (event.key !== "Enter") return;
  event.preventDefault();
  const [w, h] = overlay.size;
  const middle = { x: w / 2 - 60, y: h / 2 - 10, width: 120, height: 20 };
  begin([{ page: stage.page, box: toBox(middle, overlay.frame), kind: "box" }], "New mark", { focus: true });
});

for (const button of document.querySelectorAll("[data-tool]")) {
  button.addEventListener("click", () => {
    tool = button.dataset.tool;
    for (const other of document.querySelectorAll("[data-tool]")) other.setAttribute("aria-pressed", String(other === button));
    overlay.node.classList.toggle("words", tool === "words");
    if (tool === "words" && !words.length) say("This page has no words to choose; draw a box instead.");
  });
}

byId("whole-page").addEventListener("click", () => {
  begin([{ page: stage.page, box: null, kind: "page" }], `Whole page ${stage.page}`);
});

// ---- taking back

/** Keeps how to undo what has just been done: marks that are new go, marks that went come back. */
function remember(before, gone) {
  const made = marks.filter((mark) => !before.has(mark.id)).map((mark) => mark.id);
  undoing = { made, gone: gone ? [gone] : [] };
  byId("undo").disabled = false;
}

async function undo() {
  if (!undoing) return;
  const { made, gone } = undoing;
  undoing = null;
  byId("undo").disabled = true;
  const again = gone.map(({ page: number, box, kind, code, rationale, second_code, details }) => ({ page: number, box, kind, code, rationale, second_code, details }));
  try {
    if (again.length) marks = (await send("POST", root.dataset.url, { marks: again })).marks;
    for (let first = 0; first < made.length; first += MOST_AT_ONCE) {
      marks = (await send("DELETE", root.dataset.url, { marks: made.slice(first, first + MOST_AT_ONCE) })).marks;
    }
    say("Undone.");
  } catch (problem) {
    say(problem.message, true);
  }
  redraw();
}

byId("undo").addEventListener("click", undo);
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || typing(event)) return;
  event.preventDefault();
  undo();
});

// ---- finding

function items(some) {
  return some.flatMap((hit) => hit.boxes.map((box) => ({ page: hit.page, box, kind: hit.read ? "scan" : "term" })));
}

function named(some) {
  return some.length === 1 ? `New mark: “${some[0].text}”` : `${some.length} places`;
}

finder = new Finder(root.dataset.search, {
  go: (place) => (place.page === stage.page ? paint() : turn(place.page)),
  mark: (some) => begin(items(some), named(some)),
  changed: () => overlay.node.isConnected && paint(),
});

const reading = document.getElementById("read-scans");
reading?.addEventListener("click", async () => {
  reading.disabled = true;
  try {
    await send("POST", root.dataset.scans, {});
    byId("scans-note").textContent = "The service reads these pages; search again in a while.";
  } catch (problem) {
    byId("scans-note").textContent = problem.message;
  }
});

// ---- the form

byId("code").addEventListener("change", explain);
byId("second-code").addEventListener("change", explain);
byId("drop").addEventListener("click", drop);
byId("draft-form").addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && draft && !document.querySelector("dialog")) drop();
});

stage.controls(turn);
redraw();
await turn(1);
