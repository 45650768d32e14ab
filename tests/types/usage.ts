// Uses of the whole API in TypeScript. All are valid except those marked as expected errors.

import { load } from "natter-chat";
import type {
  NatterCall,
  NatterChat,
  NatterDetail,
  NatterEventMap,
  NatterEventName,
  NatterForm,
  NatterListener,
  NatterPrompt,
  NatterSettings,
  NatterTrouble,
  NatterUser,
} from "natter-chat";

/** Whether two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_Truth extends true>(): void => {};

// ---- Settings ----

const form: NatterForm = {
  text: "Who is there?",
  fields: [
    { name: "full_name", type: "name", required: true },
    { name: "mail", type: "email", placeholder: "you@example.test", pattern: ".+@.+", pattern_error: "An address" },
    { name: "phone", type: "phone" },
    { name: "why", type: "text_area", default: "A repair" },
    { name: "order", type: "number" },
    { name: "page", type: "link" },
    { name: "since", type: "date" },
    { name: "size", type: "select", label: "Frame size", options: [{ label: "54", value: "54" }, { label: "56" }] },
    { name: "news", type: "checkbox" },
    { name: "anything" },
  ],
  consent: { version: "1", text: "I have read [how you handle this](https://your.site/privacy)" },
};
const prompts: readonly NatterPrompt[] = [
  { id: "help", text: "May we help you choose?", url: "*/bikes*", seconds: 20, days: [1, 2, 3, 4, 5], hours: [9, 17] },
  { text: "Hello" },
];
const settings: NatterSettings = {
  baseUrl: "https://chat.your.site",
  inboxIdentifier: "abc",
  name: "sales",
  load: "idle",
  needsConsent: true,
  mode: "inline",
  language: "pt-BR",
  languages: ["en", "de"],
  position: "left",
  avoid: "#cookies, .to-top",
  theme: "host",
  themeChoice: "",
  team: ["Ana", { name: "Ben", avatar: "https://your.site/ben.jpg" }],
  replyTime: "minutes",
  form,
  prompts,
  pageContext: "true",
  notifications: true,
  sound: "off",
  allowMessagesAfterResolved: false,
  retentionDays: 90,
  fallbackUrl: "mailto:hello@your.site",
};
window.natterSettings = settings;
window.natterSettings = { languages: "all", team: "[\"Ana\"]", retentionDays: "90", needsConsent: "false" };

// @ts-expect-error no such value of load
window.natterSettings = { load: "soon" };
// @ts-expect-error no such setting
window.natterSettings = { hmacToken: "…" };
// @ts-expect-error a field needs a name
const nameless: NatterForm = { fields: [{ type: "email" }] };
// @ts-expect-error hours are a pair
const timeless: NatterPrompt = { text: "Hello", hours: [9] };

// ---- Before the script has run ----

(window.natter ||= []).push(["setUser", { identifier: "42", identifier_hash: "93c1…", name: "Ana" }]);
(window.natter ||= []).push(["setUser", "42", { identifier_hash: "93c1…" }]);
(window.natter ||= []).push(["on", "message", (event: NatterEventMap["natter-message"]) => event.detail.text]);
const calls: NatterCall[] = [
  ["open"],
  ["close"],
  ["toggle"],
  ["show"],
  ["hide"],
  ["destroy"],
  ["reset"],
  ["forget"],
  ["diagnostics"],
  ["csp"],
  ["csp", { media: ["https://files.your.site"] }],
  ["consent"],
  ["consent", false],
  ["setLocale", "de"],
  ["setTheme", "dark"],
  ["setPosition", null],
  ["setUser", { identifier: 42 }],
  ["setCustomAttributes", { plan: "team" }],
  ["setConversationCustomAttributes", { order: 7 }],
  ["deleteCustomAttribute", "plan"],
  ["prefill", "My order is "],
  ["send", "Hello"],
  ["off", "ready", () => {}],
];
window.natter = calls;
// @ts-expect-error no such method
(window.natter ||= []).push(["sing"]);
// @ts-expect-error a text is wanted
(window.natter ||= []).push(["send", 7]);
// @ts-expect-error natter may be a list before the script has run
window.natter?.open();

// ---- The package ----

const chat: NatterChat = await load({ assets: "/natter/", ...settings });
await load({ assets: "/natter/" });
// @ts-expect-error assets is required
await load(settings);
// @ts-expect-error without an inbox it resolves to undefined
const nobody: NatterChat = await load({ assets: "/natter/" });

// ---- The element ----

is<Same<HTMLElementTagNameMap["natter-chat"], NatterChat>>();
const made: NatterChat = document.createElement("natter-chat");
const found: NatterChat | null = document.querySelector("natter-chat");
const named: NatterChat | null = chat.get("sales");
document.body.append(made, ...(found ? [found] : []), ...(named ? [named] : []));

for (const word of [
  "baseUrl",
  "inboxIdentifier",
  "name",
  "load",
  "mode",
  "language",
  "position",
  "avoid",
  "theme",
  "replyTime",
  "sound",
  "fallbackUrl",
] as const) {
  const before: string | null = chat[word];
  chat[word] = before;
  chat[word] = null;
}
for (const word of [
  "needsConsent",
  "themeChoice",
  "pageContext",
  "notifications",
  "allowMessagesAfterResolved",
] as const) {
  const before: string | null = chat[word];
  chat[word] = before;
  chat[word] = true;
}
for (const word of ["languages", "team", "form", "prompts", "retentionDays"] as const) {
  const json: string | null = chat[word];
  chat[word] = json;
}
chat.languages = ["en", "de"];
chat.team = ["Ana"];
chat.form = form;
chat.prompts = prompts;
chat.retentionDays = 30;
is<Same<typeof chat.isOpen, boolean>>();
is<Same<typeof chat.unreadCount, number>>();
// Every setting is a property.
is<Same<Exclude<keyof NatterSettings, keyof NatterChat>, never>>();
// @ts-expect-error languages is a list
chat.languages = 2;
// @ts-expect-error isOpen is read-only
chat.isOpen = true;
// @ts-expect-error there is no such setting
chat.colour = "red";

// ---- Methods ----

chat.open();
chat.close();
chat.toggle();
chat.show();
chat.hide();
chat.destroy();
chat.setLocale("de");
chat.setLocale(null);
chat.setTheme("host");
chat.setTheme(null);
chat.setPosition("left");
chat.setPosition(null);
const user: NatterUser = {
  identifier: "42",
  identifier_hash: "93c1…",
  name: "Ana",
  email: "ana@example.test",
  phone_number: "+4934112345",
  avatar_url: "https://your.site/ana.jpg",
  custom_attributes: { plan: "team", seats: 3, trial: false, until: null },
};
const done: Promise<void>[] = [
  chat.consent(),
  chat.consent(false),
  chat.setUser(user),
  chat.setUser("42", user),
  chat.setCustomAttributes({ plan: "team", seats: 2.5 }),
  chat.deleteCustomAttribute("plan"),
  chat.setConversationCustomAttributes({ order: 7 }),
  chat.prefill("My order is "),
  chat.send("Hello"),
  chat.reset(),
  chat.forget(),
];
await Promise.all(done);
const report: Record<string, unknown> = await chat.diagnostics();
const policy: string = await chat.csp({ media: ["https://files.your.site"] });
console.log(JSON.stringify(report), policy, await chat.csp());
chat.push(["open"]);
chat.push(["setUser", user]);

// @ts-expect-error a user is an object
chat.setUser("42", 7);
// @ts-expect-error a user is required
chat.setUser();
// @ts-expect-error a user is not a number
chat.setUser(7);
// @ts-expect-error the stock widget's name of a field
chat.setUser({ phone: "+4934112345" });
// @ts-expect-error a text is wanted
chat.send({ text: "Hello" });
// @ts-expect-error attributes are no objects
chat.setCustomAttributes({ plan: { name: "team" } });
// @ts-expect-error no such theme
chat.setTheme("auto");
// @ts-expect-error no such position
chat.setPosition("top");
// @ts-expect-error no method for labels
chat.setLabel("vip");

// ---- Events ----

const names: NatterEventName[] = [
  "ready",
  "opened",
  "closed",
  "message",
  "unread",
  "conversation-started",
  "status",
  "typing",
  "connection",
  "postback",
  "error",
];
is<Same<`natter-${NatterEventName}`, keyof NatterEventMap>>();
is<Same<NatterEventMap[keyof NatterEventMap] extends CustomEvent<NatterDetail> ? true : false, true>>();
for (const name of names) chat.addEventListener(`natter-${name}`, (event) => is<Same<typeof event.detail.v, 1>>());

chat.on("ready", ({ detail }) => is<Same<typeof detail, NatterDetail>>());
chat.on("opened", ({ detail }) => is<Same<typeof detail, NatterDetail>>());
chat.on("closed", ({ detail }) => is<Same<typeof detail, NatterDetail>>());
chat.on("message", ({ detail: { id, conversation, from, name, text, files, at } }) => {
  const when = new Date(at * 1000);
  const numbers: [number, number, number | null] = [id, files, conversation];
  is<Same<typeof from, "visitor" | "agent" | "bot" | "inbox">>();
  console.log(when.toISOString(), numbers, name.trim(), text.trim());
});
chat.on("unread", ({ detail: { count } }) => is<Same<typeof count, number>>());
chat.on("conversation-started", ({ detail: { conversation } }) => is<Same<typeof conversation, number>>());
chat.on("status", ({ detail: { conversation, status } }) => {
  is<Same<typeof conversation, number>>();
  is<Same<typeof status, "open" | "resolved" | "pending" | "snoozed">>();
});
chat.on("typing", ({ detail: { isTyping, name } }) => {
  is<Same<typeof isTyping, boolean>>();
  is<Same<typeof name, string>>();
});
chat.on("connection", ({ detail: { trouble } }) => is<Same<typeof trouble, NatterTrouble | null>>());
chat.on("postback", ({ detail: { message, title, value } }) => {
  is<Same<typeof message, number>>();
  is<Same<[typeof title, typeof value], [string, string]>>();
});
chat.on("error", ({ detail: { name } }) => is<Same<typeof name, NatterTrouble | "load-failed" | "storage-unavailable" | "unsent-dropped">>());
const heard: NatterListener<"unread"> = ({ detail }) => console.log(detail.count);
chat.on("unread", heard);
chat.off("unread", heard);
chat.addEventListener("natter-message", ({ detail }) => is<Same<typeof detail.text, string>>());

// @ts-expect-error no such event
chat.on("nonsense", () => {});
// @ts-expect-error `on` takes the name without `natter-`
chat.on("natter-message", () => {});
// @ts-expect-error a field of another event
chat.on("unread", ({ detail }) => detail.text);
// @ts-expect-error the detail is read-only
chat.on("unread", ({ detail }) => (detail.count = 0));
// @ts-expect-error a listener of another event
chat.off("message", heard);
