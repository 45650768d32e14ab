// Saves a conversation as a file that the browser downloads; no server is involved.

import { page, stringify } from "./page.js";

/**
 * @param {"json" | "text"} format
 * @param {string} json a list of `{ author, at, text, files: [{ name, url }] }`, oldest first; `at` is the Unix time in
 *   seconds
 */
export function saveTranscript(format, json) {
  const messages = JSON.parse(json).map((message) => ({ ...message, at: new Date(message.at * 1000).toISOString() }));
  const isJson = format === "json";
  const content = isJson ? stringify(messages, 2) + "\n" : messages.map(plainText).join("\n");
  const type = isJson ? "application/json" : "text/plain;charset=utf-8";
  const link = page.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = `chat-${new Date().toISOString().slice(0, 10)}.${isJson ? "json" : "txt"}`;
  link.click();
  // Some browsers begin to read some time after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function plainText({ author, at, text, files }) {
  const lines = [text, ...files.map(({ name, url }) => [name, url].filter(Boolean).join(": "))].filter(Boolean);
  const [day, time] = localDateTime(at);
  return `${day} ${time} ${author}\n${lines.join("\n")}\n`;
}

/** `["2026-11-21", "14:05"]`, in the visitor's time zone. */
function localDateTime(at) {
  const date = new Date(at);
  const two = (number) => String(number).padStart(2, "0");
  return [
    [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-"),
    [two(date.getHours()), two(date.getMinutes())].join(":"),
  ];
}
