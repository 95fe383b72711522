//! Reads the calls in a block, in whatever form it is: lenient about the form, strict about the
//! meaning.
//!
//! A block is read from front to back: tags, words, values. What gives a call is always the
//! same, a name and arguments, from whichever of them they come:
//!
//! | name | arguments |
//! |---|---|
//! | in a JSON object, beside the arguments | a JSON object in that object |
//! | in a tag: `<invoke name="x">`, `<function=x>` | tags: `<parameter name="y">…`, `<arg_key>y</arg_key>…` |
//! | a word: `x`, `functions.x:0`, `to=functions.x` | a JSON object after it |
//!
//! A block that is not to the letter is read again, and mended: see [`mend`]; besides, a bracket
//! too much after a value, and an argument that only the tag of its call closes. If then it
//! still has anything else in it, it is text. So no mend ever chooses between two calls.

use super::{
    arguments::Arguments,
    call_json::{self, Ending, ParsedCall},
    declared::{Declared, Word},
    mend,
    tags::{self, Dress, Look, Role, Tag},
};
use crate::json::{self, Care as JsonCare, Raw};

/// Whether a block is read to the letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    Exact,
    Mended,
}

/// The calls in `block`. `None` if there are none, if it has anything else in it, or calls a
/// tool that is not declared.
///
/// Of a block that was cut off, the last call has only the beginning of its arguments, one that
/// can be closed, or nothing.
pub(super) fn read(
    block: &str,
    declared: &Declared<'_>,
    ending: Ending,
) -> Option<Vec<ParsedCall>> {
    [Care::Exact, Care::Mended].into_iter().find_map(|care| {
        let mut reading = Reading {
            declared,
            care,
            ending,
            calls: Vec::new(),
            tool: None,
            arguments: None,
            object: None,
            key: None,
            unclosed: Vec::new(),
        };
        // A name alone is a word like any other.
        let is_form = block.contains(['<', '{', '(']);
        reading.run(block).filter(|()| is_form)?;
        Some(reading.calls).filter(|calls| !calls.is_empty())
    })
}

struct Reading<'a> {
    declared: &'a Declared<'a>,
    care: Care,
    ending: Ending,
    calls: Vec<ParsedCall>,
    /// The tool of the call that is being read, if that is known.
    tool: Option<usize>,
    /// Its arguments from tags.
    arguments: Option<Arguments<'a>>,
    /// Its arguments as JSON.
    object: Option<String>,
    /// The name of its next argument.
    key: Option<&'a str>,
    /// The kinds of arguments of which none is closed from here on.
    unclosed: Vec<(Role, bool)>,
}

impl<'a> Reading<'a> {
    #[inline(never)]
    fn run(&mut self, block: &'a str) -> Option<()> {
        let mut rest = block;
        loop {
            rest = tags::skip(rest, |ch| {
                ch.is_ascii_whitespace() || matches!(ch, ',' | ';' | '`' | '~')
            });
            rest = match rest.chars().next() {
                None => return self.end(),
                Some('<') => self.tag(rest)?,
                Some('[') if word_in_brackets(rest).is_some() => word_in_brackets(rest)?,
                Some('{' | '[') => self.value(rest)?,
                Some('}' | ']' | ')') if self.care == Care::Mended => self.surplus(rest)?,
                Some(_) => self.word(rest)?,
            };
        }
    }

    /// What follows the closing brackets that `rest` begins with. They may stand after a value.
    fn surplus(&self, rest: &'a str) -> Option<&'a str> {
        let has_value = self.object.is_some() || self.tool.is_none() && !self.calls.is_empty();
        let after = tags::skip(rest, |ch| matches!(ch, '}' | ']' | ')'));
        let ends = after.trim_ascii_start();
        (has_value && (ends.is_empty() || ends.starts_with('<'))).then_some(after)
    }

    /// Ends the block. A call that has no whole object and that no tag has closed was cut off,
    /// unless all arguments of its tool are there: the end of an answer says nothing of what
    /// would have followed.
    fn end(&mut self) -> Option<()> {
        if self.tool.is_some() && self.object.is_none() {
            if self.ending == Ending::Whole {
                let is_full = self.arguments.as_ref().is_some_and(Arguments::is_full);
                return self.flush().filter(|()| is_full);
            }
            self.key = None;
            let arguments = self.arguments.take();
            self.object = Some(arguments.map_or_else(String::new, Arguments::cut));
        }
        self.flush()
    }

    /// Ends the call that is being read.
    fn flush(&mut self) -> Option<()> {
        let arguments = self.arguments.take().map(Arguments::end);
        let object = self.object.take();
        if arguments.is_some() && object.is_some() || self.key.take().is_some() {
            return None;
        }
        let arguments = arguments.or(object);
        let Some(tool) = self.tool.take() else {
            return arguments.is_none().then_some(());
        };
        let arguments = arguments.unwrap_or_else(|| "{}".to_owned());
        call_json::add(&mut self.calls, self.declared.name(tool), arguments);
        Some(())
    }

    #[inline(never)]
    fn tag(&mut self, text: &'a str) -> Option<&'a str> {
        let Some((tag, rest)) = tags::read(text) else {
            // An answer may end in the middle of its last tag.
            let is_cut = tags::look(text, false) != Look::Other && !text.contains('>');
            if is_cut && self.ending == Ending::Cut {
                return Some("");
            }
            let closes = tags::skip(text.get(1..).unwrap_or_default(), tags::is_bar);
            return (is_cut && (closes.is_empty() || closes.starts_with('/'))).then_some("");
        };
        match tag.role {
            Role::List | Role::Call | Role::Named => {
                let has_arguments = self.arguments.is_some() || self.object.is_some();
                if tag.closes() || has_arguments || tag.name.is_some() {
                    self.flush()?;
                }
                if let Some(name) = tag.name.filter(|_| !tag.closes()) {
                    self.tool = Some(self.declared.find(name)?);
                    if !tag.opens() {
                        self.flush()?;
                    }
                }
            }
            Role::Argument | Role::Key | Role::Value if tag.closes() => {}
            Role::Argument | Role::Key | Role::Value => return self.argument(&tag, rest),
            Role::Part => {}
            Role::Quote | Role::Result | Role::Foreign => return None,
        }
        Some(rest)
    }

    /// Takes what the `tag` of an argument holds.
    #[inline(never)]
    fn argument(&mut self, tag: &Tag<'a>, text: &'a str) -> Option<&'a str> {
        let Some((value, rest)) = self.until_closed(tag, text) else {
            return self.cut_argument(tag, text);
        };
        let name = match tag.role {
            Role::Key => {
                let has_key = self.key.replace(value.trim_ascii()).is_some();
                return (!has_key).then_some(rest);
            }
            Role::Value => self.key.take()?,
            _ => tag.name?,
        };
        let tool = self.tool?;
        let value = if tag.is_assigned { without_lines(value) } else { value };
        let declared = self.declared;
        self.arguments.get_or_insert_with(|| Arguments::of(declared.schema(tool))).add(
            name,
            value,
            tag.is_string,
        );
        Some(rest)
    }

    /// Takes the `value` of an argument that was cut off.
    fn cut_argument(&mut self, tag: &Tag<'a>, value: &'a str) -> Option<&'a str> {
        let tool = self.tool.filter(|_| self.ending == Ending::Cut)?;
        let name = if tag.role == Role::Value { self.key.take() } else { tag.name };
        let tag_start = value.rfind('<').filter(|start| {
            value.get(*start..).is_some_and(|end| tags::look(end, false) != Look::Other)
        });
        let value = value.get(..tag_start.unwrap_or(value.len())).unwrap_or_default();
        let value = if tag.is_assigned { without_lines(value) } else { value };
        let declared = self.declared;
        if let Some(name) = name {
            self.arguments.get_or_insert_with(|| Arguments::of(declared.schema(tool))).add_cut(
                name,
                value,
                tag.is_string,
            );
        }
        Some("")
    }

    /// What stands in `text` before the closing tag of `tag`, and after it.
    fn until_closed(&mut self, tag: &Tag<'_>, text: &'a str) -> Option<(&'a str, &'a str)> {
        if !tag.opens() {
            return Some(("", text));
        }
        let kind = (tag.role, tag.is_like(Dress::Dsml));
        if !self.unclosed.contains(&kind) {
            let found = find_tag(text, &|close| closes(tag, close));
            if let Some((value, _, rest)) = found {
                return Some((value, rest));
            }
            // It is not looked for again: that would be once for each argument.
            self.unclosed.push(kind);
        }
        if self.care == Care::Exact {
            return None;
        }
        let is_around =
            |close: &Tag<'_>| matches!(close.role, Role::Named | Role::Call | Role::List);
        let (value, close, rest) = find_tag(text, &|close| {
            close.closes() && (close.role == tag.role || is_around(close))
        })?;
        // One that the value opens may be quoted in it.
        if find_tag(value, &|open| open.opens() && open.role == close.role).is_some() {
            return None;
        }
        let end = text.get(value.len()..).unwrap_or_default();
        Some((value, if close.role == tag.role { rest } else { end }))
    }

    /// Takes the JSON that `text` begins with: the arguments, if the tool is known, else calls.
    fn value(&mut self, text: &'a str) -> Option<&'a str> {
        let owned;
        let (json, kept, rest) = match self.care {
            Care::Exact => {
                let (Raw(json), rest) = json::read_first(text, JsonCare::Strict).ok()?;
                (json, json.len(), rest)
            }
            Care::Mended => {
                let (json, kept, rest) = self.mend(text)?;
                owned = json;
                (owned.as_str(), kept, rest)
            }
        };
        if self.tool.is_none() {
            call_json::read(json, self.declared, &mut self.calls)?;
            call_json::cut(&mut self.calls, json, kept)?;
            return Some(rest);
        }
        let mut object = call_json::read_object(json)?;
        if kept < json.len() && object.is_char_boundary(kept) {
            object.truncate(kept);
        }
        self.object.replace(object).is_none().then_some(rest)
    }

    /// The value that `text` begins with, how much of it stands there, and what follows it.
    fn mend(&self, text: &'a str) -> Option<(String, usize, &'a str)> {
        if let Some((json, rest)) = mend::mend(text) {
            let length = json.len();
            return Some((json, length, rest));
        }
        let begun = mend::mend_cut(text).filter(|_| self.ending == Ending::Cut)?;
        let (closed, kept) = json::close(&begun)?;
        Some((closed, kept, ""))
    }

    /// Takes a word outside tags and JSON.
    fn word(&mut self, text: &'a str) -> Option<&'a str> {
        let (word, rest) = split_word(text);
        if rest.trim_ascii_start().starts_with('(') {
            return if self.care == Care::Mended { self.value(text) } else { None };
        }
        match self.declared.look(word) {
            Word::Known => Some(rest),
            // It may go on.
            Word::Name | Word::Open if rest.is_empty() && self.ending == Ending::Cut => {
                self.tool.map(|_| rest)
            }
            Word::Name => {
                if self.object.is_some() {
                    self.flush()?;
                } else if self.tool.is_some() {
                    return None;
                }
                self.tool = self.declared.find_word(word);
                Some(rest)
            }
            _ => None,
        }
    }
}

/// The first tag in `text` that is as wanted, with what stands before and after it.
#[inline(never)]
fn find_tag<'t>(
    text: &'t str,
    is_wanted: &dyn Fn(&Tag<'t>) -> bool,
) -> Option<(&'t str, Tag<'t>, &'t str)> {
    let mut at = 0;
    loop {
        let place = at + text.get(at..)?.find('<')?;
        let (before, tag) = text.split_at_checked(place)?;
        if let Some((tag, rest)) = tags::read(tag)
            && is_wanted(&tag)
        {
            return Some((before, tag, rest));
        }
        at = place + 1;
    }
}

/// A value without the line breaks at its ends: Qwen puts it in lines of its own.
fn without_lines(value: &str) -> &str {
    let value = value.strip_prefix('\n').unwrap_or(value);
    value.strip_suffix('\n').unwrap_or(value)
}

/// Whether an argument is closed by this closing tag: by one that is dressed like its own.
fn closes(tag: &Tag<'_>, close: &Tag<'_>) -> bool {
    close.closes() && close.role == tag.role && close.is_like(tag.dress)
}

/// The word that `text` begins with, and what follows it.
pub(super) fn split_word(text: &str) -> (&str, &str) {
    tags::split(text, ends_word)
}

/// Whether a word outside tags and JSON ends before `ch`.
pub(super) fn ends_word(ch: char) -> bool {
    ch.is_ascii_whitespace() || matches!(ch, '<' | '{' | '[' | '(' | ')' | '`' | ',' | '"' | '\'')
}

/// What follows Mistral's words for calls and their arguments.
fn word_in_brackets(text: &str) -> Option<&str> {
    text.strip_prefix("[TOOL_CALLS]").or_else(|| text.strip_prefix("[ARGS]"))
}
