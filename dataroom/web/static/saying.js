// Sentences, for every script that has to say them.

/** Page numbers as a person writes them: 1–4, 7. */
export function spans(pages) {
  const out = [];
  for (const page of pages) {
    const last = out[out.length - 1];
    if (last && last[1] === page - 1) last[1] = page;
    else out.push([page, page]);
  }
  return out.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(", ");
}

/** What is said of a document's pages that are pictures, and whether reading them is to be offered. */
export function ofScans({ pages, read, state, languages }) {
  if (!pages.length) return { text: "", offer: false };
  const one = pages.length === 1;
  const which = `${one ? "Page" : "Pages"} ${spans(pages)} ${one ? "is a picture" : "are pictures"}`;
  const its = one ? "its" : "their";
  if (state === "running") return { text: `${which}. The service reads ${its} words: ${read} of ${pages.length}. You may leave; the work goes on.`, offer: false };
  if (state === "done") return { text: `${which}; ${its} words were read and are found too. Check each place: reading makes mistakes.`, offer: false };
  if (!languages.length) return { text: `${which}. Terms cannot be found there: this installation has no reader (Tesseract). Look at ${one ? "it" : "each"} and draw boxes.`, offer: false };
  if (state === "failed") return { text: `${which}. Reading ${one ? "it" : "them"} failed.`, offer: true };
  return { text: `${which}. ${one ? "Its" : "Their"} words have to be read before terms are found there.`, offer: true };
}

/** What the server found wrong, without the name of the field it begins with: a person reads it beside the field. */
export function plain(detail) {
  const said = detail.replace(/^[a-z_]+(\.[a-z0-9_]+)*: /, "");
  const whole = said.charAt(0).toUpperCase() + said.slice(1);
  return /[.?!…]$/.test(whole) ? whole : `${whole}.`;
}
