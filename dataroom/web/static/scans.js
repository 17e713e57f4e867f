// Pages that are pictures: which they are, whether they can be read, and how far the reading has come.

import { byId } from "./dom.js";
import { get, send } from "./net.js";
import { ofScans } from "./saying.js";
import { watch } from "./watch.js";

/** The line below the panel that finds; asks the server at `url`. */
export class Scans {
  constructor(url) {
    this.url = url;
    byId("read-scans").addEventListener("click", () => this.begin());
  }

  async ask() {
    try {
      const now = await get(this.url);
      this.show(now);
      if (now.state === "running") this.follow();
    } catch (problem) {
      this.say(problem.message);
    }
  }

  async begin() {
    byId("read-scans").disabled = true;
    try {
      await send("POST", this.url, {});
      this.follow();
    } catch (problem) {
      this.say(problem.message);
    } finally {
      byId("read-scans").disabled = false;
    }
  }

  follow() {
    watch(this.url, (now) => {
      this.show(now);
      return now.state === "running";
    }, (problem) => this.say(problem.message));
  }

  show(now) {
    const { text, offer } = ofScans(now);
    byId("scans").hidden = !text;
    this.say(text);
    byId("read-scans").hidden = !offer;
    byId("scans-bar").hidden = now.state !== "running";
    byId("scans-bar").max = Math.max(now.pages.length, 1);
    byId("scans-bar").value = now.read;
  }

  say(text) {
    byId("scans-note").textContent = text;
    byId("scans").hidden = !text;
  }
}
