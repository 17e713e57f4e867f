// The marks of a redaction as the server holds them, and how to take back what was done last.

import { send } from "./net.js";

const MOST_AT_ONCE = 1000;

function* portions(some) {
  for (let first = 0; first < some.length; first += MOST_AT_ONCE) yield some.slice(first, first + MOST_AT_ONCE);
}

/** `all` is the list as it stands at the server; each method changes it there first and throws the Problem if it cannot. */
export class Marks {
  constructor(url, all) {
    this.url = url;
    this.all = all;
    this.taken = null;
  }

  /** The marks on a page. */
  on(page) {
    return this.all.filter((mark) => mark.page === page);
  }

  /** Whether there is something to take back. */
  get undoable() {
    return this.taken !== null;
  }

  /** Adds marks; with `instead`, the id of a mark, they take its place. */
  async add(some, instead = null) {
    const before = new Set(this.all.map((mark) => mark.id));
    const gone = this.all.filter((mark) => mark.id === instead);
    await this.send("POST", some);
    const made = this.all.filter((mark) => !before.has(mark.id)).map((mark) => mark.id);
    this.taken = { made, gone: [] };
    if (!gone.length) return;
    await this.send("DELETE", [instead]);
    this.taken = { made, gone };
  }

  /** Takes a mark away. */
  async remove(mark) {
    await this.send("DELETE", [mark.id]);
    this.taken = { made: [], gone: [mark] };
  }

  /** Undoes the last of these: marks that were new go, marks that went come back. */
  async undo() {
    const { made, gone } = this.taken;
    this.taken = null;
    const again = gone.map(({ page, box, kind, code, rationale, second_code, details }) => ({ page, box, kind, code, rationale, second_code, details }));
    await this.send("POST", again);
    await this.send("DELETE", made);
  }

  async send(method, some) {
    for (const portion of portions(some)) this.all = (await send(method, this.url, { marks: portion })).marks;
  }
}
