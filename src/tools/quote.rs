//! Calls and results that a text only quotes.
//!
//! Texts of users, tools and files may contain a call. If the model repeats it, it must not
//! be made. So the tags in such texts get a mark after their bracket on the way to the
//! model: `<~tool_call>`. Models can still read it, and the parser does not take it for a
//! call. In the answer and in the arguments of calls the mark is removed again. A tag that
//! has marks already gets one more, so that the original comes back.
//!
//! What has no tags is not marked. If the conversation quotes a call without them, only tagged
//! calls count.

use std::borrow::Cow;

use super::{
    calls,
    declared::{self, Declared, PARALLEL},
    tags,
};
use crate::chat::{Part, Prompt, Quotes, Tool};

/// Marks a quoted tag, after its bracket. JSON does not escape it, so it is the same in a
/// text and in a JSON string of the text.
pub(super) const MARK: char = '~';

/// The longest beginning of a quoted tag that an answer waits for, in bytes. It is read again
/// with each character, and any number of characters may stand before the name.
pub(super) const LONGEST_BYTES: usize = 256;

/// The spellings of the bracket, in lower case: itself, its variants in Unicode, and its
/// escapes in HTML, JSON and URLs, which models read like the bracket.
static BRACKETS: [&str; 9] =
    ["<", "＜", "﹤", "&lt;", "&#60;", "&#x3c;", "\\u003c", "\\x3c", "%3c"];

/// What a text is, the rest of which may still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    /// None of the others.
    Other,
    /// The beginning of a tag. It may be `whole`: a name that more letters could still follow.
    Open { whole: bool },
    /// A tag's name.
    Tag,
}

/// What `text`, after a bracket, is. Matches the names of [`tags::each_marked`] in any case, with the
/// characters and namespaces that may stand before a name in a tag.
pub(super) fn look(text: &str) -> Look {
    let stands_before = |ch: &char| {
        matches!(*ch, ' ' | '\t'..='\r' | '/' | '\\' | MARK)
            || tags::is_bar(*ch)
            || matches!(*ch, '\u{a0}' | '\u{ad}' | '\u{2000}'..='\u{206f}')
            || matches!(*ch, '\u{3000}' | '\u{feff}')
    };
    let before = text.chars().take_while(stands_before).map(char::len_utf8).sum();
    let (before, mut name) = text.split_at_checked(before).unwrap_or_default();
    let mut all = Look::Other;
    for namespace in &tags::NAMESPACES {
        match tags::after(name, namespace) {
            Ok(rest) => name = rest,
            Err(true) => all = Look::Open { whole: false },
            Err(false) => {}
        }
    }
    let has_bars = before.contains(tags::is_bar);
    tags::each_marked(&mut |tag, needs_bars| {
        if has_bars || !needs_bars {
            // The most that one of them is.
            all = all.max(look_for(tag, name));
        }
    });
    all
}

fn look_for(tag: &str, name: &str) -> Look {
    let mut rest = name.chars().peekable();
    let is_joint = |ch: &char| tags::is_joint(*ch) || ch.is_ascii_whitespace();
    let mut is_first = true;
    for expected in tag.chars() {
        while !is_first && rest.next_if(is_joint).is_some() {}
        is_first = false;
        match rest.next() {
            None => return Look::Open { whole: false },
            Some(ch) if ch.eq_ignore_ascii_case(&expected) => {}
            Some(_) => return Look::Other,
        }
    }
    match rest.next() {
        _ if tag.ends_with('=') => Look::Tag,
        None => Look::Open { whole: true },
        Some(ch) if ch == '_' || ch.is_ascii_alphanumeric() => Look::Other,
        Some(_) => Look::Tag,
    }
}

pub(super) fn is_tag(text: &str) -> bool {
    matches!(look(text), Look::Tag | Look::Open { whole: true })
}

/// The last bytes of a text, as many as a bracket may take.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Last(u64);

impl Last {
    pub(super) fn step(&mut self, ch: char) {
        let byte = match ch {
            '＜' | '﹤' => b'<',
            _ => u8::try_from(ch).unwrap_or_default().to_ascii_lowercase(),
        };
        self.0 = self.0 << 8 | u64::from(byte);
    }

    pub(super) fn is_bracket(self) -> bool {
        let last = self.0.to_be_bytes();
        BRACKETS.iter().any(|bracket| last.ends_with(bracket.as_bytes()))
    }
}

/// The place after the next bracket of `text` from `start` on.
fn next_bracket(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let rest = text.get(at..)?;
        at += rest.iter().position(|byte| matches!(byte, b'<' | b'&' | b'\\' | b'%' | 0xef))?;
        for bracket in &BRACKETS {
            let found = text.get(at..at + bracket.len());
            if found.is_some_and(|found| found.eq_ignore_ascii_case(bracket.as_bytes())) {
                return Some(at + bracket.len());
            }
        }
        at += 1;
    }
}

/// `text` with a mark in each tag. Borrowed if there is no tag.
pub(super) fn mark(text: &str) -> Cow<'_, str> {
    edit(text, Edit::Mark)
}

/// `text` with one mark less in each tag that has marks.
pub(super) fn unmark(text: &str) -> Cow<'_, str> {
    edit(text, Edit::Unmark)
}

#[derive(Debug, Clone, Copy)]
enum Edit {
    Mark,
    Unmark,
}

#[inline(never)]
fn edit(text: &str, edit: Edit) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(place) = next_bracket(text.as_bytes(), at) {
        at = place;
        let rest = text.get(place..).unwrap_or_default();
        let tag = match edit {
            Edit::Mark => Some(rest),
            Edit::Unmark => rest.strip_prefix(MARK),
        };
        if tag.is_some_and(is_tag) {
            if out.is_empty() {
                // It may be megabytes, and must not be copied as it grows. A tag has more than
                // eight bytes, and gets one more.
                out.reserve_exact(text.len() + text.len() / 8);
            }
            out.push_str(text.get(copied..place).unwrap_or_default());
            copied = place;
            match edit {
                Edit::Mark => out.push(MARK),
                Edit::Unmark => copied += MARK.len_utf8(),
            }
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Whether `text` has what could be a call without tags, by itself or in a JSON string: the name
/// of a declared tool as the value of a field, before a bracket, or after Harmony's `to=`.
pub(super) fn has_bare_call(text: &str, declared: &Declared<'_>) -> bool {
    let is_call = |(place, found): (usize, &str)| {
        let (before, after) = (text.get(..place), text.get(place + found.len()..));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        match found {
            "." | ":" if is_in_namespace(before, after, declared) => true,
            ":" => is_name(field(after), declared),
            "=" => before.ends_with("to") && declared.find_word(first_word(after)).is_some(),
            "(" => is_name(last_word(before), declared),
            // Mistral's word.
            _ => after.starts_with("TOOL_CALLS]"),
        }
    };
    let marks = |ch: char| matches!(ch, ':' | '.' | '=' | '(' | '[');
    text.match_indices(marks).any(is_call)
}

/// Whether a word that a mark ends and one after it are the name of a tool in the namespace of a
/// vendor.
fn is_in_namespace(before: &str, after: &str, declared: &Declared<'_>) -> bool {
    let word = last_word(before);
    let is_namespace = with_and_without_first(word).any(declared::is_namespace);
    is_namespace && declared.find_word(first_word(after)).is_some()
}

/// A word, and the same without its first letter: after an escape in a JSON string, that is the
/// letter of the escape.
fn with_and_without_first(word: &str) -> impl Iterator<Item = &str> {
    [word, word.get(1..).unwrap_or_default()].into_iter()
}

fn is_name(name: &str, declared: &Declared<'_>) -> bool {
    name.trim() == PARALLEL
        || with_and_without_first(name).any(|name| declared.find_word(name).is_some())
}

/// The string that a field holds, with what follows the colon in `text`.
fn field(text: &str) -> &str {
    let text = between(text);
    let Some(inside) = text.get(1..).filter(|_| text.starts_with(['"', '\''])) else {
        return "";
    };
    // No tool has a longer name.
    let inside =
        inside.get(..inside.floor_char_boundary(2 * Tool::LONGEST_NAME)).unwrap_or_default();
    let (name, _) = tags::split(inside, |ch| matches!(ch, '"' | '\''));
    name.trim_end_matches('\\')
}

fn first_word(text: &str) -> &str {
    let text = text.get(..text.floor_char_boundary(2 * Tool::LONGEST_NAME)).unwrap_or_default();
    calls::split_word(text).0.trim_end_matches('\\')
}

fn last_word(text: &str) -> &str {
    let start = text.len().saturating_sub(2 * Tool::LONGEST_NAME);
    let text = text.get(text.ceil_char_boundary(start)..).unwrap_or_default();
    let ends = |ch: char| calls::ends_word(ch) || ch == '\\';
    text.trim_ascii_end().rsplit(ends).next().unwrap_or_default()
}

/// What follows the white space between two tokens of JSON, and the escapes there if the
/// JSON is in a string.
fn between(text: &str) -> &str {
    let mut bytes = text.as_bytes();
    loop {
        bytes = match bytes {
            [b'\\', b'n' | b'r' | b't', more @ ..] | [b'\\', more @ ..] => more,
            [byte, more @ ..] if byte.is_ascii_whitespace() => more,
            _ => return text.get(text.len() - bytes.len()..).unwrap_or_default(),
        };
    }
}

/// Marks the tags that the texts of `prompt` quote, and notes in its tools what they quote.
/// Without tools no answer can be a call: then only results are marked, so that none ends
/// early.
pub(super) fn quote(prompt: &mut Prompt<'_>) {
    let declared = prompt.tools.as_ref().map(|tools| Declared::of(&tools.list));
    let mut quotes = Quotes::default();
    for part in prompt.turns.iter_mut().flat_map(|turn| &mut turn.parts) {
        if declared.is_some() || matches!(part, Part::ToolResult { .. }) {
            quote_part(part, declared.as_ref(), &mut quotes);
        }
    }
    drop(declared);
    if let Some(tools) = &mut prompt.tools {
        tools.quotes = quotes;
    }
}

fn quote_part(part: &mut Part<'_>, declared: Option<&Declared<'_>>, quotes: &mut Quotes) {
    let mut quote = |text: &mut Cow<'_, str>| {
        quotes.objects |= declared.is_some_and(|declared| has_bare_call(text, declared));
        if let Cow::Owned(marked) = mark(text) {
            *text = Cow::Owned(marked);
            quotes.tags = true;
        }
    };
    match part {
        Part::Text(text) | Part::File { name: Some(text), .. } => quote(text),
        Part::ToolCall { id, name, arguments } => [id, name, arguments].into_iter().for_each(quote),
        Part::ToolResult { id, parts, .. } => {
            quote(id);
            for part in parts {
                quote_part(part, declared, quotes);
            }
        }
        Part::Image(_) | Part::File { name: None, .. } => {}
    }
}

#[cfg(test)]
mod tests;
