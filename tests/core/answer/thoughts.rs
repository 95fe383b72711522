//! Thoughts in the text of an answer: what becomes of any text, cut in any way.

use degpt_edge::{
    answer::{Counting, Limiter, Stages},
    chat::{Event, Finish, Limits},
};
use proptest::{collection::vec, prelude::*, sample::select};

/// The reasoning and the text that come of `pieces`.
fn said<'a>(pieces: impl Iterator<Item = &'a str>) -> (String, String) {
    let limiter = Limiter::new(&Limits::default(), 0, Counting::Off);
    let mut stages = Stages::new(None, limiter);
    let (mut reasoning, mut text, mut ends) = (String::new(), String::new(), 0);
    let mut take = |event: Event<'_>| match event {
        Event::Reasoning(more) => reasoning.push_str(more),
        Event::Text(more) => text.push_str(more),
        Event::End(_) => ends += 1,
        Event::ToolCall { .. } | Event::WebCall { .. } | Event::WebResult(_) => {
            unreachable!("no tools")
        }
    };
    for piece in pieces {
        stages.push(Event::Text(piece), &mut take);
    }
    stages.push(Event::End(Finish::Stop), &mut take);
    assert_eq!(ends, 1);
    (reasoning, text)
}

/// Tags, their pieces, and what stands between them.
const WORDS: [&str; 19] = [
    "<think>",
    "</think>",
    "<thinking>",
    "</thinking>",
    "<thought>",
    "</thought>",
    "<|channel|>analysis<|message|>",
    "<|channel|>final<|message|>",
    "<|end|>",
    "<|start|>assistant",
    "<th",
    "</th",
    "<|",
    "<",
    " ",
    "\n",
    "ink>",
    "a",
    "é😀",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn are_the_same_for_every_cut(words in vec(select(&WORDS[..]), 0..12), cut in 1_usize..5) {
        let whole = words.concat();
        let expected = said(std::iter::once(whole.as_str()).filter(|text| !text.is_empty()));
        let chars: Vec<char> = whole.chars().collect();
        let pieces: Vec<String> = chars.chunks(cut).map(|chars| chars.iter().collect()).collect();
        prop_assert_eq!(said(pieces.iter().map(String::as_str)), expected.clone());
        let (reasoning, text) = expected;
        let opens = WORDS.iter().take(10).filter(|tag| !tag.starts_with("</"));
        let opens = opens.filter(|tag| **tag != "<|end|>");
        if !opens.into_iter().any(|tag| whole.trim_ascii_start().starts_with(*tag)) {
            prop_assert_eq!((reasoning.as_str(), text.as_str()), ("", whole.as_str()));
        }
    }
}

#[test]
fn white_space_is_not_held_for_long() {
    let spaces = " ".repeat(300);
    let (reasoning, text) = said([spaces.as_str(), "<think>a</think>"].into_iter());
    assert_eq!((reasoning.as_str(), text), ("", spaces + "<think>a</think>"));
}
