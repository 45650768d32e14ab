// What a website pastes: <script async src="…/embed.js" data-base-url="…" data-inbox-identifier="…"></script>
//
// It defines <natter-chat>, which owns all that must be there before anybody wants to chat: the launcher, the panel's
// place and its skeleton, and a queue for what the page asks of the chat meanwhile. Everything else (panel.js, the
// wasm, a language) is fetched at the same time, and checked, when somebody is about to open it.

(() => {
  const TAG = "natter-chat";
  /** The document, as its prototype has it: `<img name="currentScript">` stands in for the document's own property. */
  const page = new Proxy(document, {
    get(of, name) {
      const value = Reflect.get(Document.prototype, name, of);
      return typeof value === "function" ? value.bind(of) : value;
    },
  });
  /** A global, if it is the browser's or a script's, and no element that is called so. */
  const global = (name) => (Object.hasOwn(window, name) ? window[name] : undefined);
  const script = page.currentScript;
  if (script?.localName !== "script" || !/xhtml$/.test(script.namespaceURI)) throw Error("natter: embed.js has to be a plain script of the page's.");
  // Pages that change without loading run it again, and some have it twice.
  const there = customElements.get(TAG);
  if (there) return there.paste?.(script);

  /** Where the rest is, seen from here, and what it must be: stamped when a bundle is made. */
  const ASSETS = { at: "", hashes: "@assets@" };
  /** What the launcher is called in every language, and what is said where there is no chat: from `locales/`. */
  const LABELS = "@labels@";
  const FAILURE_TEXTS = "@failure-texts@";
  /** Its attributes; as properties they are called likeThis. */
  const SETTINGS =
    "base-url inbox-identifier name load needs-consent mode language languages position avoid theme theme-choice team reply-time form prompts page-context notifications sound allow-messages-after-resolved retention-days fallback-url".split(" ");
  /** What waits for the chat. */
  const CALLS = "setUser setCustomAttributes deleteCustomAttribute setConversationCustomAttributes prefill reset forget send diagnostics csp".split(" ");

  const camel = (name) => name.replace(/-./g, (pair) => pair[1].toUpperCase());
  /** Does what may fail, where a page's own code goes on. */
  const attempt = (deed) => {
    try {
      deed();
    } catch (error) {
      console.error("natter:", error);
    }
  };
  const make = (name, more) => Object.assign(page.createElement(name), more);

  // ---- What is fetched ----

  const fetched = {};
  /** Browsers remember modules that failed: tried again, they have another address. */
  let again = "";
  /** Once a page, however many chats want it; a failure is not kept. */
  const once = (name, get) =>
    (fetched[name] ??= get().catch((error) => {
      delete fetched[name];
      again += "?";
      throw error;
    }));
  const at = (name) => new URL(ASSETS.at + name, script.src).href;
  /** What a file must be: those that every chat needs are known here, of the others there is a list. */
  const hash = async (name) => ASSETS[name] ?? (ASSETS["list.json"] && (await json("list"))[name]) ?? "";
  const referrerPolicy = "no-referrer";
  /** What is left out here, the page may have given to every object. */
  const plain = { method: "GET", mode: "cors", cache: "default", referrerPolicy };
  const file = async (name) => fetch(at(name) + again, { ...plain, integrity: await hash(name) });
  const json = (name) => once(name, async () => (await file(`${name}.json`)).json());
  const wasm = () => once("wasm", () => file("natter_bg.wasm"));
  let policy;
  /** Pages with Trusted Types take no plain address for a script. */
  const trusted = (url) => {
    const types = global("trustedTypes");
    return types ? (policy ??= types.createPolicy("natter", { createScriptURL: (url) => url })).createScriptURL(url) : url;
  };
  /** `import()` checks nothing, so an element does before, and `import()` is given what that has fetched: a link where
   *  preloads are checked, or a script. WebKit, which has Apple for its vendor everywhere, checks scripts alone. */
  const checked = async (name, href) => {
    const [integrity, link] = [await hash(name), make("link")];
    if (!integrity) return;
    const isScript = /^Apple/.test(navigator.vendor) || !link.relList.supports("modulepreload");
    const element = isScript ? make("script", { type: "module", src: trusted(href) }) : Object.assign(link, { rel: "modulepreload", href });
    await new Promise((onload, onerror) => {
      page.head.append(Object.assign(element, { integrity, referrerPolicy, onload, onerror }));
    }).finally(() => element.remove());
  };
  /** A module. Where nothing was bundled, it imports others, which are checked as well. */
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
    /** Names in what the page gave as settings that are none; a secret can be among them. */
    #others = [];
    /** What panel.js does for this element. */
    #chat;
    /** When it was taken away first, and how often since: of this second. */
    #since = 0;
    #times = 0;

    constructor() {
      super();
      const [launcher, panel, root] = [this.#launcher, this.#panel, this.attachShadow({ mode: "open" })];
      root.adoptedStyleSheets = [sheet];
      launcher.setAttribute("aria-controls", "panel");
      clicked.set(launcher, () => this.toggle());
      // A hand on its way to the launcher is reason enough to fetch what it will want.
      launcher.onpointerenter = launcher.onfocus = () => this.load === "manual" || this.#prepare();
      panel.onkeydown = (event) => {
        if (event.key !== "Escape" || event.isComposing || this.#isInline) return;
        event.stopPropagation();
        this.close();
      };
      root.append(panel, this.#over, launcher);
    }

    connectedCallback() {
      // Pages that were kept by htmx or Turbo hold a copy of the chat.
      if (!own.has(this) && [...own].some((chat) => (chat.isConnected || !chat.#isInline) && ORIGIN.every((name) => chat[name] === this[name]))) return this.remove();
      // What was set before there was this class.
      for (const name of SETTINGS.map(camel)) {
        if (Object.hasOwn(this, name)) {
          const value = this[name];
          delete this[name];
          this[name] = value;
        }
      }
      this.#answer();
      this.#begin();
      this.#chat?.moved();
    }

    // A moved element is disconnected and connected again at once: it survives.
    disconnectedCallback() {
      queueMicrotask(() => {
        if (this.isConnected || this.#returns()) return;
        this.#end();
        this.#drop("the chat has ended");
      });
    }

    attributeChangedCallback(name, before, value) {
      if (before === value || !this.isConnected) return;
      if (/^(base|inbox)/.test(name)) this.#end();
      this.#begin();
      this.#chat?.changed(name);
    }

    // ---- What the page can do with it ----

    /** The chat that a script tag's attributes, or the page's settings, describe; pasted twice, it is one. */
    static paste({ src, dataset }) {
      if (src !== script.src) console.warn("natter twice");
      const given = { __proto__: null, ...global("natterSettings"), ...dataset };
      if (pasted?.isConnected || !given.inboxIdentifier) return;
      pasted ??= make(TAG);
      NatterChat.configure(pasted, given);
      pasted.#answer();
      if (page.body) pasted.#return();
      else addEventListener("DOMContentLoaded", () => pasted?.#return());
    }

    /** Gives a chat these settings. Nothing else becomes an attribute: there are those that run what they hold. */
    static configure(chat, given) {
      own.add(chat);
      for (const name of Object.keys(given)) {
        const attribute = name.replace(/[A-Z]/g, "-$&").toLowerCase();
        if (SETTINGS.includes(attribute)) set(chat, attribute, given[name]);
        else chat.#others.push(attribute);
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

    // What is misspelt is refused, and keeps nothing else from being done.
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
      const bones = make("div", { className: "skeleton", ariaBusy: true });
      bones.append(...[1, 2, 3, 4].map(() => make("i")));
      this.#show(true);
      if (!this.#chat?.isMounted) {
        this.#panel.replaceChildren(bones);
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
      own.delete(this);
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
      if (!isGiven) this.#drop("the visitor has not agreed to the chat");
      if (!isGiven) await this.forget();
      this.needsConsent = !isGiven;
    }

    // ---- What it does by itself ----

    get #isInline() {
      return this.mode === "inline";
    }

    get #isWaiting() {
      return (this.needsConsent ?? "false") !== "false";
    }

    /** The global is the page's first chat; what the page said before there was one is said now. */
    #answer() {
      const said = window.natter;
      if (said instanceof NatterChat) return;
      window.natter = this;
      if (Array.isArray(said)) said.forEach((call) => this.push(call));
    }

    /** Looks and speaks as it is told, and loads as soon as it may. */
    #begin() {
      this.#speak();
      const load = this.load ?? "intent";
      this.#hasten();
      if (this.#isWaiting) this.#end();
      else if (this.isOpen || load === "now") this.#mount();
      else if (load === "manual") return;
      else if (load === "idle" || this.#kept().some((key) => key.endsWith("/session"))) (global("requestIdleCallback") ?? setTimeout)(() => this.#mount());
      else if (this.#isInline || this.prompts || this.avoid) this.#attach().catch(() => {});
    }

    /** Whether it goes on although the page has emptied its body, or put other things in its place: a floating chat that
     *  the loader made does. Whoever takes it away again and again means it. */
    #returns() {
      if (this.#isInline || !own.has(this)) return false;
      const now = Date.now();
      if (now - this.#since > 999) [this.#since, this.#times] = [now, 0];
      if (++this.#times > 8) this.destroy();
      else this.#return();
      return own.has(this);
    }

    #return() {
      if (this.isConnected || !own.has(this)) return;
      if (page.body) page.body.append(this);
      else setTimeout(() => this.#return(), 50);
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
        // Whoever logs out is about to leave: that waits for nothing, and ends what was said for the former visitor.
        if (name === "diagnostics" && this.#isWaiting) return done({});
        if (/^(reset|forget)$/.test(name) && !this.#chat?.isMounted) {
          this.#calls.push(...(this.#chat?.takeBack() ?? []));
          this.#drop("the visitor was forgotten");
          this.#calls.splice(0).forEach(({ done }) => done?.());
          return done(this.#wipe());
        }
        this.#calls.push({ name, given, done, fail });
        this.#chat?.take(this.#calls);
        this.#hasten();
      });
    }

    /** What does not wait for the panel to be opened; before the visitor agrees, it waits for that. */
    #hasten() {
      if (this.#calls.some(isUrgent) && !this.#isWaiting) this.#attach().catch((error) => this.#drop(error.message ?? "the chat has ended"));
    }

    /** What waits and will not be done is told so. */
    #drop(why) {
      for (const { name, fail } of this.#calls.filter(isUrgent)) fail(Error(`natter: ${name} was not done: ${why}.`));
      this.#calls = this.#calls.filter((call) => !isUrgent(call));
    }

    #emit(name, more) {
      this.dispatchEvent(new CustomEvent(`natter-${name}`, { detail: Object.freeze({ v: 1, ...more }) }));
    }

    #show(isOpen) {
      this.#panel.hidden = !isOpen;
      this.#label();
      attempt(() => this.#chat?.opened(isOpen));
      this.#emit(isOpen ? "opened" : "closed");
    }

    /** All there is to fetch, at the same time. */
    #prepare() {
      if (!this.#isWaiting) for (const part of [this.#attach(), wasm(), this.#words()]) part.catch(() => {});
    }

    async #words() {
      return this.#panel.lang === "en" ? undefined : json(`locales/${this.#panel.lang}`);
    }

    async #attach() {
      const { attach } = await code("panel.js");
      // Meanwhile it can be gone.
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
        others: this.#others,
        wasm,
        prefix: () => this.#prefix(),
        words: () => this.#words(),
        speak: (language) => this.#speak(language),
        mount: () => this.#mount(),
        forgetFiles: () => this.#forgetFiles(),
        label: () => this.#label(),
        emit: (name, detail) => this.#emit(name, detail),
        refuse: (why) => this.#refuse(why),
      });
      this.#chat.take(this.#calls);
      return this.#chat;
    }

    async #mount() {
      if (this.#isWaiting || !this.isConnected) return;
      this.#prepare();
      try {
        await (await this.#attach()).mount();
      } catch (error) {
        if (this.isConnected) this.#fail(error.message);
      }
    }

    /** The chat must not go on. */
    #refuse(why) {
      const { isOpen } = this;
      this.#end();
      this.#panel.hidden = !isOpen;
      this.#fail(why);
    }

    /** There is no chat: whoever wanted it is told, has the site's other way, and can try again. */
    #fail(why) {
      console.error("natter:", why);
      const said = { ...FAILURE_TEXTS, ...this.#chat?.said };
      const way = make("a", { textContent: said.fallback, href: this.fallbackUrl, target: "_blank", rel: "noreferrer" });
      const close = make("button", { textContent: said.close, onclick: () => this.close(), hidden: this.#isInline });
      const ways = this.fallbackUrl && /^(https?|mailto|tel):/.test(way.protocol) ? [way] : [];
      this.#panel.replaceChildren(make("p", { className: "sorry", role: "alert", textContent: said.failed }), ...ways, close);
      this.#emit("error", { name: "load-failed" });
    }

    #label() {
      const [launcher, panel] = [this.#launcher, this.#panel];
      panel.ariaLabel = LABELS[panel.lang];
      panel.role = this.#isInline ? "region" : "dialog";
      launcher.ariaLabel = this.#chat?.called ?? panel.ariaLabel;
      launcher.ariaExpanded = this.isOpen;
    }

    /** Speaks a language from now on: this one, else the site's, the page's or the browser's, as far as that can be told
     *  before panel.js knows better. */
    #speak(language) {
      const tag = this.language || page.documentElement.lang || navigator.language;
      for (const part of [this.#panel, this.#over]) {
        part.lang = [language, tag, tag.slice(0, 2), "en"].find((one) => LABELS[one]);
        part.dir = /ar|fa|he|ur/.test(part.lang) ? "rtl" : "ltr";
      }
      this.#label();
    }

    /** What every name in storage begins with, as in `settings.rs`. */
    #prefix() {
      return `natter/1/${new URL(this.baseUrl, page.baseURI).href.replace(/\/+$/, "")}/${this.inboxIdentifier}/`;
    }

    /** What this device keeps of the chat; where storage is blocked, nothing. */
    #kept() {
      try {
        return Object.keys(localStorage).filter((key) => key.startsWith(this.#prefix()));
      } catch {}
      return [];
    }

    /** Leaves nothing of it, here and in the page's other tabs (`wire/tabs.rs`). */
    async #wipe() {
      const [prefix, kept] = [this.#prefix(), this.#kept()];
      // Records count under their generation alone (`crates/core/src/generation.rs`); where nothing is kept, none begins.
      const key = kept.length ? String(+localStorage.getItem(prefix + "generation") + 1) : undefined;
      for (const name of kept) localStorage.removeItem(name);
      if (key) localStorage.setItem(prefix + "generation", key);
      try {
        const others = new BroadcastChannel(`${prefix}tabs/6`);
        others.postMessage(JSON.stringify({ __proto__: null, say: "forget", key }));
        others.close();
      } catch {}
      await this.#forgetFiles();
    }

    /** Those that waited to be sent. */
    async #forgetFiles() {
      let all = [];
      try {
        all = await indexedDB.databases();
      } catch {}
      if (all.some(({ name }) => name === "natter")) await (await code("parts/files.js")).forget(this.#prefix());
    }
  }

  const isUrgent = ({ name }) => /^(send|diag|csp)/.test(name);

  /** What it was before a `toJSON` that a library has given to all lists. */
  function itself(key) {
    return this[key];
  }

  function set(on, name, value) {
    if (value == null) on.removeAttribute(name);
    else on.setAttribute(name, value === true ? "" : value instanceof Object ? JSON.stringify(value, itself) : value);
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

  /** What a click does, before any script of the page's can stop it: dialogs that keep the focus do. */
  const clicked = new WeakMap();
  addEventListener("click", (event) => event.composedPath().forEach((at) => clicked.get(at)?.()), true);
  /** What was pasted. */
  let pasted;
  /** The chats that were made of settings, and that no page has written: they are taken care of until they are destroyed. */
  const own = new Set();
  /** What makes two chats the same. */
  const ORIGIN = ["baseUrl", "inboxIdentifier", "name", "mode"];

  customElements.define(TAG, NatterChat);
  NatterChat.paste(script);
})();
