//! Makes JSON of what is nearly JSON, and of calls in Python, where that can be read in one way:
//!
//! - strings: in single or three quotes or Gemma's, with line breaks, with single backslashes (`\d`,
//!   `C:\users`, `\'`);
//! - `True`, `False`, `None`, tuples, and keys without quotes;
//! - a comma too much, or a bracket too few, before a closing bracket or a tag;
//! - `name(key=value)`, also in `print(…)`, which becomes `{"name":…,"arguments":{…}}`.
//!
//! What follows no such rule stays as it is, and so is no JSON. A text that ends within a value
//! is not mended: nobody knows what would have followed.

use super::tags;

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Object,
    List,
    Tuple,
    /// `print(`, of which nothing is left.
    Print,
    /// A call. Its arguments may be an object already.
    Call {
        is_object: bool,
    },
}

impl Open {
    /// The bracket that closes it, and what is written then.
    fn ends(self) -> (char, &'static str) {
        match self {
            Self::Object => ('}', "}"),
            Self::List => (']', "]"),
            Self::Tuple => (')', "]"),
            Self::Print => (')', ""),
            Self::Call { is_object: true } => (')', "}"),
            Self::Call { is_object: false } => (')', "}}"),
        }
    }
}

/// Gemma's quotes. Nothing is escaped between them.
static GEMMA: [&str; 2] = ["<escape>", "<|\"|>"];

/// How deep a value may nest: each word and bracket looks at all that is open.
const MAX_DEPTH: usize = 127;

struct Mender<'t> {
    rest: &'t str,
    out: String,
    open: Vec<Open>,
}

/// The value that `text` begins with, as JSON, and what follows it. It ends before a tag.
pub(super) fn mend(text: &str) -> Option<(String, &str)> {
    let mut mender = Mender::of(text);
    mender.value()?;
    Some((mender.out, mender.rest))
}

/// The beginning of a value that `text` is, as the beginning of JSON.
pub(super) fn mend_cut(text: &str) -> Option<String> {
    let mut mender = Mender::of(text);
    let ended = mender.value();
    (ended.is_none() && mender.rest.is_empty()).then_some(mender.out)
}

impl<'t> Mender<'t> {
    fn of(text: &'t str) -> Self {
        Self { rest: text, out: String::with_capacity(text.len().min(4_096)), open: Vec::new() }
    }

    /// Takes one value.
    fn value(&mut self) -> Option<()> {
        while let Some(ch) = self.rest.chars().next() {
            match ch {
                '"' | '\'' => {
                    let three = if ch == '"' { "\"\"\"" } else { "'''" };
                    let is_long = self.rest.starts_with(three);
                    self.string(if is_long { three } else { three.get(..1)? })?;
                }
                '{' => self.enter(Open::Object, "{"),
                '[' => self.enter(Open::List, "["),
                '(' => self.enter(Open::Tuple, "["),
                '}' | ']' | ')' => {
                    self.leave(ch);
                    self.skip(ch.len_utf8());
                }
                '<' => match GEMMA.iter().find(|mark| self.rest.starts_with(**mark)) {
                    Some(mark) => self.string(mark)?,
                    None if GEMMA.iter().any(|mark| mark.starts_with(self.rest)) => return None,
                    None => self.leave_all(),
                },
                ',' | ':' | ' ' | '\n' | '\r' | '\t' => self.keep(1),
                _ => self.word()?,
            }
            if self.open.len() > MAX_DEPTH {
                return None;
            }
            if self.open.is_empty() {
                return Some(());
            }
        }
        None
    }

    #[inline(never)]
    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    #[inline(never)]
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Takes this many bytes as they are.
    fn keep(&mut self, bytes: usize) {
        self.put(self.rest.get(..bytes).unwrap_or_default());
        self.skip(bytes);
    }

    fn enter(&mut self, what: Open, bracket: &str) {
        self.open.push(what);
        self.put(bracket);
        self.skip(1);
    }

    /// Closes what `bracket` closes, and what is open in it. Nothing, if there is none.
    fn leave(&mut self, bracket: char) {
        if self.open.iter().any(|open| open.ends().0 == bracket) {
            while self.leave_one().is_some_and(|closed| closed != bracket) {}
        }
    }

    fn leave_all(&mut self) {
        while self.leave_one().is_some() {}
    }

    fn leave_one(&mut self) -> Option<char> {
        let (bracket, end) = self.open.pop()?.ends();
        while self.out.ends_with([' ', '\n', '\r', '\t', ',']) {
            self.out.pop();
        }
        self.put(end);
        Some(bracket)
    }

    /// Takes a string that begins and ends with `end`.
    #[inline(never)]
    fn string(&mut self, end: &str) -> Option<()> {
        self.skip(end.len());
        self.put("\"");
        loop {
            if let Some(rest) = self.rest.strip_prefix(end) {
                self.rest = rest;
                self.put("\"");
                return Some(());
            }
            let ch = self.rest.chars().next()?;
            let escape = match ch {
                '\\' if GEMMA.contains(&end) => "\\\\",
                // A text that ends here has no more of the escape.
                '\\' if is_escape_begun(self.rest) => {
                    self.keep(self.rest.len());
                    continue;
                }
                '\\' if is_escape(self.rest.get(1..).unwrap_or_default()) => {
                    self.keep(2);
                    continue;
                }
                '\\' if self.rest.starts_with("\\'") => {
                    self.skip(1);
                    "'"
                }
                '\\' => "\\\\",
                '"' => "\\\"",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ => {
                    self.keep(ch.len_utf8());
                    continue;
                }
            };
            self.put(escape);
            self.skip(1);
        }
    }

    /// Takes a word outside strings.
    #[inline(never)]
    fn word(&mut self) -> Option<()> {
        let (word, rest) = tags::split(self.rest, |ch| {
            ch.is_ascii() && !ch.is_ascii_alphanumeric() && !matches!(ch, '_' | '.' | '-' | '+')
        });
        let after = rest.trim_ascii_start();
        let literal = match word {
            "" => return None,
            "True" => "true",
            "False" => "false",
            "None" => "null",
            _ => word,
        };
        let in_call = self.open.iter().any(|open| matches!(open, Open::Call { .. }));
        if let Some(inside) = after.strip_prefix('(') {
            self.rest = inside.trim_ascii_start();
            if word == "print" && self.open.is_empty() {
                self.open.push(Open::Print);
                return Some(());
            }
            if in_call {
                return None;
            }
            self.put("{\"name\":\"");
            self.put(word);
            self.put("\",\"arguments\":");
            let is_object = self.rest.starts_with('{');
            if !is_object {
                self.out.push('{');
            }
            self.open.push(Open::Call { is_object });
            return Some(());
        }
        let value = match self.open.last() {
            Some(Open::Call { is_object: false }) => after.strip_prefix('='),
            Some(Open::Object) => after.strip_prefix(':'),
            _ => None,
        };
        if let Some(value) = value {
            self.put("\"");
            self.put(word);
            self.put("\":");
            self.rest = value;
            return Some(());
        }
        self.put(literal);
        self.rest = rest;
        Some(())
    }
}

/// Whether `text` is the beginning of an escape in JSON, and no more.
fn is_escape_begun(text: &str) -> bool {
    let digits = text.get(2..).unwrap_or_default();
    let is_hex = digits.len() < 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    text.len() == 1 || is_hex && text.get(1..2) == Some("u")
}

/// Whether a backslash before `text` is an escape in JSON.
fn is_escape(text: &str) -> bool {
    match text.strip_prefix('u') {
        Some(digits) => digits
            .get(..4)
            .is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit())),
        None => text.starts_with(['"', '\\', '/', 'b', 'f', 'n', 'r', 't']),
    }
}
