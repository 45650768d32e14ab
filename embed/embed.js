// What a website pastes: <script async src="…/embed.js" data-base-url="…" data-inbox-identifier="…"></script>
//
// It defines <natter-chat>, which owns all that must be there before anybody wants to chat: the launcher, the panel's
// place and its skeleton, and a queue for what the page asks of the chat meanwhile. Everything else (panel.js, the
// wasm, a language) is fetched at the same time, and checked, when somebody is about to open it.

(() => {
  const TAG = "natter-chat";
  const script = document.currentScript;
  // Pages that change without loading run it again, and some have it twice.
  const there = customElements.get(TAG);
  if (there) return there.paste?.(script);

  /** Where the rest is, seen from here, and what it must be: stamped when a bundle is made. */
  const ASSETS = { at: "", stamp: "@assets@" };
  /** What the launcher is called in every language, and what is said where there is no chat: from `locales/`. */
  const LABELS = "@labels@";
  const SORRY = "@sorry@";
  /** Its attributes; as properties they are called likeThis. */
  const SETTINGS =
    "base-url inbox-identifier name load needs-consent mode language languages position avoid theme theme-choice team reply-time form prompts page-context notifications sound allow-messages-after-resolved retention-days fallback-url".split(" ");
  /** What waits for the chat. */
  const CALLS = "setUser setCustomAttributes deleteCustomAttribute setConversationCustomAttributes prefill reset forget send diagnostics csp".split(" ");

  const camel = (name) => name.replace(/-./g, (pair) => pair[1].toUpperCase());
  const make = (name, more) => Object.assign(document.createElement(name), more);

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
  const at = (name) => new URL(ASSETS.at + name, script.src).href + again;
  /** What a file must be: those that every chat needs are known here, of the others there is a list. */
  const hash = async (name) => ASSETS[name] ?? (ASSETS["list.json"] && (await json("list"))[name]) ?? "";
  const file = async (name) => fetch(at(name), { integrity: await hash(name) });
  const json = (name) => once(name, async () => (await file(`${name}.json`)).json());
  const wasm = () => once("wasm", () => file("natter_bg.wasm"));
  /** A module. `import()` checks nothing, so a link does before. */
  const code = (name) =>
    once(name, async () => {
      const [integrity, href, link] = [await hash(name), at(name), make("link")];
      if (integrity && link.relList.supports("modulepreload")) {
        await new Promise((onload, onerror) => {
          document.head.append(Object.assign(link, { rel: "modulepreload", href, integrity, onload, onerror }));
        }).finally(() => link.remove());
      }
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
    /** Stands for the launcher where there is no chat, and the site has another way. */
    #detour = make("a", { className: "launcher", part: "launcher", target: "_blank", rel: "noreferrer" });
    #calls = [];
    /** What panel.js does for this element. */
    #chat;

    constructor() {
      super();
      const [launcher, panel, root] = [this.#launcher, this.#panel, this.attachShadow({ mode: "open" })];
      root.adoptedStyleSheets = [sheet];
      launcher.setAttribute("aria-controls", "panel");
      launcher.onclick = () => this.toggle();
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
    }

    // A moved element is disconnected and connected again at once: it survives.
    disconnectedCallback() {
      queueMicrotask(() => this.isConnected || this.#end());
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
      const given = { ...window.natterSettings, ...dataset };
      if (pasted?.isConnected || !given.inboxIdentifier) return;
      pasted ??= make(TAG);
      for (const name of Object.keys(given)) set(pasted, name.replace(/[A-Z]/g, "-$&"), given[name]);
      pasted.#answer();
      if (document.body) document.body.append(pasted);
      else addEventListener("DOMContentLoaded", () => document.body.append(pasted));
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
      return document.querySelector(`${TAG}[name="${name}"]`);
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
        if (!this.#isInline) this.#panel.focus();
      }
      this.#mount();
    }

    close() {
      if (!this.isOpen || this.#isInline) return;
      const hadFocus = this.shadowRoot.activeElement;
      this.#show(false);
      if (hadFocus) this.#launcher.focus();
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
      if (this.#isWaiting) this.#end();
      else if (this.isOpen || load === "now") this.#mount();
      else if (load === "manual") return;
      else if (load === "idle" || this.#kept().some((key) => key.endsWith("/session"))) (window.requestIdleCallback ?? setTimeout)(() => this.#mount());
      else if (this.#isInline || this.prompts || this.avoid) this.#attach().catch(() => {});
    }

    #end() {
      this.#chat?.end();
      this.#chat = undefined;
      this.#panel.hidden = true;
      this.#panel.replaceChildren();
      this.#over.replaceChildren();
      if (window.natter === this && !this.isConnected) window.natter = document.querySelector(TAG) ?? [];
    }

    #call(name, given) {
      return new Promise((done, fail) => {
        // Whoever logs out is about to leave: that waits for nothing, and ends what was said for the former visitor.
        if (/^(reset|forget)$/.test(name) && !this.#chat?.isMounted) {
          this.#calls.push(...(this.#chat?.takeBack() ?? []));
          for (const { name, done, fail } of this.#calls.splice(0)) name === "send" ? fail(Error("natter: forgotten unsent")) : done();
          return done(this.#wipe());
        }
        if (/^(send|diag|csp)/.test(name) && !this.#isWaiting) this.#attach().catch(fail);
        this.#calls.push({ name, given, done, fail });
        this.#chat?.take(this.#calls);
      });
    }

    #emit(name, more) {
      this.dispatchEvent(new CustomEvent(`natter-${name}`, { detail: Object.freeze({ v: 1, ...more }) }));
    }

    #show(isOpen) {
      this.#panel.hidden = !isOpen;
      this.#label();
      this.#chat?.opened(isOpen);
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
        wasm,
        prefix: () => this.#prefix(),
        words: () => this.#words(),
        speak: (language) => this.#speak(language),
        mount: () => this.#mount(),
        forgetFiles: () => this.#forgetFiles(),
        label: () => this.#label(),
        emit: (name, detail) => this.#emit(name, detail),
      });
      this.#chat.take(this.#calls);
      return this.#chat;
    }

    async #mount() {
      if (this.#isWaiting || !this.isConnected) return;
      this.#prepare();
      try {
        await (await this.#attach()).mount();
        this.#detour.replaceWith(this.#launcher);
      } catch (error) {
        if (this.isConnected) this.#fail(error.message);
      }
    }

    /** There is no chat: whoever wanted it is told, and has the site's other way. */
    #fail(why) {
      console.error("natter:", why);
      const [detour, said] = [this.#detour, { ...SORRY, ...this.#chat?.said }];
      this.#panel.replaceChildren(make("p", { className: "sorry", role: "alert", textContent: said.failed }));
      detour.href = this.fallbackUrl;
      if (this.fallbackUrl && /^(https?|mailto|tel):/.test(detour.protocol)) {
        detour.ariaLabel = said.fallback;
        this.#launcher.replaceWith(detour);
      }
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
      const tag = this.language || document.documentElement.lang || navigator.language;
      for (const part of [this.#panel, this.#over]) {
        part.lang = [language, tag, tag.slice(0, 2), "en"].find((one) => LABELS[one]);
        part.dir = /ar|fa|he|ur/.test(part.lang) ? "rtl" : "ltr";
      }
      this.#label();
    }

    /** What every name in storage begins with, as in `settings.rs`. */
    #prefix() {
      return `natter/1/${new URL(this.baseUrl, document.baseURI).href.replace(/\/+$/, "")}/${this.inboxIdentifier}/`;
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
      // Records count under their generation alone (`core/generation.rs`); where nothing is kept, none begins.
      const key = kept.length ? String(+localStorage.getItem(prefix + "generation") + 1) : undefined;
      for (const name of kept) localStorage.removeItem(name);
      if (key) localStorage.setItem(prefix + "generation", key);
      try {
        const others = new BroadcastChannel(`${prefix}tabs/6`);
        others.postMessage(JSON.stringify({ say: "forget", key }));
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

  function set(on, name, value) {
    if (value == null) on.removeAttribute(name);
    else on.setAttribute(name, value === true ? "" : value instanceof Object ? JSON.stringify(value) : value);
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

  /** What was pasted; where a page puts another body in the place of its own, it moves there. */
  let pasted;
  new MutationObserver(() => pasted?.isConnected === false && document.body?.append(pasted)).observe(document.documentElement, { childList: true });

  customElements.define(TAG, NatterChat);
  NatterChat.paste(script);
})();
