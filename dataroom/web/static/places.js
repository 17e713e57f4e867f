// The places found in one document: a picture of each, and the fields its reason asks for.

import { Crops } from "./crops.js";
import { byId, data } from "./dom.js";
import { draw } from "./particulars.js";

const page = data();
const crops = new Crops(page.version);

for (const node of document.querySelectorAll("[data-place]")) {
  const place = page.places[Number(node.dataset.place)];
  const frame = page.frames[place.page];
  if (frame) node.append(crops.of(place.page, place.boxes, frame));
}

function explain(_event, given) {
  const code = byId("code").value;
  for (const hint of document.querySelectorAll("[data-basis]")) hint.hidden = hint.dataset.basis !== code;
  byId("f-rationale").minLength = page.codes[code]?.min ?? 8;
  const chosen = [code, byId("second-code").value].map((one) => page.codes[one]).filter(Boolean);
  draw(byId("particulars"), byId("particular-fields"), chosen, given, (name) => ({ name: `detail:${name}` }));
}

byId("code").addEventListener("change", explain);
byId("second-code").addEventListener("change", explain);
explain(null, page.given);
