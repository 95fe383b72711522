//! The translator on whole answers: each directory of `fixtures` is one, with
//! what DeGPT sends (`upstream.sse`) and what each dialect's clients get for it,
//! streamed and whole.
//!
//! Those named after a family of models were recorded (`doubao`: the form, with
//! a text of its own); the others are made by hand, each for one oddity or
//! fault. `UPDATE_GOLDEN=1 cargo test --test core translate`
//! writes the clients' files anew. Token counts stand as 0 in them: they are
//! the counter's matter, and `contract` compares them.

use crate::support::apis::{self, ANTHROPIC, OPENAI, RESPONSES};
use crate::support::contract;
use std::{fs, path::PathBuf};

use degpt_edge::{
    answer,
    chat::{Finish, Phase, UsageReport},
    dialect::Api,
    error::Error,
};
use serde_json::Value;

use crate::support::contract::{MODEL, stamp};

/// Every fixture and how it ends: [`Clean`], or [`Before`] or [`After`] the
/// answer has begun.
const CASES: [(&str, Ending); 63] = [
    // Recorded.
    ("claude-system-role-fake-success", Before(Error::Declined)),
    ("claude-thinking", Clean(Finish::Stop)),
    ("deepseek-chat", Clean(Finish::Stop)),
    ("deepseek-chat-broken-connection", After(Error::Truncated)),
    ("deepseek-reasoner-thinking", Clean(Finish::Stop)),
    ("doubao", Clean(Finish::Stop)),
    ("gpt-image-as-string", Before(Error::Truncated)),
    ("gpt-thinking", Clean(Finish::Stop)),
    // Oddities of an answer that is one.
    ("a-first-piece-of-the-sentence", Clean(Finish::Stop)),
    ("begins-like-the-sentence", Clean(Finish::Stop)),
    ("byte-order-mark", Clean(Finish::Stop)),
    ("characters-that-need-escapes", Clean(Finish::Stop)),
    ("chunks-without-choices", Clean(Finish::Stop)),
    ("content-filter", Clean(Finish::ContentFilter)),
    ("content-null-or-empty", Clean(Finish::Stop)),
    ("crlf-comments-and-other-fields", Clean(Finish::Stop)),
    ("empty-data-line", Clean(Finish::Stop)),
    ("error-null", Clean(Finish::Stop)),
    ("finish-lost", Clean(Finish::Stop)),
    ("finish-on-empty-last-chunk", Clean(Finish::Stop)),
    ("finish-repeated", Clean(Finish::Stop)),
    ("halves-of-characters", Clean(Finish::Stop)),
    ("length-before-the-last-text", Clean(Finish::Length)),
    ("length-said-once", Clean(Finish::Length)),
    ("lone-surrogate", Clean(Finish::Stop)),
    ("more-after-done", Clean(Finish::Stop)),
    ("not-utf-8", Clean(Finish::Stop)),
    ("odd-values-that-nobody-needs", Clean(Finish::Length)),
    ("reasoning-alone", Clean(Finish::Stop)),
    ("reasoning-and-text-in-one-chunk", Clean(Finish::Stop)),
    ("reasoning-null-beside-text", Clean(Finish::Stop)),
    ("reasoning-returns-after-text", Clean(Finish::Stop)),
    ("spaces-around-done", Clean(Finish::Stop)),
    ("tag-that-is-none", Clean(Finish::Stop)),
    ("the-sentence-quoted", Clean(Finish::Stop)),
    ("the-whole-sentence-and-more", Clean(Finish::Stop)),
    ("thought-after-reasoning", Clean(Finish::Stop)),
    ("thought-in-text", Clean(Finish::Stop)),
    ("thought-of-gpt-oss", Clean(Finish::Stop)),
    ("thought-without-end", Clean(Finish::Stop)),
    ("unescaped-utf-8", Clean(Finish::Stop)),
    // No answer, in every form.
    ("choices-not-a-list", Before(Error::Garbled)),
    ("comments-only", Before(Error::Truncated)),
    ("done-at-once", Before(Error::Declined)),
    ("empty-chunks-then-done", Before(Error::Declined)),
    ("ends-within-the-sentence", Before(Error::Truncated)),
    ("error-line", Before(Error::Declined)),
    ("error-line-context-length", Before(Error::PromptTooLong)),
    ("fake-success-in-pieces", Before(Error::Declined)),
    ("fake-success-with-finish", Before(Error::Declined)),
    ("html", Before(Error::Truncated)),
    ("json-detail", Before(Error::Truncated)),
    ("json-null", Before(Error::Truncated)),
    ("not-json", Before(Error::Garbled)),
    // An answer that goes wrong.
    ("done-in-text-is-no-end", After(Error::Truncated)),
    ("ends-after-reasoning", After(Error::Truncated)),
    ("ends-between-the-blocks-lines", After(Error::Truncated)),
    ("ends-within-done", After(Error::Truncated)),
    ("ends-without-done", After(Error::Truncated)),
    ("error-line-midway", After(Error::Declined)),
    ("fake-success-after-reasoning", After(Error::Declined)),
    ("not-json-midway", After(Error::Garbled)),
    ("wrong-types", After(Error::Garbled)),
];

use Ending::{After, Before, Clean};

#[derive(Debug, Clone, PartialEq)]
enum Ending {
    Clean(Finish),
    Before(Error),
    After(Error),
}

const LIMIT: usize = 1 << 20;

/// What their golden files are called.
const NAMES: [(&Api, &str); 3] =
    [(OPENAI, "openai"), (ANTHROPIC, "anthropic"), (RESPONSES, "responses")];

#[test]
fn every_fixture_ends_as_the_table_says() {
    for (case, expected) in CASES {
        let ending = match answer::whole(&upstream(case), contract::stages()) {
            Ok(answer) => Clean(answer.finish),
            Err(failure) if failure.phase == Phase::Flowing => After(failure.error),
            Err(failure) => Before(failure.error),
        };
        assert_eq!(ending, expected, "{case}");
    }
}

#[test]
fn streams_are_the_golden_ones_byte_for_byte() {
    for (case, _) in CASES {
        let upstream = upstream(case);
        for (dialect, name) in NAMES {
            let file = &format!("{name}.sse");
            let bytes = contract::stream(dialect, UsageReport::Included, LIMIT, &[&upstream]);
            let bytes = without_counts(&String::from_utf8(bytes).unwrap());
            assert_eq!(bytes, golden(case, file, &bytes), "{case}/{file}");
        }
    }
}

#[test]
fn whole_answers_are_the_golden_ones_as_json() {
    for (case, _) in CASES {
        let answer = answer::whole(&upstream(case), contract::stages());
        for (api, name) in NAMES {
            let file = &format!("{name}.json");
            let json = match &answer {
                Ok(answer) => {
                    apis::reply(api, UsageReport::Included).whole(answer, &[], MODEL, &stamp())
                }
                Err(failure) => api.error_body(&failure.error, &stamp().id),
            };
            let json: Value = serde_json::from_str(&without_counts(&json)).unwrap();
            let pretty = format!("{json:#}\n");
            let expected: Value = serde_json::from_str(&golden(case, file, &pretty)).unwrap();
            assert_eq!(json, expected, "{case}/{file}");
        }
    }
}

#[test]
fn every_cut_of_every_fixture_keeps_the_contract() {
    for (case, _) in CASES {
        let upstream = upstream(case);
        let single = std::iter::once(upstream.chunks(1).collect());
        let halves = (0..=upstream.len()).map(|cut| {
            let (head, tail) = upstream.split_at(cut);
            vec![head, tail]
        });
        contract::holds(&upstream, single.chain(halves));
    }
}

#[test]
fn an_answer_over_the_limit_is_an_error_at_the_same_place_for_every_cut() {
    let upstream = upstream("reasoning-returns-after-text");
    for limit in 0..=upstream.len() {
        let single = upstream.chunks(1).collect();
        let thirds = upstream.chunks(upstream.len() / 3).collect();
        contract::holds_within(limit, &upstream, [single, thirds].into_iter());
    }
    let [just, short] = [0, 1].map(|missing| {
        let limit = upstream.len() - missing;
        let bytes = contract::stream(OPENAI, UsageReport::Omitted, limit, &[&upstream]);
        String::from_utf8(bytes).unwrap()
    });
    assert!(just.ends_with("data: [DONE]\n\n"), "{just}");
    assert!(short.contains("upstream_answer_too_large"), "{short}");
}

#[test]
fn nothing_an_upstream_says_of_its_failures_reaches_a_client() {
    for (case, ending) in CASES {
        if let Clean(_) = ending {
            continue;
        }
        for dialect in contract::DIALECTS {
            let upstream = upstream(case);
            let bytes = contract::stream(dialect, UsageReport::Omitted, LIMIT, &[&upstream]);
            assert!(!String::from_utf8(bytes).unwrap().contains("CANARY"), "{case}");
        }
    }
}

#[test]
fn no_fixture_is_an_orphan() {
    let names = |path: PathBuf| {
        let entries = fs::read_dir(path).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    };
    let mut cases = CASES.map(|(case, _)| case.to_owned());
    cases.sort_unstable();
    assert_eq!(names(path("", "")), cases);
    for case in cases {
        let mut files = vec!["upstream.sse".to_owned()];
        files.extend(NAMES.map(|(_, name)| format!("{name}.json")));
        files.extend(NAMES.map(|(_, name)| format!("{name}.sse")));
        files.sort_unstable();
        assert_eq!(names(path(&case, "")), files, "{case}");
    }
}

fn upstream(case: &str) -> Vec<u8> {
    fs::read(path(case, "upstream.sse")).unwrap_or_else(|error| unreachable!("{case}: {error}"))
}

/// The file as it is, or as it is to be from now on.
fn golden(case: &str, file: &str, found: &str) -> String {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let written = fs::write(path(case, file), found);
        written.unwrap_or_else(|error| unreachable!("{case}/{file}: {error}"));
    }
    fs::read_to_string(path(case, file))
        .unwrap_or_else(|error| unreachable!("{case}/{file}: {error}; UPDATE_GOLDEN=1 writes it"))
}

fn path(case: &str, file: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    [case, file].iter().filter(|part| !part.is_empty()).fold(root, |path, part| path.join(part))
}

/// `text` with each number of tokens as 0.
fn without_counts(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("_tokens\":") {
        masked += head;
        masked += "_tokens\":";
        rest = tail.trim_start_matches(|digit: char| digit.is_ascii_digit());
        masked += if rest.len() < tail.len() { "0" } else { "" };
    }
    masked + rest
}
