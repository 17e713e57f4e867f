// Requests to our own server: the forms' secret in a header, problems as sentences.

import { plain } from "./saying.js";

/** What the server answered instead: `status`, `message` (a sentence) and `code`; status 0 when it did not answer. */
export class Problem extends Error {
  constructor(status, message, code = "") {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Whether the thing can no longer be had, so that what is shown of it has to go. */
  get gone() {
    return [401, 403, 404, 410].includes(this.status);
  }
}

export const SECRET = { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]')?.content ?? "" };
const ACCEPT = "application/problem+json";

/** The problem an answer's status and body describe. */
export function problem(status, text) {
  try {
    const body = JSON.parse(text);
    return new Problem(status, plain(body.detail || body.title), body.code);
  } catch {
    return new Problem(status, status ? `The server answered with ${status}.` : "The server does not answer.");
  }
}

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", cache: "no-store", redirect: "error", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The server does not answer. Check your connection and try again.");
  }
  if (!response.ok) throw problem(response.status, await response.text());
  return response;
}

/** A JSON answer to a question that changes nothing. */
export async function get(url) {
  return (await ask(url, { headers: { Accept: `application/json, ${ACCEPT}` } })).json();
}

/** Sends JSON and reads JSON. */
export async function send(method, url, body) {
  const headers = { Accept: `application/json, ${ACCEPT}`, "Content-Type": "application/json", ...SECRET };
  return (await ask(url, { method, headers, body: JSON.stringify(body) })).json();
}

/** An image's bytes. */
export async function picture(url, signal) {
  return (await ask(url, { signal, headers: { Accept: `image/jpeg, ${ACCEPT}` } })).blob();
}
