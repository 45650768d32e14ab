// What a chat needs beside the wasm, fetched with it: its languages, what the page asks of it, what it tells the page.
// embed.js has the element; it calls `attach` once an element needs this.

import initialize, { mount } from "./natter.js";
import { isolate } from "./parts/isolation.js";
import { global, page, stringify } from "./parts/page.js";

/** What is said before any other language is there. */
const ENGLISH = "@english@";
/** Other names for languages that are there, and which of theirs is nearest for those that are not. */
const NEAREST = { __proto__: null, nb: "no", nn: "no", "zh-hk": "zh-TW", "zh-mo": "zh-TW", "zh-hant": "zh-TW", "sr-latn": "sh", bs: "sh", fil: "tl", iw: "he" };
/** Screens that the panel fills, as in element.css. */
const SMALL = "(max-width: 479px), (max-height: 439px)";
/** So long the panel waits for its language before it speaks English until that comes. */
const PATIENCE_MS = 1000;

const sheet = new CSSStyleSheet();
sheet.replaceSync("@panel.css@");

/** The wasm, once a page however many chats want it; a failure is not kept. */
let engine;
const start = (wasm) =>
  (engine ??= initialize({ module_or_path: wasm() }).catch((error) => {
    engine = undefined;
    throw error;
  }));

/** Does what may fail, where more is to be done. */
const attempt = (deed) => {
  try {
    deed();
  } catch (error) {
    console.error("natter:", error);
  }
};

/** What sounds come from. WebKit lets a context be heard that was made or resumed in a gesture, and messages come at any
 *  time: so it is made in a gesture, and waits. */
let speaker;
let isUnlocked = false;
function unlock() {
  if (isUnlocked && speaker.state !== "interrupted") return;
  attempt(() => {
    speaker ??= new (global("AudioContext"))();
    const waits = () => {
      isUnlocked = true;
      speaker.suspend();
    };
    speaker.resume().then(waits, () => {});
  });
}

const odd = (name) => console.warn(`natter: ${name} can't be read, so it counts as not given.`);

/** Takes care of an element: `own` is what embed.js lets it have of that. */
export const attach = (own) => new Chat(own);

class Chat {
  /** What the launcher says of messages, and what is said where there is no chat. */
  said = ENGLISH;
  /** What the launcher is called, if not as usual. */
  called;
  unread = 0;
  #own;
  #badge = Object.assign(page.createElement("span"), { className: "badge", hidden: true });
  #language;
  #handle;
  #mounting;
  /** What the page asked for before there was a handle. */
  #calls = [];
  #isConfiguring = false;
  /** What of it has the focus, or had it when the page took the chat away. */
  #focused;
  /** Ends what goes on beside the chat, by name. */
  #ends = {};
  /** What is done with the core's news; all else is the page's. */
  #news = {
    arrived: (about) => this.#part("attention").then(({ arrived }) => arrived({ ...about, speaker, open: () => this.#own.element.open() }), () => {}),
    connection: ({ trouble }) => this.#tell(trouble),
    forgotten: () => this.#forgotten(),
    language: ({ code }) => this.#choose(code),
    odd: ({ name }) => odd(name),
    theme: ({ name }) => this.#own.element.toggleAttribute("chosen-theme", name !== "auto") && this.#own.element.setAttribute("chosen-theme", name),
    unread: ({ count }) => this.#setUnread(count),
  };

  constructor(own) {
    this.#own = own;
    const root = own.element.shadowRoot;
    root.adoptedStyleSheets = [...root.adoptedStyleSheets.filter((one) => one !== sheet), sheet];
    own.launcher.append(this.#badge);
    const over = new AbortController();
    root.addEventListener("focusin", ({ target }) => (this.#focused = target), { signal: over.signal });
    // Who is taken out of the page with the chat has not left.
    const leave = () => queueMicrotask(() => (this.#focused = own.element.isConnected ? root.activeElement : this.#focused));
    root.addEventListener("focusout", leave, { signal: over.signal });
    this.#ends.focus = () => over.abort();
    // Anywhere on the page: a visitor who only reads it wants to hear of answers, too. Before the keys are stopped; and not
    // passive, as zone.js makes one listener of all for a key, with the options of the first.
    for (const gesture of ["click", "keydown", "touchend"]) {
      addEventListener(gesture, () => this.#mayRing() && unlock(), { signal: over.signal, capture: true });
    }
    this.#ends.isolation = isolate(root, own.launcher);
    this.#ends.secrets = this.#watch();
    this.#speak();
    this.#accompany();
    this.#fill(own.element.isOpen);
    this.#sweep();
  }

  /** Whether this chat may ever be heard: it runs, and the site does not want silence, or the visitor had a word in it. */
  #mayRing() {
    const { element, prefix } = this.#own;
    return this.isMounted && global("AudioContext") && (element.sound !== "off" || kept(`${prefix()}preferences`) !== null);
  }

  get isMounted() {
    return Boolean(this.#handle);
  }

  /** Has the wasm take the skeleton's place. */
  mount() {
    return (this.#mounting ??= this.#mount().catch((error) => {
      this.#mounting = undefined;
      throw error;
    }));
  }

  async #mount() {
    const { element, panel, over, emit, wasm } = this.#own;
    const words = this.#words();
    const soon = Promise.race([words, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
    const [said] = await Promise.all([soon, start(wasm)]);
    // Meanwhile the element can be gone.
    if (!this.#ends) return;
    const language = panel.lang;
    const host = {
      open: (isOpen) => (isOpen ? element.open() : element.close()),
      event: (event) => {
        const { type, ...about } = JSON.parse(event);
        (this.#news[type] ?? ((about) => emit(type, about)))(about);
      },
      part: (name) => this.#equipped(name),
    };
    const given = [this.#settings(), said ?? "", stringify(this.#calls.flatMap(({ calls }) => calls))];
    this.#handle = mount(panel, over, stringify(given), host);
    this.#calls.splice(0).forEach(({ done }) => done?.());
    this.#call(element.isOpen ? "opened" : "closed");
    words.then((late) => {
      // Too late for `mount`, or not to be had at all.
      if (late !== said || panel.lang !== language) this.#handle?.speak(panel.lang, late ?? "");
    });
    attempt(() => this.#focus());
    emit("ready");
  }

  /** The panel was opened or closed. */
  opened(isOpen) {
    // Each by itself: what fails must fail nothing else, least of all the page that opened the panel.
    attempt(() => this.#call(isOpen ? "opened" : "closed"));
    attempt(() => this.#fill(isOpen));
    attempt(() => this.#focus());
  }

  /** The page took the chat away and has it again: who was writing goes on. */
  moved() {
    if (!page.activeElement || page.activeElement === page.body) this.#focused?.focus({ preventScroll: true });
  }

  /** Does what the page asks, in its order, now or when it can. */
  take(calls) {
    for (const { name, given, done, fail } of calls.splice(0)) {
      try {
        if (name === "csp") done(this.#csp(given));
        else if (name === "diagnostics") done(this.#diagnostics());
        else this.#ask(name, given, done, fail);
      } catch (error) {
        fail(error);
      }
    }
  }

  #ask(name, given, done, fail) {
    const calls = said(name, given);
    if (this.#handle) {
      this.#handle.call(stringify(calls));
      // The device was emptied by the call; files take a moment.
      done?.(/^(reset|forget)$/.test(name) ? this.#own.forgetFiles() : undefined);
    } else {
      this.#calls.push({ name, calls, done, fail });
      if (/^(send|prompted)$/.test(name)) this.#own.mount();
    }
  }

  /** What waits for the wasm, given back to whoever forgets it. */
  takeBack() {
    return this.#calls.splice(0);
  }

  /** Looks for files that were left on the device; there is a database only where any were ever kept. */
  async #sweep() {
    try {
      const all = await indexedDB.databases();
      if (all.some(({ name }) => name === "natter")) (await this.#part("files")).sweep(this.#own.prefix());
    } catch {
      // Where site data is blocked, there is nothing.
    }
  }

  #call(...call) {
    this.#handle?.call(stringify([call]));
  }

  /** An attribute of the element is another. */
  changed(name) {
    const before = this.#language;
    this.#speak();
    if (before !== this.#language) this.#words().then((words) => this.#handle?.speak(this.#own.panel.lang, words ?? ""));
    if (["prompts", "avoid", "mode", "load"].includes(name)) this.#accompany();
    if (!this.#handle || this.#isConfiguring) return;
    // Those that change together are told together.
    this.#isConfiguring = true;
    queueMicrotask(() => {
      this.#isConfiguring = false;
      this.#configure();
    });
  }

  #configure() {
    try {
      this.#handle?.configure(this.#settings());
    } catch (error) {
      this.#own.refuse(error.message);
    }
  }

  /** Of attributes that are no settings the element is told nothing. One can be a secret, and then the chat must not go
   *  on; the core knows them by their names, so each name is looked at once. */
  #watch() {
    const known = new Set(this.#own.element.constructor.observedAttributes);
    const look = new MutationObserver((all) => {
      const names = all.map(({ attributeName }) => attributeName).filter((name) => !known.has(name));
      names.forEach((name) => known.add(name));
      if (names.length) this.#configure();
    });
    look.observe(this.#own.element, { attributes: true });
    return () => look.disconnect();
  }

  /** The element is gone, or leads elsewhere from now on. */
  end() {
    for (const end of Object.values(this.#ends)) end?.();
    this.#ends = undefined;
    this.#handle?.destroy();
    this.#handle = undefined;
    for (const { name, fail } of this.#calls.splice(0)) if (name === "send") fail(Error("natter: send came too late, the chat has ended."));
    this.#setUnread(0);
    this.#badge.remove();
  }

  #settings() {
    const { element, panel, others } = this.#own;
    const given = Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value]));
    // Of what is no setting, the core wants the names: there are secrets that sites put into their pages. What begins with
    // `_` is what libraries leave on elements, with letters drawn by lot.
    for (const name of [...others, ...Object.keys(element).filter((name) => name[0] !== "_")]) given[name] ??= "";
    const languages = given.languages && stringify(this.#languages().map((code) => [code, ownName(code)]));
    const way = given["fallback-url"] && Object.assign(page.createElement("a"), { href: given["fallback-url"] }).href;
    return stringify({ ...given, "base-url": absolute(given["base-url"]), "fallback-url": way, language: panel.lang, languages });
  }

  /** What goes on beside the chat: prompts, keeping clear of the page's things, opening by itself where it is in sight. */
  #accompany() {
    const { element, over, prefix } = this.#own;
    const begin = async (name, isWanted, module, start) => {
      this.#ends[name]?.();
      const mark = (this.#ends[name] = () => {});
      const part = isWanted && (await this.#part(module).catch(() => undefined));
      // Meanwhile something else may be wanted.
      if (part && this.#ends?.[name] === mark) this.#ends[name] = start(part);
    };
    begin("avoid", element.avoid, "avoid", ({ avoid }) => avoid(element, this.#own.launcher, element.avoid));
    begin("sight", element.mode === "inline" && element.load !== "manual", "sight", ({ sight }) => sight(element));
    begin("prompts", element.prompts, "prompts", ({ prompt }) => {
      const accept = (text) => {
        this.#ask("prompted", [text]);
        element.open();
      };
      const isBusy = () => element.isOpen || kept(`${prefix()}session`) !== null;
      return prompt({ over, prompts: element.prompts, key: prefix(), dismiss: this.said.dismiss, accept, isBusy, odd });
    });
  }

  /** The visitor was forgotten: what is on show of theirs goes, beside what the wasm shows. */
  #forgotten() {
    if (global("Notification")?.permission === "granted") this.#part("attention").then(({ forget }) => forget(), () => {});
    for (const dialog of this.#own.element.shadowRoot.querySelectorAll("dialog")) dialog.close();
  }

  /** Code that is fetched when it is needed first. */
  #part(name) {
    return this.#own.code(`parts/${name}.js`);
  }

  /** The same for the wasm. What helps with writing (`assist`), and what uploads (`post`), is given besides what it needs
   *  of the panel: its words, checked like all that is fetched, and a place for an element of its own. */
  async #equipped(name) {
    const { panel, over, json } = this.#own;
    const part = await this.#part(name);
    const own = { place: over, words: async (module) => (await json(`locales/${panel.lang}`))[module] };
    const given = (act) => (first) => act(first, own);
    return { ...part, assist: given(part.assist), post: given(part.post) };
  }

  /** Small screens are the panel's alone. */
  #fill(isOpen) {
    this.#ends.small = this.#ends.small?.();
    if (!isOpen || this.#own.element.mode === "inline" || !matchMedia(SMALL).matches) return;
    const fill = ({ fill }) => {
      if (this.#ends && this.#own.element.isOpen) this.#ends.small ??= fill(this.#own.panel, SMALL);
    };
    this.#part("small").then(fill, () => {});
  }

  #focus() {
    const { element, panel } = this.#own;
    if (!element.isOpen || element.mode === "inline") return;
    // Never a field of a message's form: what is typed next would answer that.
    const first = ".intro :is(input, select, textarea), .composer:not([hidden]) textarea";
    (panel.querySelector(first) ?? panel).focus();
  }

  #setUnread(count) {
    const { element, emit } = this.#own;
    // The title says so, too; a page where nobody ever wrote needs no code for that.
    if (count || this.unread) this.#part("attention").then(({ unread }) => unread(element, this.unread), () => {});
    const isNews = count !== this.unread;
    this.unread = count;
    this.#badge.hidden = count === 0;
    this.#badge.textContent = count > 99 ? "99+" : String(count);
    this.#label();
    if (isNews) emit("unread", { count });
  }

  #label() {
    const { label, panel } = this.#own;
    const form = `unread_${new Intl.PluralRules(panel.lang).select(this.unread)}`;
    this.called = this.unread ? this.said[form]?.replace("{count}", this.#badge.textContent) : undefined;
    label();
  }

  // For whoever runs the page; the visitor is told in the panel.
  #tell(name) {
    const { emit } = this.#own;
    if (name) {
      console.warn(`natter: ${name} (see README)`);
      emit("error", { name });
    }
    emit("connection", { trouble: name });
  }

  async #csp([more]) {
    const { csp } = await this.#part("csp");
    return csp(this.#own.at(""), absolute(this.#own.element.baseUrl), more);
  }

  /** How things stand and what led there; it holds no word of the visitor's or the team's. */
  async #diagnostics() {
    if (!this.#handle) return {};
    const recording = this.#handle.diagnostics();
    try {
      const { redact } = await this.#part("diagnostics");
      return redact(recording);
    } catch {
      // What can't be masked is not told.
      return JSON.parse(recording)[0];
    }
  }

  // ---- What it speaks ----

  /** What the visitor can choose from. */
  #languages() {
    const given = this.#own.element.languages ?? "";
    const all = Object.keys(this.#own.labels);
    return given === "all" ? all : [...new Set(given.split(/[\s,"[\]]+/).map((tag) => nearest(tag, all)).filter(Boolean))];
  }

  /** As the visitor chose, else the site, else the page, else the browser. */
  #speak() {
    const { element, labels, prefix, speak } = this.#own;
    const chosen = element.languages && kept(`${prefix()}language`);
    const tag = element.language || page.documentElement.lang || navigator.language || "";
    this.#language = this.#languages().includes(chosen) ? chosen : (nearest(tag, Object.keys(labels)) ?? "en");
    speak(this.#language);
  }

  // The visitor's own choice; where nothing can be kept it holds for this page.
  #choose(code) {
    try {
      localStorage.setItem(`${this.#own.prefix()}language`, code);
    } catch {
      // As said.
    }
    this.#language = code;
    this.#own.speak(code);
    this.#words().then((words) => this.#handle?.speak(this.#own.panel.lang, words ?? ""));
  }

  /** Promises the panel's sentences, as JSON; nothing for English, which is in the wasm, or if they can't be had. */
  async #words() {
    const { panel, speak, words } = this.#own;
    const language = panel.lang;
    let said;
    try {
      said = await words();
    } catch {
      console.warn(`natter: ${language} can't be had, so it speaks English.`);
      speak("en");
    }
    // Meanwhile another may be wanted.
    if (panel.lang !== language && said) return this.#words();
    this.said = said?.launcher ?? ENGLISH;
    this.#label();
    return said && stringify(said.words);
  }
}

/** What the page asks for, as calls that the core reads: lists of texts, what has names as name after value. */
function said(name, [first, more]) {
  if (name === "reset" || name === "forget") return [[name]];
  if (name === "setUser") {
    const { custom_attributes: attributes, ...about } = user(first, more);
    const call = [name, ...Object.entries(about).flatMap(([key, value]) => [key, String(value ?? "")])];
    return attributes ? [call, ...said("setCustomAttributes", [attributes])] : [call];
  }
  const isText = !name.startsWith("set");
  if (isText ? typeof first !== "string" : !isObject(first)) throw TypeError(`natter: ${name} without its ${isText ? "string" : "object"}.`);
  if (isText) return [[name, first]];
  return [[name, ...Object.entries(first).flatMap(([key, value]) => [key, stringify(value) ?? "null"])]];
}

const isObject = (it) => typeof it === "object" && it !== null && !Array.isArray(it);

/** All that a user has, and how a name looks to whoever spells it otherwise. */
const FIELDS = ["identifier", "identifier_hash", "name", "email", "phone_number", "avatar_url", "custom_attributes"];
const bare = (name) => name.replace(/[^a-z\d]/gi, "").toLowerCase();
/** Names of secrets of the server's, bare, as in `wire/settings.rs`; and the tokens that are none. */
const SECRET = /secret|hmac|password|apikey|accesskey|privatekey|signingkey|credential/;
const PUBLIC_TOKEN = /(website|csrf|xsrf|authenticity)token$/;
const isSecret = (name) => SECRET.test(name) || (name.includes("token") && !PUBLIC_TOKEN.test(name));

/** A user as the page gives it. What can't be meant is refused: else somebody would be nobody without a word. */
function user(first, more) {
  const refuse = (why) => {
    throw TypeError(`natter: setUser ${why}.`);
  };
  const isWhole = typeof first === "object" && first !== null;
  for (const given of [isWhole ? first : more]) if (given != null && !isObject(given)) refuse("wants an object for what is known of the user");
  const about = isWhole ? first : { ...more, identifier: first };
  for (const [name, value] of Object.entries(about)) {
    const field = FIELDS.find((field) => bare(field) === bare(name));
    if (!field && isSecret(bare(name))) refuse(`was given ${name}, a secret that no page may hold`);
    if (field && field !== name) refuse(`knows no ${name}: it is called ${field}`);
    if (name === "custom_attributes" ? value != null && !isObject(value) : field && value !== null && typeof value === "object") {
      refuse(`wants ${name} as ${name === "custom_attributes" ? "an object" : "a text"}`);
    }
    if (/^identifier/.test(name) && value != null && typeof value !== "string") refuse(`wants ${name} as a text, not as a ${typeof value}`);
  }
  const { identifier } = about;
  // A page may say of a stranger what it knows; whoever is named has a name.
  if (!(isWhole && identifier == null) && !identifier?.trim?.()) refuse("wants an identifier that is no blank text");
  return about;
}

function absolute(url) {
  try {
    return url && new URL(url, page.baseURI).href.replace(/\/+$/, "");
  } catch {
    return url;
  }
}

/** What the device keeps under this name, or null. */
function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** The language there is that is nearest to a tag, if any is near. */
function nearest(tag, all) {
  for (const parts = tag.replaceAll("_", "-").toLowerCase().split("-"); parts.length; parts.pop()) {
    const name = parts.join("-");
    const found = NEAREST[name] ?? all.find((one) => one.toLowerCase() === name);
    if (found) return found;
  }
  return undefined;
}

const ownName = (code) => new Intl.DisplayNames([code], { type: "language" }).of(code);
