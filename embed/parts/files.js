// Files on their way: kept on the device until the server has them, so that an upload survives a reload and any tab can
// make it; and the upload itself, which tells how far it is.

import { page } from "./page.js";

const STORE = "files";
/** Nobody writes for so long at one message. */
const LEFT_MS_MAX = 30 * 86_400_000;
/** Files are kept a moment before their message is written down. */
const UNNAMED_MS_MAX = 60_000;

/** Where the device keeps nothing, memory does for as long as the page lives. */
const memory = new Map();

/** Some browsers never answer when the profile is broken or locked; a message must not wait for that for ever. */
const OPEN_MS_MAX = 5000;
/** Forty megabytes take a slow disk this long, with room to spare. */
const TRANSACTION_MS_MAX = 20_000;

/** A promise that gives up after so long. */
const within = (ms, work) => {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(reject, ms, Error("The browser's database does not answer."))));
  return Promise.race([new Promise(work), late]).finally(() => clearTimeout(timer));
};

let opened;
/** The database, and whether it takes files as they are. */
const database = () =>
  (opened ??= within(OPEN_MS_MAX, (resolve, reject) => {
    const request = indexedDB.open("natter", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error);
  })
    .then(async (base) => ({ base, takesFiles: await takesFiles(base) }))
    .catch((error) => {
      opened = undefined;
      throw error;
    }));

/** So long a small write may take that is undone. */
const TRIAL_MS_MAX = 2000;

/**
 * Whether a database takes files. In WebKit's private windows it takes none; and once a cursor was open, it neither
 * takes nor refuses them, and the transaction never ends. So this is what a page asks first of it.
 */
function takesFiles(base) {
  const transaction = base.transaction(STORE, "readwrite");
  const trial = (resolve, reject) => {
    let isTaken = false;
    transaction.onabort = () => resolve(isTaken);
    transaction.oncomplete = reject;
    transaction.objectStore(STORE).put({ at: 0, files: [new Blob(["?"])] }, "").onsuccess = () => {
      isTaken = true;
      transaction.abort();
    };
  };
  return within(TRIAL_MS_MAX, trial).catch(() => {
    try {
      transaction.abort();
    } catch {
      // It has ended.
    }
    return false;
  });
}

/** Runs one transaction; resolves to what its request found, when all of it is on the device. */
async function transact(mode, work) {
  const { base } = await database();
  const transaction = base.transaction(STORE, mode, { durability: "strict" });
  return within(TRANSACTION_MS_MAX, (resolve, reject) => {
    const request = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** One after the other: files are kept, and forgotten, in the order this was asked for. */
let last = Promise.resolve();
const inTurn = (work) => (last = last.then(work, work));

/** So long a file may take to show whether it can be read; what takes longer is believed to be there. */
const READ_MS_MAX = 3000;

/** Whether all files can be read. One that was picked is read where it lies: it may be another by then, or gone. */
const areReadable = (files) => {
  // Of an empty file there is no first byte; all of it is read.
  const bytes = (file) => (file.size ? file.slice(0, 1) : file).arrayBuffer();
  const read = (resolve) => Promise.all(files.map(bytes)).then(() => resolve(true), () => resolve(false));
  return within(READ_MS_MAX, read).catch(() => true);
};

/** A file as its bytes, which every database takes; and such a one as a file again. */
const taken = async (file) => ({ content: await file.arrayBuffer(), name: file.name, type: file.type });
const given = (file) => (file.content ? new File([file.content], file.name, { type: file.type }) : file);

/**
 * Keeps files under a name. Resolves to whether a reload will find them; if not, memory keeps them while the page lives.
 * Resolves to "gone" where they can't be read any more; then nothing is kept.
 */
export function keep(name, files) {
  return inTurn(async () => {
    if (!(await areReadable(files))) return "gone";
    try {
      const { takesFiles } = await database();
      const all = takesFiles ? files : await Promise.all(files.map(taken));
      await transact("readwrite", (store) => store.put({ at: Date.now(), files: all }, name));
      return true;
    } catch {
      memory.set(name, files);
      return false;
    }
  });
}

/** Forgets the files of this name. */
export function drop(name) {
  memory.delete(name);
  return inTurn(() => transact("readwrite", (store) => store.delete(name)).catch(() => {}));
}

/** Forgets all files whose names begin with `prefix`, but for those of these names. */
export function forget(prefix, kept = []) {
  const isForgotten = (name) => name.startsWith(prefix) && !kept.includes(name);
  for (const name of memory.keys()) if (isForgotten(name)) memory.delete(name);
  return inTurn(() => deleteWhere(({ key }) => isForgotten(key)).catch(() => {}));
}

/** Forgets files that nobody will ask for: those no record of a message in localStorage names (the page crashed between
 *  the two, or the visitor was forgotten and the page gone at once), and those that are too old. */
export function sweep(prefix) {
  const isNamed = (name) => localStorage.getItem(`${prefix}send/${name.slice(prefix.length)}`) !== null;
  const isLeft = ({ key, value: { at } }) => {
    const age = Date.now() - at;
    return age > LEFT_MS_MAX || (age > UNNAMED_MS_MAX && key.startsWith(prefix) && !isNamed(key));
  };
  return inTurn(() => deleteWhere(isLeft).catch(() => {}));
}

const deleteWhere = (isIt) =>
  transact("readwrite", (store) => {
    store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      if (isIt(cursor)) cursor.delete();
      cursor.continue();
    };
  });

async function kept(name) {
  const inMemory = memory.get(name);
  if (inMemory) return inMemory;
  try {
    return (await transact("readonly", (store) => store.get(name)))?.files.map(given);
  } catch {
    return undefined;
  }
}

/**
 * Posts fields and the files of a name as a form; `place` is an element of the chat's. Resolves to
 * `{ status, body, retryAfter }`, or to why there is no answer: "gone" (the files), "never" (it surely never left),
 * "unclear".
 */
export async function post({ name, url, fields, progress, signal }, { place }) {
  const files = await kept(name);
  if (!files?.length || !(await areReadable(files))) return "gone";
  if (!navigator.onLine || signal?.aborted) return "never";
  const form = new FormData();
  for (const [field, value] of fields) form.append(field, value);
  for (const file of files) form.append("attachments[]", file, file.name);
  const frame = await silent(place);
  if (!frame) return withoutProgress(url, form, progress, signal);
  return new Promise((resolve) => {
    const { contentDocument, contentWindow } = frame;
    const request = new contentWindow.XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Accept", ACCEPT);
    request.upload.onprogress = ({ loaded, total }) => progress(total ? Math.floor((loaded * 100) / total) : 0);
    request.onload = () => {
      // Asked for one that the server does not expose, browsers complain on the console; the list leaves it out.
      const retryAfter = /^retry-after:(.*)$/im.exec(request.getAllResponseHeaders())?.[1].trim() ?? null;
      resolve({ status: request.status, body: request.responseText, retryAfter });
    };
    // What was not sent to its last byte because it could not be read, no server has.
    let isAllSent = false;
    request.upload.onload = () => (isAllSent = true);
    request.onerror = request.onabort = async () => resolve(isAllSent || (await areReadable(files)) ? "unclear" : "gone");
    // The page has put the chat elsewhere: the frame begins anew, and nobody tells of its requests any more.
    frame.onload = () => frame.contentDocument === contentDocument || resolve("unclear");
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  }).finally(() => frame.remove());
}

/** Chatwoot answers bad input with JSON only when asked for exactly this. */
const ACCEPT = "application/json";
/** So long at most an empty frame may take to be there. */
const FRAME_MS_MAX = 1000;

/**
 * A frame whose requests don't say which page they come from; nothing where there can be none. XMLHttpRequest follows
 * the page's referrer policy, and that can be `unsafe-url`. `fetch` can be given another, and tells nothing of its
 * progress. So the request is made by an empty document with a policy of its own. It is the page's origin, has the page's
 * Content-Security-Policy, fetches nothing and is part of the shadow tree, where the page counts no frames.
 */
async function silent(place) {
  const frame = page.createElement("iframe");
  frame.hidden = true;
  const isThere = new Promise((done) => {
    frame.onload = done;
    setTimeout(done, FRAME_MS_MAX);
  });
  try {
    place.append(frame);
    await isThere;
    const policy = Object.assign(page.createElement("meta"), { name: "referrer", content: "no-referrer" });
    frame.contentDocument.head.append(policy);
    return frame;
  } catch {
    frame.remove();
    return undefined;
  }
}

/** An upload that takes longer than that without a frame is given up. */
const UPLOAD_MS_MAX = 600_000;

async function withoutProgress(url, form, progress, signal) {
  // It is under way, and nothing more can be said of it: else it would be given up much earlier.
  const pulse = setInterval(progress, 10_000, 0);
  const over = AbortSignal.any([AbortSignal.timeout(UPLOAD_MS_MAX), ...(signal ? [signal] : [])]);
  try {
    const how = { method: "POST", mode: "cors", cache: "default", body: form, headers: { Accept: ACCEPT }, credentials: "omit", referrerPolicy: "no-referrer", signal: over };
    const answer = await fetch(url, how);
    return { status: answer.status, body: await answer.text(), retryAfter: answer.headers.get("Retry-After") };
  } catch {
    return "unclear";
  } finally {
    clearInterval(pulse);
  }
}
