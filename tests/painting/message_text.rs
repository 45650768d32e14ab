//! Message texts: Markdown of agents and visitors, spoofing links, folding of long texts.

use natter_core::chatwoot;
use natter_core::markdown::text_of;
use natter_core::model::Author;
use natter_core::view::{Row, RowContent, TextFold, beginning_of, is_long};
use natter_core::visitor::pre_chat_form::{Consent, PreChatForm};

use crate::fixtures::{Node, agent, markup, message, of_class, row, said, text, thread, view};

/// What a row's bubble holds.
fn bubble(row: Row) -> String {
    let painted = thread(&view(vec![row]));
    let element = |node: &Node| if let Node::Element(element) = node { markup(element) } else { String::new() };
    of_class(&painted, "bubble").iter().flat_map(|bubble| &bubble.children).map(element).collect()
}

fn by_agent(text: &str) -> String {
    bubble(said(message(1, agent(), text)))
}

const LINK: &str = "target=\"_blank\" rel=\"noopener noreferrer nofollow ugc\"";

#[test]
fn agent_text_is_rendered_as_markdown() {
    for (text, painted) in [
        ("hi", "<p class=\"text\" dir=\"auto\">hi</p>"),
        (
            "**a** *b* ~~c~~ `d`\ne",
            "<p class=\"text\" dir=\"auto\"><strong>a</strong> <em>b</em> <s>c</s> <code>d</code>\ne</p>",
        ),
        ("1. a\n   - b", "<ol class=\"text\" dir=\"auto\"><li>a<ul><li>b</li></ul></li></ol>"),
        ("99. a", "<ol class=\"text\" start=\"99\" dir=\"auto\"><li>a</li></ol>"),
        ("100. a", "<ol class=\"text wide\" start=\"100\" dir=\"auto\"><li>a</li></ol>"),
        ("4. a", "<ol class=\"text\" start=\"4\" dir=\"auto\"><li>a</li></ol>"),
        (
            "> a\n\nb",
            "<blockquote class=\"text\" dir=\"auto\"><p>a</p></blockquote><p class=\"text\" dir=\"auto\">b</p>",
        ),
        ("```\na\n```", "<pre class=\"text\" dir=\"auto\">a</pre>"),
        ("<b>a</b>", "<p class=\"text\" dir=\"auto\"><b>a</b></p>"),
    ] {
        assert_eq!(by_agent(text), painted, "{text:?}");
    }
    assert_eq!(
        by_agent("[a](https://a.test)"),
        format!("<p class=\"text\" dir=\"auto\"><a href=\"https://a.test\" {LINK}>a</a></p>")
    );
    assert_eq!(
        by_agent("[![a](https://a.test/a.png) *https://b.test*](https://c.test)"),
        format!(
            "<p class=\"text\" dir=\"auto\"><a href=\"https://c.test\" {LINK}><span>a</span> \
             <em><span>https://b.test</span></em> {}</a></p>",
            destination("c.test")
        )
    );
    assert_eq!(by_agent("[a](javascript:alert(1))"), "<p class=\"text\" dir=\"auto\">a (javascript:alert(1))</p>");
    assert_eq!(
        by_agent("|a|b|\n|-|-:|\n|1|2|"),
        "<div class=\"text\" tabindex=\"0\" dir=\"auto\"><table><tr><th dir=\"auto\">a</th>\
         <th class=\"col-end\" dir=\"auto\">b</th></tr><tr><td dir=\"auto\">1</td>\
         <td class=\"col-end\" dir=\"auto\">2</td></tr></table></div>"
    );
}

/// How a link says where it leads.
fn destination(host: &str) -> String {
    format!("<span class=\"destination\" dir=\"ltr\">({host})</span>")
}

/// A link's text, as it is painted in an agent's message, in the visitor's own, on a card, on its button, in an article,
/// in what the site asks and in what it says first.
#[test]
fn spoofing_link_shows_its_destination_everywhere() {
    let shown = |row: Row| text(of_class(&thread(&view(vec![row])), "row")[0]);
    let kind = |kind: &str, item: &str| {
        let told = format!(
            r#"{{"id":9,"content":"Look","message_type":1,"content_type":"{kind}","content_attributes":{{"items":[{item}]}}}}"#
        );
        shown(said(chatwoot::parse_message(&told).unwrap()))
    };
    let link = r#"{"type":"link","text":"https://bank.com","uri":"https://evil.test/"}"#;
    let titled = r#"{"title":"bank.com","link":"https://evil.test"}"#;
    let consent = Some(Consent { text: "[bank.com](https://evil.test)".to_owned(), version: "1".to_owned() });
    let asks = PreChatForm { text: "[bank.com/a](https://evil.test)".to_owned(), fields: Vec::new(), consent };
    let (mut asking, mut beginning) = (view(Vec::new()), view(Vec::new()));
    asking.thread.form = Some(asks);
    beginning.thread.prompt = "[bank.com](https://evil.test)".into();
    for (said, expected) in [
        (shown(said(message(1, agent(), "[https://bank.com](https://evil.test)"))), "https://bank.com (evil.test)"),
        (shown(said(message(1, agent(), "https://bank.com@evil.test/."))), "https://bank.com@evil.test/ (evil.test)."),
        (
            shown(said(message(1, Author::Visitor, "https://bank.com@evil.test/"))),
            "https://bank.com@evil.test/ (evil.test)",
        ),
        (kind("cards", &format!(r#"{{"title":"Card","actions":[{link}]}}"#)), "https://bank.com (evil.test)"),
        (kind("article", titled), "bank.com (evil.test)"),
        (text(of_class(&thread(&asking), "intro")[0]), "bank.com/a (evil.test)"),
        (text(of_class(&thread(&asking), "terms")[0]), "bank.com (evil.test)"),
        (text(of_class(&thread(&beginning), "prompt")[0]), "bank.com (evil.test)"),
    ] {
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(
        by_agent("[b**ank.c**om](https://evil.test)"),
        format!(
            "<p class=\"text\" dir=\"auto\"><a href=\"https://evil.test\" {LINK}>b<strong>ank.c</strong>om {}</a></p>",
            destination("evil.test")
        )
    );
}

/// A file's name is one, whatever it looks like, unless it poses as an address.
#[test]
fn attachment_named_like_a_host_is_no_spoofing_link() {
    let named = |name: &str| {
        let told = format!(
            r#"{{"id":9,"message_type":1,"attachments":[{{"id":1,"file_type":"file","data_url":"https://a.test/x","fallback_title":"{name}"}}]}}"#
        );
        text(of_class(&thread(&view(vec![said(chatwoot::parse_message(&told).unwrap())])), "file")[0])
    };
    assert_eq!(["plan.pdf", "main.rs", "a.test.zip"].map(named), ["plan.pdf", "main.rs", "a.test.zip"]);
    assert_eq!(named("https://bank.com/plan.pdf"), "https://bank.com/plan.pdf (a.test)");
    assert_eq!(named("WWW.bank.com"), "WWW.bank.com (a.test)");
}

#[test]
fn html_markup_in_a_text_is_shown_as_text() {
    let painted = thread(&view(vec![said(message(1, agent(), "<b>a</b>"))]));
    assert_eq!(of_class(&painted, "text")[0].children, [Node::Text("<b>a</b>".to_owned())]);
}

#[test]
fn visitor_text_is_rendered_as_markdown() {
    let own = format!("<p class=\"text\" dir=\"auto\"><strong>a</strong> <a href=\"https://b.test\" {LINK}>b</a></p>");
    let written = "**a** [b](https://b.test)";
    assert_eq!(bubble(said(message(1, Author::Visitor, written))), own);
    assert_eq!(
        bubble(row(
            1,
            RowContent::Outgoing {
                text: written.into(),
                failure: None,
                files: Vec::new(),
                progress: 0,
                is_unconfirmed: false
            }
        )),
        own
    );
}

#[test]
fn deleted_message_shows_the_clients_own_text() {
    let mut deleted = message(1, agent(), "**gone** https://a.test");
    deleted.is_deleted = true;
    let painted = bubble(said(deleted));
    assert!(!painted.contains("gone") && !painted.contains("<a"), "{painted}");
}

#[test]
fn long_text_is_folded_to_its_beginning_with_an_unfold_button() {
    let long = format!("{}the end", "A line that is said again and again.\n".repeat(50));
    let rows = |fold| vec![Row { fold, ..said(message(7, agent(), &long)) }];
    let folded = thread(&view(rows(TextFold::Folded)));
    let more = of_class(&folded, "fold")[0];
    assert_eq!((text(more).as_str(), more.attribute("aria-expanded")), ("Show more", Some("false")));
    let shown = text(of_class(&folded, "text")[0]);
    assert!(shown.ends_with("again.…") && shown.lines().count() == 18, "{shown}");

    let unfolded = thread(&view(rows(TextFold::Unfolded)));
    let less = of_class(&unfolded, "fold")[0];
    assert_eq!((text(less).as_str(), less.attribute("aria-expanded")), ("Show less", Some("true")));
    assert_eq!(text(of_class(&unfolded, "text")[0]), long);
}

#[test]
fn text_fold_limit_counts_characters_and_lines() {
    let short = ["a".repeat(1_200), "a\n".repeat(24), "a".to_owned() + &"\n".repeat(100)];
    assert!(!short.iter().any(|text| is_long(text)), "nothing follows");
    assert!(is_long(&"a".repeat(1_201)) && is_long(&"a\n".repeat(25)));
    let shown = |text: &str| text_of(&beginning_of(text));
    assert_eq!(shown(&"ä ".repeat(800)).chars().count(), 900, "up to a word's end, and an ellipsis");
    assert_eq!(shown(&"漢".repeat(1_201)).chars().count(), 901);
}
