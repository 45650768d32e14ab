// Keeps a conversation as a file, without asking any server.

import { page, stringify } from "./page.js";

/** `json` is a list of { author, at, text, files: [{ name, url }] }, oldest first. */
export function save(format, json) {
  const all = JSON.parse(json).map((said) => ({ ...said, at: new Date(said.at * 1000).toISOString() }));
  const isJson = format === "json";
  const content = isJson ? stringify(all, 2) + "\n" : all.map(lines).join("\n");
  const type = isJson ? "application/json" : "text/plain;charset=utf-8";
  const link = page.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = `chat-${new Date().toISOString().slice(0, 10)}.${isJson ? "json" : "txt"}`;
  link.click();
  // Some browsers begin to read a while after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function lines({ author, at, text, files }) {
  const said = [text, ...files.map(({ name, url }) => [name, url].filter(Boolean).join(": "))].filter(Boolean);
  const [day, time] = local(at);
  return `${day} ${time} ${author}\n${said.join("\n")}\n`;
}

// The visitor's own day and time, in the form that sorts.
function local(at) {
  const moment = new Date(at);
  const two = (number) => String(number).padStart(2, "0");
  return [
    [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join("-"),
    [two(moment.getHours()), two(moment.getMinutes())].join(":"),
  ];
}
