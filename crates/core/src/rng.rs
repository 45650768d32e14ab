//! Randomness is an argument of the core: a seed, from the platform's cryptographic generator or a test.

/// The seed, from the platform's cryptographic generator. There are two streams, so that an `echo_id`, which agents'
/// pages receive, reveals nothing about the next `source_id`, which gives access to the visitor's conversations.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seed {
    /// For `source_id`s.
    pub identity: [u64; 4],
    /// For `echo_id`s and jitter.
    pub general: [u64; 4],
}

/// A random generator: xoshiro256++, which is small and good enough for jitter, and for ids because its 256 bits of
/// state are cryptographically random.
#[derive(Clone, Debug)]
pub struct Rng([u64; 4]);

impl Rng {
    /// A generator with this state.
    #[must_use]
    pub fn new(state: [u64; 4]) -> Self {
        // An all-zero state would stay zero.
        Self(if state == [0; 4] { [1, 2, 3, 4] } else { state })
    }

    /// A number from 0 up to, but not including, `bound`; 0 if `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A version 4 UUID in its usual lower-case form.
    pub fn uuid(&mut self) -> String {
        let high = (self.next_u64() & !0xf000) | 0x4000;
        let low = (self.next_u64() & !(0b11 << 62)) | (0b10 << 62);
        let mut text = String::with_capacity(36);
        for (half, breaks) in [(high, [8, 12]), (low, [0, 4])] {
            for nibble in 0..16 {
                if breaks.contains(&nibble) {
                    text.push('-');
                }
                let digit = (half >> (60 - 4 * nibble)) & 0xf;
                text.push(char::from(b"0123456789abcdef"[digit as usize]));
            }
        }
        text
    }

    fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rng_uuid_has_its_version_variant_and_form() {
        let mut rng = Rng::new([7, 8, 9, 10]);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let uuid = rng.uuid();
            let parts: Vec<&str> = uuid.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{uuid}");
            assert!(parts[2].starts_with('4'), "{uuid}");
            assert!(parts[3].starts_with(['8', '9', 'a', 'b']), "{uuid}");
            assert!(uuid.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()), "{uuid}");
            assert!(seen.insert(uuid));
        }
    }

    #[test]
    fn rng_numbers_stay_below_their_bound_and_fill_it() {
        let mut rng = Rng::new([1, 0, 0, 0]);
        let mut seen = [false; 10];
        for _ in 0..500 {
            seen[rng.below(10) as usize] = true;
        }
        assert_eq!(seen, [true; 10]);
        assert_eq!(rng.below(0), 0);
    }
}
