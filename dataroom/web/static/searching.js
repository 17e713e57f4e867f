// A search under way: how far it has come and what it has found by then; at the end the page is fetched anew, once.

import { byId, el } from "./dom.js";
import { watch } from "./watch.js";

const text = byId("searching-text");
const bar = byId("searching-bar");
const places = byId("places");

function row({ number, title, address, found, draft }) {
  const where = el("a", { href: address }, el("span", { class: "mono" }, number), ` ${title}`);
  const state = draft ? el("a", { href: draft }, "Being prepared") : el("span", { class: "quiet" }, "None yet");
  return el(
    "tr",
    { "data-address": address },
    el("th", { scope: "row", "data-label": "Document" }, where),
    el("td", { class: "num", "data-label": "Places" }, String(found)),
    el("td", { "data-label": "Redaction" }, state),
  );
}

/** Adds the documents that have places now; those already there stay, so that nobody loses their place. */
function add(hits) {
  const there = new Set([...places.tBodies[0].rows].map((one) => one.dataset.address));
  places.tBodies[0].append(...hits.filter((hit) => !there.has(hit.address)).map(row));
  places.hidden = hits.length === 0;
  byId("nothing").hidden = hits.length > 0;
}

function told({ state, searched, documents, found, hits }) {
  if (state !== "running") {
    location.reload();
    return false;
  }
  const count = found === 1 ? "1 place" : `${found} places`;
  text.textContent = `${searched} of ${documents} documents searched, ${count} so far. You may leave this page; the work goes on.`;
  bar.value = searched;
  add(hits);
  return true;
}

watch(byId("searching").dataset.url, told, (problem) => {
  text.textContent = problem.message;
});
