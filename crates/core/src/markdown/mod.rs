//! What people write: the Markdown that Chatwoot's editor makes, as a small tree. Visitors' texts are read the same way,
//! as agents see them.
//!
//! Every text is Markdown; what makes no sense as such is shown as it was written. HTML is text, pictures are links
//! (they would tell their server who reads), and addresses come through [`SafeUrl`] alone.
//!
//! Reading takes time and memory in proportion to the text, whatever it is: what could be looked for again and again
//! (a code's end, an opener, a link's end) is either bounded or looked for once. How deep things can be in each other
//! is bounded, too, so nobody who walks the tree needs much of a stack.

mod blocks;
mod bytes;
mod inlines;
mod links;

use crate::url::SafeUrl;

/// A piece of a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// Words; their line breaks are to be seen.
    Text(String),
    /// Pieces that are something together.
    Marked(Mark, Vec<Self>),
}

/// What pieces are together. Texts consist of blocks, and blocks of inlines.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Mark {
    /// A block of lines.
    Paragraph,
    /// A block of blocks: what somebody else said.
    Quote,
    /// A block of items.
    List,
    /// The same, counted from this number on.
    Numbered(u32),
    /// Inlines, and perhaps blocks after them.
    Item,
    /// A block of text that is shown as it is.
    CodeBlock,
    /// An inline that matters.
    Strong,
    /// An inline that is stressed.
    Emphasis,
    /// An inline that holds no more.
    Struck,
    /// An inline that is shown as it is.
    Code,
    /// An inline that leads somewhere; a link in it is to be passed over.
    Link(SafeUrl),
    /// A block of rows.
    Table,
    /// Cells beside each other.
    Row,
    /// Inlines in a table; `is_head` says what the cells below it are.
    Cell {
        /// Whether it is in the first row.
        is_head: bool,
        /// Where its text stands in it.
        align: Align,
    },
}

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Align {
    /// Where lines begin.
    #[default]
    Start,
    /// In the middle.
    Center,
    /// Where lines end.
    End,
}

/// Blocks in blocks: more than people write.
const DEPTH_MAX: u8 = 6;

/// The blocks of a text.
#[must_use]
pub fn read(text: &str) -> Vec<Piece> {
    let lines: Vec<&str> = text.lines().collect();
    blocks::read(&lines, DEPTH_MAX)
}

/// A text without its signs, for where only words can be.
#[must_use]
pub fn words(text: &str) -> String {
    text_of(&read(text))
}

/// The words of these pieces.
#[must_use]
pub fn text_of(pieces: &[Piece]) -> String {
    fn gather(pieces: &[Piece], words: &mut String) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => words.push_str(text),
                Piece::Marked(mark, inner) => {
                    let is_block = matches!(mark, Mark::Paragraph | Mark::CodeBlock | Mark::Item | Mark::Row);
                    if is_block && !words.is_empty() && !words.ends_with('\n') {
                        words.push('\n');
                    }
                    let is_cell = matches!(mark, Mark::Cell { .. });
                    if is_cell && !words.is_empty() && !words.ends_with('\n') {
                        words.push_str(" | ");
                    }
                    gather(inner, words);
                }
            }
        }
    }
    let mut words = String::new();
    gather(pieces, &mut words);
    words
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
                    Mark::Numbered(first) => format!("ol{first}"),
                    Mark::Item => "li".to_owned(),
                    Mark::CodeBlock => "pre".to_owned(),
                    Mark::Strong => "strong".to_owned(),
                    Mark::Emphasis => "em".to_owned(),
                    Mark::Struck => "s".to_owned(),
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
            assert_eq!(outline(&read(text)), *expected, "{text:?}");
        }
    }

    #[test]
    fn blocks_are_told_apart() {
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
    fn tables_are_told_from_lines_with_bars_in_them() {
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
        assert_eq!(words("| a | b |\n|---|---|\n| 1 | 2 |"), "a | b\n1 | 2");
    }

    #[test]
    fn inlines_are_told_apart() {
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
    fn every_script_is_read() {
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
    fn links_lead_only_where_it_is_safe() {
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
    fn bare_addresses_are_links() {
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
            assert_eq!(outline(&read(text)), format!("p({before}{}{after})", link(address)), "{text:?}");
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
    fn addresses_without_a_scheme_are_links_as_in_the_stock_widget() {
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
            assert_eq!(outline(&read(text)), format!("p({before}{}{after})", link(address)), "{text:?}");
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
    fn an_e_mail_address_is_whole_or_no_link() {
        let link = |address: &str| format!("p(<mailto:{address}>({address}))");
        for address in ["müller@a.test", "o'brien@a.test", "иван@пример.рф", "info@müller.de", "a.ö@b.test", "ñ@a.test"]
        {
            assert_eq!(outline(&read(address)), link(address));
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
    fn where_only_words_can_be_there_are_only_words() {
        let text = "# Hello\n**Which** [one](https://a.test)?\n- `a`\n  - b\n\n> c\n```\nd\n```";
        assert_eq!(words(text), "Hello\nWhich one?\na\nb\nc\nd");
    }

    #[test]
    fn nothing_is_deeper_than_a_small_number() {
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
            assert!(depth(&read(&text)) < 45, "{} of {}", depth(&read(&text)), text.get(..20).unwrap());
        }
    }
}
