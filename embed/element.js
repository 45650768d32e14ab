// <natter-chat base-url="https://chat.example.com" inbox-identifier="…">
//
// The element owns what must be there before any wasm: the launcher, the panel's place and its skeleton. The wasm is
// fetched when it is wanted, and its `mount` takes the skeleton's place; attributes and the panel's opening go to the
// handle that `mount` returns.

const SVG = "http://www.w3.org/2000/svg";
const BUBBLE = "M20.5 11.5a8 8 0 0 1-8.3 7.7c-1.2 0-2.4-.2-3.4-.7L4 20l1.4-4.2a7.3 7.3 0 0 1-1.4-4.3 8 8 0 0 1 8.2-7.7 8 8 0 0 1 8.3 7.7z";
const DOWN = "M6 9.5l6 6 6-6";

// What the launcher is called in every language, and what else it says in English; the rest comes with the panel's
// sentences. Stamped from `locales/` when the site is built.
const LABELS = {/*@labels@*/};
const ENGLISH = JSON.parse(`/*@english@*/`);
/** Other names for languages that are there, and which of theirs is nearest for those that are not. */
const NEAREST = { __proto__: null, nb: "no", nn: "no", "zh-hk": "zh-TW", "zh-mo": "zh-TW", "zh-hant": "zh-TW", "sr-latn": "sh", bs: "sh", fil: "tl", iw: "he" };
const RIGHT_TO_LEFT = ["ar", "fa", "he", "ur"];
/** Screens that the panel fills, as in launcher.css. */
const SMALL = "(max-width: 479px), (max-height: 439px)";
/** So long the panel waits for its language before it speaks English until that comes. */
const PATIENCE_MS = 1000;

const sheet = new CSSStyleSheet();
sheet.replaceSync(`/*@launcher.css@*/`);

/** The wasm, fetched once a page however many elements want it; a failure is not kept. */
let engine;
const load = () =>
  (engine ??= import(new URL("./natter.js", import.meta.url).href)
    .then(async (glue) => {
      await glue.default({ module_or_path: new URL("./natter_bg.wasm", import.meta.url) });
      return glue;
    })
    .catch((error) => {
      engine = undefined;
      throw error;
    }));

/** Code that is fetched when it is needed first. */
const part = (name) => import(new URL(`./parts/${name}.js`, import.meta.url).href);

const odd = (name) => console.warn(`natter: the setting ${name} can't be read, so it counts as not given (README).`);

class NatterChat extends HTMLElement {
  #launcher = element("button", "launcher");
  #badge = element("span", "badge");
  #panel = element("div", "panel");
  #over = element("div", "over");
  #theme;
  #language = "en";
  #words = ENGLISH;
  /** Ends the watch over the open panel. */
  #unfill;
  /** Ends the site's prompts. */
  #silence;
  /** What the site said, and the visitor wants to answer. */
  #prompted = "";
  #handle;
  #isMounting = false;
  #unread = 0;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const launcher = this.#launcher;
    launcher.type = "button";
    launcher.part = "launcher";
    launcher.setAttribute("aria-controls", "panel");
    launcher.append(icon(BUBBLE, "when-closed"), icon(DOWN, "when-open"), this.#badge);
    launcher.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    // A hand on its way to the launcher is reason enough to fetch what it will want.
    for (const intent of ["pointerenter", "focus", "touchstart"]) {
      launcher.addEventListener(intent, () => load().catch(() => {}), { once: true, passive: true });
    }
    const panel = this.#panel;
    panel.id = "panel";
    panel.part = "panel";
    panel.tabIndex = -1;
    panel.setAttribute("role", "dialog");
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) {
        event.stopPropagation();
        this.close();
      }
    });
    root.append(panel, this.#over, launcher);
    panel.hidden = true;
    this.#badge.hidden = true;
  }

  static observedAttributes = ["language"];

  attributeChangedCallback() {
    if (this.isConnected) this.#change(this.#wantedLanguage());
  }

  connectedCallback() {
    this.#speak(this.#wantedLanguage());
    if (this.#isKnownVisitor()) {
      const idle = globalThis.requestIdleCallback ?? ((task) => setTimeout(task, 1));
      idle(() => this.isConnected && this.#mount());
    } else if (this.hasAttribute("prompts")) {
      Promise.all([part("prompts"), this.#fetchWords()]).then(([{ prompt }]) => this.#prompt(prompt), () => {});
    }
  }

  // A moved element is disconnected and connected again at once: it survives.
  disconnectedCallback() {
    queueMicrotask(() => {
      if (!this.isConnected) this.#unmount();
    });
  }

  /** Whether the panel is open. */
  get isOpen() {
    return !this.#panel.hidden;
  }

  /** Opens the panel; what is not loaded yet follows. */
  open() {
    if (this.isOpen) return;
    this.#panel.hidden = false;
    if (!this.#handle) this.#panel.replaceChildren(skeleton());
    this.#label();
    this.#handle?.opened(true);
    this.#focus();
    this.#mount();
    if (matchMedia(SMALL).matches) part("small").then(({ fill }) => this.isOpen && (this.#unfill ??= fill(this.#panel, SMALL)), () => {});
  }

  /** Closes the panel. */
  close() {
    if (!this.isOpen) return;
    this.#panel.hidden = true;
    this.#unfill = this.#unfill?.();
    this.#label();
    this.#handle?.opened(false);
    this.#launcher.focus();
  }

  /** How things stand and what led there: a promise of an object that holds no word of the visitor's or the team's. */
  async diagnostics() {
    if (!this.#handle) return {};
    const recording = this.#handle.diagnostics();
    try {
      const { redact } = await part("diagnostics");
      return redact(recording);
    } catch {
      // What can't be masked is not told.
      return JSON.parse(recording)[0];
    }
  }

  async #mount() {
    if (this.#handle || this.#isMounting) return;
    this.#isMounting = true;
    try {
      const words = this.#fetchWords();
      const soon = [words, new Promise((done) => setTimeout(done, PATIENCE_MS))];
      const [{ mount }, said] = await Promise.all([load(), Promise.race(soon)]);
      if (!this.isConnected) return;
      const given = [...this.attributes].map(({ name, value }) => [name, value]);
      const settings = { ...Object.fromEntries(given), "base-url": this.#baseUrl(), language: this.#language };
      if (settings.languages) settings.languages = JSON.stringify(this.#languages().map((code) => [code, ownName(code)]));
      const host = {
        open: (isOpen) => (isOpen ? this.open() : this.close()),
        unread: (count) => this.#setUnread(count),
        theme: (name) => this.#setTheme(name),
        language: (code) => this.#setLanguage(code),
        odd,
        trouble: (name) => this.#report(name),
        part,
      };
      this.#handle = mount(this.#panel, this.#over, JSON.stringify(settings), said ?? "", host);
      if (this.#prompted) this.#handle.prompted(this.#prompted);
      this.#handle.opened(this.isOpen);
      words.then((late) => {
        // Too late for `mount`, or not to be had at all.
        if (late !== said || this.#language !== settings.language) this.#handle?.speak(this.#language, late ?? "");
      });
      this.#focus();
    } catch (error) {
      console.error(error instanceof Error ? error.message : "natter: the chat can't be loaded.");
      const sorry = element("p", "sorry");
      sorry.setAttribute("role", "alert");
      sorry.textContent = this.#words.failed;
      this.#panel.replaceChildren(sorry);
    } finally {
      this.#isMounting = false;
    }
  }

  #prompt(prompt) {
    let prompts = [];
    try {
      prompts = JSON.parse(this.getAttribute("prompts")).filter(({ text }) => text);
    } catch {
      odd("prompts");
    }
    this.#silence?.();
    const accept = (text) => {
      this.#prompted = text;
      this.#handle?.prompted(text);
      this.open();
    };
    const { dismiss } = this.#words;
    const isBusy = () => this.isOpen || this.#isKnownVisitor();
    if (this.isConnected) this.#silence = prompt({ over: this.#over, prompts, key: this.#prefix(), dismiss, accept, isBusy });
  }

  #unmount() {
    this.#silence?.();
    this.#unfill = this.#unfill?.();
    this.#handle?.destroy();
    this.#handle = undefined;
    this.#panel.hidden = true;
    this.#panel.replaceChildren();
    this.#over.replaceChildren();
    this.#setUnread(0);
  }

  #focus() {
    const first = "form:not([hidden]) :is(textarea, select, input:not([hidden]))";
    if (this.isOpen) (this.#panel.querySelector(first) ?? this.#panel).focus();
  }

  #setUnread(count) {
    // The title says so, too; a page where nobody ever wrote needs no code for that.
    if (count || this.#unread) part("attention").then(({ unread }) => unread(this, this.#unread), () => {});
    this.#unread = count;
    this.#badge.hidden = count === 0;
    this.#badge.textContent = count > 99 ? "99+" : String(count);
    this.#label();
  }

  // "auto" leaves it to the site.
  #setTheme(name) {
    this.#theme ??= this.getAttribute("theme") ?? "auto";
    this.setAttribute("theme", name === "auto" ? this.#theme : name);
  }

  // For whoever runs the page; the visitor is told in the panel.
  #report(name) {
    if (name) console.warn(`natter: ${name} (README, "When it does not connect")`);
    this.dispatchEvent(new CustomEvent("natter-trouble", { detail: { name } }));
  }

  #label() {
    const [launcher, count] = [this.#launcher, this.#unread];
    const form = `unread_${new Intl.PluralRules(this.#language).select(count)}`;
    const label = LABELS[this.#language];
    launcher.setAttribute("aria-expanded", String(this.isOpen));
    launcher.setAttribute("aria-label", count ? (this.#words[form] ?? label).replace("{count}", this.#badge.textContent) : label);
    this.#panel.setAttribute("aria-label", label);
  }

  /** What the visitor can choose from. */
  #languages() {
    const given = this.getAttribute("languages") ?? "";
    return given === "all" ? Object.keys(LABELS) : [...new Set(given.split(/[\s,]+/).map(nearest).filter(Boolean))];
  }

  // The visitor's own choice; where nothing can be kept it holds for this page.
  #setLanguage(code) {
    try {
      localStorage.setItem(`${this.#prefix()}language`, code);
    } catch {
      // As said.
    }
    this.#change(code);
  }

  #change(language) {
    const before = this.#language;
    this.#speak(language);
    if (this.#handle && before !== language) {
      this.#fetchWords().then((words) => this.#handle?.speak(this.#language, words ?? ""));
    }
  }

  /** Speaks a language from now on, as far as its words are there. */
  #speak(language) {
    this.#language = language;
    for (const part of [this.#panel, this.#over]) {
      part.lang = language;
      part.dir = RIGHT_TO_LEFT.includes(language) ? "rtl" : "ltr";
    }
    this.#label();
  }

  /** Promises the panel's sentences, as JSON; nothing for English, which is in the wasm, or if they can't be had. */
  async #fetchWords() {
    const language = this.#language;
    if (language === "en") {
      this.#words = ENGLISH;
      return undefined;
    }
    const url = new URL(`./locales/${language}.json`, import.meta.url);
    const said = await fetch(url).then((answer) => answer.json()).catch(() => {});
    // Meanwhile another may be wanted.
    if (language !== this.#language) return this.#fetchWords();
    if (!said?.words) {
      console.warn(`natter: the sentences in ${language} can't be had, so it speaks English.`);
      this.#words = ENGLISH;
      this.#speak("en");
      return undefined;
    }
    this.#words = said.launcher;
    this.#label();
    return JSON.stringify(said.words);
  }

  // As the visitor chose, else the site, else the page, else the browser.
  #wantedLanguage() {
    const chosen = this.hasAttribute("languages") && kept(`${this.#prefix()}language`);
    if (this.#languages().includes(chosen)) return chosen;
    return nearest(this.getAttribute("language") || document.documentElement.lang || navigator.language || "") ?? "en";
  }

  #baseUrl() {
    const given = this.getAttribute("base-url") ?? "";
    try {
      return given && new URL(given, document.baseURI).href.replace(/\/+$/, "");
    } catch {
      return given;
    }
  }

  /** What every name in storage begins with, as in `settings.rs`. */
  #prefix() {
    return `natter/1/${this.#baseUrl()}/${this.getAttribute("inbox-identifier")}/`;
  }

  // Where storage is blocked nobody is known.
  #isKnownVisitor() {
    return kept(`${this.#prefix()}session`) !== null;
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
function nearest(tag) {
  for (const parts = tag.replaceAll("_", "-").toLowerCase().split("-"); parts.length; parts.pop()) {
    const name = parts.join("-");
    const found = NEAREST[name] ?? Object.keys(LABELS).find((one) => one.toLowerCase() === name);
    if (found) return found;
  }
  return undefined;
}

const ownName = (code) => new Intl.DisplayNames([code], { type: "language" }).of(code);

function element(name, className) {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

function icon(d, className) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", className);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", d);
  svg.append(path);
  return svg;
}

function skeleton() {
  const bones = element("div", "skeleton");
  bones.setAttribute("aria-busy", "true");
  bones.append(...Array.from({ length: 4 }, () => document.createElement("i")));
  return bones;
}

if (!customElements.get("natter-chat")) customElements.define("natter-chat", NatterChat);
