// Makes of a recording what may leave the page: the same events, and a widget to which they happen ends the same, but
// not a word in it is the visitor's, the team's or the server's.
//
// What is not named here is left out, and what is named keeps its text only where that is one of the protocol's own
// words. For any other text stands another in: the same for the same text, as long, and empty, blank, fit for an id or
// the beginning of JSON where the text was. Names come with the fields that the core reads.

import { stringify } from "./page.js";

/** Fields whose text is the protocol's own: kinds, states, and the marks the widget itself puts on messages. */
const OWN = words("type event status content_type file_type echo_id reason theme");
/** Fields whose numbers say who is meant, how many or when. */
const NUMBERS = words(
  "id conversation_id message_type created_at agent_last_seen_at contact_last_seen_at echo_id status " +
    "v at nth tries conversation conversations newest rating files file_size agreed_at " +
    "day_of_week open_hour open_minutes close_hour close_minutes",
);
/** Other fields: what they hold goes on below, or gets a stand-in. */
const OTHERS = words(
  "message data deleted reconnect content content_attributes sender name available_name avatar_url thumbnail " +
    "messages attachments data_url thumb_url fallback_title items title value description media_url actions text uri " +
    "submitted_values csat_survey_response feedback_message in_reply_to payload meta contact " +
    "files survey answers label options " +
    "conversation user is_private source_id pubsub_token customer_identifier error creating posting failed refusal " +
    "agreed told silent notices timezone working_hours working_hours_enabled closed_all_day open_all_day users",
);
/** What a text must look like to be one of the protocol's own. */
const IS_OWN = /^[\w.:-]{1,40}$/;
const IS_NUMBER = /^\d{1,16}$/;
/** What `session.rs` takes for an id. */
const IS_ID = /^[\w-]{1,255}$/;
/** What the widget keeps, and the marks by which tabs call a message. */
const IS_RECORD = /^(session|introduction|preferences|send\/[\w-]{1,40}|answer\/\d{1,16})$/;
/** What the answers to the first form are to the server. */
const SHAPES = ["text", "number", "truth", "name"];
/** What a survey's answers are called. */
const SURVEY = ["rating", "feedback_message"];
const IS_USER = /^(user|attributes)$/;
const IS_MARK = /^([\da-f-]{36}|\d{1,16})$/;
const SPACE = /^\p{White_Space}+|\p{White_Space}+$/gu;

/** The report that a recording makes, as an object. */
export function redact(recording) {
  const [standing, ...records] = JSON.parse(recording);
  const masks = new Map();
  // The site's own names for what it asks first.
  const asked = [...SHAPES, "consent", ...(standing.asks ?? "").split(" ").map((name) => name.replace(/^consent=|\*$/g, ""))];

  const mask = (text) => {
    const bare = text.replaceAll("\0", "").replace(SPACE, "");
    if (["", "null", "undefined"].includes(bare)) return text;
    if (!masks.has(bare)) masks.set(bare, (IS_ID.test(bare) ? "s" : "~") + masks.size);
    const [before, after] = [/^\p{White_Space}*/u, /\p{White_Space}*$/u].map((space) => text.match(space)[0]);
    return before + masks.get(bare).padEnd([...bare].length, "_") + after;
  };

  // Users are told apart, and that is all.
  const users = ["0"];
  const user = (mark) => {
    if (!users.includes(String(mark))) users.push(String(mark));
    return users.indexOf(String(mark));
  };

  const value = (name, it) => {
    if (Array.isArray(it)) return it.map((item) => value(name, item));
    if (name === "users") return Object.fromEntries(Object.entries(it ?? {}).filter(([id, is]) => IS_NUMBER.test(id) && IS_OWN.test(is)));
    if (typeof it === "string") {
      if (["answers", "agreed"].includes(name) && asked.includes(it)) return it;
      const stays = (OWN.has(name) && IS_OWN.test(it)) || (NUMBERS.has(name) && IS_NUMBER.test(it));
      return stays ? it : mask(it);
    }
    if (name === "user" && typeof it === "number") return user(it);
    if (typeof it === "number") return NUMBERS.has(name) ? it : 0;
    if (typeof it !== "object" || it === null) return it;
    const known = Object.entries(it).filter(([key]) => OWN.has(key) || NUMBERS.has(key) || OTHERS.has(key));
    return Object.fromEntries(known.map(([key, below]) => [key, value(key, below)]));
  };

  // A body that is read only up to its messages lacks its last brace.
  const json = (text) => {
    const opening = text.trimStart()[0];
    if (opening !== "{" && opening !== "[") return mask(text);
    try {
      return stringify(value("", JSON.parse(text)));
    } catch {
      try {
        const whole = JSON.parse(text.trimEnd().replace(/,$/, "") + "}");
        return stringify(value("", whole)).slice(0, -1) + ",";
      } catch {
        return opening + mask(text);
      }
    }
  };

  const kept = (key, text) =>
    IS_RECORD.test(key) ? json(text) : key === "rating" && IS_NUMBER.test(text) ? text : mask(text);
  const keyOf = (key) => (IS_RECORD.test(key) || IS_MARK.test(key) || key === "draft" || SURVEY.includes(key) || asked.includes(key) ? key : mask(key));

  // What tabs say to each other.
  const word = (text) => {
    try {
      const { say, key, value: saved, text: told, ...flags } = JSON.parse(text);
      const is = ([name, flag]) => ["live", "failing", "status"].includes(name) && IS_NUMBER.test(flag);
      return stringify({
        ...Object.fromEntries(Object.entries(flags).filter(is)),
        say: IS_OWN.test(say) ? say : undefined,
        key: typeof key !== "string" ? undefined : IS_USER.test(say) ? String(user(key)) : keyOf(key),
        value: typeof saved === "string" ? kept(key, saved) : undefined,
        text: typeof told === "string" ? json(told) : undefined,
      });
    } catch {
      return mask(text);
    }
  };

  const theme = (name) => (IS_OWN.test(name) ? name : mask(name));
  // The site's own names for what it asks first.
  const outline = (text) => text;
  const mark = (echo) => (IS_MARK.test(echo) ? echo : mask(echo));
  const texts = { theme, made: outline, configured: outline, frame: json, answered: json, said: word, gathered: mark, "files missing": mark };
  const events = records.map(([mono, wall, what, text, numbers, ...pairs]) => [
    mono,
    wall,
    what,
    (texts[what] ?? mask)(text),
    what === "identified" ? numbers.replace(/^\d+/, user) : numbers,
    ...pairs.map((part, at) => (at % 2 === 0 ? keyOf(part) : kept(pairs[at - 1], part))),
  ]);
  return { ...standing, events };
}

function words(text) {
  return new Set(text.split(" "));
}
