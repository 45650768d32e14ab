//! Parses Markdown, as Chatwoot's editor writes it, into a small tree. Visitors' texts are parsed the same way, as
//! agents see them.
//!
//! Every text is valid: what has no meaning in Markdown is text. HTML is text, images are links (loading them would
//! show their server who reads), and URLs pass through [`SafeUrl`].
//!
//! Time and memory are proportional to the text, whatever it contains: searches that could repeat (the end of a code
//! span, an opening delimiter, the end of a link) are bounded or done once. Nesting is bounded, too, so walking the
//! tree needs little stack.

mod beginning;
mod blocks;
mod bytes;
mod inlines;
mod links;

pub use beginning::beginning;

use crate::url::SafeUrl;

/// A node of the tree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// Text; its line breaks are shown.
    Text(String),
    /// Pieces with a mark.
    Marked(Mark, Vec<Self>),
}

/// The mark of a group of pieces. A text consists of blocks, and blocks of inlines.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Mark {
    /// A paragraph block.
    Paragraph,
    /// A block quote.
    Quote,
    /// A bullet list block.
    List,
    /// A numbered list block that starts with this number.
    NumberedList(u32),
    /// A list item: inlines, and possibly blocks after them.
    Item,
    /// A code block.
    CodeBlock,
    /// Strong emphasis (bold).
    Strong,
    /// Emphasis (italic).
    Emphasis,
    /// Struck-through text.
    Strikethrough,
    /// A code span.
    Code,
    /// A link; links inside it are to be ignored.
    Link(SafeUrl),
    /// A table block.
    Table,
    /// A table row.
    Row,
    /// A table cell.
    Cell {
        /// Whether it is in the first row.
        is_head: bool,
        /// Its alignment.
        align: Align,
    },
}

/// The alignment of a table column.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Align {
    /// At the start of lines.
    #[default]
    Start,
    /// Centered.
    Center,
    /// At the end of lines.
    End,
}

/// How deep blocks may be nested: deeper than people write.
const DEPTH_MAX: u8 = 6;

/// Parses a text into blocks.
#[must_use]
pub fn parse(text: &str) -> Vec<Piece> {
    let lines: Vec<&str> = text.lines().collect();
    blocks::parse(&lines, DEPTH_MAX)
}

/// A text without Markdown's signs, for places that show plain text; numbered lists keep their numbers.
#[must_use]
pub fn plain_text(text: &str) -> String {
    text_of(&parse(text))
}

/// The same, with the URL after each link whose text does not have it.
#[must_use]
pub fn plain_text_with_urls(text: &str) -> String {
    let mut plain_text = String::new();
    append_text(&parse(text), &mut plain_text, true);
    plain_text
}

/// The plain text of these pieces.
#[must_use]
pub fn text_of(pieces: &[Piece]) -> String {
    let mut text = String::new();
    append_text(pieces, &mut text, false);
    text
}

fn append_text(pieces: &[Piece], plain_text: &mut String, has_urls: bool) {
    for piece in pieces {
        match piece {
            Piece::Text(text) => plain_text.push_str(text),
            Piece::Marked(Mark::NumberedList(first), items) => {
                for (number, item) in (u64::from(*first)..).zip(items.chunks(1)) {
                    begin_line(plain_text);
                    plain_text.push_str(&format!("{number}. "));
                    let mut text = String::new();
                    append_text(item, &mut text, has_urls);
                    plain_text.push_str(&text);
                }
            }
            Piece::Marked(Mark::Link(url), inner) if has_urls => {
                let text = text_of(inner);
                plain_text.push_str(&if url.as_str().ends_with(&text) {
                    url.as_str().to_owned()
                } else {
                    format!("{text} ({})", url.as_str())
                });
            }
            Piece::Marked(mark, inner) => {
                if matches!(mark, Mark::Paragraph | Mark::CodeBlock | Mark::Item | Mark::Row) {
                    begin_line(plain_text);
                }
                let is_cell = matches!(mark, Mark::Cell { .. });
                if is_cell && !plain_text.is_empty() && !plain_text.ends_with('\n') {
                    plain_text.push_str(" | ");
                }
                append_text(inner, plain_text, has_urls);
            }
        }
    }
}

fn begin_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces in letters: `p(Hello, em(world))`.
    fn outline(pieces: &[Piece]) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.replace('\n', "⏎"),
            Piece::Marked(mark, inner) => {
                let name = match mark {
                    Mark::Paragraph => "p".to_owned(),
                    Mark::Quote => "quote".to_owned(),
                    Mark::List => "ul".to_owned(),
                    Mark::NumberedList(first) => format!("ol{first}"),
                    Mark::Item => "li".to_owned(),
                    Mark::CodeBlock => "pre".to_owned(),
                    Mark::Strong => "strong".to_owned(),
                    Mark::Emphasis => "em".to_owned(),
                    Mark::Strikethrough => "s".to_owned(),
                    Mark::Code => "code".to_owned(),
                    Mark::Link(url) => format!("<{}>", url.as_str()),
                    Mark::Table => "table".to_owned(),
                    Mark::Row => "tr".to_owned(),
                    Mark::Cell { is_head, align } => {
                        let sign = ["", "^", ">"][*align as usize];
                        format!("{}{sign}", if *is_head { "th" } else { "td" })
                    }
                };
                format!("{name}({})", outline(inner))
            }
        };
        pieces.iter().map(piece).collect()
    }

    fn check(cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            assert_eq!(outline(&parse(text)), *expected, "{text:?}");
        }
    }

    #[test]
    fn markdown_blocks_are_recognized() {
        check(&[
            ("", ""),
            (" \n\n ", ""),
            ("Hello", "p(Hello)"),
            ("one\ntwo  \n three\\\nfour\r\nfive", "p(one⏎two⏎three⏎four⏎five)"),
            ("one\n\n\ntwo", "p(one)p(two)"),
            ("# Title\ntext\n###### small", "p(strong(Title))p(text)p(strong(small))"),
            ("#hashtag and #1\n####### seven", "p(#hashtag and #1⏎####### seven)"),
            ("- a\n- b", "ul(li(a)li(b))"),
            ("* a\n\n* b\n\ntext", "ul(li(a)li(b))p(text)"),
            ("1. a\n2. b", "ol1(li(a)li(b))"),
            ("3) a\n4) b", "ol3(li(a)li(b))"),
            ("0. a", "ol0(li(a))"),
            ("- a\n1. b", "ul(li(a))ol1(li(b))"),
            ("- a\n  more\n\n  and more\n- b", "ul(li(a⏎morep(and more))li(b))"),
            ("1. a\n   - b\n   - c\n2. d", "ol1(li(aul(li(b)li(c)))li(d))"),
            ("1. a\n  - b\n2. c", "ol1(li(aul(li(b)))li(c))"),
            ("- a\n\t- b\n\t\t- c\n- d", "ul(li(aul(li(bul(li(c)))))li(d))"),
            ("- a\ntext", "ul(li(a))p(text)"),
            ("Buy:\n- milk\n- rye", "p(Buy:)ul(li(milk)li(rye))"),
            ("We opened in\n1986. A good year", "p(We opened in⏎1986. A good year)"),
            ("1234567890. no list", "p(1234567890. no list)"),
            ("-no list\n-5 °C", "p(-no list⏎-5 °C)"),
            ("-\n- ", "p(-⏎-)"),
            ("1\\. no list", "p(1. no list)"),
            ("> said\n> before\n\nanswer", "quote(p(said⏎before))p(answer)"),
            (">a\n> > b\nc", "quote(p(a)quote(p(b)))p(c)"),
            ("> - a\n> - b", "quote(ul(li(a)li(b)))"),
            ("- > a\n  > b", "ul(li(quote(p(a⏎b))))"),
            ("```rust\nlet x = *y;\n\n  **z**\n```\nafter", "pre(let x = *y;⏎⏎  **z**)p(after)"),
            ("~~~\n```\n~~~", "pre(```)"),
            ("````\n```\n````", "pre(```)"),
            ("```\nnever ended\n> so", "pre(never ended⏎> so)"),
            ("- a\n  ```\n  code\n  ```\n- b", "ul(li(apre(code))li(b))"),
            ("```inline``` code", "p(code(inline) code)"),
            ("--\nSami", "p(--⏎Sami)"),
            ("| a | b |", "p(| a | b |)"),
        ]);
    }

    #[test]
    fn markdown_tables_are_told_from_lines_with_bars() {
        check(&[
            ("| a | b |\n|---|:-:|\n| 1 | *2* |\n| 3 |", "table(tr(th(a)th^(b))tr(td(1)td^(em(2)))tr(td(3)))"),
            ("a | b\n--: | ---\n1 | 2", "table(tr(th>(a)th(b))tr(td>(1)td(2)))"),
            ("|a|\n|-|\nafter", "table(tr(th(a)))p(after)"),
            ("Prices:\n|a|b|\n|-|-|\n|1|2|\n\nend", "p(Prices:)table(tr(th(a)th(b))tr(td(1)td(2)))p(end)"),
            ("|a|b|\n|-|-|\n|1|2|3|", "table(tr(th(a)th(b))tr(td(1)td(2)td(3)))"),
            (
                r"|a\|b|c|@|-|-|@|\*|https://a.test|".replace('@', "\n").as_str(),
                "table(tr(th(a|b)th(c))tr(td(*)td(<https://a.test>(https://a.test))))",
            ),
            ("- a\n  |b|c|\n  |-|-|\n  |1|2|", "ul(li(atable(tr(th(b)th(c))tr(td(1)td(2)))))"),
            ("|a|b|\n|-|", "p(|a|b|⏎|-|)"),
            ("a\n-|-", "p(a⏎-|-)"),
            ("|a|b|\n|-|x|", "p(|a|b|⏎|-|x|)"),
            ("a || b\nc", "p(a || b⏎c)"),
            ("|-|-|", "p(|-|-|)"),
        ]);
        assert_eq!(plain_text("| a | b |\n|---|---|\n| 1 | 2 |"), "a | b\n1 | 2");
    }

    #[test]
    fn markdown_inlines_are_recognized() {
        check(&[
            ("**bold** *it* _it_ ~~gone~~ `x`", "p(strong(bold) em(it) em(it) s(gone) code(x))"),
            ("__bold__", "p(strong(bold))"),
            ("***both*** **a *b* c** *a **b** c*", "p(em(strong(both)) strong(a em(b) c) em(a strong(b) c))"),
            ("**bold*text**", "p(strong(bold*text))"),
            ("**a** and **b", "p(strong(a) and **b)"),
            ("*a **b* c", "p(*a *em(b) c)"),
            ("2 * 3 * 4, 2*3*4, a * b", "p(2 * 3 * 4, 2*3*4, a * b)"),
            ("snake_case_name, __init__.py, _x_y_", "p(snake_case_name, strong(init).py, em(x_y))"),
            ("слово_слово_слово", "p(слово_слово_слово)"),
            ("un*frigging*believable", "p(unem(frigging)believable)"),
            ("~5 days ~ 6, ~~ no ~~", "p(~5 days ~ 6, ~~ no ~~)"),
            ("**** and *****a*****", "p(**** and *****a*****)"),
            ("(*a*), \"**b**\"!", "p((em(a)), \"strong(b)\"!)"),
            ("*(*a*)*", "p(em((em(a))))"),
            ("one *two\nthree* four", "p(one em(two⏎three) four)"),
            ("*one\n\ntwo*", "p(*one)p(two*)"),
            (r"\*no\* \_no\_ \\ \a C:\dir", r"p(*no* _no_ \ \a C:\dir)"),
            ("`` a`b `` ` `` `", "p(code(a`b) code(``))"),
            ("`*a*` `open *b*", "p(code(*a*) `open em(b))"),
            ("```` ```` `````x`````", "p(code( ) `````x`````)"),
            ("<b>bold</b> &amp; <!-- -->", "p(<b>bold</b> &amp; <!-- -->)"),
            ("**wichtig:**bitte", "p(**wichtig:**bitte)"),
        ]);
    }

    #[test]
    fn markdown_is_parsed_in_every_script() {
        check(&[
            ("**テスト。**テスト", "p(strong(テスト。)テスト)"),
            ("これは**「強調」**です", "p(これはstrong(「強調」)です)"),
            ("**注(重要)**です", "p(strong(注(重要))です)"),
            ("请看https://a.test/路。谢谢", "p(请看<https://a.test/路>(https://a.test/路)。谢谢)"),
            ("مرحبا **بك** في _المتجر_", "p(مرحبا strong(بك) في em(المتجر))"),
            ("- שלום\n- עולם", "ul(li(שלום)li(עולם))"),
            ("👍 **👩‍🔧** *🚲*", "p(👍 strong(👩‍🔧) em(🚲))"),
            ("«_да_» “_yes_”", "p(«em(да)» “em(yes)”)"),
        ]);
    }

    #[test]
    fn markdown_links_have_safe_urls() {
        check(&[
            ("[a](https://a.test)", "p(<https://a.test>(a))"),
            ("[a *b*](https://a.test \"Title (1)\").", "p(<https://a.test>(a em(b)).)"),
            ("[a]( <https://a.test/b> 'c' )", "p(<https://a.test/b>(a))"),
            ("[a](https://a.test/b_(c)) d", "p(<https://a.test/b_(c)>(a) d)"),
            (r"[a](https://a.test/b\(c)", "p(<https://a.test/b(c>(a))"),
            ("[tel](tel:+49301234) [mail](mailto:a@b.test)", "p(<tel:+49301234>(tel) <mailto:a@b.test>(mail))"),
            ("[a](javascript:alert(1)) b", "p(a (javascript:alert(1)) b)"),
            ("[a](JaVaScRiPt:alert%281%29)", "p(a (JaVaScRiPt:alert%281%29))"),
            ("[**a**](data:text/html,x) [b](/c) [d]()", "p(strong(a) (data:text/html,x) b (/c) d)"),
            ("[/c](/c) ![x](cid:7)", "p(/c x (cid:7))"),
            (
                "[a](a.com/b) [b](www.c.test) [d](e@f.com)",
                "p(<http://a.com/b>(a) <http://www.c.test>(b) <mailto:e@f.com>(d))",
            ),
            ("![A cat](https://a.test/cat.png)", "p(<https://a.test/cat.png>(A cat))"),
            ("![](https://a.test/cat.png)", "p(<https://a.test/cat.png>(https://a.test/cat.png))"),
            ("![](data:image/svg+xml,x)", "p(data:image/svg+xml,x)"),
            (
                "[![A cat](https://a.test/cat.png)](https://b.test)",
                "p(<https://b.test>(<https://a.test/cat.png>(A cat)))",
            ),
            ("[https://a.test/](https://b.test)", "p(<https://b.test>(<https://a.test/>(https://a.test/)))"),
            ("[a [b](https://b.test) c](https://c.test)", "p(<https://c.test>(a <https://b.test>(b) c))"),
            ("[a] [b](c [d]: e ](f)", "p([a] [b](c [d]: e ](f))"),
            ("[a *b](https://a.test) c*", "p(<https://a.test>(a *b) c*)"),
            ("*a [b* c](https://a.test)", "p(*a <https://a.test>(b* c))"),
            ("**note [1] this**", "p(strong(note [1] this))"),
            (
                "<https://a.test> <a@b.test> <javascript:x> <a b>",
                "p(<https://a.test>(https://a.test) <mailto:a@b.test>(a@b.test) <javascript:x> <a b>)",
            ),
        ]);
    }

    #[test]
    fn markdown_bare_urls_are_links() {
        let link = |address: &str| format!("<{address}>({address})");
        for (text, before, address, after) in [
            ("https://a.test", "", "https://a.test", ""),
            ("See HTTP://a.test/b?c=d#e.", "See ", "HTTP://a.test/b?c=d#e", "."),
            ("(https://a.test/b_(c))", "(", "https://a.test/b_(c)", ")"),
            ("https://a.test/?a[b]=c, d", "", "https://a.test/?a[b]=c", ", d"),
            ("[https://a.test]", "[", "https://a.test", "]"),
            ("https://a.test/a_b_c/~d…", "", "https://a.test/a_b_c/~d…", ""),
            (r"https://a.test/\~d/e\_f", "", "https://a.test/~d/e_f", ""),
            (r"https://a.test/d\_\*\~", "", "https://a.test/d_*~", ""),
            ("https://a.test/d_", "", "https://a.test/d_", ""),
            ("https://a.test/d__, e", "", "https://a.test/d__", ", e"),
            ("https://a.test/d*", "", "https://a.test/d*", ""),
            ("(https://a.test/d~)", "(", "https://a.test/d~", ")"),
            ("https://a.test/?d=*_~.", "", "https://a.test/?d=*_~", "."),
            ("\"https://a.test?\"", "\"", "https://a.test", "?\""),
            ("https://a.test/\u{202e}fdp.exe", "", "https://a.test/", "\u{202e}fdp.exe"),
            ("http://localhost:3000/x", "", "http://localhost:3000/x", ""),
        ] {
            assert_eq!(outline(&parse(text)), format!("p({before}{}{after})", link(address)), "{text:?}");
        }
        check(&[
            ("**https://a.test/x**, y", "p(strong(<https://a.test/x>(https://a.test/x)), y)"),
            ("_https://a.test_", "p(em(<https://a.test>(https://a.test)))"),
            ("a.b-c_d+e@f-g.test.", "p(<mailto:a.b-c_d+e@f-g.test>(a.b-c_d+e@f-g.test).)"),
            ("_a@b.test_ .a@b.test", "p(em(<mailto:a@b.test>(a@b.test)) .<mailto:a@b.test>(a@b.test))"),
            ("xhttps://a.test http:/a http:// ://", "p(xhttps://a.test http:/a http:// ://)"),
            ("@here a@b a@b. @a.test a@.b.test a@b.1 12:30", "p(@here a@b a@b. @a.test a@.b.test a@b.1 12:30)"),
            ("`https://a.test`", "p(code(https://a.test))"),
            // What ends something that has begun is no part of the address, and the rest is.
            ("**https://a.test/x_**", "p(strong(<https://a.test/x_>(https://a.test/x_)))"),
            (
                "_https://a.test/x*_ ~~https://a.test/y~~",
                "p(em(<https://a.test/x*>(https://a.test/x*)) s(<https://a.test/y>(https://a.test/y)))",
            ),
            (
                "*[a https://a.test/x* b](https://b.test)*",
                "p(em(<https://b.test>(a <https://a.test/x*>(https://a.test/x*) b)))",
            ),
        ]);
    }

    #[test]
    fn markdown_urls_without_a_scheme_are_links_as_in_the_stock_widget() {
        let link = |address: &str| format!("<http://{address}>({address})");
        for (text, before, address, after) in [
            ("www.a.test", "", "www.a.test", ""),
            ("See a.com.", "See ", "a.com", "."),
            ("(shop.a-b.de/c_(d)?e=f#g)", "(", "shop.a-b.de/c_(d)?e=f#g", ")"),
            ("a.com:8080/x_, y", "", "a.com:8080/x_", ", y"),
            ("a.io: yes", "", "a.io", ": yes"),
            ("BANK.COM!", "", "BANK.COM", "!"),
            ("münchen.de", "", "münchen.de", ""),
            ("请看a.com的", "请看", "a.com", "的"),
            ("\"a.info?\"", "\"", "a.info", "?\""),
            ("a.co.uk...", "", "a.co.uk", "..."),
        ] {
            assert_eq!(outline(&parse(text)), format!("p({before}{}{after})", link(address)), "{text:?}");
        }
        check(&[
            ("**a.com**, _a.com_", &format!("p(strong({}), em({}))", link("a.com"), link("a.com"))),
            (
                "report.pdf v1.2.3 10.30 e.g. z.B. a..com .com a. com",
                "p(report.pdf v1.2.3 10.30 e.g. z.B. a..com .com a. com)",
            ),
            ("Thanks.So it is", "p(Thanks.So it is)"),
            (
                "x_a.com a.com_b a.com-b. -a.com a-.com /a.com @a.com",
                "p(x_a.com a.com_b a.com-b. -a.com a-.com /a.com @a.com)",
            ),
            ("10.0.0.1 a.b.c.d", "p(10.0.0.1 a.b.c.d)"),
            ("first.last@a.com", "p(<mailto:first.last@a.com>(first.last@a.com))"),
        ]);
    }

    #[test]
    fn markdown_e_mail_addresses_are_whole_or_no_links() {
        let link = |address: &str| format!("p(<mailto:{address}>({address}))");
        for address in ["müller@a.test", "o'brien@a.test", "иван@пример.рф", "info@müller.de", "a.ö@b.test", "ñ@a.test"]
        {
            assert_eq!(outline(&parse(address)), link(address));
        }
        check(&[
            ("'a@b.test' \"o'b@c.test\"", "p('<mailto:a@b.test>(a@b.test)' \"<mailto:o'b@c.test>(o'b@c.test)\")"),
            (r"first\_last@a.test", "p(<mailto:first_last@a.test>(first_last@a.test))"),
            ("写信给info@a.test。", "p(写信给<mailto:info@a.test>(info@a.test)。)"),
            ("<o'brien@a.test>", "p(<mailto:o'brien@a.test>(o'brien@a.test))"),
            (
                "a&b@c.test o’brien@a.test a/b@c.test a=b@c.test a$b@c.test a@b.test@c.test",
                "p(a&b@c.test o’brien@a.test a/b@c.test a=b@c.test a$b@c.test a@b.test@c.test)",
            ),
        ]);
    }

    #[test]
    fn markdown_plain_text_has_no_signs() {
        let text = "# Hello\n**Which** [one](https://a.test)?\n- `a`\n  - b\n\n> c\n```\nd\n```";
        assert_eq!(plain_text(text), "Hello\nWhich one?\na\nb\nc\nd");
    }

    #[test]
    fn markdown_plain_text_keeps_the_numbers_of_lists() {
        for (text, expected) in [
            ("Please:\n1. unplug it\n2. wait", "Please:\n1. unplug it\n2. wait"),
            ("3) c\n4) d\n   - e\n\n5) f", "3. c\n4. d\ne\n5. f"),
            ("1. a\n\n   more\n2. > b", "1. a\nmore\n2. b"),
            ("999999999. a\n1. b", "999999999. a\n1000000000. b"),
        ] {
            assert_eq!(plain_text(text), expected, "{text:?}");
        }
    }

    #[test]
    fn markdown_nesting_is_bounded() {
        fn depth(pieces: &[Piece]) -> usize {
            let inner = pieces.iter().map(|piece| match piece {
                Piece::Text(_) => 0,
                Piece::Marked(_, inner) => 1 + depth(inner),
            });
            inner.max().unwrap_or(0)
        }
        let lists: String = (0..1_000).map(|level| "  ".repeat(level) + "- a\n").collect();
        for text in [
            "*a **b ".repeat(1_000) + &"b** a* ".repeat(1_000),
            "***a ".repeat(1_000) + &"a* b* c* ".repeat(1_000),
            "_~~*a".repeat(1_000) + &"a*~~_".repeat(1_000),
            "[".repeat(1_000) + &"](https://a.test)".repeat(1_000),
            ">".repeat(1_000),
            "> ".repeat(1_000) + "a",
            "- ".repeat(1_000) + "a",
            "1. > - ".repeat(1_000) + "a",
            lists,
        ] {
            assert!(depth(&parse(&text)) < 45, "{} of {}", depth(&parse(&text)), text.get(..20).unwrap());
        }
    }
}
