// The loader, which a website includes:
// <script async src="…/embed.js" data-base-url="…" data-inbox-identifier="…"></script>
//
// It defines the element <natter-chat> with what is needed before a visitor chats: the launcher, the panel with its
// skeleton, and a queue for the page's calls. Everything else (panel.js, the wasm, a language) is loaded in parallel, with
// integrity checks, when a visitor is about to open the chat. Its size is limited to 5,120 bytes of brotli.

(() => {
  const TAG = "natter-chat";
  /** The document with the properties of `Document.prototype`: an element `<img name="currentScript">` shadows those of
   *  `document` (DOM clobbering). */
  const page = new Proxy(document, {
    get(target, name) {
      const value = Reflect.get(Document.prototype, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  /** A global of the browser or of a script, or undefined: an element with this id or name is none. */
  const global = (name) => (Object.hasOwn(window, name) ? window[name] : undefined);
  const script = page.currentScript;
  if (!(script instanceof HTMLScriptElement)) throw Error("natter: embed.js must be a plain script.");
  // Some pages include it twice, and single-page sites run it again.
  const defined = customElements.get(TAG);
  if (defined) return defined.paste?.(script);

  /** The folder of the other files, relative to this script (`at`), and their integrity hashes, which the bundler inserts. */
  const ASSETS = { at: "", hashes: "@assets@" };
  /** The launcher's accessible name in every language, and the English texts for when the chat can't be loaded. They are
   *  inserted from `locales/`. */
  const LABELS = "@labels@";
  const FAILURE_TEXTS = "@failure-texts@";
  /** The attributes; the properties have the same names in camelCase. */
  const SETTINGS =
    "base-url inbox-identifier name load needs-consent mode language languages position avoid theme theme-choice team reply-time form prompts page-context notifications sound allow-messages-after-resolved retention-days fallback-url".split(" ");
  /** Methods that are queued until panel.js is loaded. */
  const CALLS = "setUser setCustomAttributes deleteCustomAttribute setConversationCustomAttributes prefill reset forget send diagnostics csp".split(" ");

  const camel = (name) => name.replace(/-./g, (pair) => pair[1].toUpperCase());
  /** Calls an action and logs its error, so that the page's code that led here goes on. */
  const attempt = (action) => {
    try {
      action();
    } catch (error) {
      console.error("natter:", error);
    }
  };
  const make = (name, properties) => Object.assign(page.createElement(name), properties);

  // ---- Loading files ----

  /** Promises of files by name. */
  const fetched = {};
  /** A query that grows with every failure: browsers cache failed modules by their URL. */
  let again = "";
  /** Loads a file once for all chats of the page. After a failure it is loaded again. */
  const once = (name, get) =>
    (fetched[name] ??= get().catch((error) => {
      delete fetched[name];
      again += "?";
      throw error;
    }));
  const at = (name) => new URL(ASSETS.at + name, script.src).href;
  /** A file's integrity hash: ASSETS has those of files that every chat needs, list.json those of the others. */
  const hash = async (name) => ASSETS[name] ?? (ASSETS["list.json"] && (await json("list"))[name]) ?? "";
  const referrerPolicy = "no-referrer";
  /** All options are given, because a page may have added properties to Object.prototype. */
  const plain = { method: "GET", mode: "cors", cache: "default", referrerPolicy };
  const file = async (name) => fetch(at(name) + again, { ...plain, integrity: await hash(name) });
  const json = (name) => once(name, async () => (await file(`${name}.json`)).json());
  let policy;
  /** A script URL that pages with Trusted Types accept. */
  const trusted = (url) => {
    const types = global("trustedTypes");
    return types ? (policy ??= types.createPolicy("natter", { createScriptURL: (url) => url })).createScriptURL(url) : url;
  };
  /** Loads a module with an integrity check, which `import()` doesn't do; a later `import()` gets the same module. The
   *  element is a modulepreload link, or a script where the browser doesn't check preloads: that is WebKit, whose
   *  `navigator.vendor` begins with Apple on every system. */
  const checked = async (name, href) => {
    const [integrity, link] = [await hash(name), make("link")];
    if (!integrity) return;
    const isScript = /^Apple/.test(navigator.vendor) || !link.relList.supports("modulepreload");
    const element = isScript ? make("script", { type: "module", src: trusted(href) }) : Object.assign(link, { rel: "modulepreload", href });
    await new Promise((onload, onerror) => {
      page.head.append(Object.assign(element, { integrity, referrerPolicy, onload, onerror }));
    }).finally(() => element.remove());
  };
  /** Loads a module. Where modules are not bundled, those that it imports are checked first. */
  const code = (name) =>
    once(name, async () => {
      for (const other of ASSETS.imports?.[name] ?? []) await checked(other, at(other));
      const href = at(name) + again;
      await checked(name, href);
      return import(href);
    });

  // ---- The element ----

  const sheet = new CSSStyleSheet();
  sheet.replaceSync("@launcher.css@");

  class NatterChat extends HTMLElement {
    static observedAttributes = SETTINGS;
    #launcher = make("button", { className: "launcher", part: "launcher" });
    #panel = make("div", { className: "panel", part: "panel", id: "panel", tabIndex: -1, hidden: true });
    #over = make("div", { className: "over" });
    #calls = [];
    /** Names that the page has given as settings and that are none: a secret may be among them. */
    #unknown = [];
    /** The `Chat` of panel.js. */
    #chat;
    /** When the page removed the element first in the current second (ms), and how often since. */
    #removedAt = 0;
    #removals = 0;

    constructor() {
      super();
      const [launcher, panel, root] = [this.#launcher, this.#panel, this.attachShadow({ mode: "open" })];
      root.adoptedStyleSheets = [sheet];
      launcher.setAttribute("aria-controls", "panel");
      clickHandlers.set(launcher, () => this.toggle());
      // A pointer over the launcher, or its focus, precedes most clicks.
      launcher.onpointerenter = launcher.onfocus = () => this.load === "manual" || this.#preload();
      panel.onkeydown = (event) => {
        if (event.key !== "Escape" || event.isComposing || this.#isInline) return;
        event.stopPropagation();
        this.close();
      };
      root.append(panel, this.#over, launcher);
    }

    connectedCallback() {
      // Page snapshots of htmx and Turbo contain a copy of the element.
      if (!managed.has(this) && [...managed].some((chat) => (chat.isConnected || !chat.#isInline) && ORIGIN.every((name) => chat[name] === this[name]))) return this.remove();
      // Properties that were set before the element was defined.
      for (const name of SETTINGS.map(camel)) {
        if (Object.hasOwn(this, name)) {
          const value = this[name];
          delete this[name];
          this[name] = value;
        }
      }
      this.#takeGlobal();
      this.#update();
      this.#chat?.moved();
    }

    // An element that the page moves is disconnected and connected again in the same task.
    disconnectedCallback() {
      queueMicrotask(() => {
        if (this.isConnected || this.#reinsert()) return;
        this.#end();
        this.#rejectCalls("the chat has ended");
      });
    }

    attributeChangedCallback(name, before, value) {
      if (before === value || !this.isConnected) return;
      if (/^(base|inbox)/.test(name)) this.#end();
      this.#update();
      this.#chat?.changed(name);
    }

    // ---- The page's API ----

    /** Creates the chat of a script tag, with its data attributes and `window.natterSettings`. Several tags make one chat. */
    static paste({ src, dataset }) {
      if (src !== script.src) console.warn("natter twice");
      const settings = { __proto__: null, ...global("natterSettings"), ...dataset };
      if (pasted?.isConnected || !settings.inboxIdentifier) return;
      pasted ??= make(TAG);
      NatterChat.configure(pasted, settings);
      pasted.#takeGlobal();
      if (page.body) pasted.#append();
      else addEventListener("DOMContentLoaded", () => pasted?.#append());
    }

    /** Sets attributes of a chat. Names that are not settings don't become attributes, as an attribute can be an event
     *  handler. */
    static configure(chat, settings) {
      managed.add(chat);
      for (const name of Object.keys(settings)) {
        const attribute = name.replace(/[A-Z]/g, "-$&").toLowerCase();
        if (SETTINGS.includes(attribute)) set(chat, attribute, settings[name]);
        else chat.#unknown.push(attribute);
      }
    }

    static {
      for (const name of CALLS) {
        this.prototype[name] = function (...given) {
          return this.#call(name, given);
        };
      }
    }

    get isOpen() {
      return !this.#panel.hidden;
    }

    get unreadCount() {
      return this.#chat?.unread ?? 0;
    }

    get(name) {
      return [...page.querySelectorAll(TAG)].find((chat) => chat.name === name) ?? null;
    }

    // The promise of a misspelt call rejects; the calls after it are performed.
    async push([name, ...given]) {
      return this[name](...given);
    }

    on(name, listener) {
      this.addEventListener(`natter-${name}`, listener);
    }

    off(name, listener) {
      this.removeEventListener(`natter-${name}`, listener);
    }

    open() {
      if (this.isOpen) return;
      const skeleton = make("div", { className: "skeleton", ariaBusy: true });
      skeleton.append(...[1, 2, 3, 4].map(() => make("i")));
      this.#show(true);
      if (!this.#chat?.isMounted) {
        this.#panel.replaceChildren(skeleton);
        if (!this.#isInline) attempt(() => this.#panel.focus());
      }
      this.#mount();
    }

    close() {
      if (!this.isOpen || this.#isInline) return;
      const hadFocus = this.shadowRoot.activeElement;
      this.#show(false);
      if (hadFocus) attempt(() => this.#launcher.focus());
    }

    toggle() {
      if (this.isOpen) this.close();
      else this.open();
    }

    show() {
      this.hidden = false;
    }

    hide() {
      this.close();
      this.hidden = true;
    }

    destroy() {
      if (this === pasted) pasted = undefined;
      managed.delete(this);
      this.remove();
    }

    setLocale(language) {
      this.language = language;
    }

    setTheme(theme) {
      this.theme = theme;
    }

    setPosition(position) {
      this.position = position;
    }

    async consent(isGiven = true) {
      if (!isGiven) this.#rejectCalls("there is no consent");
      if (!isGiven) await this.forget();
      this.needsConsent = !isGiven;
    }

    // ---- Internals ----

    get #isInline() {
      return this.mode === "inline";
    }

    get #lacksConsent() {
      return (this.needsConsent ?? "false") !== "false";
    }

    /** `window.natter` becomes the page's first chat, which performs the calls that the page has queued there. */
    #takeGlobal() {
      const queue = window.natter;
      if (queue instanceof NatterChat) return;
      window.natter = this;
      if (Array.isArray(queue)) queue.forEach((call) => this.push(call));
    }

    /** Applies the attributes: the language, and when to load. */
    #update() {
      this.#setLanguage();
      const load = this.load ?? "intent";
      this.#attachForCalls();
      if (this.#lacksConsent) this.#end();
      else if (this.isOpen || load === "now") this.#mount();
      else if (load === "manual") return;
      else if (load === "idle" || this.#storedNames().some((key) => key.endsWith("/session"))) (global("requestIdleCallback") ?? setTimeout)(() => this.#mount());
      else if (this.#isInline || this.prompts || this.avoid) this.#attach().catch(() => {});
    }

    /** Puts a floating chat that the loader made back into the page, and returns whether it did: pages replace or empty their
     *  body. After nine removals within a second the chat is destroyed: a script insists on removing it. */
    #reinsert() {
      if (this.#isInline || !managed.has(this)) return false;
      const now = Date.now();
      if (now - this.#removedAt > 999) [this.#removedAt, this.#removals] = [now, 0];
      if (++this.#removals > 8) this.destroy();
      else this.#append();
      return managed.has(this);
    }

    #append() {
      if (this.isConnected || !managed.has(this)) return;
      if (page.body) page.body.append(this);
      else setTimeout(() => this.#append(), 50);
    }

    #end() {
      this.#chat?.end();
      this.#chat = undefined;
      this.#panel.hidden = true;
      this.#panel.replaceChildren();
      this.#over.replaceChildren();
      if (window.natter === this && !this.isConnected) window.natter = page.querySelector(TAG) ?? [];
    }

    #call(name, given) {
      return new Promise((done, fail) => {
        // `reset` and `forget` are performed at once, as the page may be left; they cancel queued calls of the former visitor.
        if (name === "diagnostics" && this.#lacksConsent) return done({});
        if (/^(reset|forget)$/.test(name) && !this.#chat?.isMounted) {
          this.#calls.push(...(this.#chat?.takeCalls() ?? []));
          this.#rejectCalls("the visitor was forgotten");
          this.#calls.splice(0).forEach(({ done }) => done?.());
          return done(this.#wipe());
        }
        this.#calls.push({ name, given, done, fail });
        this.#chat?.perform(this.#calls);
        this.#attachForCalls();
      });
    }

    /** Loads panel.js for calls that don't wait until the panel is opened. Without consent they wait. */
    #attachForCalls() {
      if (this.#calls.some(isUrgent) && !this.#lacksConsent) this.#attach().catch((error) => this.#rejectCalls(error.message ?? "the chat has ended"));
    }

    /** Rejects the promises of queued calls that will not be performed. */
    #rejectCalls(why) {
      for (const { name, fail } of this.#calls.filter(isUrgent)) fail(Error(`natter: ${name} was not done: ${why}.`));
      this.#calls = this.#calls.filter((call) => !isUrgent(call));
    }

    #emit(name, detail) {
      this.dispatchEvent(new CustomEvent(`natter-${name}`, { detail: Object.freeze({ v: 1, ...detail }) }));
    }

    #show(isOpen) {
      this.#panel.hidden = !isOpen;
      this.#updateLabel();
      attempt(() => this.#chat?.opened(isOpen));
      this.#emit(isOpen ? "opened" : "closed");
    }

    /** Starts loading all files in parallel. */
    #preload() {
      if (!this.#lacksConsent) for (const file of [this.#attach(), this._wasm(), this.#loadTexts()]) file.catch(() => {});
    }

    /** Fetches the wasm. An application that contains the chat replaces this (`src/component/element.rs`): by a promise of its
     *  own `mount`. */
    _wasm() {
      return once("wasm", () => file("natter_bg.wasm"));
    }

    /** The texts of the panel's language; undefined for English, which is in the wasm. */
    async #loadTexts() {
      return this.#panel.lang === "en" ? undefined : json(`locales/${this.#panel.lang}`);
    }

    async #attach() {
      const { attach } = await code("panel.js");
      // The element may have been removed meanwhile.
      if (!this.isConnected) throw 0;
      this.#chat ??= attach({
        element: this,
        panel: this.#panel,
        over: this.#over,
        launcher: this.#launcher,
        labels: LABELS,
        at,
        code,
        json,
        names: this.#unknown,
        prefix: () => this.#prefix(),
        texts: () => this.#loadTexts(),
        setLanguage: (language) => this.#setLanguage(language),
        mount: () => this.#mount(),
        forgetFiles: () => this.#forgetFiles(),
        updateLabel: () => this.#updateLabel(),
        emit: (name, detail) => this.#emit(name, detail),
        refuse: (why) => this.#refuse(why),
      });
      this.#chat.perform(this.#calls);
      return this.#chat;
    }

    async #mount() {
      if (this.#lacksConsent || !this.isConnected) return;
      this.#preload();
      try {
        await (await this.#attach()).mount();
      } catch (error) {
        if (this.isConnected) this.#fail(error.message);
      }
    }

    /** Ends the chat because of an invalid setting, and shows that it failed. */
    #refuse(why) {
      const { isOpen } = this;
      this.#end();
      this.#panel.hidden = !isOpen;
      this.#fail(why);
    }

    /** Shows that the chat can't be loaded, with a link to the site's fallback. Opening the panel again is another attempt. */
    #fail(why) {
      console.error("natter:", why);
      const texts = { ...FAILURE_TEXTS, ...this.#chat?.texts };
      const link = make("a", { textContent: texts.fallback, href: this.fallbackUrl, target: "_blank", rel: "noreferrer" });
      const close = make("button", { textContent: texts.close, onclick: () => this.close(), hidden: this.#isInline });
      const links = this.fallbackUrl && /^(https?|mailto|tel):/.test(link.protocol) ? [link] : [];
      this.#panel.replaceChildren(make("p", { className: "sorry", role: "alert", textContent: texts.failed }), ...links, close);
      this.#emit("error", { name: "load-failed" });
    }

    #updateLabel() {
      const [launcher, panel] = [this.#launcher, this.#panel];
      panel.ariaLabel = LABELS[panel.lang];
      panel.role = this.#isInline ? "region" : "dialog";
      launcher.ariaLabel = this.#chat?.name ?? panel.ariaLabel;
      launcher.ariaExpanded = this.isOpen;
    }

    /** Sets the language: this one, else that of the setting, the page or the browser, if it has texts. (panel.js then
     *  matches language tags more closely.) */
    #setLanguage(language) {
      const tag = this.language || page.documentElement.lang || navigator.language;
      for (const part of [this.#panel, this.#over]) {
        part.lang = [language, tag, tag.slice(0, 2), "en"].find((code) => LABELS[code]);
        part.dir = /ar|fa|he|ur/.test(part.lang) ? "rtl" : "ltr";
      }
      this.#updateLabel();
    }

    /** The prefix of all names in storage, as in `settings.rs`. */
    #prefix() {
      return `natter/1/${new URL(this.baseUrl, page.baseURI).href.replace(/\/+$/, "")}/${this.inboxIdentifier}/`;
    }

    /** The names of the chat's records in localStorage; none where storage is blocked. */
    #storedNames() {
      try {
        return Object.keys(localStorage).filter((key) => key.startsWith(this.#prefix()));
      } catch {}
      return [];
    }

    /** Deletes all records of the chat, and has the site's other tabs forget the visitor (`crates/core/src/tabs/messages.rs`). */
    async #wipe() {
      const [prefix, names] = [this.#prefix(), this.#storedNames()];
      // Records of an older generation are ignored (`crates/core/src/visitor/generation.rs`). Without records there is none.
      const generation = names.length ? String(+localStorage.getItem(prefix + "generation") + 1) : undefined;
      for (const name of names) localStorage.removeItem(name);
      if (generation) localStorage.setItem(prefix + "generation", generation);
      try {
        const others = new BroadcastChannel(`${prefix}tabs/7`);
        others.postMessage(JSON.stringify({ __proto__: null, forget_visitor: { __proto__: null, generation } }));
        others.close();
      } catch {}
      await this.#forgetFiles();
    }

    /** Deletes files that wait to be uploaded. */
    async #forgetFiles() {
      let all = [];
      try {
        all = await indexedDB.databases();
      } catch {}
      if (all.some(({ name }) => name === "natter")) await (await code("parts/files.js")).removeAll(this.#prefix());
    }
  }

  const isUrgent = ({ name }) => /^(send|diag|csp)/.test(name);

  /** A `JSON.stringify` replacer that undoes a `toJSON` that a library has added to all arrays. */
  function itself(key) {
    return this[key];
  }

  function set(element, name, value) {
    if (value == null) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : value instanceof Object ? JSON.stringify(value, itself) : value);
  }

  for (const name of SETTINGS) {
    Object.defineProperty(NatterChat.prototype, camel(name), {
      get() {
        return this.getAttribute(name);
      },
      set(value) {
        set(this, name, value);
      },
    });
  }

  /** Click handlers by element. They are called by a listener at the window, before the page can stop the event, as dialogs
   *  that trap the focus do. */
  const clickHandlers = new WeakMap();
  addEventListener("click", (event) => event.composedPath().forEach((target) => clickHandlers.get(target)?.()), true);
  /** The chat of the page's script tags. */
  let pasted;
  /** Chats that were made from settings, not by the page's HTML: they are kept in the page until they are destroyed. */
  const managed = new Set();
  /** Chats with the same values of these are copies of each other. */
  const ORIGIN = ["baseUrl", "inboxIdentifier", "name", "mode"];

  customElements.define(TAG, NatterChat);
  NatterChat.paste(script);
})();
