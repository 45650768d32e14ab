// Saves a conversation as a text file that the browser downloads; no server is involved.

import { page } from "./page.js";

/**
 * @param {string} json a list of `{ author, at, text }`, oldest first; `at` is the Unix time in seconds
 */
export function saveTranscript(json) {
  const content = JSON.parse(json).map(plainText).join("\n");
  const link = page.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "text/plain;charset=utf-8" }));
  link.download = `chat-${localDateTime(new Date())[0]}.txt`;
  link.click();
  // Some browsers begin to read some time after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function plainText({ author, at, text }) {
  return `${localDateTime(new Date(at * 1000)).join(" ")} ${author}\n${text}\n`;
}

/** `["2026-11-21", "14:05"]`, in the visitor's time zone. */
function localDateTime(date) {
  const two = (number) => String(number).padStart(2, "0");
  return [
    [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-"),
    [two(date.getHours()), two(date.getMinutes())].join(":"),
  ];
}
