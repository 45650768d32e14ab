// Prompts (proactive messages): cards over the closed launcher that a site shows to visitors by itself. This module is
// loaded where a site has prompts, and works without the wasm.
//
// A prompt is `{ id, text, url, seconds, hours: [from, to], days: [0…6] }`: a pattern for the page's URL, in which * stands
// for any text; the seconds on that page before it is shown; hours and days on the visitor's clock. Only the text is
// required.

import { page } from "./page.js";

/** How long a dismissed prompt is not shown again. */
const SNOOZED_MS = 7 * 86_400_000;

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
.prompt-card { position: fixed; inset-block-end: calc(var(--edge-y) + var(--launcher) + 12px);
  left: var(--left, auto); right: var(--right, var(--edge-x)); z-index: var(--natter-z-index, 2147483000); display: grid; justify-items: end;
  gap: 8px; max-inline-size: min(300px, 100% - 2 * var(--edge)); animation: arrive var(--arrive) var(--ease); }
.prompt-card button { border: 1px solid var(--hairline); background: var(--raised); color: var(--ink); font: var(--body);
  box-shadow: var(--shadow); cursor: pointer; }
.prompt-card .ask { padding: 12px 14px; border-radius: var(--radius-bubble); text-align: start; overflow-wrap: anywhere; }
.prompt-card .no { inline-size: 28px; block-size: 28px; padding: 0; border-radius: 50%; color: var(--ink-quiet); line-height: 1; }
.prompt-card button:hover { background: var(--n3); }
.prompt-card :focus-visible { outline: 2px solid var(--brand-line); outline-offset: 2px; }
.panel:not([hidden]) ~ .over .prompt-card { display: none; }
@media (pointer: coarse) { .prompt-card .no { inline-size: 44px; block-size: 44px; } }
@media (prefers-reduced-motion: reduce) { .prompt-card { animation: none; } }`);

/**
 * Shows each prompt when it is due, until the returned function is called.
 *
 * @param {object} options
 * @param {HTMLElement} options.over the element that gets the cards
 * @param {string} options.prompts the setting: JSON
 * @param {string} options.key the prefix of all names in localStorage
 * @param {string} options.dismiss the label of the button that dismisses a prompt
 * @param {(text: string) => void} options.accept opens the chat with the prompt that the visitor has clicked
 * @param {() => boolean} options.isBusy whether no prompt may be shown now
 * @param {(setting: string) => void} options.odd reports a setting that can't be read
 */
export function showPrompts({ over, prompts: setting, key, dismiss, accept, isBusy, odd }) {
  let prompts = [];
  try {
    prompts = JSON.parse(setting).filter(({ text }) => text);
  } catch {
    odd("prompts");
  }
  let shown, timers;
  const begin = () => {
    timers?.forEach(clearTimeout);
    shown?.remove();
    timers = prompts.filter((one) => isEligible(one) && !isSnoozed(key, one)).map((one) => setTimeout(show, (one.seconds ?? 10) * 1000, one));
  };
  const show = (one) => {
    if (shown?.isConnected || isBusy() || !isEligible(one) || isSnoozed(key, one)) return;
    const [card, text, close] = ["div", "button", "button"].map((name) => page.createElement(name));
    card.className = "prompt-card";
    text.className = "ask";
    text.dir = "auto";
    text.textContent = plain(one.text);
    close.className = "no";
    close.textContent = "×";
    close.setAttribute("aria-label", dismiss);
    close.addEventListener("click", () => (snooze(key, one), card.remove()));
    text.addEventListener("click", () => (snooze(key, one), card.remove(), accept(one.text)));
    card.append(close, text);
    over.append(card);
    shown = card;
  };
  // Single-page sites change the URL without loading a page, and no event tells it in every browser.
  let url = location.href;
  const watcher = setInterval(() => {
    if (url !== location.href) {
      url = location.href;
      begin();
    }
  }, 1000);
  const root = over.getRootNode();
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  begin();
  return () => {
    clearInterval(watcher);
    timers.forEach(clearTimeout);
    shown?.remove();
  };
}

/** Whether a prompt is for this page, day and hour. */
export function isEligible({ url = "*", hours, days }, address = location.href, now = new Date()) {
  const pattern = url.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*");
  if (!new RegExp(`^${pattern}$`).test(address)) return false;
  if (days && !days.includes(now.getDay())) return false;
  const hour = now.getHours() + now.getMinutes() / 60;
  const [from, to] = hours ?? [0, 24];
  return from <= to ? from <= hour && hour < to : from <= hour || hour < to;
}

/** A prompt's text without Markdown, which only the panel renders: of links and emphasis their text is left. */
const plain = (text) =>
  text.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/(\*{1,3}|~~|`+|(?<!\w)_{1,3})(?=\S)([^*~`_]*\S)\1(?!\w)/g, "$2");

/** The name of the record that a prompt was dismissed. */
const name = (key, { id, text }) => `${key}prompts/${id ?? text}`;

function isSnoozed(key, prompt) {
  try {
    return Date.now() - Number(localStorage.getItem(name(key, prompt))) < SNOOZED_MS;
  } catch {
    return false;
  }
}

function snooze(key, prompt) {
  try {
    localStorage.setItem(name(key, prompt), String(Date.now()));
  } catch {
    // Storage is blocked: the prompt is shown again on the next page.
  }
}
