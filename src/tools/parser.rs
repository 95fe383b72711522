//! Finds the calls in a text that comes in pieces.
//!
//! Text flows on at once, but for what could be the beginning of a call. Such a
//! candidate is held until it is certain what it is, character by character, and
//! none is looked at twice; a candidate that turns out not to be a call goes on
//! as text, whole. What may be a call, and until when it is held:
//!
//! - a tagged block, until its closing tag;
//! - a code fence with nothing but tagged blocks in it, until the end of the
//!   answer: text after it shows that the model only spoke of calls;
//! - likewise a JSON object that begins `{"name": "‹a declared tool›"`, in a fence or
//!   bare, if nothing stands before it.
//!
//! White space beside a call goes out only with text that follows it.

use std::mem;

use super::{
    Declared, MAX_HELD_BYTES,
    block::{self, Block},
    call_json,
    code_fences::Place,
    markup::{CALL_TAGS, LIST_TAG, RESULT_TAG},
    quote::{self, Last, Look},
};
use crate::chat::{Event, Finish, Quotes};

#[derive(Debug, Clone)]
pub(super) struct Parser {
    declared: Declared<'static>,
    quotes: Quotes,
    /// Where in a text of fences and lines the text so far ends.
    place: Place,
    /// White space that goes out with what follows it.
    space: String,
    /// What goes out as soon as the piece at hand is read.
    ready: String,
    passed_text: bool,
    called: bool,
    /// The end of the text so far.
    last: Last,
    /// A mark in the text that may be that of a quoted tag, and what follows it.
    marked: String,
    /// The candidate, and what could make it a call.
    held: String,
    phase: Phase,
}

#[derive(Debug, Clone)]
enum Phase {
    /// No candidate.
    Text,
    /// A tag that begins like one around calls. Ends at a `>`.
    OpenTag,
    /// The line that opens a code fence. Ends with the line.
    Fence(Fence),
    /// White space after that line.
    FenceStart,
    /// `{"name":"…"` so far. Ends with the name.
    Bare(Bare),
    /// A block of calls.
    Block(Block),
    /// What follows a fence with calls, or bare ones.
    After { new_line: bool },
}

/// A bare object up to its name.
#[derive(Debug, Clone, Default)]
struct Bare {
    fenced: bool,
    /// How much of [`Bare::BEGINNING`] has come.
    matched: usize,
    /// Where in what is held the name starts.
    name: usize,
}

impl Bare {
    const BEGINNING: &str = "{\"name\":\"";
    const LONGEST_NAME: usize = 256;
}

/// The line that opens a code fence, so far.
#[derive(Debug, Clone)]
struct Fence {
    mark: char,
    marks: usize,
    /// Where in what is held the language starts, if it has.
    language: Option<usize>,
}

impl Fence {
    /// Those in which models put their calls.
    const LANGUAGES: [&str; 8] =
        ["", "json", "xml", "text", "tool_call", "tool_calls", "tool_code", "tool_use"];

    fn new(mark: char) -> Self {
        Self { mark, marks: 1, language: None }
    }

    /// Takes the last character of `held`.
    fn step(mut self, ch: char, held: &str) -> Verdict {
        const LONGEST: usize = 12;
        if ch == self.mark && self.language.is_none() {
            self.marks += 1;
            return Verdict::Hold(Phase::Fence(self));
        }
        if self.marks < 3 {
            return Verdict::Text;
        }
        let start = *self.language.get_or_insert(held.len() - ch.len_utf8());
        let language = held.get(start..).unwrap_or_default();
        if let Some(language) = language.strip_suffix('\n') {
            let known = Self::LANGUAGES.contains(&language.trim_end());
            return if known { Verdict::Hold(Phase::FenceStart) } else { Verdict::Text };
        }
        if matches!(ch, '\r' | ' ' | '_' | 'a'..='z') && language.len() <= LONGEST {
            Verdict::Hold(Phase::Fence(self))
        } else {
            Verdict::Text
        }
    }
}

/// What one more character makes of a candidate.
enum Verdict {
    /// Nothing new.
    Hold(Phase),
    /// The block is complete with it.
    Complete,
    /// It is no candidate, and the character belongs to what follows it.
    Text,
}

impl Parser {
    pub(super) fn new(declared: Declared<'static>, quotes: Quotes) -> Self {
        Self {
            declared,
            quotes,
            place: Place::default(),
            space: String::new(),
            ready: String::new(),
            passed_text: false,
            called: false,
            last: Last::default(),
            marked: String::new(),
            held: String::new(),
            phase: Phase::Text,
        }
    }

    /// How much memory it holds, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        self.space.capacity() + self.ready.capacity() + self.held.capacity()
    }

    /// Takes a piece of text, and calls `on_event` with what is certain by now.
    pub(super) fn push(&mut self, text: &str, on_event: &mut impl FnMut(Event<'_>)) {
        for ch in text.chars() {
            self.step(ch, on_event);
        }
        self.send(on_event);
    }

    /// The text has ended.
    pub(super) fn finish(&mut self, on_event: &mut impl FnMut(Event<'_>)) {
        if matches!(self.phase, Phase::Block(_) | Phase::After { .. }) {
            self.complete(on_event);
        } else {
            self.release();
        }
        self.settle();
        if !self.called {
            let space = mem::take(&mut self.space);
            self.ready.push_str(&space);
        }
        self.send(on_event);
    }

    fn step(&mut self, ch: char, on_event: &mut impl FnMut(Event<'_>)) {
        let phase = mem::replace(&mut self.phase, Phase::Text);
        if let Phase::Text = phase {
            match self.candidate(ch) {
                Some(phase) => {
                    self.held.push(ch);
                    self.phase = phase;
                }
                None => self.text(ch, true),
            }
            return;
        }
        self.held.push(ch);
        let verdict = match phase {
            _ if self.held.len() > MAX_HELD_BYTES => Verdict::Text,
            Phase::Text => Verdict::Text,
            Phase::OpenTag => self.open_tag(on_event),
            Phase::Fence(fence) => fence.step(ch, &self.held),
            Phase::FenceStart => match ch {
                '<' => Verdict::Hold(Phase::Block(Block::fenced(&self.held))),
                '{' if self.may_be_bare() => {
                    Verdict::Hold(Phase::Bare(Bare { fenced: true, matched: 1, ..Bare::default() }))
                }
                _ if ch.is_ascii_whitespace() => Verdict::Hold(Phase::FenceStart),
                _ => Verdict::Text,
            },
            Phase::Bare(bare) => self.bare(bare, ch),
            Phase::Block(block) => match block.step(ch, &self.held) {
                block::Step::Hold(block) => Verdict::Hold(Phase::Block(block)),
                block::Step::Followed => Verdict::Hold(Phase::After { new_line: false }),
                block::Step::Complete => Verdict::Complete,
                block::Step::Text => Verdict::Text,
            },
            Phase::After { new_line } => match ch {
                '`' | '~' if new_line => Verdict::Hold(Phase::Fence(Fence::new(ch))),
                '`' | '~' => Verdict::Hold(Phase::After { new_line }),
                '<' => Verdict::Hold(Phase::Block(Block::fenced(&self.held))),
                _ if ch.is_ascii_whitespace() => {
                    Verdict::Hold(Phase::After { new_line: new_line || ch == '\n' })
                }
                _ => Verdict::Text,
            },
        };
        match verdict {
            Verdict::Hold(phase) => self.phase = phase,
            Verdict::Complete => self.complete(on_event),
            Verdict::Text => {
                self.held.pop();
                self.release();
                self.step(ch, on_event);
            }
        }
    }

    /// The candidate that `ch` begins.
    fn candidate(&self, ch: char) -> Option<Phase> {
        match ch {
            _ if self.place.in_fence() => None,
            // In code it is quoted.
            '<' if !self.place.in_code() => Some(Phase::OpenTag),
            '`' | '~' if self.place.at_line_start() => Some(Phase::Fence(Fence::new(ch))),
            '{' if self.may_be_bare() => Some(Phase::Bare(Bare { matched: 1, ..Bare::default() })),
            _ => None,
        }
    }

    /// Whether an object without tags would be a call: if nothing has been said but
    /// white space, and the conversation quotes no such object.
    fn may_be_bare(&self) -> bool {
        !self.passed_text && !self.called && self.ready.is_empty() && !self.quotes.objects
    }

    fn open_tag(&mut self, on_event: &mut impl FnMut(Event<'_>)) -> Verdict {
        let name = self.held.strip_prefix('<').unwrap_or_default();
        let Some(name) = name.strip_suffix('>') else {
            let known =
                CALL_TAGS.iter().chain([&LIST_TAG, &RESULT_TAG]).any(|tag| tag.starts_with(name));
            // A result that a model makes up for itself, with attributes or without.
            let ends = name.strip_suffix(' ') == Some(RESULT_TAG);
            if ends && self.called {
                return self.end(on_event);
            }
            return if known { Verdict::Hold(Phase::OpenTag) } else { Verdict::Text };
        };
        if name == RESULT_TAG && self.called {
            self.end(on_event)
        } else if name == LIST_TAG {
            Verdict::Hold(Phase::Block(Block::list()))
        } else if CALL_TAGS.contains(&name) {
            Verdict::Hold(Phase::Block(Block::tagged()))
        } else {
            Verdict::Text
        }
    }

    /// Ends the answer here: what the model makes up as the result of its call,
    /// and builds on it, is nobody's.
    fn end(&mut self, on_event: &mut impl FnMut(Event<'_>)) -> Verdict {
        self.settle();
        self.send(on_event);
        on_event(Event::End(Finish::Stop));
        Verdict::Hold(Phase::OpenTag)
    }

    fn bare(&self, mut bare: Bare, ch: char) -> Verdict {
        match Bare::BEGINNING.as_bytes().get(bare.matched) {
            None => {
                let name = self.held.get(bare.name..).unwrap_or_default();
                if let Some(name) = name.strip_suffix('"') {
                    if !self.declared.has(name) {
                        return Verdict::Text;
                    }
                    return Verdict::Hold(Phase::Block(Block::bare(bare.fenced)));
                }
                if name.len() > Bare::LONGEST_NAME {
                    return Verdict::Text;
                }
            }
            Some(expected) if ch == char::from(*expected) => {
                bare.matched += 1;
                bare.name = self.held.len();
            }
            // Between the tokens, that is, not within `name`.
            Some(b'{' | b'"' | b':')
                if ch.is_ascii_whitespace() && bare.matched != "{\"name".len() => {}
            Some(_) => return Verdict::Text,
        }
        Verdict::Hold(Phase::Bare(bare))
    }

    /// The candidate is complete: calls, or text after all.
    fn complete(&mut self, on_event: &mut impl FnMut(Event<'_>)) {
        match call_json::read(&self.held, &self.declared) {
            Some(calls) => {
                self.held.clear();
                self.settle();
                self.send(on_event);
                self.called = true;
                self.place = Place::default();
                for call_json::Call { name, arguments } in &calls {
                    let is_marked = self.quotes.tags;
                    let arguments =
                        if is_marked { quote::unmark(arguments) } else { arguments.into() };
                    on_event(Event::ToolCall { name, arguments: &arguments });
                }
            }
            None => self.release(),
        }
    }

    /// What is held is text.
    fn release(&mut self) {
        let mut held = mem::take(&mut self.held);
        for ch in held.chars() {
            self.text(ch, true);
        }
        // Keeps the memory for the next candidate.
        held.clear();
        self.held = held;
    }

    /// `ch` is text, and `is_new` unless it has waited in [`Self::marked`].
    fn text(&mut self, ch: char, is_new: bool) {
        if is_new {
            self.place.step(ch);
            if self.quotes.tags && self.waits(ch) {
                return;
            }
        }
        if ch.is_ascii_whitespace() && self.space.len() < MAX_HELD_BYTES {
            self.space.push(ch);
            return;
        }
        // At the beginning, white space beside a call has nothing to part.
        if !self.called || self.passed_text || !self.ready.is_empty() {
            self.ready.push_str(&self.space);
        }
        self.space.clear();
        self.ready.push(ch);
    }

    /// Whether `ch` belongs to what may be a quoted tag, and so has to wait.
    #[inline(never)]
    fn waits(&mut self, ch: char) -> bool {
        let is_open = !self.marked.is_empty();
        if is_open || ch == quote::MARK && self.last.is_bracket() {
            self.marked.push(ch);
            let look = self.marked.strip_prefix(quote::MARK).map(quote::look);
            let is_long = self.marked.len() > quote::LONGEST_BYTES;
            if is_open && (is_long || !matches!(look, Some(Look::Open { .. }))) {
                self.settle();
            }
            return true;
        }
        self.last.step(ch);
        false
    }

    /// No more is needed to know whether there is a quoted tag: if so, it goes out
    /// without its mark, as the client wrote it.
    fn settle(&mut self) {
        let marked = mem::take(&mut self.marked);
        let tag = marked.strip_prefix(quote::MARK).filter(|tag| quote::is_tag(tag));
        for ch in tag.unwrap_or(&marked).chars() {
            self.last.step(ch);
            self.text(ch, false);
        }
    }

    fn send(&mut self, on_event: &mut impl FnMut(Event<'_>)) {
        if !self.ready.is_empty() {
            self.passed_text = true;
            on_event(Event::Text(&self.ready));
            self.ready.clear();
        }
    }
}
