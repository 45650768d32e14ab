// The npm package: has embed.js in the page, once, and a chat with these settings in it. It can be imported where there
// is no page, and touches none before it is called. natter.d.ts says what it takes.

const TAG = "natter-chat";
/** The chats made here, by name: whoever asks twice has one. */
const chats = { __proto__: null };
let loader, policy;

/** Promises the chat with these settings; `assets` is the folder that embed.js lies in. Without an inbox, it only sees
 *  to  it that <natter-chat> is known. */
export async function load({ assets, ...settings }) {
  await (loader ??= insert(assets.replace(/[^/]$/, "$&/") + "embed.js"));
  if (!settings.inboxIdentifier) return;
  const chat = make(settings.name ?? "");
  for (const [name, value] of Object.entries(settings)) {
    if (name in chat) chat[name] = value;
    // Where it is no setting, the chat decides: a secret must not be there.
    else chat.setAttribute(name.replace(/[A-Z]/g, "-$&"), value);
  }
  if (!chat.isConnected) document.body.append(chat);
  return chat;
}

function insert(url) {
  return new Promise((done, fail) => {
    if (customElements.get(TAG)) return done();
    const script = document.createElement("script");
    script.onload = script.onerror = () => {
      if (customElements.get(TAG)) return done();
      script.remove();
      loader = undefined;
      fail(Error(`natter: ${url} can't be loaded.`));
    };
    script.async = true;
    script.src = trusted(url);
    document.head.append(script);
  });
}

/** Pages with Trusted Types take no plain address. */
function trusted(url) {
  policy ??= globalThis.trustedTypes?.createPolicy("natter", { createScriptURL: (url) => url });
  return policy?.createScriptURL(url) ?? url;
}

/** A chat that moves along where a page puts another body in the place of its own, until it is destroyed. */
function make(name) {
  if (chats[name]) return chats[name];
  const chat = document.createElement(TAG);
  const { destroy } = chat;
  const watch = new MutationObserver(() => chat.isConnected || document.body?.append(chat));
  watch.observe(document.documentElement, { childList: true });
  chat.destroy = () => {
    watch.disconnect();
    delete chats[name];
    destroy.call(chat);
  };
  return (chats[name] = chat);
}
