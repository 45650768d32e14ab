// The playground's control panel: every setting, call and event of the page's chat, for manual tests. The page itself works
// without it. The chosen settings are in the URL, so that a reload or a link shows the same.

const TAG = "natter-chat";
const EVENTS = "ready opened closed message unread conversation-started status typing connection postback error".split(" ");
const LANGUAGES = "en de fr es it nl pt-BR pl uk tr ar he hi ja zh".split(" ");
/** The control panel's own parameter in the URL. */
const CONTROLS = "controls";
/** The default colours in tokens.css, which a colour field shows while none is chosen. */
const BRAND = "#1f615c";
const LOG_MAX = 200;
/** Longer entries of the log are collapsed. */
const LINE_CHARS_MAX = 40;
/** Longer lines of the log are cut off. */
const CODE_CHARS_MAX = 200;
const COPIED_MS = 2000;

const EXAMPLES = {
  team: ["Mira", { name: "Jonas" }, { name: "Ayşe" }],
  form: {
    text: "Who is there, and on what?",
    fields: [
      { name: "full_name", type: "name", required: true },
      { name: "mail", type: "email", required: true },
      {
        name: "frame",
        type: "select",
        label: "Your frame",
        options: ["Holm", "Saale", "Brocken"].map((name) => ({ label: name, value: name })),
      },
    ],
    consent: { version: "1", text: "You may keep this until my bicycle is done." },
  },
  prompts: [{ id: "choose", text: "May we help you choose a frame?", url: "*", seconds: 3 }],
};

const make = (name, more, ...inside) => {
  const made = Object.assign(document.createElement(name), more);
  made.append(...inside);
  return made;
};

// ---- Settings ----

/** The controls of all settings, by name. */
const fields = new Map();
/** The chosen values, by name, where they differ from the page's. Null stands for an absent attribute. */
const chosen = new Map();
/** The page's chat, also when it was removed. */
let chat;

const valueOf = (name) => (chosen.has(name) ? chosen.get(name) : fields.get(name).initial);

function choose(name, value) {
  const { initial } = fields.get(name);
  // Where the page sets the attribute, its absence is a choice, too.
  const given = value ?? (initial === null ? null : "");
  if (given === initial) chosen.delete(name);
  else chosen.set(name, given);
  bring(name);
  remember();
}

/** Updates a control, and the attribute or style that it controls, to the chosen value. */
function bring(name) {
  const { show, apply } = fields.get(name);
  show(valueOf(name));
  apply(valueOf(name));
}

function bringAll() {
  for (const name of fields.keys()) bring(name);
}

// ---- What the controls set ----

const attribute = (field) => ({
  ...field,
  isAttribute: true,
  initial: chat.getAttribute(field.name),
  apply: (value) => {
    put(chat, field.name, value);
    if (field.name === "mode" && chat.isConnected) settle();
  },
});

/** A constructed style sheet: the page's policy forbids style attributes. */
const sheet = new CSSStyleSheet();
sheet.replaceSync(`${TAG} {}`);

const property = (field) => ({
  ...field,
  isProperty: true,
  initial: null,
  apply: (value) => sheet.cssRules[0].style.setProperty(field.name, value ?? ""),
});

/** A property of the page around the chat. */
const surrounding = (field, apply) => ({ ...field, initial: null, apply });

function put(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// ---- Controls ----

const idOf = (name) => `controls-${name}`;

function row(name, control, ...beside) {
  control.id = idOf(name);
  const label = make("label", { htmlFor: control.id, textContent: name });
  const all = beside.length ? make("div", { className: "control" }, control, ...beside) : control;
  return make("div", { className: "row" }, label, all);
}

/** A choice among values, each alone or with a label; `usual` is the label of the default. */
function choice(name, usual, words) {
  const select = make("select", { onchange: () => choose(name, select.value || null) });
  select.add(new Option(usual, ""));
  for (const [value, text] of words.map((word) => [word].flat())) select.add(new Option(text ?? value, value));
  const show = (value) => {
    const isThere = [...select.options].some((option) => option.value === (value ?? ""));
    if (!isThere) select.add(new Option(value));
    select.value = value ?? "";
  };
  return { name, row: row(name, select), show };
}

/** A boolean attribute. One that is on by default is turned off by `false`. */
function toggle(name, hint, { isUsual = false } = {}) {
  const box = make("input", {
    type: "checkbox",
    onchange: () => choose(name, box.checked === isUsual ? null : isUsual ? "false" : ""),
  });
  const text = make("span", { className: "hint", id: `${idOf(name)}-hint`, textContent: hint });
  box.setAttribute("aria-describedby", text.id);
  const show = (value) => (box.checked = value === null ? isUsual : value !== "false");
  return { name, row: row(name, box, text), show };
}

function text(name, placeholder = "", more = {}) {
  const input = make("input", { ...more, placeholder, autocomplete: "off", spellcheck: false });
  input.onchange = () => choose(name, input.value.trim() || null);
  return { name, row: row(name, input), show: (value) => (input.value = value ?? "") };
}

function colour(name, usual) {
  const input = make("input", { type: "color" });
  // `input` shows a preview, `change` stores the value.
  input.oninput = () => fields.get(name).apply(input.value);
  input.onchange = () => choose(name, input.value);
  const said = make("span", { className: "hint" });
  const back = make("button", { type: "button", textContent: "As usual", onclick: () => choose(name, null) });
  const show = (value) => {
    input.value = value ?? usual;
    said.textContent = value ?? "as usual";
    back.hidden = value === null;
  };
  return { name, row: row(name, input, said, back), show };
}

function json(name) {
  const area = make("textarea", { id: idOf(name), rows: 5, spellcheck: false });
  area.onchange = () => choose(name, compact(area.value.trim()) || null);
  const fill = make("button", { type: "button" });
  fill.onclick = () => choose(name, valueOf(name) === null ? JSON.stringify(EXAMPLES[name]) : null);
  const flaw = make("p", { className: "flaw", id: `${idOf(name)}-flaw`, role: "status" });
  area.setAttribute("aria-describedby", flaw.id);
  const show = (value) => {
    area.value = pretty(value ?? "");
    area.ariaInvalid = Boolean(value) && read(value) === undefined;
    flaw.textContent = area.ariaInvalid === "true" ? "That is no JSON, so the chat takes it as not given." : "";
    fill.textContent = value === null ? "Example" : "Clear";
    fill.ariaLabel = `${fill.textContent}: ${name}`;
  };
  const label = make("label", { htmlFor: area.id, textContent: name });
  return { name, row: make("div", { className: "row tall" }, label, fill, area, flaw), show };
}

function read(json) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const compact = (text) => JSON.stringify(read(text)) ?? text;
const pretty = (text) => JSON.stringify(read(text), null, 2) ?? text;

// ---- Groups of controls ----

const ownName = (code) => [code, `${new Intl.DisplayNames([code], { type: "language" }).of(code)} (${code})`];

function groups() {
  const settings = {
    Connection: [
      text("base-url", "https://chat.example.com", { type: "url" }),
      text("inbox-identifier"),
      text("name", "only where a page has several"),
      choice("load", "intent, as usual", ["idle", "now", "manual"]),
      toggle("needs-consent", "not there before consent()"),
      text("fallback-url", "mailto:you@example.com"),
      text("retention-days", "for ever", { type: "number", min: 0 }),
    ],
    Look: [
      choice("mode", "floating, as usual", ["inline"]),
      choice("position", "where lines end", ["left", "right"]),
      text("avoid", ".notice"),
      choice("theme", "the visitor's", ["light", "dark", ["host", "host: this page's"]]),
      toggle("theme-choice", "in the menu"),
    ],
    Words: [
      choice("language", "this page's", LANGUAGES.map(ownName)),
      text("languages", "en de fr, or all"),
      choice("reply-time", "not said", ["minutes", "hours", "day"]),
      json("team"),
    ],
    Conversation: [
      toggle("page-context", "agents see where it began"),
      toggle("notifications", "are offered"),
      choice("sound", "on, as usual", ["off"]),
      toggle("allow-messages-after-resolved", "a message opens it again", { isUsual: true }),
      json("form"),
      json("prompts"),
    ],
  };
  const known = Object.values(settings).flat().map(({ name }) => name);
  // A setting without a control above gets a text field.
  const others = (customElements.get(TAG)?.observedAttributes ?? []).filter((name) => !known.includes(name));
  settings.Connection.push(...others.map((name) => text(name)));
  for (const group in settings) settings[group] = settings[group].map(attribute);

  settings.Look.push(
    ...[
      colour("--natter-brand", BRAND),
      text("--natter-on-brand", "black or white, by itself"),
      text("--natter-font", "system-ui"),
      text("--natter-offset-x", "20px"),
      text("--natter-offset-y", "20px"),
      text("--natter-z-index", "2147483000", { type: "number" }),
    ].map(property),
  );
  const root = document.documentElement;
  settings["This page"] = [
    surrounding(choice("page-scheme", "the visitor's", ["light", "dark"]), (value) => put(root, "data-scheme", value)),
    surrounding(choice("page-direction", "left to right", [["rtl", "right to left"]]), (value) => put(root, "dir", value)),
    surrounding(toggle("page-notice", "a bar that can be avoided"), (value) => {
      document.querySelector(".notice").hidden = value === null;
    }),
  ];
  return settings;
}

// ---- The chat ----

/** Replaces the chat by a new one, as a reload does. */
function begin() {
  const before = chat;
  chat = document.createElement(TAG);
  for (const [name, { isAttribute }] of fields) if (isAttribute) put(chat, name, valueOf(name));
  before.remove();
  watch();
  place().append(chat);
}

const place = () => (valueOf("mode") === "inline" ? document.querySelector(".place") : document.body);

/** Moves the chat to the place of its mode. */
function settle() {
  if (chat.parentNode === place()) return;
  place().append(chat);
  if (place() !== document.body) chat.parentNode.scrollIntoView({ block: "center" });
}

/** Calls and the browser's developer tools change attributes, too. */
const changes = new MutationObserver((records) => {
  for (const { target, attributeName: name } of records) {
    const value = target.getAttribute(name);
    if (target === chat && fields.get(name)?.isAttribute && value !== valueOf(name)) choose(name, value);
  }
});

function watch() {
  changes.disconnect();
  changes.observe(chat, { attributes: true });
  for (const name of EVENTS) chat.addEventListener(`natter-${name}`, ({ detail }) => note("event", name).say(detail));
}

// ---- The URL ----

const wanted = () => new URLSearchParams(location.hash.slice(1));
/** Whether the URL's fragment is that of an element, and not settings. */
const isPlace = () => location.hash !== "" && !location.hash.includes("=");

function follow() {
  chosen.clear();
  for (const [name, value] of wanted()) if (fields.has(name)) chosen.set(name, value);
}

function remember() {
  const all = new URLSearchParams([...chosen].map(([name, value]) => [name, value ?? ""]));
  if (!controls.hidden) all.set(CONTROLS, "open");
  tag.textContent = html();
  if (!all.size && isPlace()) return;
  history.replaceState(history.state, "", all.size ? `#${all}` : location.pathname + location.search);
}

addEventListener("hashchange", () => {
  if (!fields.size) return;
  // A link within the page: the browser has scrolled; the settings are written into the URL again.
  if (isPlace()) return remember();
  follow();
  bringAll();
  show(wanted().has(CONTROLS));
});

// ---- The script tag ----

/** The HTML with which a page shows this chat. */
function html() {
  const here = document.querySelector('script[src$="embed.js"]')?.src ?? "embed.js";
  const named = [...fields].map(([name, field]) => ({ ...field, value: valueOf(name) })).filter(({ value }) => value !== null);
  const attributes = named.filter(({ isAttribute }) => isAttribute).map(({ name, value }) => `\n  ${name}${quoted(value)}`);
  const rules = named.filter(({ isProperty }) => isProperty).map(({ name, value }) => `\n    ${name}: ${value};`);
  const style = rules.length ? `\n<style>\n  ${TAG} {${rules.join("")}\n  }\n</style>` : "";
  return `<script async src="${here}"></script>\n<${TAG}${attributes.join("")}\n></${TAG}>${style}`;
}

function quoted(value) {
  if (value === "") return "";
  const safe = value.replaceAll("&", "&amp;");
  return safe.includes('"') ? `='${safe.replaceAll("'", "&#39;")}'` : `="${safe}"`;
}

/** Shows the result on the button. */
async function copy(text, button) {
  const usual = (button.dataset.usual ??= button.textContent);
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed here";
  }
  setTimeout(() => (button.textContent = usual), COPIED_MS);
}

// ---- Calls ----

/** Calls without arguments. */
const PLAIN = [
  ["open"], ["close"], ["toggle"], ["show"], ["hide"], ["consent", true], ["consent", false], ["reset"], ["forget"],
  ["diagnostics"], ["csp"],
];

/** Calls with an argument: how it is parsed, and its initial text. */
const TELLING = [
  ["prefill", String, "My rear brake squeals downhill"],
  ["send", String, "Hello from the playground"],
  ["setCustomAttributes", JSON.parse, '{ "plan": "tourer", "frame_size": 56 }'],
  ["deleteCustomAttribute", String, "plan"],
  ["setConversationCustomAttributes", JSON.parse, '{ "bicycle": "Saale" }'],
  ["setLocale", String, "de"],
  ["setTheme", String, "dark"],
  ["setPosition", String, "left"],
];

const USER = { identifier: "4711", name: "Annegret", email: "", phone_number: "", avatar_url: "", identifier_hash: "" };

/** Performs a call, and logs its result when there is one. */
async function attempt(said, deed) {
  const line = note("called", said);
  try {
    const result = deed();
    if (result instanceof Promise) line.say("waits …");
    line.say(await result);
  } catch (error) {
    line.fail(error);
  }
}

function call(name, ...given) {
  const said = given.map((one) => JSON.stringify(one)).join(", ");
  attempt(`${name}(${said})`, () => chat[name](...given));
}

const button = (textContent, onclick) => make("button", { type: "button", textContent, onclick });

function calls() {
  const plain = PLAIN.map(([name, ...given]) => button(`${name}(${given})`, () => call(name, ...given)));
  const states = ["isOpen", "unreadCount"].map((name) => button(name, () => attempt(name, () => chat[name])));
  const ends = [button("destroy()", () => call("destroy")), button("Put back", () => attempt("put back", begin))];
  const all = make("div", { className: "buttons" }, ...plain, ...states, ...ends);
  return [all, asUser(), ...TELLING.map((one) => telling(...one))];
}

function asUser() {
  const rows = Object.entries(USER).map(([name, value]) => row(`user-${name}`, make("input", { name, value, autocomplete: "off" })));
  for (const one of rows) one.firstChild.textContent = one.lastChild.name;
  const submit = make("button", { textContent: "Call", ariaLabel: "Call setUser" });
  const form = make("form", { className: "call" }, make("span", { className: "call-name", textContent: "setUser" }), ...rows, submit);
  form.onsubmit = (event) => {
    event.preventDefault();
    const said = [...new FormData(form)].filter(([, value]) => value.trim() !== "");
    call("setUser", Object.fromEntries(said));
  };
  return form;
}

function telling(name, reading, value) {
  const input = make("input", { id: idOf(`call-${name}`), value, autocomplete: "off", spellcheck: false });
  const label = make("label", { htmlFor: input.id, textContent: name });
  const form = make("form", { className: "call" }, label, input, make("button", { textContent: "Call", ariaLabel: `Call ${name}` }));
  form.onsubmit = (event) => {
    event.preventDefault();
    try {
      call(name, reading(input.value));
    } catch (error) {
      note("called", name).fail(error);
    }
  };
  return form;
}

// ---- The log ----

const lines = make("div", { className: "lines", role: "log", ariaLabel: "Calls and events", tabIndex: 0 });

/** Adds a line to the log; its text may be set later. */
function note(kind, name) {
  const line = make("div", { className: `happening ${kind}` });
  const at = new Date().toLocaleTimeString("en-GB");
  const tell = (value) => keepingTheEnd(() => line.replaceChildren(told(at, name, value)));
  tell("");
  keepingTheEnd(() => lines.append(line));
  if (lines.children.length > LOG_MAX) lines.firstChild.remove();
  return {
    say: tell,
    fail: (error) => {
      line.classList.add("failed");
      tell(`failed: ${error?.message ?? error}`);
    },
  };
}

function told(at, name, value) {
  const whole = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? String(value));
  const short = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  const said = make("span", { className: "said" }, make("strong", { textContent: name }));
  if (short) said.append(make("code", { textContent: short.slice(0, CODE_CHARS_MAX) }));
  const head = [make("time", { textContent: at }), said];
  if (short.length <= LINE_CHARS_MAX) return make("div", {}, ...head);
  const again = button("Copy", () => copy(whole, again));
  const rest = make("div", { className: "whole" }, make("pre", { textContent: whole, tabIndex: 0 }), again);
  return make("details", {}, make("summary", {}, ...head), rest);
}

/** Scrolls to the latest line, unless the log was scrolled back. */
function keepingTheEnd(change) {
  const isAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 32;
  change();
  if (isAtEnd) lines.scrollTop = lines.scrollHeight;
}

// ---- The control panel ----

const controls = make("aside", { className: "controls", id: CONTROLS, hidden: true, ariaLabel: "Controls" });
const opener = make("button", { className: "controls-opener", type: "button", textContent: "Controls" });
const tag = make("pre", { tabIndex: 0 });

function show(isOpen) {
  controls.hidden = !isOpen;
  opener.hidden = isOpen;
  opener.ariaExpanded = isOpen;
  // A hidden element can't be scrolled.
  lines.scrollTop = lines.scrollHeight;
  remember();
}

function turn(isOpen) {
  show(isOpen);
  (isOpen ? controls.querySelector(".controls-close") : opener).focus();
}

function group(name, isOpen, ...inside) {
  const summary = make("summary", { textContent: name });
  return make("details", { className: "group", open: isOpen }, summary, make("div", { className: "rows" }, ...inside));
}

function head() {
  const copying = button("Copy tag", () => copy(html(), copying));
  const fresh = button("Start over", startOver);
  const close = button("×", () => turn(false));
  close.ariaLabel = "Close the controls";
  close.classList.add("controls-close");
  const tools = make("div", { className: "tools" }, copying, fresh);
  return make("div", { className: "controls-head" }, make("h2", { textContent: "Controls" }), tools, close);
}

function startOver() {
  chosen.clear();
  bringAll();
  remember();
}

function log() {
  const title = make("h3", { textContent: "What happens" });
  const clear = button("Clear", () => lines.replaceChildren());
  clear.ariaLabel = "Clear the log";
  return make("section", { className: "log" }, make("div", { className: "log-head" }, title, clear), lines);
}

function build() {
  const settings = Object.entries(groups());
  for (const field of settings.flatMap(([, all]) => all)) fields.set(field.name, field);
  const rows = settings.map(([name, all]) => group(name, name === "Look", ...all.map((field) => field.row)));
  const body = make("div", { className: "controls-body" }, ...rows, group("Calls", false, ...calls()), group("The tag", false, tag));
  const parts = [head(), body, log()];
  // Its text keeps its direction on a right-to-left page; its side follows the page.
  for (const part of parts) part.dir = "ltr";
  controls.append(...parts);
  opener.setAttribute("aria-controls", controls.id);
  opener.onclick = () => turn(true);
  chat.before(opener, controls);
}

function start() {
  chat = document.querySelector(TAG);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  build();
  follow();
  // Settings that count only when a chat starts need a new chat.
  if ([...chosen.keys()].some((name) => fields.get(name).isAttribute)) begin();
  else watch();
  bringAll();
  show(wanted().has(CONTROLS));
}

// The gallery replaces the page's content.
if (!location.pathname.endsWith("/gallery")) start();
