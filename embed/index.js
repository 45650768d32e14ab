// The npm package: has embed.js in the page, once, and a chat with these settings in it. It can be imported where there
// is no page, and touches none before it is called. natter.d.ts says what it takes.

const TAG = "natter-chat";
/** The document, as its prototype has it: `<img name="body">` stands in for the document's own property. */
const ofPage = (name) => Reflect.get(Document.prototype, name, document);
const make = (name) => ofPage("createElement").call(document, name);
/** The chats made here, by name: whoever asks twice has one. */
const chats = { __proto__: null };
let loader, policy;

/** Promises the chat with these settings; `assets` is the folder that embed.js lies in. Without an inbox, it only sees
 *  to  it that <natter-chat> is known. */
export async function load({ assets, ...settings }) {
  await (loader ??= insert(assets.replace(/[^/]$/, "$&/") + "embed.js"));
  if (!settings.inboxIdentifier) return;
  const chat = chatOf(settings.name ?? "");
  customElements.get(TAG).configure(chat, settings);
  if (!chat.isConnected) ofPage("body").append(chat);
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
    ofPage("head").append(script);
  });
}

/** Pages with Trusted Types take no plain address. */
function trusted(url) {
  // An element that is called so is none of the browser's.
  if (!Object.hasOwn(globalThis, "trustedTypes")) return url;
  policy ??= globalThis.trustedTypes.createPolicy("natter", { createScriptURL: (url) => url });
  return policy.createScriptURL(url);
}

/** The chat of this name, until it is destroyed. */
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
