// The entry of the npm package: inserts embed.js into the page once, and a chat with the given settings. It can be imported
// on a server, since it uses no browser API before `load` is called. natter.d.ts has its types.

const TAG = "natter-chat";
/** A property of `Document.prototype`: an element `<img name="body">` shadows that of `document` (DOM clobbering). */
const documentProperty = (name) => Reflect.get(Document.prototype, name, document);
const make = (name) => documentProperty("createElement").call(document, name);
/** The chats that were made here, by name. */
const chats = { __proto__: null };
let loader, policy;

/** Creates the chat with these settings, or returns that of the same name with them. `assets` is the URL of the folder with
 *  embed.js. Without an inbox identifier it only defines <natter-chat>. */
export async function load({ assets, ...settings }) {
  await (loader ??= insert(assets.replace(/[^/]$/, "$&/") + "embed.js"));
  if (!settings.inboxIdentifier) return;
  const chat = chatOf(settings.name ?? "");
  customElements.get(TAG).configure(chat, settings);
  if (!chat.isConnected) documentProperty("body").append(chat);
  return chat;
}

function insert(url) {
  return new Promise((done, fail) => {
    if (customElements.get(TAG)) return done();
    const script = make("script");
    script.onload = script.onerror = () => {
      if (customElements.get(TAG)) return done();
      script.remove();
      loader = undefined;
      fail(Error(`natter: ${url} can't be loaded.`));
    };
    script.async = true;
    script.referrerPolicy = "no-referrer";
    script.src = trusted(url);
    documentProperty("head").append(script);
  });
}

/** A script URL that pages with Trusted Types accept. */
function trusted(url) {
  // An own property: an element with the id `trustedTypes` is no global of the browser.
  if (!Object.hasOwn(globalThis, "trustedTypes")) return url;
  policy ??= globalThis.trustedTypes.createPolicy("natter", { createScriptURL: (url) => url });
  return policy.createScriptURL(url);
}

/** The chat with this name, until it is destroyed. */
function chatOf(name) {
  if (chats[name]) return chats[name];
  const chat = make(TAG);
  const { destroy } = chat;
  chat.destroy = () => {
    delete chats[name];
    destroy.call(chat);
  };
  return (chats[name] = chat);
}
