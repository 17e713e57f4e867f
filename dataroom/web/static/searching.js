// A search under way: how far it has come is asked for, and the page is fetched anew once, when the service is done.

import { byId } from "./dom.js";
import { get } from "./net.js";

const box = byId("searching");
const text = byId("searching-text");
const bar = byId("searching-bar");

async function look() {
  try {
    const { state, searched, documents, found } = await get(box.dataset.url);
    if (state !== "running") {
      location.reload();
      return;
    }
    const places = found === 1 ? "1 place" : `${found} places`;
    text.textContent = `${searched} of ${documents} documents searched, ${places} so far. You may leave this page; the work goes on.`;
    bar.value = searched;
  } catch (problem) {
    text.textContent = problem.message;
    if (problem.gone) return;
  }
  setTimeout(look, 1500);
}

setTimeout(look, 1000);
