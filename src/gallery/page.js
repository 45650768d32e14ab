// The gallery's page. The fragment of its address says what is shown: #screen=talk&theme=dark&language=ar&words=long&width=320

/** Addresses below this are never fetched: what is there is made here. */
const ELSEWHERE = "https://pictures.example.test/";

const CHOICES = { theme: ["", "light", "dark"], language: ["", "ar", "de", "fi", "ja"], words: ["", "long"], width: ["", "320"] };

const made = new Map();

export function open(page, mark, names, show) {
  const setAttribute = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    const isElsewhere = name === "src" && value.startsWith(ELSEWHERE);
    setAttribute.call(this, name, isElsewhere ? stand_in(value.slice(ELSEWHERE.length)) : value);
  };

  const { prototype } = HTMLImageElement;
  const src = Object.getOwnPropertyDescriptor(prototype, "src");
  Object.defineProperty(prototype, "src", { ...src, set(value) { this.setAttribute("src", value); } });

  const list = document.createElement("nav");
  list.id = mark;
  list.style.cssText = "display: block; max-inline-size: 40rem; padding: 24px; columns: 3 11rem; font: 14px/1.7 system-ui";
  page.replaceChildren(list);
  // A small screen is the panel's alone.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("@media (max-width: 599px) { nav { display: none !important; } }");
  document.adoptedStyleSheets.push(sheet);

  const wanted = () => new URLSearchParams(location.hash.slice(1));
  const follow = async () => {
    const now = wanted();
    const name = now.get("screen") ?? names[0];
    const language = now.get("language") || "en";
    const words = await sentences(language);
    const links = [
      ...Object.entries(CHOICES).flatMap(([key, values]) => values.map((value) => [key, value, `${key}: ${value || "usual"}`])),
      ...names.map((name) => ["screen", name, name]),
    ];
    list.replaceChildren(
      ...links.map(([key, value, text]) => {
        const link = document.createElement("a");
        const there = wanted();
        there.set(key, value);
        link.href = `#${there}`;
        link.textContent = text;
        link.style.display = "block";
        return link;
      }),
    );

    document.querySelector("natter-chat")?.remove();
    const element = document.createElement("natter-chat");
    element.setAttribute("language", language);
    if (now.get("theme")) element.setAttribute("theme", now.get("theme"));
    if (now.get("width")) element.style.setProperty("--width", `${now.get("width")}px`);
    page.append(element);
    // Has panel.js fetched, and its style with it; there is no server to name in a policy.
    await element.csp().catch(() => {});
    const panel = element.shadowRoot.querySelector(".panel");
    // Around a panel there is a page in its language.
    [document.documentElement.lang, document.documentElement.dir] = [panel.lang, panel.dir];
    if (name in elements) {
      await elements[name](element, panel);
      await painted();
      document.documentElement.dataset.shown = location.hash;
      return;
    }
    // Not `open()`: that would mount a widget that looks for its server.
    panel.hidden = false;
    element.shadowRoot.querySelector(".launcher").setAttribute("aria-expanded", "true");
    await film;
    const part = (name) => import(new URL(`/parts/${name}.js`, location.href).href);
    const click = show(panel, name, panel.lang, now.get("words") === "long" ? "long" : words, part);
    await painted();
    if (click === "closed") {
      panel.hidden = true;
      element.shadowRoot.querySelector(".launcher").setAttribute("aria-expanded", "false");
      await painted();
    } else if (click) {
      panel.querySelector(click)?.click();
      const opened = "dialog[open], details[open], .panel [aria-expanded=true]:not(.fold)";
      const is_there = () => element.shadowRoot.querySelector(opened);
      while (!is_there()) await painted();
      await painted();
    }
    document.documentElement.dataset.shown = location.hash;
  };
  addEventListener("hashchange", follow);
  follow();
}

/** The element by itself. It has no server's address here: what it opens fails to load. */
const elements = {
  "element-launcher": () => {},
  "element-unread": (element) => {
    const launcher = element.shadowRoot.querySelector(".launcher");
    const badge = launcher.querySelector(".badge");
    badge.hidden = false;
    badge.textContent = "12";
    // The element itself says it in a sentence.
    launcher.ariaLabel += ", 12";
  },
  "element-skeleton": async (element, panel) => {
    element.open();
    const bones = panel.firstElementChild.cloneNode(true);
    await elements["element-failed"](element, panel);
    panel.replaceChildren(bones);
  },
  "element-failed": async (element, panel) => {
    element.open();
    while (!panel.querySelector(".sorry")) await painted();
  },
};

/** What the panel says in a language, as the element fetches it: JSON, or nothing for English. */
async function sentences(language) {
  if (language === "en") return "";
  const answer = await fetch(new URL(`/locales/${language}.json`, location.href));
  return JSON.stringify((await answer.json()).words);
}

/** The browser has painted what was asked for by now. */
async function painted() {
  for (let frames = 0; frames < 2; frames += 1) await new Promise(requestAnimationFrame);
}

/** What stands for a file elsewhere: WIDTHxHEIGHT/… is a picture, …wav a sound, …webm a film; nothing else is there. */
function stand_in(name) {
  if (!made.has(name)) made.set(name, make(name));
  return made.get(name);
}

function make(name) {
  const size = /^(\d+)x(\d+)\//.exec(name);
  if (size) return picture(Number(size[1]), Number(size[2]), name);
  if (name.endsWith(".wav")) return URL.createObjectURL(new Blob([sound()], { type: "audio/wav" }));
  if (name.endsWith(".webm")) return filmed;
  return "data:image/png,";
}

/** Hills under a sky, in colours that come of the name. */
function picture(width, height, name) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  draw(canvas.getContext("2d"), width, height, [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 360);
  return canvas.toDataURL("image/png");
}

function draw(pen, width, height, hue) {
  pen.fillStyle = `hsl(${hue} 45% 82%)`;
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = `hsl(${hue + 40} 80% 70%)`;
  pen.beginPath();
  pen.arc(width * 0.72, height * 0.3, Math.min(width, height) * 0.12, 0, 7);
  pen.fill();
  for (const [at, light] of [[0.5, 60], [0.65, 45], [0.8, 30]]) {
    pen.fillStyle = `hsl(${hue} 35% ${light}%)`;
    pen.beginPath();
    pen.moveTo(0, height);
    for (let x = 0; x <= width; x += width / 32) {
      pen.lineTo(x, height * (at + 0.08 * Math.sin((x / width) * 7 + at * 20)));
    }
    pen.lineTo(width, height);
    pen.fill();
  }
}

/** Two seconds of a quiet tone, as WAV. */
function sound() {
  const rate = 8_000;
  const samples = 2 * rate;
  const bytes = new DataView(new ArrayBuffer(44 + samples));
  const write = (at, text) => [...text].forEach((letter, nth) => bytes.setUint8(at + nth, letter.charCodeAt(0)));
  write(0, "RIFF");
  bytes.setUint32(4, 36 + samples, true);
  write(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true);
  bytes.setUint16(22, 1, true);
  bytes.setUint32(24, rate, true);
  bytes.setUint32(28, rate, true);
  bytes.setUint16(32, 1, true);
  bytes.setUint16(34, 8, true);
  write(36, "data");
  bytes.setUint32(40, samples, true);
  for (let at = 0; at < samples; at += 1) bytes.setUint8(44 + at, 128 + 40 * Math.sin(at / 3));
  return bytes.buffer;
}

/** A film of some frames, or nothing where the browser can't record one. */
let filmed = "data:video/webm,";
const film = new Promise((resolve) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 360];
  const pen = canvas.getContext("2d");
  draw(pen, 640, 360, 200);
  try {
    const recorder = new MediaRecorder(canvas.captureStream(10));
    const bytes = [];
    recorder.ondataavailable = ({ data }) => {
      bytes.push(data);
      if (recorder.state === "recording" && data.size > 0) recorder.stop();
    };
    recorder.onstop = () => {
      filmed = URL.createObjectURL(new Blob(bytes, { type: "video/webm" }));
      resolve();
    };
    recorder.onerror = resolve;
    recorder.start(100);
    const frame = (hue) => {
      draw(pen, 640, 360, hue);
      if (recorder.state === "recording") requestAnimationFrame(() => frame(hue + 1));
    };
    frame(200);
  } catch {
    resolve();
  }
});
