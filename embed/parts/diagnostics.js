// Redacts the core's event log, so that a diagnostics report may leave the page. A widget that replays the redacted events
// ends in the same state, but the report contains no text of the visitor's, the team's or the server's.
//
// Fields that are not listed here are removed. Text stays only where it is one of the protocol's own words; any other text
// is replaced by a stand-in: the same for the same text, of the same length, and like the text empty, blank, valid as an id,
// or the beginning of JSON. The lists have the fields that the core reads.

import { stringify } from "./page.js";

/** Fields whose text is the protocol's own: types, states, and echo ids. */
const PROTOCOL_TEXTS = setOf("type event status content_type file_type echo_id reason theme");
/** Fields whose numbers are ids, counts or times. */
const NUMBERS = setOf(
  "id conversation_id message_type created_at agent_last_seen_at contact_last_seen_at echo_id status " +
    "v at nth tries conversation conversations newest rating files file_size agreed_at " +
    "day_of_week open_hour open_minutes close_hour close_minutes",
);
/** Other fields: objects and lists are redacted in turn, texts replaced. */
const OTHERS = setOf(
  "message data deleted reconnect content content_attributes sender name available_name avatar_url thumbnail " +
    "messages attachments data_url thumb_url fallback_title items title value description media_url actions text uri " +
    "submitted_values csat_survey_response feedback_message in_reply_to payload meta contact " +
    "files survey answers label options " +
    "conversation user is_private source_id pubsub_token customer_identifier error creating posting failed refusal " +
    "agreed told silent notices timezone working_hours working_hours_enabled closed_all_day open_all_day users",
);
/** The form of the protocol's own words. */
const IS_PROTOCOL_TEXT = /^[\w.:-]{1,40}$/;
const IS_NUMBER = /^\d{1,16}$/;
/** What `session.rs` accepts as an id. */
const IS_ID = /^[\w-]{1,255}$/;
/** Names of stored records. */
const IS_RECORD = /^(session|introduction|preferences|send\/[\w-]{1,40}|answer\/\d{1,16})$/;
/** The types of the pre-chat form's answers. */
const FORM_TYPES = ["text", "number", "truth", "name"];
/** The fields of a survey's answers. */
const SURVEY = ["rating", "feedback_message"];
/** Messages between tabs, and their fields. */
const TAB_MESSAGES = setOf(
  "ping_leader leader stored cable_frame send_response retry_send send_unconfirmed discard_send open_conversation " +
    "read_history forget_visitor set_user set_attributes",
);
const TAB_FIELDS = setOf(
  "is_live is_failing key value echo status body generation is_succeeded mark is_proven fields user attributes target",
);
/** A message's id or echo id. */
const IS_MESSAGE_ID = /^([\da-f-]{36}|\d{1,16})$/;
const SPACE = /^\p{White_Space}+|\p{White_Space}+$/gu;

/** The report made from an event log (JSON), as an object. */
export function redact(log) {
  const [state, ...records] = JSON.parse(log);
  const standIns = new Map();
  // The names of the pre-chat form's fields, which the site chooses.
  const formFields = [...FORM_TYPES, "consent", ...(state.asks ?? "").split(" ").map((name) => name.replace(/^consent=|\*$/g, ""))];

  const replaceText = (text) => {
    const bare = text.replaceAll("\0", "").replace(SPACE, "");
    if (["", "null", "undefined"].includes(bare)) return text;
    if (!standIns.has(bare)) standIns.set(bare, (IS_ID.test(bare) ? "s" : "~") + standIns.size);
    const [before, after] = [/^\p{White_Space}*/u, /\p{White_Space}*$/u].map((space) => text.match(space)[0]);
    return before + standIns.get(bare).padEnd([...bare].length, "_") + after;
  };

  // Users are numbered.
  const users = ["0"];
  const user = (mark) => {
    if (!users.includes(String(mark))) users.push(String(mark));
    return users.indexOf(String(mark));
  };

  const value = (name, it) => {
    if (Array.isArray(it)) return it.map((item) => value(name, item));
    if (name === "users") return Object.fromEntries(Object.entries(it ?? {}).filter(([id, is]) => IS_NUMBER.test(id) && IS_PROTOCOL_TEXT.test(is)));
    if (typeof it === "string") {
      if (["answers", "agreed"].includes(name) && formFields.includes(it)) return it;
      const isKept = (PROTOCOL_TEXTS.has(name) && IS_PROTOCOL_TEXT.test(it)) || (NUMBERS.has(name) && IS_NUMBER.test(it));
      return isKept ? it : replaceText(it);
    }
    if (name === "user" && typeof it === "number") return user(it);
    if (typeof it === "number") return NUMBERS.has(name) ? it : 0;
    if (typeof it !== "object" || it === null) return it;
    const known = Object.entries(it).filter(([key]) => PROTOCOL_TEXTS.has(key) || NUMBERS.has(key) || OTHERS.has(key));
    return Object.fromEntries(known.map(([key, below]) => [key, value(key, below)]));
  };

  // The core reads a page of messages only up to their end, so the logged body lacks its last brace.
  const json = (text) => {
    const opening = text.trimStart()[0];
    if (opening !== "{" && opening !== "[") return replaceText(text);
    try {
      return stringify(value("", JSON.parse(text)));
    } catch {
      try {
        const completed = JSON.parse(text.trimEnd().replace(/,$/, "") + "}");
        return stringify(value("", completed)).slice(0, -1) + ",";
      } catch {
        return opening + replaceText(text);
      }
    }
  };

  const kept = (key, text) =>
    IS_RECORD.test(key) ? json(text) : key === "rating" && IS_NUMBER.test(text) ? text : replaceText(text);
  const keyOf = (key) => (IS_RECORD.test(key) || IS_MESSAGE_ID.test(key) || key === "draft" || SURVEY.includes(key) || formFields.includes(key) ? key : replaceText(key));

  // A message between tabs: its name, or an object whose only field has that name.
  const tabMessage = (text) => {
    try {
      const message = JSON.parse(text);
      if (TAB_MESSAGES.has(message)) return stringify(message);
      const [[name, content]] = Object.entries(message);
      return TAB_MESSAGES.has(name) ? stringify({ [name]: tabContent(name, content) }) : replaceText(text);
    } catch {
      return replaceText(text);
    }
  };

  const tabContent = (name, content) => {
    if (typeof content !== "object" || content === null) return tabField(name, content);
    const known = Object.entries(content).filter(([field]) => TAB_FIELDS.has(field));
    return Object.fromEntries(known.map(([field, it]) => [field, tabField(field, it, content)]));
  };

  const tabField = (name, it, { key } = {}) => {
    if (["mark", "user"].includes(name)) return user(it);
    if (["fields", "attributes"].includes(name)) return value("", it);
    if (["status", "generation", "open_conversation"].includes(name)) return IS_NUMBER.test(it) ? it : null;
    if (typeof it !== "string") return typeof it === "boolean" ? it : null;
    if (["body", "cable_frame"].includes(name)) return json(it);
    if (name === "target") return ["contact", "conversation"].includes(it) ? it : null;
    return name === "value" ? kept(key, it) : keyOf(it);
  };

  const theme = (name) => (IS_PROTOCOL_TEXT.test(name) ? name : replaceText(name));
  // The names of the pre-chat form's fields.
  const outline = (text) => text;
  const mark = (echo) => (IS_MESSAGE_ID.test(echo) ? echo : replaceText(echo));
  const texts = { theme, made: outline, configured: outline, frame: json, answered: json, said: tabMessage, gathered: mark, "files missing": mark };
  const events = records.map(([mono, wall, what, text, numbers, ...pairs]) => [
    mono,
    wall,
    what,
    (texts[what] ?? replaceText)(text),
    what === "identified" ? numbers.replace(/^\d+/, user) : numbers,
    ...pairs.map((part, at) => (at % 2 === 0 ? keyOf(part) : kept(pairs[at - 1], part))),
  ]);
  return { ...state, events };
}

function setOf(text) {
  return new Set(text.split(" "));
}
