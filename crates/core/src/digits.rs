//! Integers as decimal text. `core::fmt` does the same and adds half a kilobyte to the download.

/// The decimal digits of a number.
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
    fn digits_are_those_of_to_string() {
        for number in [0, 7, 10, 99, 100, 4_096, 1_000_000_007, u64::MAX - 1, u64::MAX] {
            assert_eq!(digits(number), number.to_string());
        }
    }
}
