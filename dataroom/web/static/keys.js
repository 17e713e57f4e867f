// A person's own key (WebAuthn): made or used when the button is pressed, its answer sent to our own server.

import { send } from "./net.js";

const data = JSON.parse(document.getElementById("data").textContent);
const button = document.getElementById("ask");
const wrong = document.getElementById("wrong");
const SAID = {
  NotAllowedError: "The key was not used, or it took too long. Try again.",
  InvalidStateError: "This key is enrolled already.",
  SecurityError: "Your browser does not use keys at this address.",
};

function bytes(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}

function text(buffer) {
  const raw = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const listed = (found) => (found ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

async function made(asked) {
  const publicKey = {
    ...asked,
    challenge: bytes(asked.challenge),
    user: { ...asked.user, id: bytes(asked.user.id) },
    excludeCredentials: listed(asked.excludeCredentials),
  };
  const found = await navigator.credentials.create({ publicKey });
  return answer(found, { attestationObject: text(found.response.attestationObject) });
}

async function used(asked) {
  const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: listed(asked.allowCredentials) };
  const found = await navigator.credentials.get({ publicKey });
  const { authenticatorData, signature } = found.response;
  return answer(found, { authenticatorData: text(authenticatorData), signature: text(signature) });
}

function answer(found, more) {
  const response = { clientDataJSON: text(found.response.clientDataJSON), ...more };
  return { id: found.id, rawId: text(found.rawId), type: found.type, response };
}

button.addEventListener("click", async () => {
  button.disabled = true;
  wrong.hidden = true;
  try {
    if (!navigator.credentials) throw new DOMException("", "SecurityError");
    const given = data.make ? await made(data.make) : await used(data.use);
    const { next } = await send("POST", data.to, { name: data.name, answer: given });
    location.assign(next);
  } catch (error) {
    wrong.textContent = SAID[error.name] ?? error.message;
    wrong.hidden = false;
    button.disabled = false;
  }
});
