//! What messages ask: open, answered, refused.

use super::Screen;
use super::talk::Talk;
use natter_core::visitor::form_submissions::SubmissionStatus;

/// The screens.
pub fn screens() -> Vec<Screen> {
    vec![
        lines("ask-lines-open", |_| ""),
        lines("ask-lines-answered", |value| value),
        refused(),
        select().screen("ask-select"),
        Talk::began(600).shows("", &form("")).screen("ask-form-open"),
        Talk::began(600)
            .shows(
                "Tell us about your tour",
                &form(
                    r#","submitted_values":[{"name":"email","value":"ida@post.example.test"},{"name":"days","value":"7"},
                    {"name":"about","value":"Along the river, with a tent.\nNo hurry."}]"#,
                ),
            )
            .but(|row| row.submission = SubmissionStatus::Sending)
            .screen("ask-form-answered"),
        cards().screen("ask-cards"),
        lone_card().screen("ask-card-chosen"),
        articles().screen("ask-articles"),
        Talk::began(600).noor("Glad it fits.").shows("", &survey("")).screen("survey-open"),
        Talk::began(600)
            .shows("", &survey(r#""csat_survey_response":{"rating":4,"feedback_message":""}"#))
            .but(|row| row.submission = SubmissionStatus::Sending)
            .screen("survey-rated"),
        Talk::began(600)
            .shows(
                "",
                &survey(
                    r#""csat_survey_response":{"rating":5,"feedback_message":"Kind, quick, and the coffee was good."}"#,
                ),
            )
            .screen("survey-told"),
        Talk::began(600)
            .shows(
                "How many stars do you give our workshop?",
                &fields(
                    "input_csat",
                    r#""display_type":"star","submitted_values":{"csat_survey_response":{"rating":3,"feedback_message":""}}"#,
                ),
            )
            .screen("survey-stars"),
        Talk::began(15 * 86_400).shows("", &survey("")).screen("survey-ended"),
        others().screen("ask-others"),
    ]
}

/// The three questions of one field, answered by a function of what would be answered.
fn lines(name: &'static str, answer: fn(&'static str) -> &'static str) -> Screen {
    let asked = [
        ("input_email", "Where can we reach you, should the chat be closed?", "ida@post.example.test"),
        ("input_text", "What is your order's number?", "FB-2026-01187"),
        ("input_textarea", "What happened?", "The mudguard came loose on the cobbles.\nI rode home without it."),
    ];
    let ask = |talk: Talk, (kind, question, value): (&str, &str, &'static str)| {
        let value = match answer(value) {
            "" => String::new(),
            value => {
                format!(r#""submitted_values":[{{"name":"","value":{}}}]"#, natter_core::tolerant_json::write(value))
            }
        };
        talk.shows(question, &fields(kind, &value))
    };
    asked.into_iter().fold(Talk::began(600), ask).screen(name)
}

fn refused() -> Screen {
    let words = "Email is invalid, and so is the second line that servers like to add".to_owned();
    let items = r#""items":[{"title":"Thursday","value":"thu"},{"title":"Friday","value":"fri"}],
        "submitted_values":[{"title":"Friday","value":"fri"}]"#;
    Talk::began(600)
        .shows("Where can we reach you?", &fields("input_email", ""))
        .but(|row| row.submission = SubmissionStatus::Rejected(None))
        .shows("And when do you come?", &fields("input_select", items))
        .but(|row| row.submission = SubmissionStatus::Rejected(Some(words)))
        .screen("ask-refused")
}

fn select() -> Talk {
    let items = |chosen: &str| {
        format!(
            r#""items":[{{"title":"Buy a bicycle","value":"buy"}},{{"title":"Repair","value":"fix"}},
            {{"title":"Something about an order that has been on its way for more than a week","value":"order"}},
            {{"title":"Test ride","value":"ride"}}]{chosen}"#
        )
    };
    let chosen = items(
        r#","submitted_values":[{"title":"Something about an order that has been on its way for more than a week","value":"order"}]"#,
    );
    Talk::began(600)
        .shows("What is it about?", &fields("input_select", &items("")))
        .shows("And what was it about the last time?", &fields("input_select", &chosen))
}

fn form(more: &str) -> String {
    let items = r#""items":[
        {"name":"email","label":"E-mail","type":"email","placeholder":"you@post.example.test","required":"required"},
        {"name":"days","label":"How many days do you have for the whole tour, there and back again?","type":"text","placeholder":"7"},
        {"name":"frame","label":"Frame","type":"select","options":[{"label":"Holm","value":"holm"},{"label":"Saale","value":"saale"},
         {"label":"Brocken, geared for mountains and for taking your time","value":"brocken"}]},
        {"name":"about","label":"What else should we know?","type":"text_area","default":"I ride with a trailer."}]"#;
    fields("form", &format!("{items}{more}"))
}

fn cards() -> Talk {
    let items = r#""items":[
        {"title":"Holm","description":"Upright, quiet, carries a week's groceries.","media_url":"https://pictures.example.test/640x360/holm.png",
         "actions":[{"type":"link","text":"See it","uri":"https://shop.example.test/holm"},{"type":"postback","text":"Test ride","payload":"ride holm"}]},
        {"title":"Saale","description":"Gravel and rain, with room for wide tyres. The frame that most people take on a long tour, and that we like best ourselves.",
         "media_url":"https://pictures.example.test/640x360/saale.png",
         "actions":[{"type":"link","text":"See it","uri":"https://shop.example.test/saale"},{"type":"postback","text":"Ask Robin to put one aside until the end of the week","payload":"hold saale"}]},
        {"title":"Brocken","description":"","media_url":"https://pictures.example.test/missing.png","actions":[]}]"#;
    Talk::began(600).shows("Three frames, any road:", &fields("cards", items))
}

fn lone_card() -> Talk {
    let items = r#""items":[{"title":"Saale","description":"Gravel and rain, with room for wide tyres.",
        "media_url":"https://pictures.example.test/640x360/saale.png",
        "actions":[{"type":"link","text":"See it","uri":"https://shop.example.test/saale"},{"type":"postback","text":"Test ride","payload":"ride"}]}],
        "submitted_values":[{"title":"Test ride","value":"ride"}]"#;
    Talk::began(600)
        .shows("This one, then?", &fields("cards", items))
        .but(|row| row.submission = SubmissionStatus::Sending)
}

fn articles() -> Talk {
    let items = r#""items":[
        {"title":"How to measure your inseam","description":"With a book, a wall and a friend.","link":"https://help.example.test/inseam"},
        {"title":"Which rack fits which frame, and which of them take a child's seat as well","description":"A table, with pictures.","link":"https://help.example.test/racks"},
        {"title":"Care in winter","description":"","link":"https://help.example.test/winter"}]"#;
    Talk::began(600).shows("Perhaps one of these helps until we are back:", &fields("article", items))
}

fn survey(submitted: &str) -> String {
    fields("input_csat", &format!(r#""submitted_values":{{{submitted}}}"#))
}

/// What is known here by its text or its files alone.
fn others() -> Talk {
    let file = |kind: &str, more: &str| format!(r#""attachments":[{{"id":7,"file_type":"{kind}",{more}}}]"#);
    Talk::began(600)
        .shows("I've opened a room for a video call.", &fields("integrations", r#""type":"dyte","data":{"meeting_id":"1"}"#))
        .shows("", &file("image", r#""data_url":"https://pictures.example.test/256x256/sticker.png","width":128,"height":128"#))
        .shows("Here we are.", &file("location", r#""coordinates_lat":51.3,"coordinates_long":12.4,"fallback_title":"Fernweh Bikes, Karl-Heine-Straße 93, Leipzig","data_url":"https://map.example.test/leipzig""#))
        .shows("", &file("location", r#""fallback_title":"The ferry at Wittenberge""#))
        .shows("Robin's number:", &file("contact", r#""fallback_title":"+49 341 555 0143","meta":{"first_name":"Robin","last_name":"Krause"}"#))
        .shows("", &file("share", r#""data_url":"https://pictures.example.test/tours/elbe""#))
        .shows("A post of ours:", &file("fallback", r#""fallback_title":"Eleven days along the Elbe","data_url":"https://shop.example.test/elbe""#))
        .shows("A kind of message that was invented after this version.", &fields("hologram", r#""items":[{"title":"a","value":"b"}]"#))
}

fn fields(kind: &str, attributes: &str) -> String {
    format!(r#""content_type":"{kind}","content_attributes":{{{attributes}}}"#)
}
