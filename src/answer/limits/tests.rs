//! What passes, for every way of splitting the input.

use super::{Counting, Limiter};
use crate::{
    chat::{Event, Finish, Limits},
    tokens::{self, Counter},
};

/// What passes of `reasoning` and `text`, each split into `pieces`, and the finish reason.
fn run(limits: &Limits, reasoning: &[&str], text: &[&str]) -> (String, String, Finish) {
    let mut limiter = Limiter::new(limits, 0, Counting::On);
    let (mut thought, mut said, mut finish) = (String::new(), String::new(), None);
    let reasoning = reasoning.iter().map(|piece| Event::Reasoning(piece));
    let text = text.iter().map(|piece| Event::Text(piece));
    for event in reasoning.chain(text).chain([Event::End(Finish::Stop)]) {
        limiter.push(event, &mut |event| match (event, &finish) {
            (_, Some(_))
            | (Event::ToolCall { .. } | Event::WebCall { .. } | Event::WebResult(_), None) => {}
            (Event::Reasoning(text), None) => thought.push_str(text),
            (Event::Text(text), None) => said.push_str(text),
            (Event::End(end), None) => finish = Some(end),
        });
        if finish.is_some() {
            break;
        }
    }
    assert_eq!(limiter.usage().completion_tokens, tokens::count(&thought) + tokens::count(&said));
    (thought, said, finish.expect("an answer always ends"))
}

/// Every split into two pieces, and one into single characters.
fn cuts(text: &str) -> Vec<Vec<&str>> {
    let places = text.char_indices().map(|(place, _)| place);
    let mut cuts: Vec<Vec<&str>> =
        places.map(|place| <[&str; 2]>::from(text.split_at(place)).to_vec()).collect();
    cuts.push(text.split_inclusive(|_| true).collect());
    cuts.push(vec![text]);
    cuts
}

#[test]
fn the_text_ends_before_the_first_stop_sequence_however_it_is_cut() {
    let table: [(&[&str], &str, &str, Option<&str>); 17] = [
        (&["END"], "one END two", "one ", Some("END")),
        (&["END"], "END", "", Some("END")),
        (&["END"], "one twoEND", "one two", Some("END")),
        (&["END"], "one EN two E", "one EN two E", None),
        (&["END"], "EENEND", "EEN", Some("END")),
        (&["aab", "ab"], "xaab", "x", Some("aab")),
        (&["ab", "aab"], "xaab", "x", Some("aab")),
        (&["aab", "ab"], "xaaab", "xa", Some("aab")),
        (&["aab", "ab"], "xab", "x", Some("ab")),
        (&["abc", "b"], "xabc", "xa", Some("b")),
        (&["abab"], "abaabab", "aba", Some("abab")),
        (&["停止"], "好的停，停止吧", "好的停，", Some("停止")),
        (&["😊"], "a😀b😊c", "a😀b", Some("😊")),
        (&["\n\n"], "a\n\r\nb\n\nc", "a\n\r\nb", Some("\n\n")),
        (&["\nUser:", "\n\nHuman:"], "ok\n\nHuman: hi", "ok", Some("\n\nHuman:")),
        (&["é"], "eè", "eè", None),
        (&[], "all of it", "all of it", None),
    ];
    for (stop, text, expected, sequence) in table {
        let stop = stop.iter().map(|sequence| (*sequence).to_owned()).collect();
        let limits = Limits { stop, ..Limits::default() };
        let finish = sequence.map_or(Finish::Stop, |text| Finish::StopSequence(text.into()));
        for pieces in cuts(text) {
            let (_, said, end) = run(&limits, &[], &pieces);
            assert_eq!((said.as_str(), end), (expected, finish.clone()), "{pieces:?}");
        }
    }
}

#[test]
fn only_what_could_begin_a_stop_sequence_is_held_back() {
    let limits = Limits { stop: vec!["END".into()], ..Limits::default() };
    let mut limiter = Limiter::new(&limits, 0, Counting::Off);
    let mut said = String::new();
    for (piece, expected) in
        [("one E", "one "), ("N", "one "), ("one", "one ENone"), ("!", "one ENone!")]
    {
        limiter.push(Event::Text(piece), &mut |event| {
            if let Event::Text(text) = event {
                said.push_str(text);
            }
        });
        assert_eq!(said, expected);
    }
}

#[test]
fn the_text_has_at_most_as_many_tokens_as_asked_and_as_many_as_it_can() {
    let texts = [
        "The quick brown fox jumps over the lazy dog, doesn't it? They're gone.",
        "我是 **DeepSeek-V3**，由 **深度求索（DeepSeek）** 公司开发的 **大语言模型**。",
        "emoji 😀👨‍👩‍👧‍👦🇨🇳 and   spaces\n\n\n    code(x) { return 12345678; }\r\n",
    ];
    for text in texts {
        let all = tokens::count(text);
        for limit in 1..=all + 1 {
            let limits = Limits { max_text_tokens: Some(limit), ..Limits::default() };
            let heads = text.char_indices().map(|(place, _)| text.split_at(place).0);
            let fits = |head: &&str| tokens::count(head) <= limit;
            let longest = heads.chain([text]).rfind(fits).unwrap();
            let finish = if longest == text { Finish::Stop } else { Finish::Length };
            for pieces in cuts(text) {
                let (_, said, end) = run(&limits, &[], &pieces);
                assert_eq!((said.as_str(), end), (longest, finish.clone()), "{limit} {pieces:?}");
            }
        }
    }
}

#[test]
fn the_end_comes_with_the_word_that_does_not_fit() {
    let limits = Limits { max_text_tokens: Some(2), ..Limits::default() };
    let mut limiter = Limiter::new(&limits, 0, Counting::Off);
    let mut ended = Vec::new();
    for piece in ["one", " two", " three", " four"] {
        let mut end = false;
        limiter.push(Event::Text(piece), &mut |event| end |= matches!(event, Event::End(_)));
        ended.push(end);
    }
    assert_eq!(ended.iter().position(|end| *end), Some(3), "{ended:?}");
}

#[test]
fn reasoning_counts_towards_the_total_and_not_towards_the_text() {
    let (reasoning, text) = ("one two three", "four five six");
    assert_eq!((tokens::count(reasoning), tokens::count(text)), (3, 3));
    let table = [
        // text limit, total limit, what passes of each
        (None, Some(6), "one two three", "four five six", Finish::Stop),
        (None, Some(5), "one two three", "four five", Finish::Length),
        (None, Some(3), "one two three", "", Finish::Length),
        (None, Some(2), "one two", "", Finish::Length),
        (Some(2), None, "one two three", "four five", Finish::Length),
        (Some(1), Some(5), "one two three", "four", Finish::Length),
        (Some(3), Some(4), "one two three", "four", Finish::Length),
    ];
    for (max_text_tokens, max_total_tokens, thought, said, finish) in table {
        let limits = Limits { stop: Vec::new(), max_text_tokens, max_total_tokens };
        for thoughts in cuts(reasoning) {
            for words in cuts(text) {
                let found = run(&limits, &thoughts, &words);
                assert_eq!(found, (thought.into(), said.into(), finish.clone()), "{limits:?}");
            }
        }
    }
}

#[test]
fn a_stop_sequence_beyond_the_limit_is_not_reached() {
    let limits =
        Limits { stop: vec![" three".into()], max_text_tokens: Some(1), max_total_tokens: None };
    for pieces in cuts("one two three") {
        let (_, said, finish) = run(&limits, &[], &pieces);
        assert_eq!((said.as_str(), finish), ("one", Finish::Length), "{pieces:?}");
    }
}

#[test]
fn counting_off_counts_nothing() {
    let mut limiter = Limiter::new(&Limits::default(), 7, Counting::Off);
    limiter.push(Event::Text("word"), &mut |_| {});
    assert_eq!(limiter.usage().completion_tokens, Counter::new().total());
    assert_eq!(limiter.usage().prompt_tokens, 7);
}
