use std::borrow::Cow;

use proptest::prelude::*;

use super::{BRACKETS, Last, MARK, look, mark, unmark};

#[test]
fn tags_are_known_in_any_spelling_and_nothing_else_is() {
    let tags = [
        "<tool_call>",
        "</tool_call>",
        "<TOOL_CALLS>",
        "</ Tool_Response >",
        "<tool-use",
        "< toolcall >",
        "<function call>",
        "<tool_response id=\"1\">",
        "＜/tool_response＞",
        "&LT;tool_call&gt;",
        "\\u003C\\/tool_call\\u003e",
        "%3Ctool_call%3E",
        "<|tool_call|>",
        "<\u{200b}tool_call>",
        "<~tool_call>",
    ];
    for tag in tags {
        let marked = mark(tag);
        assert_eq!(marked.len(), tag.len() + 1, "{tag}");
        assert_eq!(unmark(&marked), tag);
    }
    let others = [
        "<tool>",
        "<toolbox>",
        "<tool_caller>",
        "<tool_call_1>",
        "a < b",
        "tool_call>",
        "<~",
        "~tool_call",
        "&amp;tool_call",
        "<a tool_call>",
        "function_call(x)",
        "<tools_call>",
        "«tool_call»",
        "<",
        "",
    ];
    for text in others {
        assert!(matches!(mark(text), Cow::Borrowed(same) if same == text), "{text}");
    }
}

/// Texts of what tags are made of.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "<",
            "</",
            "~",
            "~~",
            " ",
            "/",
            "\\",
            "\\u003c",
            "&lt;",
            "%3C",
            "＜",
            "tool_call",
            "TOOL-",
            "tool",
            "_",
            "call",
            "s",
            "use",
            "function_call",
            "tool_response",
            ">",
            "{",
            "\"",
            "\n",
            "é",
            "&",
            "u003c",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_marked_comes_back(text in text()) {
        let marked = mark(&text);
        prop_assert_eq!(unmark(&marked), text.as_str());
        let marks = marked.matches(MARK).count() - text.matches(MARK).count();
        prop_assert_eq!(marked.len(), text.len() + marks);
        prop_assert_eq!(marks == 0, matches!(marked, Cow::Borrowed(_)));
    }

    /// What is added to it later does not make a tag something else.
    #[test]
    fn no_tag_of_a_marked_text_is_bare(text in text()) {
        let marked = mark(&text);
        for (place, _) in marked.match_indices('<') {
            let rest = marked.get(place + 1..).unwrap();
            prop_assert!(rest.starts_with(MARK) || !super::is_tag(rest), "{}", marked);
        }
    }

    #[test]
    fn a_name_is_open_until_it_is_decided(text in text()) {
        let whole = look(&text);
        for (place, _) in text.char_indices() {
            let so_far = look(text.get(..place).unwrap());
            let is_open = matches!(so_far, super::Look::Open { .. });
            prop_assert!(is_open || so_far == whole, "{}: {:?} {:?}", place, so_far, whole);
        }
    }

    #[test]
    fn brackets_are_known_from_their_end(text in text()) {
        for (place, _) in text.char_indices().skip(1) {
            let mut last = Last::default();
            text.get(..place).unwrap().chars().for_each(|ch| last.step(ch));
            let head = text.get(..place).unwrap().to_ascii_lowercase();
            let expected = BRACKETS.iter().any(|bracket| head.ends_with(bracket));
            prop_assert_eq!(last.is_bracket(), expected);
        }
    }
}
