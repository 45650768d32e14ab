//! Whole numbers as text. `core::fmt` says them too, and weighs half a kilobyte of what a visitor downloads.

/// A number's digits.
#[must_use]
pub fn digits(mut number: u64) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, char::from(b'0' + (number % 10) as u8));
        number /= 10;
        if number == 0 {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_everybody_writes_it() {
        for number in [0, 7, 10, 99, 100, 4_096, 1_000_000_007, u64::MAX - 1, u64::MAX] {
            assert_eq!(digits(number), number.to_string());
        }
    }
}
