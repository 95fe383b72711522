//! The beginning of calls without tags, until it is certain that they are calls of a declared
//! tool.
//!
//! - JSON: `{"name": "x"`, in a list or not. The fields of a call may come in any order, and
//!   the calls may be in a field, like `{"tool_calls": [{"function": {"name": "x"`.
//! - Python: `[x(`, and `default_api.x(`, in `print(` or not.
//! - The words of OpenAI's Harmony, `to=functions.x`, Mistral's `[TOOL_CALLS]`, and Phi's
//!   `functools[`.

use super::{
    block::{Block, Place, Step},
    call_json::{ARGUMENTS, CALLS, NAMES, OTHERS},
    calls,
    declared::{self, Declared, PARALLEL, Word},
};
use crate::chat::Tool;

/// Mistral's word for calls.
const LIST_WORD: &str = "TOOL_CALLS";

/// Phi's word before a list of calls.
const PHI_WORD: &str = "functools";

/// What one more character makes of it.
pub(super) enum Gate {
    Hold(Bare),
    /// It is a block of calls. This is what the character makes of that.
    Block(Block, Step),
    /// It is no call. The character belongs to what follows it.
    Text,
}

#[derive(Debug, Clone)]
pub(super) struct Bare {
    place: Place,
    /// How many brackets are open.
    depth: u32,
    /// How many are around the fields of a call.
    level: u32,
    expected: Expected,
    state: State,
}

/// What is next at [`Bare::level`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// The first word or bracket.
    Start,
    /// A call in a list, or within `print(`.
    Call,
    Key,
    /// The value of a field.
    Value(Field),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// A tool's name.
    Name,
    /// Calls, or a tool's name.
    Calls,
    /// Anything else that a call has.
    Other,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Between,
    /// A string with these quotes, after the byte of what is held.
    String(char, usize),
    Escape(char, usize),
    /// A word from this byte on.
    Word(usize),
}

impl Bare {
    /// Nothing yet: call [`Self::step`] with its first character.
    pub(super) fn new(place: Place) -> Self {
        Self { place, depth: 0, level: 0, expected: Expected::Start, state: State::Between }
    }

    /// Whether it may begin with `ch`.
    pub(super) fn may_begin(ch: char, place: Place) -> bool {
        match ch {
            '[' => true,
            _ if place == Place::AfterText => false,
            '{' => true,
            _ if place == Place::CallFence => {
                ch.is_ascii_alphabetic() || !ch.is_ascii() || ch == '_'
            }
            _ => matches!(ch, 'a' | 'c' | 'd' | 'f' | 'n' | 'p' | 't'),
        }
    }

    /// Takes one more character, with which `held` ends.
    pub(super) fn step(mut self, ch: char, held: &str, declared: &Declared<'_>) -> Gate {
        self.state = match (self.state, ch) {
            (State::String(quote, start), '\\') => State::Escape(quote, start),
            (State::String(quote, start), _) if ch == quote => {
                let string = held.get(start..held.len() - 1).unwrap_or_default();
                self.state = State::Between;
                return self.string(string, declared);
            }
            (State::String(quote, start) | State::Escape(quote, start), _) => {
                let is_any = self.is_inside() || self.expected == Expected::Value(Field::Other);
                if !is_any && held.len() - start > Tool::LONGEST_NAME {
                    return Gate::Text;
                }
                State::String(quote, start)
            }
            (State::Word(start), _) => return self.word(start, ch, held, declared),
            (State::Between, '"' | '\'') => State::String(ch, held.len()),
            (State::Between, _) => return self.between(ch, held, declared),
        };
        Gate::Hold(self)
    }

    fn is_inside(&self) -> bool {
        self.depth > self.level
    }

    fn between(mut self, ch: char, held: &str, declared: &Declared<'_>) -> Gate {
        match (ch, self.expected) {
            ('}' | ']' | ')', _) => {
                if self.depth <= self.level {
                    return Gate::Text;
                }
                self.depth -= 1;
            }
            ('{' | '[' | '(', _) if self.is_inside() => self.depth += 1,
            _ if self.is_inside() || ch.is_ascii_whitespace() => {}
            ('{', _) if self.place == Place::AfterText => return Gate::Text,
            ('{' | '[', Expected::Value(Field::Other)) => self.depth += 1,
            ('{', Expected::Start | Expected::Call | Expected::Value(Field::Calls)) => {
                self.enter(Expected::Key);
            }
            ('[', Expected::Start | Expected::Value(Field::Calls)) => self.enter(Expected::Call),
            (',', Expected::Value(Field::Other)) => self.expected = Expected::Key,
            (':', Expected::Value(_)) | (_, Expected::Value(Field::Other)) => {}
            (_, Expected::Start | Expected::Call) => {
                return self.word(held.len() - ch.len_utf8(), ch, held, declared);
            }
            _ => return Gate::Text,
        }
        Gate::Hold(self)
    }

    fn enter(&mut self, expected: Expected) {
        self.depth += 1;
        self.level = self.depth;
        self.expected = expected;
    }

    /// Takes a string.
    fn string(mut self, string: &str, declared: &Declared<'_>) -> Gate {
        if self.is_inside() {
            return Gate::Hold(self);
        }
        let is_in = |names: &[&str]| names.contains(&string);
        match self.expected {
            Expected::Value(Field::Other) => {}
            Expected::Value(_) if declared.has(string) || string.trim() == PARALLEL => {
                return self.block(self.depth);
            }
            Expected::Key if is_in(&CALLS) => self.expected = Expected::Value(Field::Calls),
            Expected::Key if is_in(&NAMES) => self.expected = Expected::Value(Field::Name),
            Expected::Key if is_in(&ARGUMENTS) || is_in(&OTHERS) => {
                self.expected = Expected::Value(Field::Other);
            }
            _ => return Gate::Text,
        }
        Gate::Hold(self)
    }

    fn block(&self, depth: u32) -> Gate {
        Gate::Block(Block::bare(depth, self.place), Step::Hold)
    }

    /// Takes one more character of a word, which starts at `start`, or the first after it.
    fn word(mut self, start: usize, ch: char, held: &str, declared: &Declared<'_>) -> Gate {
        let word = held.get(start..).unwrap_or_default();
        let ends = |ch: char| calls::ends_word(ch) || ch == ']';
        let Some(word) = word.strip_suffix(ends) else {
            self.state = State::Word(start);
            return if self.may_be(word, declared) { Gate::Hold(self) } else { Gate::Text };
        };
        self.state = State::Between;
        let is_first = self.expected == Expected::Start;
        let is_list = held.starts_with('[') && start == 1;
        match (word, ch) {
            (LIST_WORD, ']') if is_list => Gate::Block(Block::after_word(), Step::Hold),
            _ if self.place == Place::AfterText => Gate::Text,
            ("print", '(') if is_first => {
                self.enter(Expected::Start);
                Gate::Hold(self)
            }
            ("tool_code" | "assistant" | "commentary" | "analysis", _)
                if is_first && ch.is_ascii_whitespace() =>
            {
                Gate::Hold(self)
            }
            (PHI_WORD, '[') if is_first => after_word(ch, held, declared),
            _ if declared.find_word(word).is_none() => Gate::Text,
            (_, '(') if !is_first || self.may_be_plain() || declared::has_namespace(word) => {
                self.block(self.depth + 1)
            }
            _ if is_first && (word.starts_with("to=") || declared::has_namespace(word)) => {
                after_word(ch, held, declared)
            }
            _ => Gate::Text,
        }
    }

    /// Whether a tool's name needs no namespace.
    fn may_be_plain(&self) -> bool {
        self.place == Place::CallFence
    }

    /// Whether `word` may become one that leads to a call.
    fn may_be(&self, word: &str, declared: &Declared<'_>) -> bool {
        let starts = |known: &str| known.starts_with(word);
        let is_name = || declared.look(word) != Word::Other;
        match self.expected {
            _ if self.place == Place::AfterText => starts(LIST_WORD),
            Expected::Call => starts(LIST_WORD) || is_name(),
            _ if self.may_be_plain() => is_name() || starts("print"),
            _ => {
                ["print", "tool_code", "assistant", "commentary", "analysis", "to=", PHI_WORD]
                    .iter()
                    .any(|known| known.starts_with(word))
                    || declared::begins_namespace(word)
                    || (word.starts_with("to=") || declared::has_namespace(word)) && is_name()
            }
        }
    }
}

/// What `ch` makes of a block after a word.
#[inline(never)]
fn after_word(ch: char, held: &str, declared: &Declared<'_>) -> Gate {
    let mut block = Block::after_word();
    let step = block.step(ch, held, declared);
    Gate::Block(block, step)
}
