// The emoji picker: search results, or all emoji by group.
//
// The list is the project's own. Each emoji has English search words, of which the first is its accessible name; the names
// are marked as English for screen readers.

import { insertText } from "./insert_text.js";
import { page } from "./page.js";

const GROUPS = {
  smileys: `
😀 grinning,happy,smile
😃 happy,smile,glad
😄 laughing eyes,happy,smile
😁 beaming,grin,teeth
😆 squinting laugh,haha
😅 sweating smile,phew,relief
😂 tears of joy,laugh,lol
🤣 rolling on the floor,rofl,laugh
🙂 slight smile,fine
🙃 upside down,irony,silly
😉 wink,joke
😊 smiling,blush,warm,thanks
😇 halo,angel,innocent
🥰 in love,hearts,adore
😍 heart eyes,love,wow
🤩 star struck,wow,amazing
😘 blowing a kiss,love
😋 tasty,yum,delicious
😛 tongue out,playful
😜 winking tongue,crazy,joke
🤪 zany,crazy,wild
😎 sunglasses,cool
🤓 nerd,glasses,clever
🧐 monocle,inspect,hmm
🤗 hug,welcome
🤭 hand over mouth,oops,giggle
🤫 hush,quiet,secret
🤔 thinking,hmm,question
🤨 raised eyebrow,doubt,really
😐 neutral,meh
😑 expressionless,blank
😶 no mouth,speechless
😏 smirk,smug
😒 unamused,annoyed
🙄 rolling eyes,annoyed
😬 grimace,awkward
😌 relieved,calm,content
😔 pensive,sad
😴 sleeping,zzz,tired
🤤 drooling,want
😷 mask,ill,sick
🤒 thermometer,ill,fever
🤕 bandage,hurt
🤢 nauseated,sick
🤧 sneezing,cold,ill
🥵 hot,heat,sweat
🥶 cold,freezing
🥴 woozy,dizzy
🤯 mind blown,exploding,wow
🥳 party face,celebrate,birthday
😕 confused,unsure
🫤 unconvinced,meh
😟 worried,concern
🙁 frown,sad
😮 surprised,open mouth,oh
😲 astonished,shock
😳 flushed,embarrassed
🥺 pleading,please,puppy eyes
🥹 holding back tears,touched,moved
😨 fearful,scared
😰 anxious,cold sweat
😥 sad but relieved,disappointed
😢 crying,sad,tear
😭 sobbing,sad,tears
😱 screaming,scared,shock
😞 disappointed,sad
😓 cold sweat,hard work
😩 weary,tired
🥱 yawning,bored,tired
😤 huffing,proud,angry
😡 furious,angry,red
😠 angry,mad
🤬 cursing,swearing,angry
💀 skull,dead
💩 poo,crap
🤡 clown
👻 ghost,boo
👽 alien
🤖 robot,bot
😺 smiling cat
😻 cat in love
🙈 see no evil,monkey,oops
🙉 hear no evil,monkey
🙊 speak no evil,monkey,secret
`,
  people: `
👍 thumbs up,yes,good,ok,like
👎 thumbs down,no,bad,dislike
👌 ok hand,perfect,fine
✌️ victory,peace,two
🤞 fingers crossed,luck,hope
🤟 love you gesture
🤘 horns,rock
🤙 call me,shaka
👈 pointing left,this
👉 pointing right,this
👆 pointing up,above
👇 pointing down,below
☝️ index up,one,attention
✋ raised hand,stop,high five
🖐️ spread hand,five
👋 waving,hello,hi,bye,goodbye
🤝 handshake,deal,agreed
👏 clapping,applause,bravo
🙌 raised hands,hooray,celebrate
🫶 heart hands,love,thanks
🙏 folded hands,please,thanks,thank you,pray
✍️ writing,sign
💪 strong,muscle,power
👀 eyes,look,see
👁️ eye
🧠 brain,clever
👶 baby
🧑 person,adult
👨 man
👩 woman
🧓 older person
🙋 raising a hand,question,me
🙅 crossed arms,no
🙆 arms over head,ok
🤷 shrug,dunno,whatever
🤦 facepalm,oh no
💁 tipping hand,info,help desk
🙇 bowing,sorry
🧑‍💻 at the computer,developer,coder
🧑‍🔧 mechanic,repair
🧑‍🏫 teacher
🧑‍⚕️ doctor,nurse,health
🧑‍🍳 cook,chef
🧑‍🎨 artist,painter
👮 police
👷 builder,construction
🎅 santa,christmas
🚶 walking
🏃 running,hurry
💃 dancing woman,party
🕺 dancing man,party
👫 couple,two
👤 somebody,user
👥 group,users,team
`,
  nature: `
🐶 dog,puppy
🐱 cat,kitten
🐰 rabbit,bunny
🦊 fox
🐻 bear
🐼 panda
🐯 tiger
🦁 lion
🐸 frog
🐵 monkey
🐧 penguin
🐦 bird
🦉 owl
🐴 horse
🦄 unicorn
🐝 bee
🦋 butterfly
🐌 snail,slow
🐞 ladybird,bug
🐢 turtle,slow
🐙 octopus
🦀 crab
🐠 fish
🐬 dolphin
🐳 whale
🐘 elephant
🐾 paws
🌵 cactus
🎄 christmas tree
🌲 evergreen,tree
🌳 tree
🌴 palm,holiday
🌱 seedling,sprout,grow
🍀 clover,luck
🍁 maple leaf,autumn
💐 bouquet,flowers,thanks
🌷 tulip,flower
🌹 rose,flower
🌻 sunflower
🌸 blossom,flower,spring
🌍 globe,world,earth
🌙 moon,night
⭐ star,favourite
✨ sparkles,new,shiny
⚡ lightning,fast,power
🔥 fire,hot,great
☀️ sun,sunny,weather
⛅ sun behind cloud,weather
☁️ cloud,weather
🌧️ rain,weather
⛈️ thunderstorm,weather
❄️ snowflake,cold,winter
⛄ snowman,winter
🌈 rainbow
💧 drop,water
🌊 wave,sea,water
`,
  food: `
🍎 apple,fruit
🍊 orange,fruit
🍋 lemon,fruit
🍌 banana,fruit
🍉 watermelon,fruit
🍓 strawberry,fruit
🍒 cherries,fruit
🍑 peach,fruit
🥭 mango,fruit
🍍 pineapple,fruit
🍅 tomato
🥑 avocado
🥦 broccoli
🥕 carrot
🌽 maize,corn
🌶️ chilli,hot,spicy
🥔 potato
🍄 mushroom
🍞 bread
🥐 croissant,breakfast
🥨 pretzel
🧀 cheese
🥚 egg
🍳 fried egg,breakfast,cooking
🍔 burger
🍟 chips,fries
🍕 pizza
🌭 hot dog
🥪 sandwich
🌮 taco
🥗 salad
🍝 spaghetti,pasta
🍜 noodles,soup
🍣 sushi
🍚 rice
🍦 ice cream
🍩 doughnut
🍪 biscuit,cookie
🎂 birthday cake
🍰 cake
🧁 cupcake
🍫 chocolate
🍬 sweet,candy
🍯 honey
☕ coffee,tea,break
🥤 cup with straw,soda
🍺 beer
🍻 cheers,beer
🍷 wine
🥂 clinking glasses,cheers,toast
🍾 champagne,celebrate
🍽️ plate,meal,restaurant
`,
  activity: `
🎉 party popper,celebrate,hooray,congratulations
🎊 confetti,celebrate
🎈 balloon,birthday
🎁 present,gift
🎀 ribbon
🏆 trophy,winner
🥇 gold medal,first
🏅 medal
⚽ football,soccer
🏀 basketball
🎾 tennis
🏓 table tennis
🎯 bullseye,target,exactly
🎮 video game,play
🎲 dice,game
🧩 jigsaw,puzzle
🎨 palette,art,paint
🎬 film,clapper
🎤 microphone,karaoke
🎧 headphones,music
🎵 note,music
🎸 guitar,music
🥁 drum,music
🎫 ticket
⛷️ skiing
🏊 swimming
🚴 cycling,bicycle,bike
🧘 yoga,calm
🏕️ camping,tent
`,
  travel: `
🚗 car
🚕 taxi
🚌 bus
🚑 ambulance
🚒 fire engine
🚓 police car
🚚 lorry,truck,delivery
🛵 scooter
🏍️ motorcycle
🚲 bicycle,bike
🚆 train
🚄 fast train
🚇 underground,metro
✈️ aeroplane,flight
🚀 rocket,launch,fast
🚁 helicopter
⛵ sailing boat
🚢 ship
⛽ fuel,petrol
🚧 construction,work in progress
🚦 traffic light
🗺️ map
🧭 compass
🧳 suitcase,luggage
🏠 house,home
🏡 house with garden,home
🏢 office
🏥 hospital
🏭 factory
⛰️ mountain
🏖️ beach,holiday
🏝️ island,holiday
🌅 sunrise,morning
`,
  objects: `
📱 phone,mobile
💻 laptop,computer
🖥️ screen,computer
🖨️ printer
📷 camera,photo
📹 video camera
📺 television
☎️ telephone,call
📞 receiver,call
🔋 battery
🔌 plug,power
💡 light bulb,idea
🔦 torch
📦 parcel,package,delivery
📫 letter box,mail,post
✉️ envelope,mail,letter
📧 e-mail,mail
📝 note paper,memo,write
📄 page,document
📎 paper clip,attachment
📁 folder,file
📅 calendar,date
⏰ alarm clock,time
⌚ watch,time
⏳ hourglass,wait,time
📈 chart up,growth
📉 chart down,loss
📊 bar chart,statistics
📌 pin
📍 place pin,location,here
✂️ scissors,cut
🖊️ pen
✏️ pencil
📚 books
📖 open book,read
🔖 bookmark
🏷️ label,price
💰 money bag
💶 euro,money
💵 dollar,money
💳 card,pay
🧾 receipt,bill,invoice
🛒 trolley,cart,shopping
🛍️ shopping bags
🔑 key
🔒 locked,lock,private
🔨 hammer,tool
🔧 spanner,wrench,repair
⚙️ gear,settings
🧰 toolbox
🔍 magnifier,search,look
💊 pill,medicine
🩹 plaster,bandage
🧼 soap,wash
🚿 shower
🛏️ bed
🚪 door
👕 t-shirt,clothes
👖 jeans,trousers,clothes
🧥 coat,clothes
👟 trainer,shoe
🎒 rucksack,backpack
👓 spectacles,glasses
☂️ umbrella,rain
💍 ring,wedding
🗑️ bin,delete,trash
`,
  symbols: `
❤️ red heart,love
🧡 orange heart,love
💛 yellow heart,love
💚 green heart,love
💙 blue heart,love
💜 purple heart,love
🖤 black heart
🤍 white heart
💔 broken heart,sad
💕 two hearts,love
💯 hundred,perfect
✅ tick in a box,yes,done
✔️ tick,yes,done
❌ cross,no,wrong
❓ question mark,what
❗ exclamation mark,important
⚠️ warning,careful
⛔ no entry,stop
🚫 forbidden,not allowed
🆗 ok sign
🆕 new sign
🆘 help sign,sos
ℹ️ information,info
🔴 red circle
🟢 green circle
⬆️ arrow up
⬇️ arrow down
⬅️ arrow left
➡️ arrow right
🔄 arrows around,reload,again
🔁 repeat,again
➕ plus,add
➖ minus,less
♻️ recycling
🔔 bell,notification
🔕 bell crossed out,quiet,mute
🔊 loudspeaker,sound
🔇 muted,quiet
💬 speech bubble,chat,message
💭 thought bubble,think
💤 zzz,sleep
💥 boom,collision
🏳️ white flag
🏁 chequered flag,finish
🚩 red flag
🏳️‍🌈 rainbow flag,pride
`,
};
const RECENT_ICON = "🕘";

const ALL = Object.entries(GROUPS).map(([key, text]) => ({ key, kinds: text.trim().split("\n").map(kind) }));
const BY_EMOJI = new Map(ALL.flatMap(({ kinds }) => kinds.map((kind) => [kind.emoji, kind])));

/** Two rows of recently used emoji. */
const RECENT_MAX = 16;
/** Recently used emoji on this page, for callers without a list of their own. */
const recentOnPage = [];

const COLUMNS_MAX = 8;
/** The side of a cell for a mouse and for touch, and the horizontal space beside the cells. */
const [FINE_PX, COARSE_PX, BESIDE_PX] = [36, 44, 32];
/** Between the picker and the panel's edges. */
const GAP_PX = 8;
const HEIGHT_PX_MAX = 380;
/** With less space than this above the form, the picker covers the form. */
const HEIGHT_PX_MIN = 200;
/** Rows that PageUp and PageDown move. */
const PAGE_ROWS = 5;

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
.emoji-picker {
  --lifted: light-dark(var(--n1), var(--n2));
  position: fixed;
  inset: auto;
  margin: 0;
  padding: 0;
  border: 0;
  max-inline-size: calc(100% - 16px);
  overflow: hidden;
  border-radius: var(--radius-field);
  background: var(--lifted);
  color: var(--ink);
  box-shadow: var(--shadow-panel);
  outline: 1px solid var(--hairline);
  outline-offset: -1px;
  font: var(--secondary);
}
.emoji-picker:popover-open {
  display: flex;
  flex-direction: column;
}
@keyframes emoji-picker {
  from {
    opacity: 0;
    transform: translateY(6px);
  }
}
.emoji-picker input {
  flex: none;
  margin: 8px 8px 4px;
  padding: 6px 10px;
  border: 1px solid var(--n9);
  border-radius: 10px;
  background: var(--surface);
  color: var(--ink);
  font: var(--body);
  appearance: none;
}
.emoji-picker input::placeholder {
  color: var(--ink-quiet);
  opacity: 1;
}
.emoji-picker input:focus-visible {
  border-color: var(--brand);
  outline: 1px solid var(--brand);
  outline-offset: 0;
}
.emoji-picker button {
  min-inline-size: 0;
  flex: 1;
  block-size: var(--cell);
  padding: 0;
  border: 0;
  border-radius: 8px;
  background: none;
  color: inherit;
  font: 22px/1 "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", var(--font);
  text-align: center;
  cursor: pointer;
}
.emoji-picker button:hover {
  background: var(--n4);
}
.emoji-picker button:focus-visible {
  outline: 2px solid var(--brand);
  outline-offset: -2px;
}
.emoji-picker [role="toolbar"] {
  flex: none;
  display: flex;
  padding-inline: 8px;
  border-block-end: 1px solid var(--hairline);
}
.emoji-picker [role="toolbar"] button {
  border-block-end: 2px solid transparent;
  border-radius: 8px 8px 0 0;
  font-size: 17px;
}
.emoji-picker [role="toolbar"] span {
  display: block;
  filter: grayscale(1);
  opacity: 0.75;
}
.emoji-picker [role="toolbar"] [aria-current] {
  border-block-end-color: var(--brand);
}
.emoji-picker [role="toolbar"] [aria-current] span {
  filter: none;
  opacity: 1;
}
.emoji-picker [role="grid"] {
  flex: 1;
  min-block-size: 0;
  position: relative;
  overflow-y: auto;
  padding: 0 8px 8px;
  overscroll-behavior: contain;
  scrollbar-width: thin;
  scrollbar-color: var(--n6) transparent;
}
.emoji-picker .heading {
  position: sticky;
  inset-block-start: 0;
  padding: 8px 6px 4px;
  background: var(--lifted);
  color: var(--ink-quiet);
  font: var(--meta);
}
.emoji-picker [role="row"] {
  display: grid;
  grid-template-columns: repeat(var(--columns), minmax(0, 1fr));
  scroll-margin-block-start: 28px;
}
.emoji-picker .none {
  margin: 0;
  padding: 24px 16px 32px;
  color: var(--ink-quiet);
  text-align: center;
}
.emoji-picker .none:empty {
  display: none;
}
@media (prefers-reduced-motion: no-preference) {
  .emoji-picker {
    animation: emoji-picker var(--leave) var(--ease);
  }
}
@media (forced-colors: active) {
  .emoji-picker [role="toolbar"] button {
    border-block-end-color: Canvas;
  }
  .emoji-picker [role="toolbar"] [aria-current] {
    border-block-end-color: Highlight;
  }
}
@media (pointer: coarse) {
  .emoji-picker input {
    padding-block: 10px;
    font-size: 16px;
  }
}
`);

/**
 * Opens the picker above `anchor`. Resolves when it has closed and the focus is back where it was. A second click on the
 * anchor closes it.
 *
 * @param {object} wanted
 * @param {ShadowRoot} wanted.root the shadow root that gets the picker
 * @param {HTMLElement} wanted.anchor the button that opens it
 * @param {{ search: string, none: string, groups: Record<string, string>, title?: string }} wanted.labels `groups`
 *   names `recent`, `smileys`, `people`, `nature`, `food`, `activity`, `travel`, `objects` and `symbols`
 * @param {(emoji: string) => void} wanted.pick is called when the picker has closed; with Shift it stays open
 * @param {string[]} [wanted.recent] recently used emoji, newest first; the picker updates it
 * @param {AbortSignal} [wanted.signal] closes it
 * @returns {Promise<void>}
 */
export function open(wanted) {
  return wanted.signal?.aborted ? Promise.resolve() : new Promise((closed) => new Picker(wanted, closed));
}

/**
 * Opens the picker from a button of a form, and inserts the picked emoji into the form's field at the caret.
 *
 * @param {HTMLButtonElement} button
 * @param {{ words: (module: string) => Promise<Record<string, string>> }} panel `words` loads the texts of a module
 * @returns {Promise<void>}
 */
export async function assist(button, { words }) {
  const labels = await words("emoji");
  // The panel may have been closed meanwhile.
  if (!button.checkVisibility()) return;
  const field = button.form.querySelector("textarea");
  const root = button.getRootNode();
  return open({ root, anchor: button, labels: { ...labels, groups: labels }, pick: (emoji) => insertText(field, emoji, !root.activeElement?.closest(".emoji-picker")) });
}

class Picker {
  #root;
  #anchor;
  #opener;
  #labels;
  #pick;
  #recent;
  #closed;
  #isMirrored;
  #columns;
  #groups;
  #buttons;
  /** The shown rows of cells, and the one cell that is in the tab order. */
  #rows = [];
  #current;
  #ended = new AbortController();
  #picker = element("div", "emoji-picker");
  #search = element("input");
  #tools = element("div");
  #grid = element("div");
  #none = element("p", "none");

  constructor({ root, anchor, labels, pick, recent = recentOnPage, signal }, closed) {
    this.#root = root;
    this.#anchor = anchor;
    this.#opener = root.activeElement ?? anchor;
    this.#labels = labels;
    this.#pick = pick;
    this.#recent = recent;
    this.#closed = closed;
    this.#isMirrored = getComputedStyle(anchor).direction === "rtl";
    const isCoarse = matchMedia("(pointer: coarse)").matches;
    this.#measure(isCoarse ? COARSE_PX : FINE_PX);
    const used = { key: "recent", kinds: recent.map((emoji) => BY_EMOJI.get(emoji)).filter(Boolean) };
    this.#groups = [used, ...ALL].filter(({ key, kinds }) => kinds.length && labels.groups[key]);
    this.#buttons = this.#groups.map((group, at) => this.#button(group, at));
    this.#buildElements();
    this.#addListeners(signal);

    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    root.append(this.#picker);
    this.#picker.showPopover();
    this.#showGroups(this.#groups);
    this.#position();
    anchor.setAttribute("aria-expanded", "true");
    // On a touch screen the focus in the search field would open the on-screen keyboard.
    (isCoarse ? this.#current : this.#search).focus({ preventScroll: true });
  }

  #close({ returnsFocus = true } = {}) {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#picker.remove();
    this.#root.adoptedStyleSheets = this.#root.adoptedStyleSheets.filter((adopted) => adopted !== sheet);
    this.#anchor.setAttribute("aria-expanded", "false");
    const opener = this.#opener.isConnected ? this.#opener : this.#anchor;
    if (returnsFocus) opener.focus({ preventScroll: true });
    this.#closed();
  }

  #choose(cell, staysOpen) {
    const emoji = cell.textContent;
    const others = this.#recent.filter((other) => other !== emoji);
    this.#recent.splice(0, Infinity, ...[emoji, ...others].slice(0, RECENT_MAX));
    if (!staysOpen) this.#close();
    this.#pick(emoji);
  }

  #measure(cell) {
    const style = this.#picker.style;
    this.#columns = Math.min(COLUMNS_MAX, Math.floor((innerWidth - 2 * GAP_PX - BESIDE_PX) / cell));
    style.setProperty("--cell", `${cell}px`);
    style.setProperty("--columns", this.#columns);
    style.inlineSize = `${this.#columns * cell + BESIDE_PX}px`;
  }

  #buildElements() {
    const [picker, search, tools, grid, none] = [this.#picker, this.#search, this.#tools, this.#grid, this.#none];
    const title = this.#labels.title ?? this.#labels.search;
    picker.popover = "manual";
    picker.dir = this.#isMirrored ? "rtl" : "ltr";
    picker.setAttribute("role", "dialog");
    picker.setAttribute("aria-label", title);
    search.type = "search";
    search.placeholder = this.#labels.search;
    search.setAttribute("aria-label", this.#labels.search);
    search.autocomplete = "off";
    search.spellcheck = false;
    tools.setAttribute("role", "toolbar");
    tools.append(...this.#buttons);
    grid.setAttribute("role", "grid");
    grid.setAttribute("aria-label", title);
    none.setAttribute("role", "status");
    picker.append(search, tools, grid, none);
  }

  /** The button that scrolls to a group. */
  #button({ key, kinds }, at) {
    const button = element("button");
    const icon = element("span");
    icon.textContent = key === "recent" ? RECENT_ICON : kinds[0].emoji;
    button.append(icon);
    button.type = "button";
    button.title = this.#labels.groups[key];
    button.setAttribute("aria-label", button.title);
    button.tabIndex = at ? -1 : 0;
    button.addEventListener("click", () => {
      if (this.#search.value) {
        this.#search.value = "";
        this.#showGroups(this.#groups);
      }
      const group = this.#grid.children[at];
      this.#moveTo(group.querySelector("button"));
      this.#grid.scrollTop = group.offsetTop;
    });
    return button;
  }

  #showGroups(groups) {
    this.#rows = [];
    this.#grid.replaceChildren(...groups.map((group) => this.#group(group)));
    this.#grid.hidden = !this.#rows.length;
    this.#grid.scrollTop = 0;
    this.#none.textContent = this.#rows.length ? "" : this.#labels.none;
    this.#current = this.#rows[0]?.[0];
    if (this.#current) this.#current.tabIndex = 0;
    this.#markCurrentGroup();
  }

  #group({ key, kinds }) {
    const group = element("div");
    group.setAttribute("role", "rowgroup");
    if (key) {
      const heading = element("div", "heading");
      heading.setAttribute("aria-hidden", "true");
      heading.textContent = this.#labels.groups[key];
      group.setAttribute("aria-label", heading.textContent);
      group.append(heading);
    }
    for (let at = 0; at < kinds.length; at += this.#columns) {
      const cells = kinds.slice(at, at + this.#columns).map(cellOf);
      const row = element("div");
      row.setAttribute("role", "row");
      row.lang = "en";
      row.append(...cells);
      group.append(row);
      this.#rows.push(cells);
    }
    return group;
  }

  /** Marks the button of the group at the top of the visible part. */
  #markCurrentGroup() {
    const groups = [...this.#grid.children];
    const seen = groups.findLastIndex((group) => group.offsetTop <= this.#grid.scrollTop + GAP_PX);
    const at = this.#search.value.trim() ? -1 : Math.max(seen, 0);
    this.#buttons.forEach((button, index) => {
      if (index === at) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
  }

  #moveTo(cell) {
    this.#current.tabIndex = -1;
    this.#current = cell;
    cell.tabIndex = 0;
    cell.focus({ preventScroll: true });
    cell.parentElement.scrollIntoView({ block: "nearest" });
  }

  #addListeners(signal) {
    const [picker, search] = [this.#picker, this.#search];
    const during = { signal: this.#ended.signal };
    search.addEventListener("input", () => this.#showGroups(search.value.trim() ? searchEmoji(search.value) : this.#groups));
    search.addEventListener("keydown", (event) => this.#onSearchKey(event));
    this.#tools.addEventListener("keydown", (event) => this.#onToolbarKey(event));
    this.#grid.addEventListener("keydown", (event) => this.#onGridKey(event));
    this.#grid.addEventListener("scroll", () => this.#markCurrentGroup(), { passive: true });
    this.#grid.addEventListener("click", ({ target, shiftKey }) => {
      const cell = target.closest("button");
      if (cell) this.#choose(cell, shiftKey);
    });
    picker.addEventListener("keydown", (event) => this.#onKey(event));
    // The page must not take keys pressed here for its hotkeys.
    for (const kind of ["keydown", "keyup", "keypress"]) {
      picker.addEventListener(kind, (event) => event.stopPropagation());
    }
    picker.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !picker.contains(relatedTarget)) this.#close({ returnsFocus: false });
    });
    const isOurs = (node) => node === picker || node === this.#anchor;
    const away = (event) => event.composedPath().some(isOurs) || this.#close();
    addEventListener("pointerdown", away, { ...during, capture: true });
    const again = (event) => {
      event.stopImmediatePropagation();
      this.#close();
    };
    this.#anchor.addEventListener("click", again, { ...during, capture: true });
    addEventListener("resize", () => this.#position(), during);
    signal?.addEventListener("abort", () => this.#close(), during);
  }

  #onKey(event) {
    if (event.isComposing || (event.key !== "Escape" && event.key !== "Tab")) return;
    event.preventDefault();
    if (event.key === "Escape") return this.#close();
    const button = this.#buttons.find(({ tabIndex }) => tabIndex === 0);
    const stops = [this.#search, button, this.#current].filter(Boolean);
    const next = stops.indexOf(this.#root.activeElement) + (event.shiftKey ? -1 : 1);
    stops.at(next % stops.length).focus();
  }

  #onSearchKey(event) {
    if (event.isComposing || !this.#current) return;
    if (event.key === "Enter") this.#choose(this.#current, event.shiftKey);
    else if (event.key === "ArrowDown") this.#moveTo(this.#current);
    else return;
    event.preventDefault();
  }

  #onToolbarKey(event) {
    const buttons = this.#buttons;
    const [left, right] = this.#neighbours(buttons.indexOf(event.target));
    const next = { ArrowLeft: left, ArrowRight: right, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    const button = buttons.at(next % buttons.length);
    button.tabIndex = 0;
    button.focus();
  }

  #onGridKey(event) {
    const rows = this.#rows;
    const row = rows.findIndex((cells) => cells.includes(event.target));
    if (row < 0 || event.altKey || event.metaKey) return;
    const cells = rows.flat();
    const column = rows[row].indexOf(event.target);
    const [left, right] = this.#neighbours(cells.indexOf(event.target));
    const inRow = (to) => {
      const there = rows[Math.min(Math.max(to, 0), rows.length - 1)];
      return there[Math.min(column, there.length - 1)];
    };
    const next = {
      ArrowLeft: cells[left],
      ArrowRight: cells[right],
      ArrowUp: row ? inRow(row - 1) : this.#search,
      ArrowDown: inRow(row + 1),
      PageUp: inRow(row - PAGE_ROWS),
      PageDown: inRow(row + PAGE_ROWS),
      Home: (event.ctrlKey ? cells : rows[row])[0],
      End: (event.ctrlKey ? cells : rows[row]).at(-1),
    };
    if (!(event.key in next)) return;
    event.preventDefault();
    const there = next[event.key];
    if (there === this.#search) there.focus();
    else if (there) this.#moveTo(there);
  }

  /** The indices to the left and to the right of an index. */
  #neighbours(at) {
    return this.#isMirrored ? [at + 1, at - 1] : [at - 1, at + 1];
  }

  /** Places the picker above the anchor's form, whatever its height, and within the panel if there is space. */
  #position() {
    const picker = this.#picker;
    // The CSS `zoom` of the page multiplies lengths.
    const zoom = picker.currentCSSZoom ?? 1;
    const boxOf = (element) => {
      const { left, right, top } = element.getBoundingClientRect();
      return { left: left / zoom, right: right / zoom, top: top / zoom };
    };
    const from = boxOf(this.#anchor);
    const { top } = boxOf(this.#anchor.closest("form") ?? this.#anchor);
    const dialog = this.#anchor.closest('[role="dialog"]');
    const panel = dialog && boxOf(dialog);
    const leftMin = Math.max(panel?.left ?? 0, 0) + GAP_PX;
    const leftMax = Math.min(panel?.right ?? innerWidth / zoom, innerWidth / zoom) - GAP_PX - picker.offsetWidth;
    const left = this.#isMirrored ? from.right - picker.offsetWidth : from.left;
    const height = Math.min(HEIGHT_PX_MAX, Math.max(HEIGHT_PX_MIN, top - GAP_PX));
    picker.style.left = `${Math.max(leftMin, Math.min(left, leftMax))}px`;
    picker.style.top = `${Math.max(GAP_PX, top - height)}px`;
    picker.style.blockSize = `${height}px`;
  }
}

/** Parses a line of a group. */
function kind(line) {
  const [emoji, words] = [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)];
  return { emoji, name: words.split(",")[0], words: ` ${words.replaceAll(",", " ")}` };
}

/** The emoji that match a query: each word of it begins one of the search words. Matches by name come first. */
function searchEmoji(query) {
  const terms = query.toLowerCase().trim().split(/\s+/);
  const kinds = [...BY_EMOJI.values()].filter(({ emoji, words }) =>
    terms.every((term) => words.includes(` ${term}`) || term === emoji),
  );
  const rank = ({ name }) => (name === terms.join(" ") ? 0 : name.startsWith(terms[0]) ? 1 : 2);
  return kinds.length ? [{ kinds: kinds.sort((one, other) => rank(one) - rank(other)) }] : [];
}

function cellOf({ emoji, name }) {
  const cell = element("button");
  cell.type = "button";
  cell.tabIndex = -1;
  cell.title = name;
  cell.textContent = emoji;
  cell.setAttribute("role", "gridcell");
  cell.setAttribute("aria-label", name);
  return cell;
}

function element(name, className = "") {
  const made = page.createElement(name);
  made.className = className;
  return made;
}
