//! Calls and results that a text only quotes.
//!
//! Texts of users, tools and files may contain a call. If the model repeats it, it must not
//! be made. So the tags in such texts get a mark after their bracket on the way to the
//! model: `<~tool_call>`. Models can still read it, and the parser does not take it for a
//! call. In the answer and in the arguments of calls the mark is removed again. A tag that
//! has marks already gets one more, so that the original comes back.
//!
//! An object without tags is not marked. If the conversation quotes one, only tagged calls
//! count.

use std::borrow::Cow;

use super::{
    Declared,
    markup::{CALL_TAGS, LIST_TAG, RESULT_TAG},
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
const BRACKETS: [&str; 9] = ["<", "＜", "﹤", "&lt;", "&#60;", "&#x3c;", "\\u003c", "\\x3c", "%3c"];

/// What a text is, the rest of which may still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// A tag's name.
    Tag,
    /// The beginning of a tag. It may be `whole`: a name that more letters could still follow.
    Open { whole: bool },
    /// Anything else.
    Other,
}

/// What `text`, after a bracket, is. Matches the names in [`super::markup`] in any case, with
/// the characters that may stand before a name in a tag.
pub(super) fn look(text: &str) -> Look {
    let stands_before = |ch: &char| {
        matches!(*ch, ' ' | '\t'..='\r' | '/' | '\\' | '|' | MARK)
            || matches!(*ch, '\u{a0}' | '\u{ad}' | '\u{2000}'..='\u{206f}')
            || matches!(*ch, '\u{3000}' | '\u{feff}')
    };
    let before = text.chars().take_while(stands_before).map(char::len_utf8).sum();
    let name = text.as_bytes().get(before..).unwrap_or_default();
    let mut all = Look::Other;
    for tag in CALL_TAGS.into_iter().chain([LIST_TAG, RESULT_TAG]) {
        match look_for(tag, name) {
            Look::Tag => return Look::Tag,
            Look::Open { whole } => {
                all = Look::Open { whole: whole || all == Look::Open { whole: true } };
            }
            Look::Other => {}
        }
    }
    all
}

fn look_for(tag: &str, name: &[u8]) -> Look {
    let mut rest = name.iter();
    for expected in tag.bytes() {
        let before = rest.clone();
        match rest.next() {
            None => return Look::Open { whole: false },
            Some(byte) if byte.eq_ignore_ascii_case(&expected) => {}
            Some(b'-' | b' ') if expected == b'_' => {}
            // Some models leave it out.
            Some(_) if expected == b'_' => rest = before,
            Some(_) => return Look::Other,
        }
    }
    match rest.next() {
        None => Look::Open { whole: true },
        Some(byte) if *byte == b'_' || byte.is_ascii_alphanumeric() => Look::Other,
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
        for bracket in BRACKETS {
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

/// Whether an object in `text` begins like a call of a declared tool, by itself or in a JSON
/// string.
fn has_object(text: &str, declared: &Declared<'_>) -> bool {
    let mut rest = text;
    while let Some((_, more)) = rest.split_once('{') {
        rest = more;
        let name = ["\"", "name", "\"", ":", "\""]
            .into_iter()
            .try_fold(rest.as_bytes(), |rest, token| between(rest).strip_prefix(token.as_bytes()));
        let is_call = |name: &[u8]| {
            // No tool has a longer name.
            let end = name.iter().take(2 * Tool::LONGEST_NAME).position(|byte| *byte == b'"')?;
            let name = str::from_utf8(name.get(..end)?).ok()?;
            Some(declared.has(name.trim_end_matches('\\')))
        };
        if name.and_then(is_call) == Some(true) {
            return true;
        }
    }
    false
}

/// What follows the white space between two tokens of JSON, and the escapes there if the
/// JSON is in a string.
fn between(text: &[u8]) -> &[u8] {
    let mut rest = text;
    loop {
        rest = match rest {
            [b'\\', b'n' | b'r' | b't', more @ ..] | [b'\\', more @ ..] => more,
            [byte, more @ ..] if byte.is_ascii_whitespace() => more,
            _ => return rest,
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
        quotes.objects |= declared.is_some_and(|declared| has_object(text, declared));
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
