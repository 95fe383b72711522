//! The tools that may be called, and how models write their names.
//!
//! A name counts as it is declared. If no tool has it, it may differ in case, in spaces around
//! it, in `-` and spaces for `_`, and have the prefix of a vendor, if that leaves exactly one
//! tool.

use std::{borrow::Cow, cmp::Ordering};

use super::tags;
use crate::chat::Tool;

/// The namespaces in which models put tools, before a `.` or a `:`.
static NAMESPACES: [&str; 8] =
    ["functions", "function", "default_api", "tools", "tool", "api", "namespace", "default"];

/// The name of the tool that calls several at once, which GPT models were trained on.
pub(super) const PARALLEL: &str = "multi_tool_use.parallel";

/// Words that models write before a call, in lower case: the languages of code fences,
/// DeepSeek's word for the kind of a call, those of OpenAI's Harmony, Phi's, and Python's.
pub(super) static WORDS: [&str; 15] = [
    "json",
    "xml",
    "text",
    "python",
    "tool_call",
    "tool_calls",
    "tool_code",
    "tool_use",
    "function",
    "commentary",
    "analysis",
    "assistant",
    "function_call",
    "functools",
    "print",
];

/// The tools that may be called.
#[derive(Debug, Clone)]
pub(super) struct Declared<'a> {
    /// Their names and the JSON schemas of their arguments.
    tools: Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>,
    /// Their places, in the [`order`] of their names.
    sorted: Vec<usize>,
}

/// How far a word is the name of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// It is one.
    Name,
    /// It is one of [`WORDS`].
    Known,
    /// More letters could make it one.
    Open,
    Other,
}

/// The order of names that are alike where models' spellings differ.
#[inline(never)]
fn order(one: &str, other: &str) -> Ordering {
    let plain =
        |byte: u8| if matches!(byte, b'-' | b' ') { b'_' } else { byte.to_ascii_lowercase() };
    one.bytes().map(plain).cmp(other.bytes().map(plain))
}

/// Whether `name` begins with `start`, in such an order.
fn begins(name: &str, start: &str) -> bool {
    name.get(..start.len()).is_some_and(|head| order(head, start) == Ordering::Equal)
}

impl<'a> Declared<'a> {
    pub(super) fn of(list: &'a [Tool<'_>]) -> Self {
        Self::new(
            list.iter()
                .map(|tool| (Cow::Borrowed(tool.name.as_ref()), tool.schema.map(Cow::Borrowed))),
        )
    }

    fn new(tools: impl Iterator<Item = (Cow<'a, str>, Option<Cow<'a, str>>)>) -> Self {
        let mut this = Self { tools: tools.collect(), sorted: Vec::new() };
        // There are few enough for this.
        for place in 0..this.tools.len() {
            let end = this.sorted.len() - this.from(this.name(place), Ordering::Greater).len();
            this.sorted.insert(end, place);
        }
        this
    }

    /// The same with a copy of all that it borrows.
    pub(super) fn owned(list: &[Tool<'_>]) -> Declared<'static> {
        Declared::new(list.iter().map(|tool| {
            let schema = tool.schema.map(|schema| Cow::Owned(schema.to_owned()));
            (Cow::Owned(tool.name.as_ref().to_owned()), schema)
        }))
    }

    /// The place of the tool that a model means by `name`.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let name = name.trim();
        self.find_plain(name).or_else(|| self.find_plain(without_namespace(name)?))
    }

    /// The places of the tools from the first on whose name is at least so compared to `name`.
    #[inline(never)]
    fn from(&self, name: &str, least: Ordering) -> &[usize] {
        let is_before = |place: &usize| order(self.name(*place), name) < least;
        self.sorted.get(self.sorted.partition_point(is_before)..).unwrap_or_default()
    }

    fn find_plain(&self, name: &str) -> Option<usize> {
        let alike = self.from(name, Ordering::Equal);
        let others = self.from(name, Ordering::Greater).len();
        let alike = alike.get(..alike.len() - others)?;
        let exact = alike.iter().find(|place| self.name(**place) == name);
        exact.or(alike.first().filter(|_| alike.len() == 1)).copied()
    }

    /// Whether the name of a tool begins with `start`.
    fn begins(&self, start: &str) -> bool {
        let first = self.from(start, Ordering::Equal).first();
        first.is_some_and(|place| begins(self.name(*place), start))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The name of the tool at `place`, as it was declared.
    pub(super) fn name(&self, place: usize) -> &str {
        self.tools.get(place).map_or("", |(name, _)| name)
    }

    /// The schema of its arguments.
    pub(super) fn schema(&self, place: usize) -> Option<&str> {
        self.tools.get(place)?.1.as_deref()
    }

    /// The place of the tool that a word before a call names: `name`, `to=functions.name`,
    /// `functions.name:0`.
    pub(super) fn find_word(&self, word: &str) -> Option<usize> {
        let name = bare(word);
        self.find(name).or_else(|| self.find(without_number(name)))
    }

    /// What a word before a call is, so far.
    pub(super) fn look(&self, word: &str) -> Word {
        let name = bare(word);
        if self.find_word(word).is_some() {
            return Word::Name;
        }
        if WORDS.iter().any(|known| order(known, word) == Ordering::Equal) {
            return Word::Known;
        }
        let is_open = self.begins(name)
            || without_namespace(name).is_some_and(|name| self.begins(name))
            || WORDS.iter().chain(&BEFORE_NAMES).any(|known| begins(known, word))
            || begins_namespace(name);
        if is_open { Word::Open } else { Word::Other }
    }
}

/// What Harmony and Gemma put before the name of a tool.
static BEFORE_NAMES: [&str; 2] = ["to=", "call:"];

/// A word without that.
fn bare(word: &str) -> &str {
    BEFORE_NAMES.iter().find_map(|before| word.strip_prefix(before)).unwrap_or(word)
}

/// A name without the number of the call after it, or the colon.
fn without_number(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => name,
    }
}

/// Whether `word` is in the namespace of a vendor.
pub(super) fn has_namespace(word: &str) -> bool {
    without_namespace(word).is_some()
}

/// Whether `word` is such a namespace.
pub(super) fn is_namespace(word: &str) -> bool {
    NAMESPACES.iter().any(|known| order(known, word) == Ordering::Equal)
}

/// Whether `word` is the beginning of such a namespace.
pub(super) fn begins_namespace(word: &str) -> bool {
    NAMESPACES.iter().any(|known| begins(known, word))
}

/// A name without the namespace of a vendor.
fn without_namespace(name: &str) -> Option<&str> {
    let (namespace, name) = tags::split(name, |ch| matches!(ch, '.' | ':'));
    is_namespace(namespace.trim()).then_some(name.get(1..)?.trim())
}
