// Files on their way: kept on the device until the server has them, so that an upload survives a reload and any tab can
// make it; and the upload itself, which tells how far it is.

const STORE = "files";
/** A page that crashes between keeping files and writing their message down leaves them here; nobody asks for them. */
const LEFT_MS_MAX = 30 * 86_400_000;

/** Where the device keeps nothing, memory does for as long as the page lives. */
const memory = new Map();

let opened;
const database = () =>
  (opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("natter", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error);
  }));

/** Runs one transaction; resolves to what its request found, when all of it is on the device. */
async function transact(mode, work) {
  const transaction = (await database()).transaction(STORE, mode, { durability: "strict" });
  return new Promise((resolve, reject) => {
    const request = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** One after the other: files are kept, and forgotten, in the order this was asked for. */
let last = Promise.resolve();
const inTurn = (work) => (last = last.then(work, work));

/** Keeps files under a name; resolves when they are kept, be it in memory alone. */
export function keep(name, files) {
  return inTurn(async () => {
    try {
      await transact("readwrite", (store) => {
        forgetOld(store);
        return store.put({ at: Date.now(), files }, name);
      });
    } catch {
      memory.set(name, files);
    }
  });
}

/** Forgets the files of this name. */
export function drop(name) {
  memory.delete(name);
  return inTurn(() => transact("readwrite", (store) => store.delete(name)).catch(() => {}));
}

function forgetOld(store) {
  store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
    if (!cursor) return;
    if (Date.now() - cursor.value.at > LEFT_MS_MAX) cursor.delete();
    cursor.continue();
  };
}

async function kept(name) {
  const inMemory = memory.get(name);
  if (inMemory) return inMemory;
  try {
    return (await transact("readonly", (store) => store.get(name)))?.files;
  } catch {
    return undefined;
  }
}

/**
 * Posts fields and the files of a name as a form. Resolves to `{ status, body, retryAfter }`, or to why there is no
 * answer: "gone" (the files), "never" (it surely never left), "unclear".
 */
export async function post({ name, url, fields, progress, signal }) {
  const files = await kept(name);
  if (!files?.length) return "gone";
  if (!navigator.onLine || signal?.aborted) return "never";
  const form = new FormData();
  for (const [field, value] of fields) form.append(field, value);
  for (const file of files) form.append("attachments[]", file, file.name);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    // Chatwoot answers bad input with JSON only when asked for exactly this.
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = ({ loaded, total }) => progress(total ? Math.floor((loaded * 100) / total) : 0);
    request.onload = () =>
      resolve({ status: request.status, body: request.responseText, retryAfter: request.getResponseHeader("Retry-After") });
    request.onerror = request.onabort = () => resolve("unclear");
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}
