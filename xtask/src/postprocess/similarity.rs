//! An order of texts in which similar ones are neighbours: a compressor needs fewer bits for a repetition, the nearer it is
//! to the text that it repeats.

use std::collections::BTreeMap;

/// The length of the byte sequences by which two texts are compared.
const RUN: usize = 4;

/// The indices of the texts in the order to write them: first one of median length, and after each text the remaining one
/// that repeats most of it. It is deterministic.
pub fn order(texts: &[&[u8]]) -> Vec<usize> {
    let runs: Vec<Vec<[u8; RUN]>> = texts.iter().map(|text| runs_of(text)).collect();
    let mut holders: BTreeMap<[u8; RUN], Vec<usize>> = BTreeMap::new();
    for (text, runs) in runs.iter().enumerate() {
        for run in runs {
            holders.entry(*run).or_default().push(text);
        }
    }
    let mut left: Vec<usize> = (0..texts.len()).collect();
    let mut by_length = left.clone();
    by_length.sort_by_key(|text| texts[*text].len());
    let mut order = Vec::with_capacity(texts.len());
    let mut next = by_length.get(texts.len() / 2).copied();
    while let Some(text) = next {
        left.retain(|other| *other != text);
        order.push(text);
        let mut shared = vec![0; texts.len()];
        for holder in runs[text].iter().filter_map(|run| holders.get(run)).flatten() {
            shared[*holder] += 1;
        }
        let similarity = |other: usize| Similarity { shared: shared[other], of: runs[other].len() };
        next = left.iter().copied().reduce(
            |best, other| {
                if similarity(other).is_greater(&similarity(best)) { other } else { best }
            },
        );
    }
    order
}

/// The distinct byte sequences of length `RUN` in a text.
fn runs_of(text: &[u8]) -> Vec<[u8; RUN]> {
    let mut runs: Vec<[u8; RUN]> = text.windows(RUN).filter_map(|run| run.try_into().ok()).collect();
    runs.sort_unstable();
    runs.dedup();
    runs
}

/// How much of a text is in the one before it.
struct Similarity {
    shared: u64,
    of: usize,
}

impl Similarity {
    /// Compares `shared / of ^ ¾`, without roots and fractions. Of equal shares that of the larger text counts more; of all
    /// exponents tried, this one gives the smallest brotli.
    fn is_greater(&self, other: &Self) -> bool {
        let shared = |this: &Self| u128::from(this.shared).pow(4);
        let of = |this: &Self| (this.of as u128 + 1).pow(3);
        shared(self).saturating_mul(of(other)) > shared(other).saturating_mul(of(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_followed_by_the_most_similar_one() {
        let texts: [&[u8]; 5] = [b"one two three", b"uno dos tres", b"one two three four", b"uno dos", b"two three"];
        assert_eq!(order(&texts), [1, 3, 0, 4, 2]);
    }

    #[test]
    fn the_order_has_each_text_once() {
        let texts: Vec<Vec<u8>> = (0..100_u8).map(|text| vec![text / 3; usize::from(text % 7)]).collect();
        let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        let mut order = order(&texts);
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<usize>>());
    }

    #[test]
    fn no_texts_have_an_empty_order() {
        assert!(order(&[]).is_empty());
    }
}
