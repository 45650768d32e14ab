//! Files that came with messages.

use super::Screen;
use super::talk::Talk;

/// The screens.
pub fn screens() -> Vec<Screen> {
    let picture = |id: u32, name: &str, measures: &str| {
        format!(
            r#"{{"id":{id},"file_type":"image","file_size":210000,"data_url":"https://pictures.example.test/{name}"{measures}}}"#
        )
    };
    let with = |all: &[String]| format!(r#""attachments":[{}]"#, all.join(","));
    let wide = picture(1, "1200x800/workshop.png", r#","width":1200,"height":800"#);
    let tall = picture(2, "600x1200/frame.png", r#","width":600,"height":1200"#);
    let small = picture(3, "48x48/valve.png", r#","width":48,"height":48"#);
    let unmeasured = picture(4, "900x700/elbe.png", "");
    let missing = picture(5, "missing.png", "");
    let several = ["holm.png", "saale.png", "brocken.png", "wheel.png", "saddle.png"];
    let several: Vec<String> = (10..)
        .zip(several)
        .map(|(id, name)| picture(id, &format!("800x600/{name}"), r#","width":800,"height":600"#))
        .collect();
    let file = |kind: &str, name: &str, size: u64| {
        format!(
            r#"{{"id":{size},"file_type":"{kind}","file_size":{size},"data_url":"https://pictures.example.test/{name}"}}"#
        )
    };
    vec![
        Talk::began(600)
            .shows("The workshop, this morning:", &with(std::slice::from_ref(&wide)))
            .ida_shows("", &with(std::slice::from_ref(&tall)))
            .screen("pictures-measured"),
        Talk::began(600)
            .shows("", &with(&[small]))
            .ida_shows("Unmeasured:", &with(&[unmeasured]))
            .shows("", &with(&[missing]))
            .screen("pictures-unmeasured-and-missing"),
        Talk::began(600)
            .shows("All of them:", &with(&several))
            .ida_shows("", &with(several.get(..2).unwrap_or_default()))
            .screen("pictures-several"),
        Screen::new("picture-large", Talk::began(600).shows("", &with(&[wide, tall])).view()).clicked(".picture"),
        Talk::began(600)
            .shows("", &with(&[file("audio", "noise.wav", 160_044)]))
            .ida_shows("Listen:", &with(&[file("audio", "cricket.wav", 160_045)]))
            .shows("That is how one turns it:", &with(&[file("video", "hub.webm", 1_204_000)]))
            .screen("sounds-and-films"),
        Talk::began(600)
            .shows("The offer:", &with(&[file("file", "Offer.pdf", 88_400)]))
            .shows(
                "",
                &with(&[
                    file(
                        "file",
                        "Offer_2026-11-14_Saale_touring_frame_size_58_with_rack_and_hub_dynamo.pdf",
                        1_288_400,
                    ),
                    file("file", "route.gpx", 940),
                    file("image", "drawing.svg", 22_000),
                ]),
            )
            .ida_shows("", &with(&[file("file", "signed%20offer.pdf", 90_100)]))
            .shows("", r#""attachments":[{"id":1,"file_type":"file","data_url":null}]"#)
            .ida_shows("", r#""attachments":[{"id":1,"file_type":"image","data_url":null}]"#)
            .screen("files"),
    ]
}
