// The sandbox's agent page. Every node is built here from text: nothing a visitor wrote is ever read as HTML.
const byId = (id) => document.getElementById(id);
const state = { agents: [], me: null, conversations: new Map(), open: null, messages: new Map(), typing: null, replyTo: null };

function make(tag, text, name) {
  const node = document.createElement(tag);
  if (text !== undefined && text !== null) node.textContent = text;
  if (name) node.className = name;
  return node;
}

async function call(method, path, body) {
  const headers = { api_access_token: state.me.access_token };
  if (body && !(body instanceof FormData)) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method, headers, body: body && !(body instanceof FormData) ? JSON.stringify(body) : body });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : null;
  if (!response.ok) throw new Error(answer?.error ?? answer?.message ?? `The sandbox answered ${response.status}.`);
  return answer;
}
const account = (path) => `/api/v1/accounts/${state.me.account_id}${path}`;

async function loadConversations() {
  const known = new Map();
  for (let page = 1; page < 20; page += 1) {
    const { data } = await call("GET", account(`/conversations?status=all&page=${page}`));
    for (const row of data.payload) known.set(row.id, row);
    if (data.payload.length < 25) break;
  }
  state.conversations = known;
  paintList();
}

function keepConversation(pushed) {
  const old = state.conversations.get(pushed.id) ?? {};
  state.conversations.set(pushed.id, { ...old, ...pushed, last_non_activity_message: pushed.messages?.at(-1) ?? old.last_non_activity_message });
  paintList();
  if (state.open === pushed.id) paintAbout();
}

function paintList() {
  const wanted = byId("filter").value;
  const rows = [...state.conversations.values()]
    .filter((row) => wanted === "all" || row.status === wanted)
    .sort((a, b) => b.last_activity_at - a.last_activity_at || b.id - a.id);
  byId("no-conversations").hidden = rows.length > 0;
  byId("conversations").replaceChildren(...rows.map((row) => {
    const item = make("li");
    const button = make("button");
    button.type = "button";
    button.dataset.conversation = row.id;
    button.setAttribute("aria-current", String(row.id === state.open));
    const name = make("span", `${row.meta?.sender?.name || "Visitor"} · #${row.id} · ${row.status}`);
    if (row.unread_count > 0) name.append(" ", make("span", `${row.unread_count} new`, "unread"));
    button.append(name, make("span", row.last_non_activity_message?.content ?? "No message yet", "last"));
    button.addEventListener("click", () => open(row.id));
    item.append(button);
    return item;
  }));
}

async function open(id) {
  state.open = id;
  replyTo(null);
  state.messages = new Map();
  byId("conversation").hidden = false;
  byId("nothing").hidden = true;
  byId("typing").textContent = "";
  paintList();
  paintAbout();
  let before = "";
  for (let page = 0; page < 25; page += 1) {
    const { payload } = await call("GET", account(`/conversations/${id}/messages${before}`));
    if (state.open !== id) return;
    for (const message of payload) state.messages.set(message.id, message);
    if (payload.length < 20) break;
    before = `?before=${payload[0].id}`;
  }
  paintThread();
  seen(id);
}

async function seen(id) {
  keepConversation(await call("POST", account(`/conversations/${id}/update_last_seen`), {}));
}

function paintAbout() {
  const row = state.conversations.get(state.open);
  if (!row) return;
  byId("who").textContent = row.meta?.sender?.name || "Visitor";
  const assignee = row.meta?.assignee?.name;
  const read = row.contact_last_seen_at ? ` · seen ${clock(row.contact_last_seen_at)}` : "";
  byId("state").textContent = `${row.status}${assignee ? ` · ${assignee}` : ""}${read}`;
  byId("resolve").textContent = row.status === "resolved" ? "Reopen" : "Resolve";
  const sender = row.meta?.sender ?? {};
  const told = Object.entries({ "E-mail": sender.email, Phone: sender.phone_number, Identifier: sender.identifier }).filter(([, value]) => value);
  const said = (of, attributes) => Object.entries(attributes ?? {}).map(([name, value]) => [`${of}: ${name}`, typeof value === "string" ? value : JSON.stringify(value)]);
  const all = [...told, ...said("contact", sender.custom_attributes), ...said("conversation", row.custom_attributes)];
  byId("attribute-list").replaceChildren(...all.flatMap(([name, value]) => [make("dt", name), make("dd", value)]));
  byId("attributes").hidden = all.length === 0;
}

function replyTo(message) {
  state.replyTo = message;
  byId("replying").hidden = !message;
  byId("replying-to").textContent = message ? `In reply to: ${message.content || `message ${message.id}`}` : "";
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function paintThread() {
  const thread = byId("thread");
  const rows = [...state.messages.values()].sort((a, b) => a.id - b.id).map(paintMessage);
  thread.replaceChildren(...rows);
  thread.scrollTop = thread.scrollHeight;
}

function paintMessage(message) {
  const kind = ["in", "out", "activity", "template"][message.message_type];
  const item = make("li", null, message.private ? `${kind} note` : kind);
  item.dataset.message = message.id;
  item.append(make("span", message.content ?? ""));
  for (const part of attributes(message)) item.append(part);
  for (const file of message.attachments ?? []) item.append(attachment(file));
  if (kind === "activity") return item;
  const who = message.sender?.name ?? "The inbox";
  const small = make("small", `${who} · ${clock(message.created_at)}${message.private ? " · private note" : ""}${kind === "out" ? ` · ${message.status}` : ""} `);
  if (!message.content_attributes?.deleted) {
    const remove = make("button", "Delete");
    remove.type = "button";
    const reply = make("button", "Reply");
    reply.type = "button";
    reply.addEventListener("click", () => { replyTo(message); byId("text").focus(); });
    small.append(reply, " ");
    remove.addEventListener("click", () => attempt(() => call("DELETE", account(`/conversations/${state.open}/messages/${message.id}`))));
    small.append(remove);
  }
  item.append(small);
  return item;
}

function attributes(message) {
  const { items, submitted_values: submitted, external_error: error, in_reply_to: repliedTo } = message.content_attributes ?? {};
  const parts = [];
  if (repliedTo) parts.push(make("small", `In reply to: ${state.messages.get(repliedTo)?.content ?? `message ${repliedTo}`}`));
  if (Array.isArray(items)) {
    const list = make("ul");
    for (const item of items) {
      const words = [item.title ?? item.label ?? item.name, item.description, item.link].filter(Boolean).join(" – ");
      const actions = (item.actions ?? []).map((action) => `[${action.text}]`).join(" ");
      list.append(make("li", `${words} ${actions}`.trim()));
    }
    parts.push(list);
  }
  if (submitted !== undefined && submitted !== null) parts.push(make("small", `Answer: ${describe(submitted)}`));
  if (error) parts.push(make("small", `Callback failed: ${error}`));
  return parts;
}

function describe(submitted) {
  const survey = submitted.csat_survey_response;
  if (survey) return `${"★".repeat(Math.min(5, Math.max(0, Number(survey.rating) || 0)))} ${survey.feedback_message ?? ""}`.trim();
  const list = Array.isArray(submitted) ? submitted : [submitted];
  return list.map((one) => [one.name, one.value ?? one.title].filter(Boolean).join(": ")).join(", ") || "(empty)";
}

function attachment(file) {
  if (file.file_type === "image") {
    const picture = make("img");
    picture.src = file.data_url;
    picture.alt = "Attached picture";
    return picture;
  }
  if (file.file_type === "audio" || file.file_type === "video") {
    const player = make(file.file_type);
    player.controls = true;
    player.src = file.data_url;
    return player;
  }
  const link = make("a", `${decodeURIComponent(file.data_url.split("/").at(-1))} (${file.file_size} bytes)`);
  link.href = file.data_url;
  link.target = "_blank";
  link.rel = "noopener";
  return link;
}

// What each kind of message says when an agent just wants to see one.
const EXAMPLES = {
  input_select: { items: [{ title: "Sales", value: "sales" }, { title: "Support", value: "support" }] },
  form: { items: [{ name: "email", label: "E-mail", type: "email", placeholder: "you@example.com", required: "required" }, { name: "about", label: "What is it about?", type: "text_area" }] },
  cards: { items: [{ title: "Trail shoes", description: "Light and sturdy", media_url: "", actions: [{ type: "link", text: "View", uri: "https://example.com/" }, { type: "postback", text: "Put aside", payload: "HOLD" }] }] },
  voice_call: { data: { status: "ringing", call_direction: "outbound" } },
  article: { items: [{ title: "Sending something back", description: "Within thirty days", link: "https://example.com/help" }] },
};

async function attempt(deed, problem = "problem") {
  byId(problem).textContent = "";
  try { return await deed(); } catch (error) { byId(problem).textContent = error.message; return undefined; }
}

async function send() {
  const [text, kind, files] = [byId("text").value, byId("kind").value, [...byId("files").files]];
  if (!text.trim() && !files.length && kind === "text") return;
  const isPrivate = byId("private").checked;
  let body = { content: text || "Please choose:", private: isPrivate, content_type: kind, content_attributes: EXAMPLES[kind] ?? {} };
  if (kind === "text") body = { content: text, private: isPrivate };
  if (state.replyTo) body.content_attributes = { ...body.content_attributes, in_reply_to: state.replyTo.id };
  if (files.length) {
    body = new FormData();
    if (text) body.append("content", text);
    body.append("private", String(isPrivate));
    if (state.replyTo) body.append("content_attributes", JSON.stringify({ in_reply_to: state.replyTo.id }));
    for (const file of files) body.append("attachments[]", file);
  }
  const sent = await attempt(() => call("POST", account(`/conversations/${state.open}/messages`), body));
  if (!sent) return;
  byId("text").value = "";
  byId("files").value = "";
  byId("kind").value = "text";
  replyTo(null);
  typing("off");
}

let isTyping = false;
let typingEnds;
function typing(status) {
  clearTimeout(typingEnds);
  if (status === "on") typingEnds = setTimeout(() => typing("off"), 4000);
  if (isTyping === (status === "on") || !state.open) return;
  isTyping = status === "on";
  const path = account(`/conversations/${state.open}/toggle_typing_status`);
  attempt(() => call("POST", path, { typing_status: status, is_private: byId("private").checked }));
}

// The cable: one socket at a time; a number makes news of an old one harmless.
let socketNumber = 0;
let presence;
function connect() {
  const number = (socketNumber += 1);
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/cable`, ["actioncable-v1-json", "actioncable-unsupported"]);
  const identifier = JSON.stringify({ channel: "RoomChannel", pubsub_token: state.me.pubsub_token, account_id: state.me.account_id, user_id: state.me.id });
  socket.addEventListener("message", ({ data }) => {
    if (number !== socketNumber) return;
    const frame = JSON.parse(data);
    if (frame.type === "welcome") socket.send(JSON.stringify({ command: "subscribe", identifier }));
    if (frame.type === "confirm_subscription") {
      link("live", true);
      clearInterval(presence);
      presence = setInterval(() => socket.readyState === 1 && socket.send(JSON.stringify({ command: "message", identifier, data: JSON.stringify({ action: "update_presence" }) })), 10000);
      // Nothing is replayed after a gap: what was missed is read anew.
      attempt(async () => { await loadConversations(); if (state.open) await open(state.open); });
    }
    if (frame.message?.event) hear(frame.message.event, frame.message.data);
  });
  socket.addEventListener("close", () => {
    if (number !== socketNumber) return;
    link("not connected, trying again…", false);
    clearInterval(presence);
    setTimeout(() => number === socketNumber && connect(), 1000);
  });
}

function link(text, isUp) {
  byId("link").textContent = text;
  byId("link").className = isUp ? "" : "down";
}

function hear(event, data) {
  switch (event) {
    case "message.created":
    case "message.updated": {
      const row = state.conversations.get(data.conversation_id);
      if (row) keepConversation({ ...row, last_activity_at: data.conversation.last_activity_at, unread_count: data.conversation.unread_count,
        messages: data.message_type === 2 ? row.messages : [data] });
      if (data.conversation_id === state.open) {
        state.messages.set(data.id, data);
        paintThread();
        if (event === "message.created" && data.message_type === 0) {
          byId("typing").textContent = "";
          if (document.visibilityState === "visible") seen(state.open);
        }
      }
      break;
    }
    case "conversation.created":
    case "conversation.updated":
    case "conversation.status_changed":
    case "conversation.read":
    case "assignee.changed":
      keepConversation(data);
      break;
    case "contact.updated":
      for (const row of state.conversations.values()) {
        if (row.meta?.sender?.id === data.id) keepConversation({ ...row, meta: { ...row.meta, sender: { ...row.meta.sender, ...data } }, messages: undefined });
      }
      break;
    case "conversation.typing_on":
      if (data.conversation.id === state.open) byId("typing").textContent = `${data.user.name} is typing…`;
      break;
    case "conversation.typing_off":
      if (data.conversation.id === state.open) byId("typing").textContent = "";
      break;
    default:
  }
}

async function paintSettings() {
  byId("access-token").textContent = state.me.access_token;
  const { payload } = await call("GET", account("/inboxes"));
  byId("inboxes").replaceChildren(...payload.map((inbox) => {
    const item = make("li");
    item.append(make("strong", inbox.name), make("div", "Identifier "), make("div", "HMAC key "), make("div", `Callback URL ${inbox.webhook_url ?? "none"}`));
    item.children[1].append(make("code", inbox.inbox_identifier));
    item.children[2].append(make("code", inbox.hmac_token ?? "administrators only"));
    const bubble = make("a", "Its bubble in the playground");
    const chosen = new URLSearchParams({ "base-url": location.origin, "inbox-identifier": inbox.inbox_identifier });
    Object.assign(bubble, { href: `/sandbox/playground#${chosen}`, target: "_blank" });
    item.append(bubble);
    if (inbox.hmac_token) item.append(editor(inbox));
    return item;
  }));
  byId("inbox-agents").replaceChildren(...state.agents.map((person) => {
    const label = make("label");
    const box = make("input");
    box.type = "checkbox";
    box.checked = true;
    box.value = person.id;
    label.append(box, ` ${person.name}`);
    return label;
  }));
}

// A day's hours, or Chatwoot's own where it has none.
const timesOf = (day) => (day.open_hour === null ? [9, 0, 17, 0] : [day.open_hour, day.open_minutes, day.close_hour, day.close_minutes]);
const span = (day) => timesOf(day).map((number) => String(number).padStart(2, "0")).join(":").replace(/^(..:..):/, "$1 to ");

// What an administrator may change of an inbox: greeting, hours, survey.
function editor(inbox) {
  const form = make("form", null, "inbox-editor");
  const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
  const field = (words, input) => { const label = make("label", `${words} `); label.append(input); form.append(label); return input; };
  const text = (value) => { const input = make("input"); input.value = value ?? ""; return input; };
  const box = (value) => { const input = make("input"); input.type = "checkbox"; input.checked = value; return input; };
  const pick = (value, words) => { const input = make("select"); input.append(...words.map((word) => make("option", word))); input.value = value; return input; };
  const greeting = field("Greeting", text(inbox.greeting_message));
  const hasHours = field("Working hours", box(inbox.working_hours_enabled));
  const note = field("Out-of-office note", text(inbox.out_of_office_message));
  const hours = inbox.working_hours.map((day) => field(days[day.day_of_week], pick(day.open_all_day ? "open" : day.closed_all_day ? "closed" : span(day), ["open", span(day), "closed"])));
  const hasSurvey = field("Ask for a rating", box(inbox.csat_survey_enabled));
  const question = field("Its question (4.16)", text(inbox.csat_config?.message));
  const display = field("Shown as (4.16)", pick(inbox.csat_config?.display_type ?? "emoji", ["emoji", "star"]));
  const save = make("button", "Save");
  save.type = "submit";
  form.append(save);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const week = inbox.working_hours.map((day, index) => {
      const word = hours[index].value;
      const times = word === "closed" || word === "open" ? [null, null, null, null] : timesOf(day);
      const [open_hour, open_minutes, close_hour, close_minutes] = times;
      return { day_of_week: day.day_of_week, closed_all_day: word === "closed", open_all_day: word === "open", open_hour, open_minutes, close_hour, close_minutes };
    });
    const edit = { greeting_enabled: greeting.value !== "", greeting_message: greeting.value, working_hours_enabled: hasHours.checked, working_hours: week,
      out_of_office_message: note.value, csat_survey_enabled: hasSurvey.checked, csat_config: { ...inbox.csat_config, message: question.value, display_type: display.value } };
    attempt(async () => { await call("PATCH", account(`/inboxes/${inbox.id}`), edit); await paintSettings(); }, "inbox-problem");
  });
  return form;
}

async function createInbox() {
  const agents = [...document.querySelectorAll("#inbox-agents input:checked")].map((box) => Number(box.value));
  const channel = { type: "api", webhook_url: byId("inbox-callback").value };
  const made = await attempt(() => call("POST", account("/inboxes"), { name: byId("inbox-name").value, channel, agents }), "inbox-problem");
  if (!made) return;
  byId("new-inbox").reset();
  await paintSettings();
}

async function become(person) {
  state.me = person;
  state.open = null;
  byId("conversation").hidden = true;
  byId("nothing").hidden = false;
  const profile = await call("GET", "/api/v1/profile");
  byId("availability").value = profile.accounts[0].availability;
  connect();
}

byId("filter").addEventListener("change", paintList);
byId("person").addEventListener("change", (event) => become(state.agents.find((person) => String(person.id) === event.target.value)));
byId("availability").addEventListener("change", (event) => attempt(() => call("POST", "/api/v1/profile/availability", { profile: { availability: event.target.value } })));
byId("resolve").addEventListener("click", () => attempt(() => call("POST", account(`/conversations/${state.open}/toggle_status`), { status: state.conversations.get(state.open).status === "resolved" ? "open" : "resolved" })));
byId("snooze").addEventListener("change", (event) => {
  const until = Math.floor(Date.now() / 1000) + Number(event.target.value);
  event.target.value = "";
  attempt(() => call("POST", account(`/conversations/${state.open}/toggle_status`), { status: "snoozed", snoozed_until: until }));
});
byId("replying-end").addEventListener("click", () => replyTo(null));
byId("reply").addEventListener("submit", (event) => { event.preventDefault(); send(); });
byId("text").addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); } });
byId("text").addEventListener("input", () => typing(byId("text").value ? "on" : "off"));
byId("settings-open").addEventListener("click", () => attempt(async () => { await paintSettings(); byId("settings").showModal(); }));
byId("settings-close").addEventListener("click", () => byId("settings").close());
byId("new-inbox").addEventListener("submit", (event) => { event.preventDefault(); createInbox(); });

state.agents = await (await fetch("/sandbox/people")).json();
byId("person").replaceChildren(...state.agents.map((person) => { const option = make("option", person.name); option.value = person.id; return option; }));
await become(state.agents[0]);
