// Waits for the service to finish a redacted copy, and goes on when it has.

import { byId } from "./dom.js";
import { get } from "./net.js";

const box = byId("waiting");
const text = byId("waiting-text");
const begun = Date.now();

async function look() {
  try {
    const { state } = await get(box.dataset.url);
    if (state !== "applying") {
      location.reload();
      return;
    }
    const seconds = Math.round((Date.now() - begun) / 1000);
    if (seconds > 4) text.textContent = `The service removes the marked content and searches the result for anything left… ${seconds} s`;
  } catch (problem) {
    text.textContent = problem.message;
    if (problem.gone) return;
  }
  setTimeout(look, 1500);
}

setTimeout(look, 1500);
