// Uploading: each file on its own, its bytes as they are, two at a time, with a line in the manifest for each.

import { byId, el } from "./dom.js";
import { csv } from "./manifest.js";
import { SECRET, problem } from "./net.js";

const AT_ONCE = 2;
const NOISE = /(^|\/)(\.|~\$|Thumbs\.db$|desktop\.ini$)/i;
const box = byId("upload");
const zone = byId("zone");
const table = byId("manifest");
const limit = Number(box.dataset.limit);
const items = [];
let running = 0;

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const [unit, by] = bytes < 1024 ** 2 ? ["KiB", 1024] : bytes < 1024 ** 3 ? ["MiB", 1024 ** 2] : ["GiB", 1024 ** 3];
  return `${(bytes / by).toFixed(1)} ${unit}`;
}

function add(path, file) {
  if (NOISE.test(path)) return;
  const item = { path, file, outcome: "waiting", sha256: "", number: "", detail: "", request: null };
  item.status = el("td", { "data-label": "Outcome" });
  item.hash = el("td", { "data-label": "SHA-256" });
  item.actions = el("td", { class: "last" });
  const name = el("th", { scope: "row", "data-label": "File" }, path);
  const bytes = el("td", { class: "num nowrap", "data-label": "Size" }, size(file.size));
  table.append(el("tr", {}, name, bytes, item.hash, item.status, item.actions));
  items.push(item);
  if (!/\.pdf$/i.test(path)) refuse(item, "Only PDF files are accepted, because only they can be shown with a watermark and redacted. Convert the file to PDF first.");
  else if (file.size > limit) refuse(item, `The file is larger than the ${size(limit)} accepted here.`);
  else draw(item);
}

function refuse(item, sentence) {
  Object.assign(item, { outcome: "refused", detail: sentence });
  draw(item);
}

function draw(item, part = null) {
  const { outcome } = item;
  item.hash.replaceChildren(item.sha256 ? el("code", { title: item.sha256 }, `${item.sha256.slice(0, 16)}…`) : "");
  item.actions.replaceChildren();
  if (outcome === "sending") {
    if (!item.bar) item.bar = el("progress", { max: "1", "aria-label": `Sending ${item.path}` });
    if (part === null || part >= 1) item.bar.removeAttribute("value");
    else item.bar.value = part;
    const text = part !== null && part >= 1 ? "Checking…" : part === null ? "Sending…" : `${Math.floor(part * 100)} %`;
    item.status.replaceChildren(item.bar, el("span", { class: "quiet small" }, text));
    item.actions.append(el("button", { type: "button", class: "small", onclick: () => item.request?.abort() }, "Cancel"));
  } else {
    item.status.replaceChildren(line(item));
    if (["failed", "cancelled"].includes(outcome)) item.actions.append(el("button", { type: "button", class: "small", onclick: () => again([item]) }, "Retry"));
  }
  sum();
}

function line(item) {
  if (item.outcome === "stored") {
    const link = el("a", { href: `/documents/${item.document}` }, item.number);
    return el("span", {}, el("span", { class: "badge good" }, "Stored"), " ", link, ` ${item.pages} ${item.pages === 1 ? "page" : "pages"}`);
  }
  const words = { waiting: "Waiting", cancelled: "Cancelled", refused: "Refused", failed: "Failed" };
  const tone = { refused: "bad", failed: "warn" }[item.outcome] ?? "";
  return el("span", {}, el("span", { class: `badge ${tone}` }, words[item.outcome]), item.detail ? ` ${item.detail}` : "");
}

function sum() {
  byId("progress").hidden = items.length === 0;
  const count = (outcome) => items.filter((item) => item.outcome === outcome).length;
  const open = count("waiting") + count("sending");
  const parts = [`${count("stored")} of ${items.length} stored`];
  for (const [outcome, word] of [["refused", "refused"], ["failed", "failed"], ["cancelled", "cancelled"]]) {
    if (count(outcome)) parts.push(`${count(outcome)} ${word}`);
  }
  if (open) parts.push(`${open} to go`);
  byId("summary").textContent = parts.join(" · ");
  byId("cancel-all").hidden = open === 0;
  byId("retry-all").hidden = open > 0 || count("failed") + count("cancelled") === 0;
  byId("csv").hidden = open > 0;
}

function address(item) {
  const target = new URL(box.dataset.url, location.href);
  target.searchParams.set("path", item.path);
  for (const name of ["tier", "category", "schedule"]) {
    const value = document.getElementById(`f-${name}`)?.value;
    if (value) target.searchParams.set(name, value);
  }
  return target;
}

function start(item) {
  const request = new XMLHttpRequest();
  item.request = request;
  item.outcome = "sending";
  running += 1;
  request.open("PUT", address(item));
  request.setRequestHeader("Content-Type", "application/pdf");
  request.setRequestHeader("Accept", "application/json, application/problem+json");
  for (const [name, value] of Object.entries(SECRET)) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", (event) => draw(item, event.total ? event.loaded / event.total : null));
  const end = (change) => {
    Object.assign(item, { request: null, ...change });
    running -= 1;
    draw(item);
    next();
  };
  request.addEventListener("load", () => end(settled(request)));
  request.addEventListener("error", () => end({ outcome: "failed", detail: "The connection broke off; nothing was kept." }));
  request.addEventListener("abort", () => end({ outcome: "cancelled", detail: "" }));
  draw(item);
  request.send(item.file);
}

function settled(request) {
  if (request.status === 201) {
    const { sha256, number, document, pages } = JSON.parse(request.responseText);
    return { outcome: "stored", sha256, number, document, pages, detail: "" };
  }
  const wrong = problem(request.status, request.responseText);
  const final = request.status >= 400 && request.status < 500 && request.status !== 429 && request.status !== 401;
  return { outcome: final ? "refused" : "failed", detail: wrong.message };
}

function next() {
  while (running < AT_ONCE) {
    const item = items.find((one) => one.outcome === "waiting");
    if (!item) return;
    start(item);
  }
}

function again(some) {
  for (const item of some) Object.assign(item, { outcome: "waiting", detail: "" });
  some.forEach((item) => draw(item));
  next();
}

async function walk(entry, into) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    into.push([entry.fullPath.replace(/^\//, ""), file]);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const batch = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!batch.length) return;
    for (const child of batch) await walk(child, into);
  }
}

async function dropped(event) {
  event.preventDefault();
  zone.classList.remove("over");
  const entries = [...event.dataTransfer.items].filter((i) => i.kind === "file").map((i) => i.webkitGetAsEntry());
  const found = [];
  for (const entry of entries.filter(Boolean)) await walk(entry, found);
  take(found);
}

function take(found) {
  found.sort((a, b) => a[0].localeCompare(b[0]));
  for (const [path, file] of box.dataset.one ? found.slice(0, 1) : found) add(path, file);
  next();
}

// Files can be chosen only from here on: before, nobody would take them.
for (const input of box.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", () => {
    take([...input.files].map((file) => [file.webkitRelativePath || file.name, file]));
    input.value = "";
  });
  input.disabled = false;
}
for (const name of ["dragenter", "dragover"]) {
  zone.addEventListener(name, (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
}
zone.addEventListener("dragleave", () => zone.classList.remove("over"));
zone.addEventListener("drop", dropped);
byId("retry-all").addEventListener("click", () => again(items.filter((i) => ["failed", "cancelled"].includes(i.outcome))));
byId("cancel-all").addEventListener("click", () => {
  for (const item of items) {
    if (item.outcome === "waiting") {
      item.outcome = "cancelled";
      draw(item);
    }
  }
  for (const item of items) item.request?.abort();
});
byId("csv").addEventListener("click", () => {
  const url = URL.createObjectURL(new Blob([csv(items)], { type: "text/csv" }));
  el("a", { href: url, download: "upload-manifest.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
});
window.addEventListener("beforeunload", (event) => {
  if (running) event.preventDefault();
});
