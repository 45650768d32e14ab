// The public API of <natter-chat>: settings, methods and events. docs/embedding.md explains them.

// ---- Settings ----

/** A team member in the panel's header: a name, or a name with the URL of an avatar. */
export type NatterPerson = string | { name: string; avatar?: string };

/** A choice of a `select` field. */
export interface NatterOption {
  label: string;
  /** The value that agents see; by default the label. */
  value?: string;
}

/** A field of the pre-chat form. */
export interface NatterField {
  /** The name of the contact's custom attribute that gets the answer. */
  name: string;
  /** By default `text`. */
  type?: "name" | "email" | "phone" | "text" | "text_area" | "number" | "link" | "date" | "select" | "checkbox";
  label?: string;
  placeholder?: string;
  default?: string;
  required?: boolean;
  /** A regular expression that the whole answer has to match. */
  pattern?: string;
  /** The error text for an answer that does not match. */
  pattern_error?: string;
  /** The choices of a `select`. */
  options?: readonly NatterOption[];
}

/** The pre-chat form, which is shown before the first message. */
export interface NatterForm {
  /** The text above the form; by default the widget's own. */
  text?: string;
  fields?: readonly NatterField[];
  /** A text in Markdown that the visitor has to agree to. When `version` changes, every visitor is asked again. */
  consent?: { text: string; version?: string };
}

/** A prompt (proactive message), which is shown over the launcher before the visitor opens the chat. */
export interface NatterPrompt {
  text: string;
  /** The id by which a dismissal is stored on the device; by default the text. */
  id?: string;
  /** A pattern for the page's URL, in which `*` stands for any text; by default every page. */
  url?: string;
  /** The seconds on that page before it is shown; by default 10. */
  seconds?: number;
  /** The hours at which it is shown, 0 to 24, on the visitor's clock. */
  hours?: readonly [from: number, to: number];
  /** The days of the week on which it is shown, on the visitor's clock; 0 is Sunday. */
  days?: readonly number[];
}

/** A boolean setting. As an attribute it is on when it is present, unless its value is `false`. */
export type NatterSwitch = boolean | "" | "true" | "false";

/** All settings, with their names in `window.natterSettings` and in a script's `dataset`. As attributes, objects and lists
 *  are JSON. */
export interface NatterSettings {
  /** The http or https URL of the Chatwoot server. */
  baseUrl: string;
  /** The API inbox's identifier, from its settings page in Chatwoot. It is not secret. */
  inboxIdentifier: string;
  /** The chat's name for `natter.get(name)`, where a page has several chats. */
  name?: string;
  /** When the chat is loaded; by default `intent`. */
  load?: "now" | "idle" | "intent" | "manual";
  /** Nothing is shown, loaded or stored before `consent()`. */
  needsConsent?: NatterSwitch;
  /** `inline` for a chat in the page's layout; by default it floats over the page. */
  mode?: "inline";
  /** A BCP 47 tag; by default the page's language, else the browser's. */
  language?: string;
  /** The languages that the visitor can choose from: tags separated by spaces, or `all`. */
  languages?: string | readonly string[];
  /** The side of the page; by default the end of a line in its writing direction. */
  position?: "left" | "right";
  /** A CSS selector of elements that the launcher must not overlap. */
  avoid?: string;
  /** `host` for the page's `color-scheme`; by default the visitor's preference. */
  theme?: "light" | "dark" | "host";
  /** The visitor can choose between light and dark. */
  themeChoice?: NatterSwitch;
  /** The team in the panel's header. */
  team?: string | readonly NatterPerson[];
  /** How soon the team usually replies. */
  replyTime?: "minutes" | "hours" | "day";
  /** The pre-chat form. */
  form?: string | NatterForm;
  /** Prompts (proactive messages). */
  prompts?: string | readonly NatterPrompt[];
  /** Agents see the URL of the page on which a conversation began, without its query, the referrer, and the visitor's
   *  language. */
  pageContext?: NatterSwitch;
  /** Visitors can turn on notifications of the browser. */
  notifications?: NatterSwitch;
  /** `off`: no sound until the visitor turns it on. */
  sound?: "on" | "off";
  /** `false`: a resolved conversation takes no more messages, and a new one is offered. */
  allowMessagesAfterResolved?: NatterSwitch;
  /** Days without a visit after which the visitor is forgotten on the device; by default, and for 0, never. */
  retentionDays?: number | string;
  /** The panel's link when the chat can't be loaded or can't connect: an https, http, mailto or tel URL. */
  fallbackUrl?: string;
}

// ---- Users and attributes ----

/** Custom attributes, which agents see, by name. */
export type NatterAttributes = Record<string, string | number | boolean | null>;

/** The visitor as the page knows them. Without `identifier_hash`, the identifier, the e-mail address and the phone number
 *  become custom attributes, and identify nobody. */
export interface NatterUser {
  /** The site's id of the user. */
  identifier?: string | number;
  /** HMAC-SHA256 of the identifier under the inbox's HMAC token, in hex. The site's server computes it. */
  identifier_hash?: string;
  name?: string;
  email?: string;
  /** With the country code, such as +4934112345. */
  phone_number?: string;
  avatar_url?: string;
  /** As `setCustomAttributes` takes them. */
  custom_attributes?: NatterAttributes;
}

// ---- Events ----

/** A field of every event: the version of its format. Within a version fields are added, but none changes its meaning. */
export interface NatterDetail {
  readonly v: 1;
}

/** A new message: an agent's when it arrives, or the visitor's own once the server has it. */
export interface NatterMessage extends NatterDetail {
  readonly id: number;
  /** The conversation's id, as agents see it. */
  readonly conversation: number | null;
  /** `inbox` for automatic messages, such as a greeting. */
  readonly from: "visitor" | "agent" | "bot" | "inbox";
  /** The name of the agent or bot; else empty. */
  readonly name: string;
  /** The text; an agent's is Markdown. */
  readonly text: string;
  /** The number of its attachments. */
  readonly files: number;
  /** The Unix time in seconds. */
  readonly at: number;
}

/** The number of unread messages has changed. */
export interface NatterUnread extends NatterDetail {
  readonly count: number;
}

/** A conversation was created. */
export interface NatterConversationStarted extends NatterDetail {
  readonly conversation: number;
}

/** The conversation's status has changed. */
export interface NatterStatus extends NatterDetail {
  readonly conversation: number;
  readonly status: "open" | "resolved" | "pending" | "snoozed";
}

/** An agent has started or stopped typing. */
export interface NatterTyping extends NatterDetail {
  readonly isTyping: boolean;
  readonly name: string;
}

/** Connection problems; the README has remedies ("When it does not connect"). */
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

/** The connection problem has changed; `null` when there is none. */
export interface NatterConnection extends NatterDetail {
  readonly trouble: NatterTrouble | null;
}

/** The visitor has clicked a postback button of a message. */
export interface NatterPostback extends NatterDetail {
  /** The message's id. */
  readonly message: number;
  readonly title: string;
  readonly value: string;
}

/** An error, for the page's developer. `load-failed`: the chat can't be loaded. `storage-unavailable`: the device stores
 *  nothing more, and a reload loses unsent messages. `unsent-dropped`: the page has set another user, and messages of the
 *  former one could not be sent. */
export interface NatterError extends NatterDetail {
  readonly name: NatterTrouble | "load-failed" | "storage-unavailable" | "unsent-dropped";
}

/** The events of the element. They don't bubble, and their `detail` is frozen. */
export interface NatterEventMap {
  /** The chat has started. */
  "natter-ready": CustomEvent<NatterDetail>;
  /** The panel was opened. */
  "natter-opened": CustomEvent<NatterDetail>;
  /** The panel was closed. */
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

/** The name of an event for `on` and `off`. */
export type NatterEventName = keyof NatterEventMap extends `natter-${infer Name}` ? Name : never;

/** A listener for the event with this name. */
export type NatterListener<Name extends NatterEventName> = (event: NatterEventMap[`natter-${Name}`]) => void;

// ---- The element ----

/** `<natter-chat>`. Each setting is a property: reading it returns the attribute, and `null` removes the attribute. Calls
 *  are queued until the chat has started. */
export interface NatterChat extends HTMLElement {
  /** The URL of the Chatwoot server. Changing it ends the chat and starts another. */
  baseUrl: string | null;
  /** The API inbox's identifier. Changing it ends the chat and starts another. */
  inboxIdentifier: string | null;
  /** The name for `get`. */
  name: string | null;
  /** When it is loaded: `now`, `idle`, `intent` or `manual`. */
  load: string | null;
  /** Whether nothing is shown, loaded or stored before `consent()`. */
  get needsConsent(): string | null;
  set needsConsent(value: boolean | string | null);
  /** `inline`, or null for a floating chat. */
  mode: string | null;
  /** A BCP 47 tag. */
  language: string | null;
  /** The languages that the visitor can choose from. */
  get languages(): string | null;
  set languages(value: string | readonly string[] | null);
  /** `left` or `right`. */
  position: string | null;
  /** A CSS selector of elements that the launcher must not overlap. */
  avoid: string | null;
  /** `light`, `dark` or `host`. */
  theme: string | null;
  /** Whether the visitor can choose between light and dark. */
  get themeChoice(): string | null;
  set themeChoice(value: boolean | string | null);
  /** The team in the panel's header, as JSON. */
  get team(): string | null;
  set team(value: string | readonly NatterPerson[] | null);
  /** `minutes`, `hours` or `day`. */
  replyTime: string | null;
  /** The pre-chat form, as JSON. */
  get form(): string | null;
  set form(value: string | NatterForm | null);
  /** Prompts (proactive messages), as JSON. */
  get prompts(): string | null;
  set prompts(value: string | readonly NatterPrompt[] | null);
  /** Whether agents see on which page a conversation began. */
  get pageContext(): string | null;
  set pageContext(value: boolean | string | null);
  /** Whether visitors can turn on notifications of the browser. */
  get notifications(): string | null;
  set notifications(value: boolean | string | null);
  /** `on` or `off`. */
  sound: string | null;
  /** Whether a resolved conversation takes more messages. */
  get allowMessagesAfterResolved(): string | null;
  set allowMessagesAfterResolved(value: boolean | string | null);
  /** Days without a visit after which the visitor is forgotten on the device. */
  get retentionDays(): string | null;
  set retentionDays(value: number | string | null);
  /** The panel's link when the chat can't be loaded or can't connect. */
  fallbackUrl: string | null;

  /** Whether the panel is open. */
  readonly isOpen: boolean;
  /** The number of unread messages has changed. */
  readonly unreadCount: number;

  /** Opens the panel, and loads the chat if necessary. */
  open(): void;
  /** Closes the panel; an inline chat stays open. */
  close(): void;
  /** Opens the panel, or closes it. */
  toggle(): void;
  /** Shows the launcher again. */
  show(): void;
  /** Closes the panel and hides the launcher. */
  hide(): void;
  /** Removes the chat from the page. Stored data stays on the device. */
  destroy(): void;

  /** Sets `language`. */
  setLocale(language: string | null): void;
  /** Sets `theme`. */
  setTheme(theme: "light" | "dark" | "host" | null): void;
  /** Sets `position`. */
  setPosition(position: "left" | "right" | null): void;

  /** The visitor has given consent, for which `needsConsent` waits. With `false` consent is withdrawn: the chat is hidden,
   *  and the visitor is forgotten on the device; resolves when that is done. */
  consent(isGiven?: boolean): Promise<void>;

  /** Identifies the visitor. Resolves when the chat has started and knows the user, which can be much later: don't delay the
   *  page for it. Rejects with a TypeError that names the mistake when the user is invalid. */
  setUser(user: NatterUser): Promise<void>;
  setUser(identifier: string, user: NatterUser): Promise<void>;
  /** Adds custom attributes to the contact. Resolves as `setUser` does. */
  setCustomAttributes(attributes: NatterAttributes): Promise<void>;
  /** Empties a custom attribute of the contact; the server can't remove it. Resolves as `setUser` does. */
  deleteCustomAttribute(name: string): Promise<void>;
  /** Sets custom attributes of the next conversation; an existing one is not changed. Resolves as `setUser` does. */
  setConversationCustomAttributes(attributes: NatterAttributes): Promise<void>;
  /** Replaces the text in the composer. Resolves as `setUser` does. */
  prefill(text: string): Promise<void>;

  /** Sends a message for the visitor, and loads the chat for it; the panel stays closed or open. Resolves when the chat has
   *  accepted it; the event `message` follows when the server has it. With `needsConsent` it waits for consent. Rejects when
   *  consent is withdrawn or the chat can't be loaded; the message is then not sent later. */
  send(text: string): Promise<void>;
  /** For a logout: forgets the visitor on this device, and the user and attributes that the page has set. Resolves when it
   *  is done. */
  reset(): Promise<void>;
  /** Forgets the visitor on this device and in all tabs, and the user and attributes that the page has set. The server keeps
   *  the conversation. Resolves when it is done. */
  forget(): Promise<void>;
  /** A diagnostics report: the chat's state and the events before it, with all texts redacted. An empty object when no chat
   *  runs. */
  diagnostics(): Promise<Record<string, unknown>>;
  /** The Content-Security-Policy that the page needs for this chat. `media` are further origins of pictures and files. */
  csp(more?: { media?: readonly string[] }): Promise<string>;

  /** Adds a listener for an event, by its name without `natter-`. */
  on<Name extends NatterEventName>(name: Name, listener: NatterListener<Name>): void;
  /** Removes a listener. */
  off<Name extends NatterEventName>(name: Name, listener: NatterListener<Name>): void;

  /** The chat with this name on the page. */
  get(name: string): NatterChat | null;
  /** Performs a call in the form of a list: a method's name and its arguments. */
  push(call: NatterCall): unknown;
}

/** A call in the form of a list, for `window.natter` before and after the script has run. */
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

// ---- The npm package ----

/** Settings, and the URL of the files. */
export interface NatterLoadOptions extends NatterSettings {
  /** The URL of the folder with embed.js. */
  assets: string;
}

/** Inserts embed.js into the page once, and a chat with these settings, to which it resolves. Called again with the same
 *  `name`, or again without one, it returns the same chat with the new settings, until that is destroyed. Rejects if
 *  embed.js can't be loaded. */
export function load(options: NatterLoadOptions): Promise<NatterChat>;
/** Only defines `<natter-chat>`, for pages whose HTML contains the element. */
export function load(options: { assets: string }): Promise<void>;

declare global {
  interface HTMLElementTagNameMap {
    "natter-chat": NatterChat;
  }

  interface HTMLElementEventMap extends NatterEventMap {}

  interface Window {
    /** The page's first chat; before the script has run, a list of calls, which are performed then. Both have `push`:
     *  `(window.natter ||= []).push(["open"])`. */
    natter?: NatterChat | NatterCall[];
    /** The settings of the chat that the script tag creates; its `data-` attributes take precedence. */
    natterSettings?: Partial<NatterSettings>;
  }
}
