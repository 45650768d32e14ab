// Draws the visitor's attention to new messages: the unread count in the page's title, a sound, and a notification of the
// browser's.
//
// A page can have several chats, and a visitor several tabs. The title counts the messages of all chats on its page. One tab
// alone plays a sound or shows a notification for a message: the first that gets a Web Lock named after the message. Tabs
// in which the visitor sees the message try first, and then play and show nothing.

import { global, page } from "./page.js";

/** The number of unread messages by chat. */
const counts = new Map();

/** Sets the number of unread messages of a chat, which is shown in the title. */
export function setUnread(chat, count) {
  if (count) counts.set(chat, count);
  else counts.delete(chat);
  if (isYielded) return;
  // A title with a count may be restored by the page at any later time, so the observer stays.
  if (counts.size) observer ??= new MutationObserver(observeTitle);
  observeTitle();
}

// ---- The title ----

/** The title that was written last, and the page's own title in it. */
let latest, own;
/** Titles that were written, with the page's own title in each: scripts keep a title and restore it later. */
const written = new Map();
/** For so long after the last count a written title is recognised, ms. After that, a title like it is the page's own. */
const MEMORY_MS = 60_000;
let lastCountAt = -Infinity;
let observer;
/** Our corrections of the title after another script had changed it: the time, the page's own title before the change, and
 *  whether the script had only removed the count. */
let corrections = [];
/** Another script insists on its title: ours is never written again. */
let isYielded = false;

// Pages change the title, replace its element, and replace the head.
function observeTitle() {
  if (!observer) return;
  observer.disconnect();
  observer.observe(document, { childList: true });
  if (page.documentElement) observer.observe(page.documentElement, { childList: true });
  if (page.head) observer.observe(page.head, { childList: true, subtree: true, characterData: true });
  updateTitle();
}

function updateTitle() {
  const sum = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (sum) lastCountAt = performance.now();
  const [title, ownBefore] = [page.title, own];
  const isChanged = title !== latest;
  if (isChanged) own = ownPartOf(title);
  // `document.title` returns the text without whitespace at its ends.
  const wanted = sum ? `(${sum > 99 ? "99+" : sum}) ${own}`.trim() : own;
  if (title !== wanted) {
    if (isChanged && latest !== undefined && isDisputed(ownBefore)) return yieldTitle();
    if (sum) remember(wanted);
    page.title = wanted;
  }
  latest = wanted;
}

/** The page's own title within this title. */
function ownPartOf(title) {
  const remembered = performance.now() - lastCountAt < MEMORY_MS ? written.get(title) : undefined;
  // A page with a count of its own can arrive at the same text, from its present title.
  if (remembered !== undefined && remembered !== own) return remembered;
  // The page may have added to the title that was written.
  return own && latest !== own && title.includes(latest) ? title.replace(latest, () => own) : title;
}

function remember(title) {
  written.delete(title);
  written.set(title, own);
  if (written.size > 100) written.delete(written.keys().next().value);
}

/** Whether another script insists on its title: it has removed the count five times within 6 s, or the two have written by
 *  turns more than ten times within 1 s. `ownBefore` is the page's own title before this change. */
function isDisputed(ownBefore) {
  const now = performance.now();
  const isCountRemoved = own === ownBefore;
  corrections = [...corrections.filter(({ at }) => now - at < 6000), { at: now, ownBefore, isCountRemoved }];
  return corrections.filter(({ isCountRemoved }) => isCountRemoved).length > 4 || corrections.filter(({ at }) => now - at < 1000).length > 10;
}

/** Leaves the title to the other script, as it was before the dispute. */
function yieldTitle() {
  isYielded = true;
  observer.disconnect();
  page.title = corrections[0].ownBefore;
}

// ---- Sound and notification ----

/**
 * Announces a new message by sound and notification.
 *
 * @param {object} message
 * @param {string} message.name the name of its locks: the same in every tab, and another for every message
 * @param {string} message.title the notification's title
 * @param {string} message.text the notification's text
 * @param {boolean} message.seen whether the visitor sees the message in this tab
 * @param {boolean} message.heard whether the visitor wants a sound
 * @param {boolean} message.noticed whether the visitor wants notifications
 * @param {AudioContext} [message.speaker] an audio context that was unlocked by a gesture
 * @param {(isByNotification: boolean) => void} [message.open] opens the chat
 */
export function announceMessage({ name, title, text, seen, heard, noticed, speaker, open }) {
  const delay = seen ? 0 : page.hidden ? 300 : 150;
  // Browsers allow no sound before the visitor has interacted with the page; another tab may be allowed.
  const canPlay = navigator.userActivation?.hasBeenActive ?? true;
  if (heard && (seen || canPlay)) setTimeout(inOneTab, delay, `${name}/heard`, seen ? () => {} : () => playSound(speaker));
  const visitorAtArrival = visitor;
  const show = () => visitorAtArrival === visitor && showNotification(title, text, open);
  if (noticed) setTimeout(inOneTab, delay, `${name}/noticed`, page.hidden && !seen ? show : () => {});
}

/** Asks for the permission to show notifications; resolves to whether there is one. */
export async function requestPermission() {
  return (await global("Notification")?.requestPermission()) === "granted";
}

/** Calls the action in the tab that gets the lock first. The lock is held until all tabs have received the message. */
function inOneTab(name, action) {
  if (!navigator.locks) return action();
  navigator.locks
    .request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return;
      action();
      return new Promise((done) => setTimeout(done, 5000));
    })
    .catch(() => {});
}

let context;
let lastSoundAt = -Infinity;

/** Two soft notes, a fourth apart; several messages within 2 s are one sound. */
function playSound(speaker) {
  if (performance.now() - lastSoundAt < 2000) return;
  lastSoundAt = performance.now();
  try {
    const sound = speaker ?? (context ??= new AudioContext());
    sound.resume();
    [660, 880].forEach((hertz, nth) => {
      const [note, volume, at] = [sound.createOscillator(), sound.createGain(), sound.currentTime + nth * 0.14];
      note.frequency.value = hertz;
      volume.gain.setValueAtTime(0.0001, at);
      volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.5);
      note.connect(volume).connect(sound.destination);
      note.start(at);
      note.stop(at + 0.5);
      // A running context uses the audio hardware.
      if (nth) note.onended = () => sound.suspend();
    });
  } catch {
    // The browser has no Web Audio.
  }
}

/** Notifications that are shown. */
const shown = new Set();
/** Counts the visitors of this page, so that a delayed notification of a former one is not shown. */
let visitor = 0;

/** Closes all notifications and cancels delayed ones, because they belong to a former visitor. */
export function closeAll() {
  visitor += 1;
  for (const notification of shown) notification.close();
  shown.clear();
}

function showNotification(title, text, open) {
  if (global("Notification")?.permission !== "granted") return;
  try {
    const notification = new Notification(title, { body: text, tag: "natter" });
    shown.add(notification);
    notification.onclose = () => shown.delete(notification);
    notification.onclick = () => {
      focus();
      open?.(true);
      notification.close();
    };
  } catch {
    // Android's browsers allow notifications by service workers only.
  }
}
