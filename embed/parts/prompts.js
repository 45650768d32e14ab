// What a site says to visitors by itself, before they open the chat: which of its prompts is due on this page, and the
// card over the launcher. Loaded where a site has prompts, and needs nothing of the wasm.
//
// A prompt is { id, text, url, seconds, hours: [from, to], days: [0…6] }: the page's address, in which * stands for
// anything, seconds on that page, hours and days of the visitor's own clock. All but the text can be left out.

import { page } from "./page.js";

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

/** Shows each prompt when it is due, in `over`. `prompts` is what the site wrote, `key` begins all names in storage,
 *  `dismiss` is what the way to dismiss a prompt is called, `accept` takes the text of one that the visitor wants to
 *  answer, `isBusy` tells whether this is no moment for any, `odd` names a setting that can't be read. Gives back what
 *  ends it. */
export function prompt({ over, prompts: written, key, dismiss, accept, isBusy, odd }) {
  let prompts = [];
  try {
    prompts = JSON.parse(written).filter(({ text }) => text);
  } catch {
    odd("prompts");
  }
  let shown, timers;
  const begin = () => {
    timers?.forEach(clearTimeout);
    shown?.remove();
    timers = prompts.filter((one) => fits(one) && !isSnoozed(key, one)).map((one) => setTimeout(show, (one.seconds ?? 10) * 1000, one));
  };
  const show = (one) => {
    if (shown?.isConnected || isBusy() || !fits(one) || isSnoozed(key, one)) return;
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
  // Sites of one page change their address without loading.
  let there = location.href;
  const look = setInterval(() => {
    if (there !== location.href) {
      there = location.href;
      begin();
    }
  }, 1000);
  const root = over.getRootNode();
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  begin();
  return () => {
    clearInterval(look);
    timers.forEach(clearTimeout);
    shown?.remove();
  };
}

/** Whether a prompt is meant for this page and hour. */
export function fits({ url = "*", hours, days }, address = location.href, now = new Date()) {
  const pattern = url.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*");
  if (!new RegExp(`^${pattern}$`).test(address)) return false;
  if (days && !days.includes(now.getDay())) return false;
  const hour = now.getHours() + now.getMinutes() / 60;
  const [from, to] = hours ?? [0, 24];
  return from <= to ? from <= hour && hour < to : from <= hour || hour < to;
}

/** What a prompt says, without the signs of the Markdown that the panel reads: the words of a link, and what is stressed. */
const plain = (text) =>
  text.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/(\*{1,3}|~~|`+|(?<!\w)_{1,3})(?=\S)([^*~`_]*\S)\1(?!\w)/g, "$2");

const name = (key, { id, text }) => `${key}prompts/${id ?? text}`;

function isSnoozed(key, prompt) {
  try {
    return Date.now() - Number(localStorage.getItem(name(key, prompt))) < SNOOZED_MS;
  } catch {
    return false;
  }
}

/** As if none had ever been waved away. */
export function forget(key) {
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith(`${key}prompts/`)) localStorage.removeItem(name);
  } catch {
    // There is nothing.
  }
}

function snooze(key, prompt) {
  try {
    localStorage.setItem(name(key, prompt), String(Date.now()));
  } catch {
    // Where nothing can be kept, it comes again on the next page.
  }
}
