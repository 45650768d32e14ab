// What a page, and TypeScript, may rely on of <natter-chat>. What is said here in a line, docs/embedding.md says at
// length.

// ---- Settings ----

/** Who answers, for the panel's head: a name, or a name with the address of a picture. */
export type NatterPerson = string | { name: string; avatar?: string };

/** A choice of a `select` field. */
export interface NatterOption {
  label: string;
  /** What the answer is to agents; without it, the label. */
  value?: string;
}

/** A field of the form that stands before the first message. */
export interface NatterField {
  /** What the answer is called among the contact's attributes. */
  name: string;
  /** `text` where it is left out. */
  type?: "name" | "email" | "phone" | "text" | "text_area" | "number" | "link" | "date" | "select" | "checkbox";
  label?: string;
  placeholder?: string;
  default?: string;
  required?: boolean;
  /** A regular expression that the whole answer has to match. */
  pattern?: string;
  /** What is said where it does not. */
  pattern_error?: string;
  /** For `select`. */
  options?: readonly NatterOption[];
}

/** What is asked before the first message. */
export interface NatterForm {
  /** What is said over it; without it, the widget's own words. */
  text?: string;
  fields?: readonly NatterField[];
  /** What the visitor has to agree to, in Markdown; of another `version`, everybody is asked again. */
  consent?: { text: string; version?: string };
}

/** What the site says by itself, before anybody opens the chat. */
export interface NatterPrompt {
  text: string;
  /** A name of its own, by which the device remembers that it was waved away; without it, its text. */
  id?: string;
  /** The page's address, with `*` for anything; without it, every page. */
  url?: string;
  /** Seconds on that page; 10 where it is left out. */
  seconds?: number;
  /** From this hour to that one, on the visitor's clock, 0 to 24. */
  hours?: readonly [from: number, to: number];
  /** Days of the week, on the visitor's clock; 0 is Sunday. */
  days?: readonly number[];
}

/** A setting that is on or off. As an attribute, its name alone says that it is on, and `false` that it is off. */
export type NatterSwitch = boolean | "" | "true" | "false";

/** All settings, by the names they have in `window.natterSettings` and in a script's `dataset`. Those that hold more
 *  than a word are JSON in an attribute. */
export interface NatterSettings {
  /** Where Chatwoot is: an http or https address. */
  baseUrl: string;
  /** The API inbox's identifier, from its settings page. It is no secret. */
  inboxIdentifier: string;
  /** Another name for each of several chats on a page, for `natter.get(name)`. */
  name?: string;
  /** When the chat is fetched; without it, `intent`. */
  load?: "now" | "idle" | "intent" | "manual";
  /** Nothing is shown, fetched or kept before `consent()`. */
  needsConsent?: NatterSwitch;
  /** `inline` for a chat in the page's own flow; without it, it floats over the page. */
  mode?: "inline";
  /** A BCP 47 tag; without it the page's language, else the browser's. */
  language?: string;
  /** The visitor can choose among these: tags, apart by spaces, or `all`. */
  languages?: string | readonly string[];
  /** The side of the page; without it, where its lines end. */
  position?: "left" | "right";
  /** A CSS selector of things on the page that the launcher keeps clear of. */
  avoid?: string;
  /** `host` for the page's own `color-scheme`; without it, the visitor's preference. */
  theme?: "light" | "dark" | "host";
  /** The visitor can choose between light and dark. */
  themeChoice?: NatterSwitch;
  /** Who answers. */
  team?: string | readonly NatterPerson[];
  /** How soon the team usually does. */
  replyTime?: "minutes" | "hours" | "day";
  /** What is asked before the first message. */
  form?: string | NatterForm;
  /** What the site says by itself. */
  prompts?: string | readonly NatterPrompt[];
  /** Agents see on which page a conversation began, without its query, where the visitor came from, and their
   *  language. */
  pageContext?: NatterSwitch;
  /** Visitors can have the browser tell them of answers. */
  notifications?: NatterSwitch;
  /** `off`: nothing is heard until the visitor turns it on. */
  sound?: "on" | "off";
  /** `false`: a conversation that was ended takes no more messages, and a new one is offered. */
  allowMessagesAfterResolved?: NatterSwitch;
  /** Days without a visit after which the device forgets the visitor; 0, or nothing, for never. */
  retentionDays?: number | string;
  /** Where the panel leads if the chat can't be loaded, or reached from the page: an https, http, mailto or tel address. */
  fallbackUrl?: string;
}

// ---- What the page says ----

/** What agents may know, by name. */
export type NatterAttributes = Record<string, string | number | boolean | null>;

/** Whom the page takes the visitor for. Without `identifier_hash`, the identifier, the e-mail address and the phone
 *  number become custom attributes, and nobody is identified by them. */
export interface NatterUser {
  /** The site's own id for them. */
  identifier?: string | number;
  /** HMAC-SHA256 of the identifier under the inbox's HMAC token, in hex; the site's own server reckons it. */
  identifier_hash?: string;
  name?: string;
  email?: string;
  /** With the country's code, such as +4934112345. */
  phone_number?: string;
  avatar_url?: string;
  /** As `setCustomAttributes` takes them. */
  custom_attributes?: NatterAttributes;
}

// ---- Events ----

/** What every event holds: the version of its form. A field can come to it; none changes its meaning. */
export interface NatterDetail {
  readonly v: 1;
}

/** A message is there that was not before: an answer as it comes, or the visitor's own once the server has it. */
export interface NatterMessage extends NatterDetail {
  readonly id: number;
  /** The conversation's id, as agents see it. */
  readonly conversation: number | null;
  /** `inbox` for what the inbox says by itself, such as a greeting. */
  readonly from: "visitor" | "agent" | "bot" | "inbox";
  /** The agent's or bot's; else empty. */
  readonly name: string;
  /** As it was written, in Markdown if an agent did. */
  readonly text: string;
  /** So many files came with it. */
  readonly files: number;
  /** Seconds since 1970. */
  readonly at: number;
}

/** So many messages wait to be read. */
export interface NatterUnread extends NatterDetail {
  readonly count: number;
}

/** A conversation has begun. */
export interface NatterConversationStarted extends NatterDetail {
  readonly conversation: number;
}

/** Where the conversation stands. */
export interface NatterStatus extends NatterDetail {
  readonly conversation: number;
  readonly status: "open" | "resolved" | "pending" | "snoozed";
}

/** Somebody of the team writes, or has stopped. */
export interface NatterTyping extends NatterDetail {
  readonly isTyping: boolean;
  readonly name: string;
}

/** What can be wrong between page and server; the README says what helps ("When it does not connect"). */
export type NatterTrouble =
  | "offline"
  | "unreachable"
  | "answers-withheld"
  | "mixed-content"
  | "forbidden-by-policy"
  | "not-chatwoot"
  | "unknown-inbox"
  | "contact-refused"
  | "busy"
  | "no-socket"
  | "silent-socket";

/** What is wrong with the connection now; `null` when all is well again. */
export interface NatterConnection extends NatterDetail {
  readonly trouble: NatterTrouble | null;
}

/** The visitor chose something that a message offers. */
export interface NatterPostback extends NatterDetail {
  /** The message's id. */
  readonly message: number;
  readonly title: string;
  readonly value: string;
}

/** Something is wrong, for whoever runs the page. `load-failed`: there is no chat on this page. `storage-unavailable`: the
 *  device keeps nothing more, and a reload loses what waits to be sent. `unsent-dropped`: another user was named, and what
 *  was said for the former one could not be sent. */
export interface NatterError extends NatterDetail {
  readonly name: NatterTrouble | "load-failed" | "storage-unavailable" | "unsent-dropped";
}

/** The events of the element. They don't bubble, and their `detail` is frozen. */
export interface NatterEventMap {
  /** The chat runs, from now on. */
  "natter-ready": CustomEvent<NatterDetail>;
  /** The panel is open. */
  "natter-opened": CustomEvent<NatterDetail>;
  /** The panel is closed. */
  "natter-closed": CustomEvent<NatterDetail>;
  "natter-message": CustomEvent<NatterMessage>;
  "natter-unread": CustomEvent<NatterUnread>;
  "natter-conversation-started": CustomEvent<NatterConversationStarted>;
  "natter-status": CustomEvent<NatterStatus>;
  "natter-typing": CustomEvent<NatterTyping>;
  "natter-connection": CustomEvent<NatterConnection>;
  "natter-postback": CustomEvent<NatterPostback>;
  "natter-error": CustomEvent<NatterError>;
}

/** An event's name, as `on` and `off` take it. */
export type NatterEventName = keyof NatterEventMap extends `natter-${infer Name}` ? Name : never;

/** What is told of the event of this name. */
export type NatterListener<Name extends NatterEventName> = (event: NatterEventMap[`natter-${Name}`]) => void;

// ---- The element ----

/** `<natter-chat>`. Each setting is a property; it reads as its attribute, and `null` takes it away. Calls wait their
 *  turn until the chat is there. */
export interface NatterChat extends HTMLElement {
  /** Where Chatwoot is. Another address is another chat: the one that is there ends. */
  baseUrl: string | null;
  /** The API inbox's identifier. Another one is another chat. */
  inboxIdentifier: string | null;
  /** What `get` finds it by. */
  name: string | null;
  /** When it is fetched: `now`, `idle`, `intent` or `manual`. */
  load: string | null;
  /** Whether nothing is shown, fetched or kept before `consent()`. */
  get needsConsent(): string | null;
  set needsConsent(value: boolean | string | null);
  /** `inline`, or nothing for a chat that floats. */
  mode: string | null;
  /** A BCP 47 tag. */
  language: string | null;
  /** What the visitor can choose from. */
  get languages(): string | null;
  set languages(value: string | readonly string[] | null);
  /** `left` or `right`. */
  position: string | null;
  /** A CSS selector of what the launcher keeps clear of. */
  avoid: string | null;
  /** `light`, `dark` or `host`. */
  theme: string | null;
  /** Whether the visitor can choose between light and dark. */
  get themeChoice(): string | null;
  set themeChoice(value: boolean | string | null);
  /** Who answers; it reads as JSON. */
  get team(): string | null;
  set team(value: string | readonly NatterPerson[] | null);
  /** `minutes`, `hours` or `day`. */
  replyTime: string | null;
  /** What is asked before the first message; it reads as JSON. */
  get form(): string | null;
  set form(value: string | NatterForm | null);
  /** What the site says by itself; it reads as JSON. */
  get prompts(): string | null;
  set prompts(value: string | readonly NatterPrompt[] | null);
  /** Whether agents see where a conversation began. */
  get pageContext(): string | null;
  set pageContext(value: boolean | string | null);
  /** Whether visitors can have the browser tell them of answers. */
  get notifications(): string | null;
  set notifications(value: boolean | string | null);
  /** `on` or `off`. */
  sound: string | null;
  /** Whether a conversation that was ended takes more messages. */
  get allowMessagesAfterResolved(): string | null;
  set allowMessagesAfterResolved(value: boolean | string | null);
  /** Days without a visit after which the device forgets. */
  get retentionDays(): string | null;
  set retentionDays(value: number | string | null);
  /** Where the launcher leads if the chat can't be loaded. */
  fallbackUrl: string | null;

  /** Whether the panel is open. */
  readonly isOpen: boolean;
  /** So many messages wait to be read. */
  readonly unreadCount: number;

  /** Opens the panel, and fetches the chat if it isn't there. */
  open(): void;
  /** Closes the panel; an inline chat stays open. */
  close(): void;
  /** Opens the panel, or closes it. */
  toggle(): void;
  /** Shows the launcher again. */
  show(): void;
  /** Closes the panel and hides the launcher with it. */
  hide(): void;
  /** Takes the chat out of the page. What the device keeps stays there. */
  destroy(): void;

  /** Speaks this language; the same as `language`. */
  setLocale(language: string | null): void;
  /** Light or dark, or as the page has it; the same as `theme`. */
  setTheme(theme: "light" | "dark" | "host" | null): void;
  /** The side of the page; the same as `position`. */
  setPosition(position: "left" | "right" | null): void;

  /** The visitor consents: what `needsConsent` held back begins. With `false` they don't any more: the chat is hidden,
   *  and the device forgets; resolves when it has. */
  consent(isGiven?: boolean): Promise<void>;

  /** Says who the visitor is. Resolves when the chat knows, which can be long after: wait for nothing that depends on
   *  it. Rejects with a TypeError that names the mistake for what is no user. */
  setUser(user: NatterUser): Promise<void>;
  setUser(identifier: string, user: NatterUser): Promise<void>;
  /** Adds to what agents may know of the contact. Resolves as `setUser` does. */
  setCustomAttributes(attributes: NatterAttributes): Promise<void>;
  /** Empties an attribute of the contact; the server can't take it away. Resolves as `setUser` does. */
  deleteCustomAttribute(name: string): Promise<void>;
  /** What agents may know of the conversation that begins next; one that has begun stays as it is. Resolves as
   *  `setUser` does. */
  setConversationCustomAttributes(attributes: NatterAttributes): Promise<void>;
  /** Puts a text into the field, in place of what is there. Resolves as `setUser` does. */
  prefill(text: string): Promise<void>;

  /** Says something for the visitor, and fetches the chat for it; the panel stays as it is. Resolves when the chat has
   *  taken it; the event `message` tells when the server has. Where consent comes first, it waits for that. Rejects when
   *  the visitor does not agree, and when there will be no chat; it is not sent later then. */
  send(text: string): Promise<void>;
  /** The visitor has logged out: forgets them on this device, and what the page said of them. Resolves when it is
   *  done. */
  reset(): Promise<void>;
  /** Forgets the visitor on this device and in all tabs, and what the page said of them; the server keeps what was said.
   *  Resolves when it is done. */
  forget(): Promise<void>;
  /** How things stand and what led there, with other words in the place of everybody's own. An empty object where no
   *  chat runs. */
  diagnostics(): Promise<Record<string, unknown>>;
  /** What the page's Content-Security-Policy must allow for this chat. `media` are further origins that files come
   *  from. */
  csp(more?: { media?: readonly string[] }): Promise<string>;

  /** Has an event told, by its name without `natter-`. */
  on<Name extends NatterEventName>(name: Name, listener: NatterListener<Name>): void;
  /** Has it told no more. */
  off<Name extends NatterEventName>(name: Name, listener: NatterListener<Name>): void;

  /** The chat of this name on the page. */
  get(name: string): NatterChat | null;
  /** Makes a call that is written as a list: a method's name and what it is given. */
  push(call: NatterCall): unknown;
}

/** A call as a list, as `window.natter` takes it before and after the script has run. */
export type NatterCall =
  | readonly ["open" | "close" | "toggle" | "show" | "hide" | "destroy" | "reset" | "forget" | "diagnostics"]
  | readonly ["setLocale", language: string | null]
  | readonly ["setTheme", theme: "light" | "dark" | "host" | null]
  | readonly ["setPosition", position: "left" | "right" | null]
  | readonly ["consent", isGiven?: boolean]
  | readonly ["setUser", user: NatterUser]
  | readonly ["setUser", identifier: string, user: NatterUser]
  | readonly ["setCustomAttributes" | "setConversationCustomAttributes", attributes: NatterAttributes]
  | readonly ["deleteCustomAttribute", name: string]
  | readonly ["prefill" | "send", text: string]
  | readonly ["csp", more?: { media?: readonly string[] }]
  | { [Name in NatterEventName]: readonly ["on" | "off", name: Name, listener: NatterListener<Name>] }[NatterEventName];

// ---- The package ----

/** Settings, and where the files are. */
export interface NatterLoadOptions extends NatterSettings {
  /** The address of the folder that embed.js lies in. */
  assets: string;
}

/** Puts embed.js into the page, once, and a chat with these settings; resolves to it when it is there. Asked again with
 *  the same `name`, or again with none, it is the same chat, with the settings given last, until it is destroyed.
 *  Rejects if embed.js can't be loaded. */
export function load(options: NatterLoadOptions): Promise<NatterChat>;
/** Only sees to it that `<natter-chat>` is known, for pages that write the element themselves. */
export function load(options: { assets: string }): Promise<void>;

declare global {
  interface HTMLElementTagNameMap {
    "natter-chat": NatterChat;
  }

  interface HTMLElementEventMap extends NatterEventMap {}

  interface Window {
    /** The page's first chat; before the script has run, a list of calls, which are made then. `push` is there in
     *  either case: `(window.natter ||= []).push(["open"])`. */
    natter?: NatterChat | NatterCall[];
    /** The settings of the chat that the script tag makes; its `data-` attributes count for more. */
    natterSettings?: Partial<NatterSettings>;
  }
}
