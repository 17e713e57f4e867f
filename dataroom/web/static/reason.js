// The form that gives new marks their reason: code, rationale, particulars, a further reason.

import { byId } from "./dom.js";
import { draw, stated } from "./particulars.js";

const LEAST = 8;

/** `codes` as the server lists them; `on` has `save(reason)`, told when the reason is good enough, and `drop()`. */
export class ReasonForm {
  constructor(codes, on) {
    this.codes = codes;
    this.on = on;
    byId("code").addEventListener("change", () => this.explain());
    byId("second-code").addEventListener("change", () => this.explain());
    byId("drop").addEventListener("click", () => on.drop());
    byId("draft-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  /** Whether the person wants the last reason for the next marks too, and it is there. */
  get kept() {
    return byId("keep").checked && byId("code").value !== "" && byId("rationale").value.trim() !== "";
  }

  /** Opens for `count` marks; `of` is a mark whose reason is to be changed. */
  open(title, count, of = null) {
    byId("draft").hidden = false;
    byId("draft-title").textContent = title;
    byId("save").textContent = count === 1 ? "Save mark" : `Save marks (${count})`;
    this.fault("");
    if (of) this.fill(of);
    else if (!byId("keep").checked) {
      byId("draft-form").reset();
      byId("particular-fields").replaceChildren();
    }
    this.explain(of?.details);
  }

  fill(mark) {
    byId("code").value = mark.code;
    byId("second-code").value = mark.second_code;
    byId("rationale").value = mark.rationale;
  }

  /** Puts the cursor where something is still to be said. On a narrow page, where the form lies below, goes there. */
  focus() {
    byId(byId("code").value ? "rationale" : "code").focus({ preventScroll: window.innerWidth > 992 });
  }

  close() {
    byId("draft").hidden = true;
  }

  fault(text) {
    byId("draft-error").textContent = text;
  }

  /** Checks what is typed and hands it on; while it is being saved, nothing can be sent twice. */
  async submit() {
    const [code, rationale] = [byId("code").value, byId("rationale").value.trim()];
    const least = this.codes[code]?.min ?? LEAST;
    if (!code) return this.fault("Choose a code.");
    if (rationale.length < least) return this.fault(`Write at least ${least} characters: why this has to go.`);
    byId("save").disabled = true;
    try {
      await this.on.save({ code, rationale, second_code: byId("second-code").value, details: stated(byId("particular-fields")) });
    } catch (problem) {
      this.fault(problem.message);
    } finally {
      byId("save").disabled = false;
    }
    return undefined;
  }

  explain(given) {
    const code = byId("code").value;
    for (const hint of document.querySelectorAll("[data-basis]")) hint.hidden = hint.dataset.basis !== code;
    byId("rationale").minLength = this.codes[code]?.min ?? LEAST;
    const chosen = [code, byId("second-code").value].map((one) => this.codes[one]).filter(Boolean);
    draw(byId("particulars"), byId("particular-fields"), chosen, given);
  }
}
