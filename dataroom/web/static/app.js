// What every page does: ask before what cannot be undone, explain a choice, count what is chosen, show where one is.

import { el } from "./dom.js";

function confirmed(form) {
  const dialog = el("dialog", { "aria-labelledby": "ask" });
  const go = el("button", { type: "button", class: "primary" }, form.dataset.confirmButton || "Continue");
  const stay = el("button", { type: "button" }, "Cancel");
  dialog.append(el("p", { id: "ask", class: "lead" }, form.dataset.confirm));
  dialog.append(el("div", { class: "actions" }, stay, go));
  document.body.append(dialog);
  return new Promise((resolve) => {
    go.addEventListener("click", () => dialog.close("yes"));
    stay.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    dialog.showModal();
    stay.focus();
  });
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.confirm && !form.dataset.agreed) {
    event.preventDefault();
    if (await confirmed(form)) {
      form.dataset.agreed = "yes";
      form.requestSubmit();
    }
    return;
  }
  if (event.defaultPrevented) return;
  delete form.dataset.agreed;
  const button = event.submitter ?? form.querySelector("button");
  if (button?.hasAttribute("aria-busy")) {
    event.preventDefault();
    return;
  }
  button?.setAttribute("aria-busy", "true");
  setTimeout(() => button?.removeAttribute("aria-busy"), 5000);
});

for (const select of document.querySelectorAll("select[data-describe]")) {
  const about = document.getElementById(select.dataset.describe);
  const tell = () => {
    about.textContent = select.selectedOptions[0]?.dataset.about ?? "";
  };
  select.addEventListener("change", tell);
  tell();
}

for (const select of document.querySelectorAll("select[data-go]")) {
  select.addEventListener("change", () => {
    const target = new URL(select.dataset.go, location.href);
    if (select.value) target.searchParams.set("folder", select.value);
    location.assign(target);
  });
}

for (const counter of document.querySelectorAll("[data-count]")) {
  const name = counter.dataset.count;
  const boxes = [...document.querySelectorAll(`input[name="${name}"]`)];
  const all = document.querySelector(`[data-all="${name}"]`);
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    counter.textContent = chosen ? `(${chosen})` : "(none chosen yet)";
    if (all) {
      all.checked = chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
  };
  all?.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    count();
  });
  for (const box of boxes) box.addEventListener("change", count);
  count();
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}

for (const menu of document.querySelectorAll("details.menu")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

document.getElementById("problem")?.focus();

document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
