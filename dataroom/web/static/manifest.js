// The manifest of an upload as CSV: every cell quoted, none that a spreadsheet would run as a formula.

const HEAD = ["path", "size in bytes", "SHA-256", "outcome", "document", "detail"];

/** A cell of the file. */
export function cell(value) {
  const text = String(value ?? "");
  const safe = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** The file's text. */
export function csv(items) {
  const rows = items.map((item) => [item.path, item.file.size, item.sha256, item.outcome, item.number, item.detail]);
  return [HEAD, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}
