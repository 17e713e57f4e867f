// Asking again and again how far something has come: often at first, then seldom, since every question is recorded.

import { get } from "./net.js";

const [FIRST, GROWTH, LONGEST] = [800, 1.3, 5000];

/**
 * Asks `url` until `tell(answer)` says it need not go on, or the thing is gone. `fault(problem)` hears what went wrong.
 * While the page is not looked at, nothing is asked.
 */
export function watch(url, tell, fault) {
  let pause = FIRST;
  const seen = () => new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
  const look = async () => {
    while (document.hidden) await seen();
    try {
      if (!(await tell(await get(url)))) return;
    } catch (problem) {
      fault(problem);
      if (problem.gone) return;
    }
    pause = Math.min(pause * GROWTH, LONGEST);
    setTimeout(look, pause);
  };
  setTimeout(look, pause);
}
