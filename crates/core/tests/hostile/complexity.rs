//! Cost of parsing and of updates, in bytes requested from the allocator (which, unlike seconds, is the same in each
//! run): twice the input may cost about twice as much.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use natter_core::Outcome;
use natter_core::markdown;
use serde_json::json;

use super::fuzz_harness::{self, FuzzClient, SESSION, Step, started};

/// Buffers grow by doubling; this leaves room for one doubling more.
const RATIO_MAX: f64 = 2.5;

/// Asserts that `work` on twice the size requests about twice the bytes.
fn assert_linear(what: &str, size: usize, work: impl Fn(usize)) {
    let bytes = |size| allocation_counter::measure(|| work(size)).bytes_total;
    let (once, twice) = (bytes(size), bytes(size * 2));
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let ratio = twice as f64 / once.max(1) as f64;
    // Small costs may be on either side of a first buffer.
    assert!(
        twice < 4_096 || ratio <= RATIO_MAX,
        "{what}: {once} bytes for {size}, {twice} for twice that: ×{ratio:.2}"
    );
}

/// Makes a text of this size with a repeated pattern.
type Shape = fn(usize) -> String;

const SHAPES: [(&str, Shape); 15] = [
    ("deep arrays", |n| format!("{}{}", "[".repeat(n), "]".repeat(n))),
    ("deep arrays, open", |n| "[".repeat(n)),
    ("deep objects", |n| format!("{}1{}", r#"{"message":"#.repeat(n), "}".repeat(n))),
    ("deep in a message", |n| format!(r#"{{"id":1,"sender":{}{}}}"#, r#"{"sender":["#.repeat(n), "]}".repeat(n))),
    ("a long text", |n| message(1, &"x".repeat(n))),
    ("a long text of escapes", |n| format!(r#"{{"id":1,"content":"{}"}}"#, r"\u00e9\n".repeat(n))),
    ("a long text, unended", |n| format!(r#"{{"id":1,"content":"{}"#, "x".repeat(n))),
    ("many fields", |n| format!(r#"{{{}"id":1}}"#, each(n, |i| format!(r#""field{i}":"{i}","#)))),
    ("one field, many times", |n| format!(r#"{{{}"id":1}}"#, each(n, |i| format!(r#""content":"text {i}","#)))),
    ("many messages", |n| format!("[{}null]", each(n, |i| message(i, "hello") + ","))),
    ("many odd messages", |n| format!("[{}null]", each(n, |i| format!("{i},{{}},[],\"{i}\",")))),
    ("many digits", |n| format!(r#"{{"id":{}}}"#, "1".repeat(n))),
    ("many digits after the point", |n| format!(r#"{{"id":1.{}}}"#, "1".repeat(n))),
    ("much space", |n| format!("{}{{}}{}", " ".repeat(n), "\n".repeat(n))),
    ("no JSON", |n| "a/b?%\u{1f600} ".repeat(n)),
];

/// Markdown that opens much and closes nothing, or closes it all at once.
const MARKDOWN: [(&str, Shape); 43] = [
    ("stars", |n| "*".repeat(n)),
    ("stars and words", |n| "*a ".repeat(n)),
    ("stars around words", |n| "*a* **b** ".repeat(n)),
    ("stars that may open or close", |n| "a*b**c".repeat(n)),
    ("openers, then closers", |n| "*a **b _c ~~d ".repeat(n) + &"d~~ c_ b** a* ".repeat(n)),
    ("brackets", |n| "[".repeat(n)),
    ("closing brackets", |n| "]".repeat(n)),
    ("brackets, then their ends", |n| "[".repeat(n) + &"](https://a.test)".repeat(n)),
    ("brackets around stars", |n| "[*".repeat(n) + &"*]".repeat(n)),
    ("links that don't end", |n| "[a](".repeat(n)),
    ("addresses that don't end", |n| "[a](b(".repeat(n)),
    ("addresses in angles that don't end", |n| "[a](<b".repeat(n)),
    ("titles that don't end", |n| "[a](b \"".repeat(n)),
    ("titles of both kinds", |n| "[a](b \"[a](b '".repeat(n)),
    ("pictures", |n| "![".repeat(n)),
    ("backticks", |n| "`".repeat(n)),
    ("codes that don't end", |n| "`a``b```c````d`````".repeat(n)),
    ("fences", |n| "```\n".repeat(n)),
    ("fences of all lengths", |n| each(n.isqrt(), |i| "`".repeat(i + 3) + "a\n")),
    ("quotes", |n| ">".repeat(n)),
    ("lines of quotes", |n| "> a\n>> b\n".repeat(n)),
    ("lists in lists", |n| "- ".repeat(n)),
    ("lists further and further in", |n| each(n.isqrt(), |i| " ".repeat(i) + "- a\n")),
    ("items far apart", |n| "- a\n\n\n".repeat(n)),
    ("numbers", |n| "1. ".repeat(n) + &"1".repeat(n)),
    ("backslashes", |n| "\\".repeat(n)),
    ("angles", |n| "<a".repeat(n)),
    ("bare addresses", |n| "http://".repeat(n)),
    ("domains whose address is too long", |n| "a.com?".repeat(n)),
    ("bare e-mail addresses", |n| "a@".repeat(n) + &"a.a@".repeat(n)),
    ("bare e-mail addresses of many letters", |n| "é'.".repeat(n) + "@" + &"é-.".repeat(n)),
    ("an address that ends in many signs", |n| "**_http://a".to_owned() + &"*_~.~~*".repeat(n)),
    ("addresses that end in signs", |n| "*http://a*_~".repeat(n)),
    ("domains of many labels", |n| "a.".repeat(n)),
    ("domains that are none", |n| "a.b a..com -.de x_y.com ".repeat(n)),
    ("domains", |n| "www.a.com/x* é.de ".repeat(n)),
    ("one label", |n| "a-".repeat(n) + ".com"),
    ("bars", |n| "|".repeat(n)),
    ("a table of many columns", |n| "|a".repeat(n) + "\n" + &"|-".repeat(n) + "\n" + &"|\n".repeat(n)),
    ("heads of tables", |n| "a|b\n".repeat(n)),
    ("tables", |n| "a|b\n-|-\n".repeat(n)),
    ("tables that are none", |n| "|a|\n|-|-\n".repeat(n)),
    ("an e-mail address of many parts", |n| "a@".to_owned() + &"a.".repeat(n)),
];

const MARKDOWN_PARSERS: [(&str, fuzz_harness::Parser); 2] = [
    ("markdown", |text| _ = black_box(markdown::parse(text))),
    ("words", |text| _ = black_box(markdown::plain_text(text))),
];

fn each(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect()
}

fn message(id: usize, text: &str) -> String {
    let sender = json!({ "id": 2, "name": "Noor", "avatar_url": "", "type": "user" });
    json!({ "id": id, "content": text, "message_type": 1, "conversation_id": 6, "sender": sender }).to_string()
}

fn created(id: usize) -> Step {
    Step::Frame(format!(r#"{{"message":{{"event":"message.created","data":{}}}}}"#, message(id, "hello")))
}

#[test]
fn parsers_allocate_in_proportion_to_their_input() {
    for (shape, text) in SHAPES {
        let texts = [5_000, 10_000].map(|size| (size, text(size)));
        let of = |size| &texts.iter().find(|(known, _)| *known == size).unwrap().1;
        for (name, read) in fuzz_harness::PARSERS {
            assert_linear(&format!("{name}, {shape}"), 5_000, |size| read(of(size)));
        }
    }
}

#[test]
fn markdown_allocates_in_proportion_to_its_input() {
    for (shape, text) in MARKDOWN {
        let texts = [5_000, 10_000].map(|size| (size, text(size)));
        let of = |size| &texts.iter().find(|(known, _)| *known == size).unwrap().1;
        for (name, read) in MARKDOWN_PARSERS {
            assert_linear(&format!("{name}, {shape}"), 5_000, |size| read(of(size)));
        }
    }
}

#[test]
fn markdown_time_is_proportional_to_its_input() {
    // A parser that scans the rest of the text for each sign allocates nothing, but four times the text then takes
    // sixteen times as long. So one long text is compared with four short ones: it takes as long if time is linear, and
    // four times as long if it is quadratic. Processor time is measured, which other programs don't affect.
    const SIZE: usize = 25_000;
    for (shape, text) in MARKDOWN {
        let quickest = |times: usize, size: usize| {
            let text = text(size);
            let once = || {
                let begun = processor_time();
                (0..times).for_each(|_| MARKDOWN_PARSERS.iter().for_each(|(_, read)| read(&text)));
                processor_time() - begun
            };
            [(); 3].map(|()| once()).into_iter().min().unwrap()
        };
        let (short, long) = (quickest(4, SIZE), quickest(1, 4 * SIZE));
        assert!(
            long < 2 * short + Duration::from_millis(40),
            "{shape}: {short:?} for four texts, {long:?} for one four times as long"
        );
    }
}

/// The processor time of this thread, from Linux' `schedstat`. Where there is none, the time since the first call.
fn processor_time() -> Duration {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let running = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = running.as_deref().and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| BEGUN.elapsed(), Duration::from_nanos)
}

#[test]
fn parsers_use_no_stack_for_nested_json() {
    // Test threads have a stack of 2 MB: a recursive parser would need five times that.
    for (_, text) in &SHAPES[..4] {
        let text = text(100_000);
        for (_, read) in fuzz_harness::PARSERS {
            read(&text);
        }
    }
}

#[test]
fn client_allocates_in_proportion_to_its_events() {
    assert_linear("frames", 400, |count| {
        let mut client = FuzzClient::returning("[]");
        for id in 1..=count {
            client.step(created(id));
        }
    });
    assert_linear("frames from the newest to the oldest", 400, |count| {
        let mut client = FuzzClient::returning("[]");
        for id in (1..=count).rev() {
            client.step(created(id));
        }
    });
    assert_linear("one long history page", 2_000, |count| {
        let page = format!("[{}null]", each(count, |id| message(id, "hello") + ","));
        drop(FuzzClient::returning(&page));
    });
    assert_linear("stored outbox records", 500, |count| {
        let kept = |nth: usize| {
            let send = json!({
                "v": 1, "text": "hi", "at": nth, "nth": nth, "tries": 0, "conversation": 6, "posting": nth.is_multiple_of(2),
                "newest": null, "failed": false, "refusal": null,
            });
            (format!("send/{nth}"), send.to_string())
        };
        let session = ("session".to_owned(), SESSION.to_owned());
        FuzzClient::new().step(started(std::iter::once(session).chain((0..count).map(kept)).collect()));
    });
    assert_linear("history catch-up", 50, |pages| {
        let mut client = FuzzClient::returning(&page(1));
        client.step(Step::Close);
        client.step(Step::Wait(2_000));
        client.step(Step::Frame(r#"{"type":"welcome"}"#.to_owned()));
        client.step(Step::Frame(r#"{"type":"confirm_subscription"}"#.to_owned()));
        for nth in (0..pages).rev() {
            let body = page(20 * nth + 1);
            client.step(Step::End(Outcome::Answered { status: 200, body, retry_after_ms: None }));
        }
        assert!(client.requests.is_empty(), "the catch-up is complete");
    });
}

/// A history page of 20 messages, beginning with this id.
fn page(first: usize) -> String {
    format!("[{}]", (first..first + 20).map(|id| message(id, "hello")).collect::<Vec<_>>().join(","))
}
