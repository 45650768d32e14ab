//! Brand colours, colour schemes and small screens.

use thirtyfour::prelude::*;

use crate::support::Sandbox;
use crate::visitor::Visitor;

/// The contrast ratio of two computed colours of an element.
const CONTRAST: &str = "((selector, over, under) => {
  const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const luminance = (colour) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(root.querySelector(selector));
  const [one, other] = [luminance(style[over]), luminance(under === 'surface' ? getComputedStyle(root.querySelector('.panel')).backgroundColor : style[under])];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
})";

#[tokio::test(flavor = "multi_thread")]
async fn every_brand_colour_has_enough_contrast() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;
    visitor.browser.types("more").await;
    visitor.browser.until("root.querySelector('.send')").await;
    for scheme in ["light", "dark"] {
        visitor.browser.prefer(scheme).await;
        for brand in ["#ffd400", "#ffffff", "#000000", "#ff2d55", "#7fffd4", "#808080", "#1f93ff", "#5b3cc4", "#767676"]
        {
            let set =
                format!("void document.querySelector('natter-chat').style.setProperty('--natter-brand', '{brand}')");
            visitor.browser.ask(&set).await;
            // Colour transitions must have ended.
            visitor.browser.until("root.getAnimations().every(one => one.playState === 'finished')").await;
            for (selector, over, under, least) in [
                (".launcher", "color", "backgroundColor", 4.5),
                (".own .bubble", "color", "backgroundColor", 4.5),
                (".send", "color", "backgroundColor", 4.5),
                (".field", "borderTopColor", "surface", 3.0),
            ] {
                let contrast = visitor.browser.ask(&format!("{CONTRAST}('{selector}', '{over}', '{under}')")).await;
                let contrast = contrast.as_f64().unwrap();
                assert!(contrast >= least, "{selector} with {brand} in the {scheme}: {contrast}");
            }
        }
    }
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_theme_is_dark_on_a_dark_site() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_with(&sandbox, "theme=host").await;
    visitor.browser.prefer("light").await;
    let dark = "getComputedStyle(root.querySelector('.launcher').nextElementSibling ?? root.querySelector('.panel')).colorScheme";
    for scheme in ["dark", "light"] {
        visitor.browser.ask(&format!("void (document.documentElement.style.colorScheme = '{scheme}')")).await;
        visitor.browser.until(&format!("{dark} === '{scheme}'")).await;
    }
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mobile_panel_traps_the_focus_while_it_is_open() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let browser = &visitor.browser;
    browser.resize(320, 568).await;
    visitor.open().await;
    browser.until("root.querySelector('.panel').ariaModal === 'true'").await;
    let fills = "(({ width, height, top }) => [width, height, top].join() === '320,568,0')(root.querySelector('.panel').getBoundingClientRect())";
    browser.until(fills).await;
    for _ in 0..12 {
        browser.types(Key::Tab + "").await;
        assert_eq!(browser.ask("root.querySelector('.panel').contains(root.activeElement)").await, true);
    }
    // A phone in landscape orientation.
    browser.resize(740, 360).await;
    browser.until(&fills.replace("320,568,0", "740,360,0")).await;
    browser.types(Key::Escape + "").await;
    browser.until("root.activeElement?.matches('.launcher')").await;
    browser.resize(1100, 820).await;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('textarea')").await;
    assert_ne!(browser.ask("root.querySelector('.panel').ariaModal").await, "true");
    browser.quit().await;
}
