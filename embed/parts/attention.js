// What calls a visitor back: the count in the page's title, a sound, and the browser's own notification.
//
// A page can hold several chats, and a visitor have several tabs. The title counts for all chats of its page. A message
// is told of in one tab: all that hear of it reach for a lock that bears its name, those that show it first.

import { global, page } from "./page.js";

const counts = new Map();
let ours = "";
let watching;

/** So many messages wait in this chat. */
export function unread(chat, count) {
  if (count) counts.set(chat, count);
  else counts.delete(chat);
  entitle();
  // Pages change their titles, too.
  if (counts.size && !watching) {
    watching = new MutationObserver(entitle);
    watching.observe(page.head ?? document, { childList: true, subtree: true, characterData: true });
  } else if (!counts.size) {
    watching?.disconnect();
    watching = undefined;
  }
}

function entitle() {
  const sum = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const own = ours && page.title.startsWith(ours) ? page.title.slice(ours.length) : page.title;
  ours = sum ? `(${sum > 99 ? "99+" : sum}) ` : "";
  if (page.title !== ours + own) page.title = ours + own;
}

/** A message came; `name` is its own in this browser, `open` opens the chat. */
export function arrived({ name, title, text, seen, heard, noticed, open }) {
  const wait = seen ? 0 : page.hidden ? 300 : 150;
  // Before a page was touched, browsers let it make no sound; another tab may.
  const isTouched = navigator.userActivation?.hasBeenActive ?? true;
  if (heard && (seen || isTouched)) setTimeout(once, wait, `${name}/heard`, seen ? () => {} : ring);
  const whose = visitor;
  const tell = () => whose === visitor && notify(title, text, open);
  if (noticed) setTimeout(once, wait, `${name}/noticed`, page.hidden && !seen ? tell : () => {});
}

/** Whether the browser may tell of messages; it asks the visitor if it never did. */
export async function ask() {
  return (await global("Notification")?.requestPermission()) === "granted";
}

// The lock is held until every tab has heard of the message.
function once(name, deed) {
  if (!navigator.locks) return deed();
  navigator.locks
    .request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return;
      deed();
      return new Promise((done) => setTimeout(done, 5000));
    })
    .catch(() => {});
}

let sound;
let rang = -Infinity;

// Two soft notes, a fourth apart; a burst of messages is one sound.
function ring() {
  if (performance.now() - rang < 2000) return;
  rang = performance.now();
  try {
    sound ??= new AudioContext();
    sound.resume();
    [660, 880].forEach((pitch, nth) => {
      const [note, volume, at] = [sound.createOscillator(), sound.createGain(), sound.currentTime + nth * 0.14];
      note.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, at);
      volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.5);
      note.connect(volume).connect(sound.destination);
      note.start(at);
      note.stop(at + 0.5);
    });
  } catch {
    // A browser without sound is silent.
  }
}

/** Notifications on show. */
const shown = new Set();

let visitor = 0;

/** Takes back what was shown, and what is about to be: it was another visitor's. */
export function forget() {
  visitor += 1;
  for (const one of shown) one.close();
  shown.clear();
}

function notify(title, text, open) {
  if (global("Notification")?.permission !== "granted") return;
  try {
    const one = new Notification(title, { body: text, tag: "natter" });
    shown.add(one);
    one.onclose = () => shown.delete(one);
    one.onclick = () => {
      focus();
      open?.(true);
      one.close();
    };
  } catch {
    // Android's browsers have notifications for service workers only.
  }
}
