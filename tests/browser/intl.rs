//! Dates by the browser's Intl.

use natter_chat::i18n::Formatter as _;
use natter_chat::platform::IntlFormatter;
use wasm_bindgen_test::wasm_bindgen_test;

/// Noon in UTC on 14 November 2023, 31 December 2023 and 2 January 2024.
const NOVEMBER: u64 = 1_699_963_200;
const NEW_YEARS_EVE: u64 = 1_704_024_000;
const JANUARY: u64 = 1_704_196_800;

#[wasm_bindgen_test]
fn dates_of_another_year_have_their_year() {
    let british = IntlFormatter::new("en-GB");
    assert_eq!(british.date(NOVEMBER, NEW_YEARS_EVE), "Tuesday 14 November");
    assert_eq!(british.date(NOVEMBER, JANUARY), "14 November 2023");
    assert_eq!(british.date(JANUARY, NOVEMBER), "2 January 2024");
}
