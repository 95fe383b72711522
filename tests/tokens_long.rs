//! The token counter against the reference tokenizer, in pieces so long that they
//! are not held as a whole.
#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that panics has failed as it should"
)]

use degpt_edge::tokens::{Counter, count};
use tiktoken_rs::cl100k_base_singleton;

fn reference(text: &str) -> u64 {
    cl100k_base_singleton().encode_ordinary(text).len() as u64
}

/// Texts with pieces so long that their start is counted before their end is
/// there.
fn long_texts() -> Vec<String> {
    // A generator of its own, so that a failure can be repeated.
    let mut state = 1_u32;
    let mut random = |from: &str, length: usize| -> String {
        let from: Vec<char> = from.chars().collect();
        let choose = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            from[state as usize / 65_536 % from.len()]
        };
        (0..length).map(choose).collect()
    };
    vec![
        "a".repeat(5000),
        random("abcdefghijklmnopqrstuvwxyz", 5000),
        random("etaoinETAOIN", 5000),
        format!("{}x", " ".repeat(5000)),
        " ".repeat(5000),
        format!("x{} \u{3000}y", "\n".repeat(4000)),
        format!("{}.", random(" \n\t\r", 5000)),
        format!("{}\n{}\t'", random(" \u{a0}", 3000), " ".repeat(3000)),
        "-".repeat(5000),
        format!(" {}\r\n\n", random("=-*#/.,;()", 5000)),
        "的".repeat(2000),
        random("一二三人大小中国学生", 2000),
        "👍🏽".repeat(1200),
        "e\u{301}\u{302}".repeat(1500),
        random("0123456789abcdef", 5000),
    ]
}

#[test]
fn long_pieces() {
    for text in long_texts() {
        let whole = reference(&text);
        assert_eq!(count(&text), whole, "{text:.20}");
        for size in [5, 1000, 4099] {
            let mut counter = Counter::new();
            let mut start = 0;
            while start < text.len() {
                let end = text.floor_char_boundary(start + size);
                counter.push(&text[start..end]);
                // Now and then the total in between, which must not disturb it.
                if end % 7 == 0 && end % 1000 < size {
                    assert_eq!(counter.total(), reference(&text[..end]), "{end} of {text:.20}");
                }
                start = end;
            }
            assert_eq!(counter.total(), whole, "{text:.20} by {size}");
        }
    }
}

#[test]
fn limits_in_long_pieces() {
    for text in long_texts() {
        let text = &text[..text.floor_char_boundary(1800)];
        let mut counter = Counter::new();
        let mut totals = vec![(0, 0)];
        for (start, character) in text.char_indices() {
            counter.push(character.encode_utf8(&mut [0; 4]));
            totals.push((start + character.len_utf8(), counter.total()));
        }
        let whole = counter.total();
        for limit in [0, 1, whole / 2, whole.saturating_sub(1), whole] {
            let fits = totals.iter().rev().find(|(_, total)| *total <= limit);
            let mut counter = Counter::new();
            let kept = counter.push_up_to(text, limit);
            assert_eq!(Some(kept), fits.map(|(end, _)| *end), "{limit} of {text:.20}");
            assert_eq!(counter.total(), reference(&text[..kept]), "{limit} of {text:.20}");
        }
    }
}
