// What calls a visitor back: the count in the page's title, a sound, and the browser's own notification.
//
// A page can hold several chats, and a visitor have several tabs. The title counts for all chats of its page. A message
// is told of in one tab: all that hear of it reach for a lock that bears its name, those that show it first.

import { global, page } from "./page.js";

const counts = new Map();

/** So many messages wait in this chat. */
export function unread(chat, count) {
  if (count) counts.set(chat, count);
  else counts.delete(chat);
  if (isYielded) return;
  // Once there was a count, the page may bring it back at any time.
  if (counts.size) watching ??= new MutationObserver(watch);
  watch();
}

// ---- The title ----

/** Only this of the title is ours: what was written last, and the page's own title in it. */
let latest, own;
/** All that was written, each with the page's own title in it: scripts keep a title and put it back. */
const written = new Map();
/** So long after the last count what was written is still known, ms. After that a title like it is the page's own. */
const MEMORY_MS = 60_000;
let counted = -Infinity;
let watching;
/** When the title was written because another script had changed it, the page's own title before that, and whether it had
 *  only taken the count off. */
let answers = [];
let isYielded = false;

// Pages change their titles, and the elements these are in.
function watch() {
  if (!watching) return;
  watching.disconnect();
  watching.observe(document, { childList: true });
  if (page.documentElement) watching.observe(page.documentElement, { childList: true });
  if (page.head) watching.observe(page.head, { childList: true, subtree: true, characterData: true });
  entitle();
}

function entitle() {
  const sum = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (sum) counted = performance.now();
  const [title, before] = [page.title, own];
  const isChanged = title !== latest;
  if (isChanged) own = ownPartOf(title);
  // As the document gives it back, without spaces at its ends.
  const wanted = sum ? `(${sum > 99 ? "99+" : sum}) ${own}`.trim() : own;
  if (title !== wanted) {
    if (isChanged && latest !== undefined && isDisputed(before)) return yieldTitle();
    if (sum) note(wanted);
    page.title = wanted;
  }
  latest = wanted;
}

/** The page's own title, when this is the title. */
function ownPartOf(title) {
  const kept = performance.now() - counted < MEMORY_MS ? written.get(title) : undefined;
  // A page that counts for itself can come to the same text: it does so from the title it has.
  if (kept !== undefined && kept !== own) return kept;
  // What was made of ours.
  return own && latest !== own && title.includes(latest) ? title.replace(latest, () => own) : title;
}

function note(title) {
  written.delete(title);
  written.set(title, own);
  if (written.size > 100) written.delete(written.keys().next().value);
}

/** Whether another script insists on its title: it takes the count off as often as it is put on, or both write by turns
 *  without end. `before` was the page's own title. */
function isDisputed(before) {
  const now = performance.now();
  answers = [...answers.filter(({ at }) => now - at < 6000), { at: now, before, isTakenOff: own === before }];
  return answers.filter(({ isTakenOff }) => isTakenOff).length > 4 || answers.filter(({ at }) => now - at < 1000).length > 10;
}

/** The title is the other script's from now on, as it was before the dispute. */
function yieldTitle() {
  isYielded = true;
  watching.disconnect();
  page.title = answers[0].before;
}

/** A message came; `name` is its own in this browser, `speaker` the context that may be heard, if one was made in a
 *  gesture, `open` opens the chat. */
export function arrived({ name, title, text, seen, heard, noticed, speaker, open }) {
  const wait = seen ? 0 : page.hidden ? 300 : 150;
  // Before a page was touched, browsers let it make no sound; another tab may.
  const isTouched = navigator.userActivation?.hasBeenActive ?? true;
  if (heard && (seen || isTouched)) setTimeout(once, wait, `${name}/heard`, seen ? () => {} : () => ring(speaker));
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

let context;
let rang = -Infinity;

// Two soft notes, a fourth apart; a burst of messages is one sound.
function ring(speaker) {
  if (performance.now() - rang < 2000) return;
  rang = performance.now();
  try {
    const sound = speaker ?? (context ??= new AudioContext());
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
      // Between two sounds nothing need run.
      if (nth) note.onended = () => sound.suspend();
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
