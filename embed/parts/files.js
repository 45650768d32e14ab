// Uploads: files are stored in IndexedDB until the server has them, so that an upload survives a reload and every tab can
// make it. The upload itself reports its progress.

import { page } from "./page.js";

const STORE = "files";
/** Files that are older belong to no message any more. */
const AGE_MS_MAX = 30 * 86_400_000;
/** Files are stored before the record of their message, so younger ones may have none yet. */
const UNREFERENCED_MS_MAX = 60_000;

/** Files that could not be stored, by name; they are there until the page is left. */
const memory = new Map();

/** Some browsers never answer when their profile is damaged or locked; a message must not wait for ever. */
const OPEN_MS_MAX = 5000;
/** A slow disk writes 40 MB in less time. */
const TRANSACTION_MS_MAX = 20_000;

/** A promise that rejects after `ms`. */
const withTimeout = (ms, work) => {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(reject, ms, Error("The browser's database does not response."))));
  return Promise.race([new Promise(work), late]).finally(() => clearTimeout(timer));
};

let opened;
/** The database, and whether it can store File objects. */
const database = () =>
  (opened ??= withTimeout(OPEN_MS_MAX, (resolve, reject) => {
    const request = indexedDB.open("natter", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error);
  })
    .then(async (base) => ({ base, storesFiles: await storesFiles(base) }))
    .catch((error) => {
      opened = undefined;
      throw error;
    }));

/** The time limit of the trial below. */
const TRIAL_MS_MAX = 2000;

/**
 * Whether a database can store File objects, by a write that is rolled back. In WebKit's private windows it can't: it
 * rejects them, but after a cursor was open it neither stores nor rejects them, and the transaction never ends. So this
 * must be the first transaction of a page.
 */
function storesFiles(base) {
  const transaction = base.transaction(STORE, "readwrite");
  const trial = (resolve, reject) => {
    let isStored = false;
    transaction.onabort = () => resolve(isStored);
    transaction.oncomplete = reject;
    transaction.objectStore(STORE).put({ at: 0, files: [new Blob(["?"])] }, "").onsuccess = () => {
      isStored = true;
      transaction.abort();
    };
  };
  return withTimeout(TRIAL_MS_MAX, trial).catch(() => {
    try {
      transaction.abort();
    } catch {
      // It has ended already.
    }
    return false;
  });
}

/** Runs one transaction. Resolves to the result of the request that `work` returns, once everything is on disk. */
async function transact(mode, work) {
  const { base } = await database();
  const transaction = base.transaction(STORE, mode, { durability: "strict" });
  return withTimeout(TRANSACTION_MS_MAX, (resolve, reject) => {
    const request = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** Runs work after all work before it, so that files are stored and deleted in the order of the calls. */
let last = Promise.resolve();
const enqueue = (work) => (last = last.then(work, work));

/** How long a file is tried to be read; after that it counts as readable. */
const READ_MS_MAX = 3000;

/** Whether all files can be read. A picked file is read from disk, where it may have been changed or deleted since. */
const areReadable = (files) => {
  // A slice of an empty file can always be read, so the file itself is.
  const bytes = (file) => (file.size ? file.slice(0, 1) : file).arrayBuffer();
  const read = (resolve) => Promise.all(files.map(bytes)).then(() => resolve(true), () => resolve(false));
  return withTimeout(READ_MS_MAX, read).catch(() => true);
};

/** A file as an object with its bytes, which every database can store, and such an object as a file. */
const toRecord = async (file) => ({ content: await file.arrayBuffer(), name: file.name, type: file.type });
const fromRecord = (file) => (file.content ? new File([file.content], file.name, { type: file.type }) : file);

/**
 * Stores files under a name. Resolves to true when they survive a reload, to false when only memory has them, and to
 * "gone" when they can't be read any more: then nothing is stored.
 */
export function store(name, files) {
  return enqueue(async () => {
    if (!(await areReadable(files))) return "gone";
    try {
      const { storesFiles } = await database();
      const all = storesFiles ? files : await Promise.all(files.map(toRecord));
      await transact("readwrite", (store) => store.put({ at: Date.now(), files: all }, name));
      return true;
    } catch {
      memory.set(name, files);
      return false;
    }
  });
}

/** Deletes the files with this name. */
export function remove(name) {
  memory.delete(name);
  return enqueue(() => transact("readwrite", (store) => store.delete(name)).catch(() => {}));
}

/** Deletes all files whose names begin with `prefix`, except those with the names in `kept`. */
export function removeAll(prefix, kept = []) {
  const isRemoved = (name) => name.startsWith(prefix) && !kept.includes(name);
  for (const name of memory.keys()) if (isRemoved(name)) memory.delete(name);
  return enqueue(() => deleteWhere(({ key }) => isRemoved(key)).catch(() => {}));
}

/** Deletes files without a record of their message in localStorage (the page crashed before it was written, or was left at
 *  once after the visitor had been forgotten), and files that are too old. */
export function removeOrphans(prefix) {
  const isReferenced = (name) => localStorage.getItem(`${prefix}send/${name.slice(prefix.length)}`) !== null;
  const isOrphan = ({ key, value: { at } }) => {
    const age = Date.now() - at;
    return age > AGE_MS_MAX || (age > UNREFERENCED_MS_MAX && key.startsWith(prefix) && !isReferenced(key));
  };
  return enqueue(() => deleteWhere(isOrphan).catch(() => {}));
}

/** Deletes the records for whose cursor `isMatch` is true. */
const deleteWhere = (isMatch) =>
  transact("readwrite", (store) => {
    store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      if (isMatch(cursor)) cursor.delete();
      cursor.continue();
    };
  });

async function storedFiles(name) {
  const inMemory = memory.get(name);
  if (inMemory) return inMemory;
  try {
    return (await transact("readonly", (store) => store.get(name)))?.files.map(fromRecord);
  } catch {
    return undefined;
  }
}

/**
 * Posts the files with a name, and further fields, as multipart/form-data. Resolves to `{ status, body, retryAfter }`, or to
 * the reason why there is no response: "gone" (the files can't be read), "never" (the request surely was not sent), or
 * "unclear" (the server may have it).
 *
 * @param {object} request
 * @param {string} request.name the name under which the files are stored
 * @param {string} request.url
 * @param {[string, string][]} request.fields
 * @param {(percent: number) => void} request.progress
 * @param {AbortSignal} [request.signal]
 * @param {{ place: HTMLElement }} panel `place` is an element in the shadow tree that gets a frame meanwhile
 */
export async function upload({ name, url, fields, progress, signal }, { place }) {
  const files = await storedFiles(name);
  if (!files?.length || !(await areReadable(files))) return "gone";
  if (!navigator.onLine || signal?.aborted) return "never";
  const form = new FormData();
  for (const [field, value] of fields) form.append(field, value);
  for (const file of files) form.append("attachments[]", file, file.name);
  const frame = await frameWithoutReferrer(place);
  if (!frame) return uploadByFetch(url, form, progress, signal);
  return new Promise((resolve) => {
    const { contentDocument, contentWindow } = frame;
    const request = new contentWindow.XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Accept", ACCEPT);
    request.upload.onprogress = ({ loaded, total }) => progress(total ? Math.floor((loaded * 100) / total) : 0);
    request.onload = () => {
      // `getResponseHeader` logs an error for a header that CORS does not expose; the list just leaves it out.
      const retryAfter = /^retry-after:(.*)$/im.exec(request.getAllResponseHeaders())?.[1].trim() ?? null;
      resolve({ status: request.status, body: request.responseText, retryAfter });
    };
    // The server has no message whose files could not be read to the end.
    let isAllSent = false;
    request.upload.onload = () => (isAllSent = true);
    request.onerror = request.onabort = async () => resolve(isAllSent || (await areReadable(files)) ? "unclear" : "gone");
    // The page has moved the chat in its document: the frame is loaded again, and its requests are cut off without an event.
    frame.onload = () => frame.contentDocument === contentDocument || resolve("unclear");
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  }).finally(() => frame.remove());
}

/** Only for this value does Chatwoot answer bad input with JSON. */
const ACCEPT = "application/json";
/** How long an empty frame may take to load. */
const FRAME_MS_MAX = 1000;

/**
 * An empty frame whose requests have no `Referer`, or undefined where the page allows no frame. XMLHttpRequest follows the
 * referrer policy of its document, which for the page can be `unsafe-url`; `fetch` has a policy of its own, but no progress.
 * So the frame's document, with its own policy, makes the request. The frame has the page's origin and
 * Content-Security-Policy, loads nothing, and lies in the shadow tree, where `window.frames` does not count it.
 */
async function frameWithoutReferrer(place) {
  const frame = page.createElement("iframe");
  frame.hidden = true;
  const isLoaded = new Promise((done) => {
    frame.onload = done;
    setTimeout(done, FRAME_MS_MAX);
  });
  try {
    place.append(frame);
    await isLoaded;
    const policy = Object.assign(page.createElement("meta"), { name: "referrer", content: "no-referrer" });
    frame.contentDocument.head.append(policy);
    return frame;
  } catch {
    frame.remove();
    return undefined;
  }
}

/** The time limit of an upload by `fetch`. */
const UPLOAD_MS_MAX = 600_000;

/** An upload without progress: `fetch` reports none over HTTP/1.1. */
async function uploadByFetch(url, form, progress, signal) {
  // Requests without any progress are aborted after a much shorter time.
  const pulse = setInterval(progress, 10_000, 0);
  const aborted = AbortSignal.any([AbortSignal.timeout(UPLOAD_MS_MAX), ...(signal ? [signal] : [])]);
  try {
    const options = { method: "POST", mode: "cors", cache: "default", body: form, headers: { Accept: ACCEPT }, credentials: "omit", referrerPolicy: "no-referrer", signal: aborted };
    const response = await fetch(url, options);
    return { status: response.status, body: await response.text(), retryAfter: response.headers.get("Retry-After") };
  } catch {
    return "unclear";
  } finally {
    clearInterval(pulse);
  }
}
