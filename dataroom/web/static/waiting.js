// Waits for the service to finish a redacted copy, telling how far it has come, and goes on when it has.

import { byId } from "./dom.js";
import { watch } from "./watch.js";

const text = byId("waiting-text");
const bar = byId("waiting-bar");
const steps = [...byId("waiting-steps").children];
const begun = Date.now();

function tell({ step, steps: count, done, of }) {
  const what = step === 2 || step === 3 ? "check" : "page";
  const now = Math.min(done + 1, of);
  text.textContent = `Step ${step} of ${count}: ${steps[step - 1].textContent}, ${what} ${now} of ${of}`;
  bar.max = Math.max(of, 1);
  bar.value = done;
  steps.forEach((line, index) => {
    line.classList.toggle("done", index < step - 1);
    if (index === step - 1) line.setAttribute("aria-current", "step");
    else line.removeAttribute("aria-current");
  });
}

function told({ state, progress }) {
  if (state !== "applying") {
    location.reload();
    return false;
  }
  if (progress) tell(progress);
  const seconds = Math.round((Date.now() - begun) / 1000);
  if (seconds > 4) byId("waiting-time").textContent = `Watched for ${seconds} s.`;
  return true;
}

watch(byId("waiting").dataset.url, told, (problem) => {
  text.textContent = problem.message;
});
