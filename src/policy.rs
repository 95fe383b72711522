//! What the clients with a key may do: `KEY_POLICIES`, by the label of the key, and the policy that a
//! key has of its own.

use std::rc::Rc;

use crate::{
    calendar,
    json::{self, Known, Outcome, Read, Reader, fields},
};

/// The label of the policy for the keys that have none of their own.
const THE_REST: &str = "*";

/// What all requests with keys of one label may take together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Requests in any 60 seconds.
    pub requests_per_minute: Option<u64>,
    /// Tokens in any 60 seconds, of prompts and answers together.
    pub tokens_per_minute: Option<u64>,
    /// Tokens in a day of UTC, of prompts and answers together.
    pub tokens_per_day: Option<u64>,
    /// Requests at once.
    pub concurrent: Option<u64>,
}

/// What the keys of one label may do. What it does not say is not limited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    requests_per_minute: Option<u64>,
    tokens_per_minute: Option<u64>,
    tokens_per_day: Option<u64>,
    concurrent: Option<u64>,
    models: Option<Vec<String>>,
    /// A time that [`calendar::unix_s`] reads.
    expires: Option<String>,
    max_tokens: Option<u64>,
}

fields!(only Policy {
    requests_per_minute, tokens_per_minute, tokens_per_day, concurrent, max_tokens, models, expires,
});

impl Policy {
    /// What requests may take together.
    #[must_use]
    pub fn quota(&self) -> Quota {
        Quota {
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute,
            tokens_per_day: self.tokens_per_day,
            concurrent: self.concurrent,
        }
    }

    /// Whether the model with this id may answer.
    #[must_use]
    pub fn allows(&self, model: &str) -> bool {
        let covers_it = |pattern: &String| covers(pattern, model);
        self.models.as_ref().is_none_or(|patterns| patterns.iter().any(covers_it))
    }

    /// Whether its keys have expired at `unix_s`, in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn has_expired(&self, unix_s: u64) -> bool {
        self.expires_s().is_some_and(|expires_s| unix_s >= expires_s)
    }

    /// When its keys expire, in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn expires_s(&self) -> Option<u64> {
        self.expires.as_deref().and_then(calendar::unix_s)
    }

    /// The most tokens that an answer may have, its reasoning included.
    #[must_use]
    pub fn max_tokens(&self) -> Option<u64> {
        self.max_tokens
    }

    /// Reads one whose values mean something.
    fn checked(reader: &mut Reader<'_>) -> Outcome<Self> {
        let policy = Self::read(reader)?;
        match policy.wrong() {
            Some((name, rule)) => Err(reader.wrong(rule.to_owned()).within(name)),
            None => Ok(policy),
        }
    }

    /// The field with a value that means nothing, and what it must be.
    fn wrong(&self) -> Option<(&'static str, &'static str)> {
        let limits = [
            self.requests_per_minute,
            self.tokens_per_minute,
            self.tokens_per_day,
            self.concurrent,
            self.max_tokens,
        ];
        for (limit, name) in limits.iter().zip(Self::NAMES) {
            if *limit == Some(0) {
                return Some((name, "must be 1 or more"));
            }
        }
        let is_wrong = self.expires.as_deref().is_some_and(|text| calendar::unix_s(text).is_none());
        is_wrong.then_some((
            "expires",
            "must be a day like `2027-01-31`, or a time like `2027-01-31T12:00:00Z`",
        ))
    }
}

/// The policies of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies(Vec<(String, Rc<Policy>)>);

impl Policies {
    /// Reads `KEY_POLICIES`: an object of policies by label.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn new(json: &str) -> Result<Self, String> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        let read = json::parse(json.as_bytes());
        read.map(|(policies, _)| policies).map_err(|error| match error.param() {
            Some(_) => error.message().trim_end_matches('.').to_owned(),
            None => "it must be a JSON object of policies by label".to_owned(),
        })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels that have one of their own.
    pub fn labels(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(label, _)| label).filter(|label| is_label(label))
    }

    /// The policy for keys of this label.
    #[must_use]
    pub fn of(&self, label: &str) -> Option<&Rc<Policy>> {
        let named = |name: &str| self.0.iter().find(|(own, _)| own == name);
        named(label).or_else(|| named(THE_REST)).map(|(_, policy)| policy)
    }
}

impl<'a> Read<'a> for Policies {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        let mut policies = Vec::<(String, Rc<Policy>)>::new();
        reader.object("an object", &mut |reader, label| {
            let label = label.as_str();
            let policy = Policy::checked(reader).map_err(|wrong| wrong.within(label))?;
            if policies.iter().any(|(other, _)| other == label) {
                return Err(reader.wrong("is given twice".to_owned()).within(label));
            }
            policies.push((label.to_owned(), Rc::new(policy)));
            Ok(())
        })?;
        Ok(Self(policies))
    }
}

/// The policy of one key, and its JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// The policy.
    pub policy: Rc<Policy>,
    /// It as it was given.
    pub json: String,
}

impl<'a> Read<'a> for Own {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        let (policy, json) = reader.with_json(Policy::checked)?;
        Ok(Self { policy: Rc::new(policy), json: String::from_utf8_lossy(json).into_owned() })
    }
}

/// Whether `name` fits `pattern`, in which `*` stands for anything. The case does not matter.
fn covers(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern.eq_ignore_ascii_case(name);
    };
    let Some((start, tail)) = name.split_at_checked(head.len()) else {
        return false;
    };
    let fits = |place: usize| tail.get(place..).is_some_and(|tail| covers(rest, tail));
    start.eq_ignore_ascii_case(head) && (0..=tail.len()).any(fits)
}

/// An item of `API_KEYS`: its label, if it has one (`alice=sk-…`), and its key. A key that ends in
/// `=`, as base64 does, has no label for that.
#[must_use]
pub fn label_and_key(item: &str) -> (Option<&str>, &str) {
    match item.split_once('=') {
        Some((label, key)) if is_label(label) && key.bytes().any(|byte| byte != b'=') => {
            (Some(label), key)
        }
        _ => (None, item),
    }
}

/// Whether a key can have this label.
#[must_use]
pub fn is_label(text: &str) -> bool {
    const LONGEST: usize = 64;
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_sound)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Policies, covers, label_and_key};

    #[test]
    fn a_bad_policy_is_named_by_its_place() {
        let table = [
            (
                r#"{"alice":{"requests_per_minute":0}}"#,
                "`alice.requests_per_minute` must be 1 or more",
            ),
            (r#"{"alice":{"tokens_per_day":-1}}"#, "`alice.tokens_per_day` must be a whole number"),
            (r#"{"a":{},"bob":{"concurrent":"4"}}"#, "`bob.concurrent` must be a whole number"),
            (r#"{"alice":{"models":"gpt-*"}}"#, "`alice.models` must be a list"),
            (r#"{"alice":{"models":["gpt-*",1]}}"#, "`alice.models[1]` must be a string"),
            (r#"{"*":{"expires":"tomorrow"}}"#, "`*.expires` must be a day like"),
            (r#"{"*":{"expires":"2027-02-29"}}"#, "`*.expires` must be a day like"),
            (r#"{"alice":{"rpm":1}}"#, "`alice.rpm` is unknown"),
            (r#"{"alice":[]}"#, "`alice` must be an object"),
            (r#"{"alice":{},"alice":{}}"#, "`alice` is given twice"),
            (r#"{"alice":{"max_tokens":1,"max_tokens":2}}"#, "`alice.max_tokens` is given twice"),
            ("[]", "it must be a JSON object of policies by label"),
            (r#"{"alice""#, "it must be a JSON object of policies by label"),
        ];
        for (json, expected) in table {
            let found = Policies::new(json).map(|_| ()).unwrap_err();
            assert!(found.starts_with(expected) && !found.ends_with('.'), "{json}: {found}");
        }
    }

    #[test]
    fn a_label_has_its_own_policy_or_that_of_the_rest() {
        let json = r#"{"alice":{"concurrent":4},"*":{"models":["gpt-*"],"max_tokens":100}}"#;
        let policies = Policies::new(json).unwrap();
        let alice = policies.of("alice").unwrap();
        assert_eq!(alice.quota().concurrent, Some(4));
        assert!(alice.allows("o3") && alice.max_tokens().is_none());
        let rest = policies.of("key1").unwrap();
        assert!(rest.allows("GPT-5.1") && !rest.allows("o3"));
        assert_eq!((rest.max_tokens(), rest.quota().concurrent), (Some(100), None));
        assert!(Policies::new(r#"{"alice":{}}"#).unwrap().of("bob").is_none());
        assert!(Policies::new("").unwrap().is_empty() && Policies::new("{}").unwrap().is_empty());
    }

    #[test]
    fn a_key_has_expired_from_its_time_on() {
        let policies = Policies::new(r#"{"*":{"expires":"2027-01-31T12:00:00Z"}}"#).unwrap();
        let policy = policies.of("a").unwrap();
        assert!(!policy.has_expired(1_801_396_799) && policy.has_expired(1_801_396_800));
    }

    #[test]
    fn patterns_cover_what_a_reader_expects() {
        let table = [
            ("gpt-4o", "GPT-4o", true),
            ("gpt-4o", "gpt-4o-mini", false),
            ("gpt-*", "gpt-", true),
            ("*", "anything", true),
            ("*-think", "o3-think", true),
            ("claude-*-think", "claude-4-think", true),
            ("claude-*-think", "claude-4", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "b a", false),
            ("模*", "模型", true),
            ("?*", "模型", false),
        ];
        for (pattern, name, expected) in table {
            assert_eq!(covers(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_label_stands_before_a_key() {
        let table = [
            ("alice=sk-1", (Some("alice"), "sk-1")),
            ("alice=c2s=", (Some("alice"), "c2s=")),
            ("a.b_c-1=x==", (Some("a.b_c-1"), "x==")),
            ("c2stMQ==", (None, "c2stMQ==")),
            ("c2stMQ=", (None, "c2stMQ=")),
            ("=sk-1", (None, "=sk-1")),
            ("a/b=sk-1", (None, "a/b=sk-1")),
            ("sk-1", (None, "sk-1")),
        ];
        for (item, expected) in table {
            assert_eq!(label_and_key(item), expected, "{item}");
        }
    }

    proptest! {
        #[test]
        fn a_key_is_never_empty(item in "[a-z=./]{1,12}") {
            prop_assert!(!label_and_key(&item).1.is_empty());
        }
    }
}
