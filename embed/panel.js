// The part of the <natter-chat> element that is loaded with the chat: it starts the wasm, passes the page's calls and
// settings to it and its events to the page, and handles languages, focus and modules. embed.js defines the element and
// calls `attach` when it needs this.

import initialize, { mount } from "./natter.js";
import { takeDrops } from "./parts/drops.js";
import { isolate } from "./parts/isolation.js";
import { global, page, stringify } from "./parts/page.js";

/** The launcher's English texts, until another language is loaded. */
const ENGLISH = "@english@";
/** Language tags of other spelling or without texts, each with the closest language that has texts. */
const FALLBACKS = { __proto__: null, nb: "no", nn: "no", "zh-hk": "zh-TW", "zh-mo": "zh-TW", "zh-hant": "zh-TW", "sr-latn": "sh", bs: "sh", fil: "tl", iw: "he" };
/** The own names of languages that Chromium has no names in. */
const OWN_NAMES = { hy: "հայերեն", is: "íslenska", ka: "ქართული", ne: "नेपाली", sq: "shqip" };
/** The media query of screens that the panel fills, as in element.css. */
const SMALL_SCREEN = "(max-width: 479px), (max-height: 439px)";
/** After so long without its language, the panel is shown in English until that is loaded. */
const LANGUAGE_MS_MAX = 1000;

/** Notations of tokens.css that older browsers don't know (README has the versions). */
const COLOURS = ["light-dark(red, red)", "oklch(from red l c h)"];

const sheet = new CSSStyleSheet();
sheet.replaceSync("@panel.css@");

/** A promise of the started wasm's `mount`: one for all chats of the page. After a failure it is started again. A chat that
 *  belongs to an application has that of the application. */
let engine;
const start = (element) =>
  Object.hasOwn(element, "_wasm")
    ? element._wasm()
    : (engine ??= initialize({ module_or_path: element._wasm() }).then(
        () => mount,
        (error) => {
          engine = undefined;
          throw error;
        },
      ));

/** Calls an action and logs its error, so that the code after it runs. */
const attempt = (action) => {
  try {
    action();
  } catch (error) {
    console.error("natter:", error);
  }
};

/** The audio context of sounds. WebKit plays sound only of a context that was created or resumed in a user gesture, and
 *  messages arrive at any time: so it is created in a gesture and suspended. */
let speaker;
let isUnlocked = false;
function unlock() {
  if (isUnlocked && speaker.state !== "interrupted") return;
  attempt(() => {
    speaker ??= new (global("AudioContext"))();
    const onResumed = () => {
      isUnlocked = true;
      speaker.suspend();
    };
    speaker.resume().then(onResumed, () => {});
  });
}

const warnUnreadable = (setting) => console.warn(`natter: ${setting} can't be read, so it counts as not given.`);

/** Attaches this code to an element. `loader` has the parts and functions of embed.js that it needs. */
export const attach = (loader) => {
  const unknown = COLOURS.find((colour) => !CSS.supports("color", colour));
  if (!unknown) return new Chat(loader);
  // The panel would have no colours. The loader shows its sentence and the site's fallback instead, in the system's.
  for (const { style } of [loader.panel, loader.launcher]) Object.assign(style, { background: "Canvas", color: "CanvasText", outline: "1px solid" });
  throw Error(`this browser is too old for the chat: it does not know the colour ${unknown}`);
};

class Chat {
  /** The launcher's texts, and those that are shown when there is no chat. */
  texts = ENGLISH;
  /** The launcher's accessible name with unread messages. */
  name;
  unread = 0;
  #loader;
  #badge = Object.assign(page.createElement("span"), { className: "badge", hidden: true });
  #language;
  #handle;
  #mounting;
  /** The page's calls before there was a handle. */
  #calls = [];
  #isConfiguring = false;
  /** The element that has the focus, or had it when the page removed the chat. */
  #focused;
  /** Functions that end listeners and modules, by name; undefined once the chat has ended. */
  #ends = {};
  /** Handlers of the core's events, by type. Events without a handler go to the page. */
  #handlers = {
    arrived: (message) => this.#part("notifications").then(({ announceMessage }) => announceMessage({ ...message, speaker, open: () => this.#loader.element.open() }), () => {}),
    connection: ({ trouble }) => this.#reportConnection(trouble),
    forgotten: () => this.#onForgotten(),
    language: ({ code }) => this.#chooseLanguage(code),
    odd: ({ name }) => warnUnreadable(name),
    theme: ({ name }) => this.#loader.element.toggleAttribute("chosen-theme", name !== "auto") && this.#loader.element.setAttribute("chosen-theme", name),
    unread: ({ count }) => this.#setUnread(count),
  };

  constructor(loader) {
    this.#loader = loader;
    const root = loader.element.shadowRoot;
    root.adoptedStyleSheets = [...root.adoptedStyleSheets.filter((one) => one !== sheet), sheet];
    loader.launcher.append(this.#badge);
    const ended = new AbortController();
    root.addEventListener("focusin", ({ target }) => (this.#focused = target), { signal: ended.signal });
    // Focus that is lost because the page removed the chat is restored when it is back.
    const onFocusOut = () => queueMicrotask(() => (this.#focused = loader.element.isConnected ? root.activeElement : this.#focused));
    root.addEventListener("focusout", onFocusOut, { signal: ended.signal });
    this.#ends.focus = () => ended.abort();
    // Gestures anywhere on the page count, and before `isolate` stops key events. Not passive: zone.js merges all listeners
    // of a type into one with the options of the first.
    for (const gesture of ["click", "keydown", "touchend"]) {
      addEventListener(gesture, () => this.#canPlaySound() && unlock(), { signal: ended.signal, capture: true });
    }
    takeDrops(loader.panel, (field, text) => this.#part("insert_text").then(({ insertText }) => insertText(field, text), () => {}), ended.signal);
    this.#ends.isolation = isolate(root, loader.launcher);
    this.#ends.attributes = this.#watchAttributes();
    this.#updateLanguage();
    this.#startModules();
    this.#updateMobilePanel(loader.element.isOpen);
    this.#removeOrphanedFiles();
  }

  /** Whether this chat may play a sound: it runs, and the site has not turned sound off, or the visitor has preferences. */
  #canPlaySound() {
    const { element, prefix } = this.#loader;
    return this.isMounted && global("AudioContext") && (element.sound !== "off" || stored(`${prefix()}preferences`) !== null);
  }

  get isMounted() {
    return Boolean(this.#handle);
  }

  /** Starts the wasm, which replaces the skeleton. */
  mount() {
    return (this.#mounting ??= this.#mount().catch((error) => {
      this.#mounting = undefined;
      throw error;
    }));
  }

  async #mount() {
    const { element, panel, over, emit } = this.#loader;
    const texts = this.#loadTexts();
    const inTime = Promise.race([texts, new Promise((done) => setTimeout(done, LANGUAGE_MS_MAX))]);
    const [initial, mountInto] = await Promise.all([inTime, start(element)]);
    // The element may have been removed meanwhile.
    if (!this.#ends) return;
    const language = panel.lang;
    const host = {
      open: (isOpen) => (isOpen ? element.open() : element.close()),
      event: (event) => {
        const { type, ...detail } = JSON.parse(event);
        (this.#handlers[type] ?? ((detail) => emit(type, detail)))(detail);
      },
      part: (name) => this.#partForWasm(name),
    };
    const options = { attributes: this.#settings(), texts: initial, calls: this.#calls.flatMap(({ calls }) => calls) };
    this.#handle = mountInto(panel, over, stringify(options), host);
    this.#calls.splice(0).forEach(({ done }) => done?.());
    this.#call(element.isOpen ? "opened" : "closed");
    texts.then((late) => {
      // The texts came after `mount`, or the language has changed since.
      if (late !== initial || panel.lang !== language) this.#speak(late);
    });
    attempt(() => this.#focus());
    emit("ready");
  }

  /** The panel was opened or closed. */
  opened(isOpen) {
    // An error in one of them must not prevent the others, nor reach the page's code that opened the panel.
    attempt(() => this.#call(isOpen ? "opened" : "closed"));
    attempt(() => this.#updateMobilePanel(isOpen));
    attempt(() => this.#focus());
  }

  /** The page has moved the chat in its document: restores the focus. */
  moved() {
    if (!page.activeElement || page.activeElement === page.body) this.#focused?.focus({ preventScroll: true });
  }

  /** Performs the page's calls in their order, or queues them until the wasm has started. */
  perform(calls) {
    for (const { name, given, done, fail } of calls.splice(0)) {
      try {
        if (name === "csp") done(this.#csp(given));
        else if (name === "diagnostics") done(this.#diagnostics());
        else this.#callCore(name, given, done, fail);
      } catch (error) {
        fail(error);
      }
    }
  }

  #callCore(name, given, done, fail) {
    const calls = coreCalls(name, given);
    if (this.#handle) {
      this.#handle.call(stringify(calls));
      // The call has deleted all records; files are deleted asynchronously.
      done?.(/^(reset|forget)$/.test(name) ? this.#loader.forgetFiles() : undefined);
    } else {
      this.#calls.push({ name, calls, done, fail });
      if (/^(send|prompted)$/.test(name)) this.#loader.mount();
    }
  }

  /** Removes and returns the calls that wait for the wasm. */
  takeCalls() {
    return this.#calls.splice(0);
  }

  /** Deletes files that belong to no message. A database exists only where files were stored before. */
  async #removeOrphanedFiles() {
    try {
      const all = await indexedDB.databases();
      if (all.some(({ name }) => name === "natter")) (await this.#part("files")).removeOrphans(this.#loader.prefix());
    } catch {
      // Storage is blocked, so there are no files.
    }
  }

  #call(call) {
    this.#handle?.call(stringify([call]));
  }

  #speak(texts) {
    this.#handle?.speak(this.#loader.panel.lang, stringify(texts ?? null));
  }

  /** An attribute of the element has changed. */
  changed(name) {
    const before = this.#language;
    this.#updateLanguage();
    if (before !== this.#language) this.#loadTexts().then((texts) => this.#speak(texts));
    if (["prompts", "avoid", "mode", "load"].includes(name)) this.#startModules();
    if (!this.#handle || this.#isConfiguring) return;
    // Attributes that change in one task are passed on together.
    this.#isConfiguring = true;
    queueMicrotask(() => {
      this.#isConfiguring = false;
      this.#configure();
    });
  }

  #configure() {
    try {
      this.#handle?.configure(stringify(this.#settings()));
    } catch (error) {
      this.#loader.refuse(error.message);
    }
  }

  /** Has the core look at attributes that are not settings, of which the element gets no callback: with a secret among them
   *  the chat must stop. The core knows secrets by their names, so each name is passed once. */
  #watchAttributes() {
    const known = new Set(this.#loader.element.constructor.observedAttributes);
    const observer = new MutationObserver((records) => {
      const names = records.map(({ attributeName }) => attributeName).filter((name) => !known.has(name));
      names.forEach((name) => known.add(name));
      if (names.length) this.#configure();
    });
    observer.observe(this.#loader.element, { attributes: true });
    return () => observer.disconnect();
  }

  /** The element was removed, or has another server or inbox from now on. */
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
    const { element, panel, names } = this.#loader;
    const settings = Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value]));
    // Of what is not a setting, the core gets the names, as it looks for secrets. Properties that begin with `_` are random
    // names that libraries leave on elements.
    for (const name of [...names, ...Object.keys(element).filter((name) => name[0] !== "_")]) settings[name] ??= "";
    const languages = settings.languages && this.#languages().map((code) => [code, ownName(code)]);
    const fallback = settings["fallback-url"] && Object.assign(page.createElement("a"), { href: settings["fallback-url"] }).href;
    return { ...settings, "base-url": absolute(settings["base-url"]), "fallback-url": fallback, language: panel.lang, languages };
  }

  /** Starts or restarts the modules that work without the wasm: prompts, avoiding collisions, opening in view. */
  #startModules() {
    const { element, over, prefix } = this.#loader;
    const restart = async (name, isWanted, module, start) => {
      this.#ends[name]?.();
      const placeholder = (this.#ends[name] = () => {});
      const part = isWanted && (await this.#part(module).catch(() => undefined));
      // The setting may have changed meanwhile.
      if (part && this.#ends?.[name] === placeholder) this.#ends[name] = start(part);
    };
    restart("collision", element.avoid, "collision", ({ avoidCollisions }) => avoidCollisions(element, this.#loader.launcher, element.avoid));
    restart("view", element.mode === "inline" && element.load !== "manual", "open_in_view", ({ openInView }) => openInView(element));
    restart("prompts", element.prompts, "prompts", ({ showPrompts }) => {
      const accept = (text) => {
        this.#callCore("prompted", [text]);
        element.open();
      };
      const isBusy = () => element.isOpen || stored(`${prefix()}session`) !== null;
      return showPrompts({ over, prompts: element.prompts, key: prefix(), dismiss: this.texts.dismiss, accept, isBusy, odd: warnUnreadable });
    });
  }

  /** The visitor was forgotten: closes their notifications and dialogs, which the wasm does not. */
  #onForgotten() {
    if (global("Notification")?.permission === "granted") this.#part("notifications").then(({ closeAll }) => closeAll(), () => {});
    for (const dialog of this.#loader.element.shadowRoot.querySelectorAll("dialog")) dialog.close();
  }

  /** A module that is loaded on first use. */
  #part(name) {
    return this.#loader.code(`parts/${name}.js`);
  }

  /** The same for the wasm. A module's `assist` and `upload` get a second argument with what they need of the panel: the
   *  texts of a module, and an element that gets elements of their own. */
  async #partForWasm(name) {
    const { panel, over, json } = this.#loader;
    const part = await this.#part(name);
    const context = { place: over, words: async (module) => (await json(`locales/${panel.lang}`))[module] };
    const withContext = (action) => (argument) => action(argument, context);
    // The lightbox may arrive after the panel was closed.
    const open = (...given) => panel.hidden || part.open(...given);
    return { ...part, open, assist: withContext(part.assist), upload: withContext(part.upload) };
  }

  /** Starts or ends the behaviour of an open panel on a small screen. */
  #updateMobilePanel(isOpen) {
    this.#ends.mobile = this.#ends.mobile?.();
    if (!isOpen || this.#loader.element.mode === "inline" || !matchMedia(SMALL_SCREEN).matches) return;
    const start = ({ fitMobilePanel }) => {
      if (this.#ends && this.#loader.element.isOpen) this.#ends.mobile ??= fitMobilePanel(this.#loader.panel, SMALL_SCREEN);
    };
    this.#part("mobile_panel").then(start, () => {});
  }

  #focus() {
    const { element, panel } = this.#loader;
    if (!element.isOpen || element.mode === "inline") return;
    // Not a field of a form in a message: the next key would answer that form.
    const first = ".intro :is(input, select, textarea), .composer:not([hidden]) textarea";
    (panel.querySelector(first) ?? panel).focus();
  }

  #setUnread(count) {
    const { element, emit } = this.#loader;
    // The module that shows the count in the title is loaded with the first unread message.
    if (count || this.unread) this.#part("notifications").then(({ setUnread }) => setUnread(element, this.unread), () => {});
    const isChanged = count !== this.unread;
    this.unread = count;
    this.#badge.hidden = count === 0;
    this.#badge.textContent = count > 99 ? "99+" : String(count);
    this.#updateLabel();
    if (isChanged) emit("unread", { count });
  }

  #updateLabel() {
    const { updateLabel, panel } = this.#loader;
    const form = `unread_${new Intl.PluralRules(panel.lang).select(this.unread)}`;
    this.name = this.unread ? this.texts[form]?.replace("{count}", this.#badge.textContent) : undefined;
    updateLabel();
  }

  /** Reports a connection problem to the page's developer; the panel shows it to the visitor. */
  #reportConnection(name) {
    const { emit } = this.#loader;
    if (name) {
      console.warn(`natter: ${name} (see README)`);
      emit("error", { name });
    }
    emit("connection", { trouble: name });
  }

  async #csp([more]) {
    const { csp } = await this.#part("csp");
    return csp(this.#loader.at(""), absolute(this.#loader.element.baseUrl), more);
  }

  /** The diagnostics report: the state and the events before it, without texts of the visitor or the team. */
  async #diagnostics() {
    if (!this.#handle) return {};
    const log = this.#handle.diagnostics();
    try {
      const { redact } = await this.#part("diagnostics");
      return redact(log);
    } catch {
      // Without the module, the report has the state alone.
      return JSON.parse(log)[0];
    }
  }

  // ---- Languages ----

  /** The languages that the visitor can choose from. */
  #languages() {
    const setting = this.#loader.element.languages ?? "";
    const all = Object.keys(this.#loader.labels);
    return setting === "all" ? all : [...new Set(setting.split(/[\s,"[\]]+/).map((tag) => nearest(tag, all)).filter(Boolean))];
  }

  /** The language is the visitor's choice, else the site's setting, else the page's, else the browser's. */
  #updateLanguage() {
    const { element, labels, prefix, setLanguage } = this.#loader;
    const chosen = element.languages && stored(`${prefix()}language`);
    const tag = element.language || page.documentElement.lang || navigator.language || "";
    this.#language = this.#languages().includes(chosen) ? chosen : (nearest(tag, Object.keys(labels)) ?? "en");
    setLanguage(this.#language);
  }

  /** Stores the visitor's choice; where storage is blocked it holds for this page. */
  #chooseLanguage(code) {
    try {
      localStorage.setItem(`${this.#loader.prefix()}language`, code);
    } catch {
      // Storage is blocked.
    }
    this.#language = code;
    this.#loader.setLanguage(code);
    this.#loadTexts().then((texts) => this.#speak(texts));
  }

  /** A promise of the panel's texts as a list: undefined for English, which is in the wasm, or when they can't be loaded. */
  async #loadTexts() {
    const { panel, setLanguage, texts } = this.#loader;
    const language = panel.lang;
    let file;
    try {
      file = await texts();
    } catch {
      console.warn(`natter: the texts of ${language} can't be loaded, so the chat is in English.`);
      setLanguage("en");
    }
    // The language may have changed meanwhile.
    if (panel.lang !== language && file) return this.#loadTexts();
    this.texts = file?.launcher ?? ENGLISH;
    this.#updateLabel();
    return file?.words;
  }
}

/** A call of the page's as calls that the core reads (`host/calls.rs`): the name, or an object of the name and the argument. */
function coreCalls(name, [first, more]) {
  if (name === "reset" || name === "forget") return [name];
  if (name === "setUser") {
    const { custom_attributes: attributes, ...fields } = user(first, more);
    const call = { [name]: mapValues(fields, (value) => String(value ?? "")) };
    return attributes ? [call, ...coreCalls("setCustomAttributes", [attributes])] : [call];
  }
  const isText = !name.startsWith("set");
  if (isText ? typeof first !== "string" : !isObject(first)) throw TypeError(`natter: ${name} without its ${isText ? "string" : "object"}.`);
  return [{ [name]: isText ? first : mapValues(first, (value) => stringify(value) ?? "null") }];
}

const mapValues = (object, change) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

const isObject = (it) => typeof it === "object" && it !== null && !Array.isArray(it);

/** The fields of a user, and a name without case and punctuation, by which misspelt ones are found. */
const FIELDS = ["identifier", "identifier_hash", "name", "email", "phone_number", "avatar_url", "custom_attributes"];
const normalised = (name) => name.replace(/[^a-z\d]/gi, "").toLowerCase();
/** Normalised names of the server's secrets, as in the core's settings, and tokens that are not secret. */
const SECRET = /secret|hmac|password|apikey|accesskey|privatekey|signingkey|credential/;
const PUBLIC_TOKEN = /(website|csrf|xsrf|authenticity)token$/;
const isSecret = (name) => SECRET.test(name) || (name.includes("token") && !PUBLIC_TOKEN.test(name));

/** Checks the arguments of `setUser`, and returns the user's fields. Throws a TypeError for a mistake, because a user
 *  without the intended identifier would silently be a stranger. */
function user(first, more) {
  const refuse = (why) => {
    throw TypeError(`natter: setUser ${why}.`);
  };
  const isObjectForm = typeof first === "object" && first !== null;
  for (const given of [isObjectForm ? first : more]) if (given != null && !isObject(given)) refuse("wants an object for what is known of the user");
  const fields = isObjectForm ? first : { ...more, identifier: first };
  for (const [name, value] of Object.entries(fields)) {
    const field = FIELDS.find((field) => normalised(field) === normalised(name));
    if (!field && isSecret(normalised(name))) refuse(`was given ${name}, a secret that no page may hold`);
    if (field && field !== name) refuse(`knows no ${name}: it is called ${field}`);
    if (name === "custom_attributes" ? value != null && !isObject(value) : field && value !== null && typeof value === "object") {
      refuse(`wants ${name} as ${name === "custom_attributes" ? "an object" : "a text"}`);
    }
    if (/^identifier/.test(name) && value != null && typeof value !== "string") refuse(`wants ${name} as a text, not as a ${typeof value}`);
  }
  const { identifier } = fields;
  // The object form may describe a visitor without an identifier; a given identifier must not be blank.
  if (!(isObjectForm && identifier == null) && !identifier?.trim?.()) refuse("wants an identifier that is no blank text");
  return fields;
}

function absolute(url) {
  try {
    return url && new URL(url, page.baseURI).href.replace(/\/+$/, "");
  } catch {
    return url;
  }
}

/** The record with this name in localStorage, or null. */
function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** The available language that is closest to a tag, if any is. */
function nearest(tag, all) {
  for (const parts = tag.replaceAll("_", "-").toLowerCase().split("-"); parts.length; parts.pop()) {
    const name = parts.join("-");
    const found = FALLBACKS[name] ?? all.find((one) => one.toLowerCase() === name);
    if (found) return found;
  }
  return undefined;
}

const ownName = (code) => OWN_NAMES[code] ?? new Intl.DisplayNames([code], { type: "language" }).of(code);
