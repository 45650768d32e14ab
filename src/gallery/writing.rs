//! What is written: markdown, long texts, long words.

use super::Screen;
use super::talk::Talk;
use natter_core::view::TextFold;

/// The screens.
pub fn screens() -> Vec<Screen> {
    vec![
        Talk::began(600).noor(LINES).screen("markdown-lines"),
        Talk::began(600).noor(BLOCKS).screen("markdown-blocks"),
        Talk::began(600)
            .noor(&long())
            .but(|row| row.fold = TextFold::Folded)
            .ida(&long())
            .but(|row| row.fold = TextFold::Folded)
            .screen("text-folded"),
        Talk::began(600).noor(&long()).but(|row| row.fold = TextFold::Unfolded).screen("text-unfolded"),
        Talk::began(600)
            .ida("https://shop.example.test/frames/saale/sizes/58/colours/moss-green?rack=yes&dynamo=yes&lights=front,rear&saddle=own#offer")
            .noor("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft and Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch")
            .ida("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
            .noor("| size | reach | stack |\n|---|---|---|\n| 58 | 395 | 610 |\n\n`frame.set(\"size\", 58).set(\"colour\", \"moss green\").order()`")
            .ida("Два багажники і намет. שלום, יום חמישי בסדר. 자전거 두 대. 👩🏽‍🔧🚲🏔️")
            .screen("text-long-words"),
    ]
}

const LINES: &str = "There are **three** frames, *any* road, and ***one*** of them is ~~sold out~~ back.\n\
The `Saale` takes 47 mm; see [the frame's page](https://shop.example.test/saale) or https://shop.example.test/sizes, or \
write to robin@shop.example.test.\n\n\
A second paragraph, which\nhas a line break.";

const BLOCKS: &str = "# What to bring\n\n\
1. Your shoes\n2. The saddle:\n   - leather, or\n   - gel\n     - not the old one\n3. Time\n\n\
* Coffee is there\n* Cake on Fridays\n\n\
> One does not know a bicycle before one has ridden it home.\n>\n> > Who said that?\n\n\
```\nreach   395 mm\nstack   610 mm\nwheelbase 1062 mm   chainstay 450 mm   trail 61 mm\n```\n\n\
---\n\nThat is all.";

fn long() -> String {
    let sentences = "The Elbe cycle route begins in the mountains and ends in the sea. From Dresden you ride below \
                     sandstone, then through vineyards; after Meißen it gets quiet. Take two days for the stretch to \
                     Wittenberg, where there is a good bakery on the market and a bad road behind it. ";
    sentences.repeat(6)
}
