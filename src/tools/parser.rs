//! Finds the calls in a text that comes in pieces.
//!
//! Text passes at once, except for what could be the beginning of a call. Such a candidate
//! is held, character by character, until it is certain what it is. None is read twice. A
//! candidate that is not a call passes whole, as text. What may be a call, and how long it
//! is held:
//!
//! - a tagged block: until its closing tag;
//! - a code fence with only tagged blocks in it: until the end of the answer, because text
//!   after it shows that the model only spoke of calls;
//! - a JSON object that begins `{"name": "‹a declared tool›"`, in a fence or bare, if no
//!   text stands before it: likewise.
//!
//! White space beside a call passes only with text that follows it.

use std::mem;

use super::{
    Declared, MAX_HELD_BYTES,
    block::{self, Block},
    call_json::{self, Ending, ParsedCall},
    code_fences::CodeFences,
    markup::{CALL_TAGS, LIST_TAG, RESULT_TAG},
    quote::{self, Last, Look},
};
use crate::chat::{Event, Finish, Quotes};

#[derive(Debug, Clone)]
pub(super) struct Parser {
    declared: Declared<'static>,
    quotes: Quotes,
    /// Whether the text so far ends in code.
    fences: CodeFences,
    /// White space that passes with the text after it.
    space: String,
    /// What goes out after the current piece of text.
    ready: String,
    passed_text: bool,
    called: bool,
    /// Whether the answer was cut off here.
    is_cut: bool,
    /// What is wrong with a call that became text.
    pub(super) unreadable: Option<&'static str>,
    /// The end of the text so far.
    last: Last,
    /// A mark that may be that of a quoted tag, and the text after it.
    marked: String,
    /// The candidate.
    held: String,
    candidate: Candidate,
}

/// What is held, and how far it has been read.
#[derive(Debug, Clone)]
enum Candidate {
    /// Nothing.
    Nothing,
    /// A tag that begins like one around calls, up to its `>`.
    OpenTag,
    /// The opening line of a code fence.
    FenceLine(FenceLine),
    /// White space after that line.
    FenceStart,
    /// An object without tags, up to the end of its name: `{"name":"…"`.
    ObjectStart(ObjectStart),
    /// A block of calls.
    Block(Block),
    /// A fence with calls, or calls without tags, and what follows them.
    After { new_line: bool },
}

/// The beginning of an object without tags.
#[derive(Debug, Clone)]
struct ObjectStart {
    /// The block that it begins.
    block: Block,
    /// How much of [`ObjectStart::BEGINNING`] has come.
    matched: usize,
    /// Where the name starts in what is held.
    name: usize,
}

impl ObjectStart {
    const BEGINNING: &str = "{\"name\":\"";
    const LONGEST_NAME: usize = 256;

    /// After the bracket of `block`.
    fn of(block: Block) -> Self {
        Self { block, matched: 1, name: 0 }
    }

    /// Takes one more character, with which `held` ends.
    fn step(mut self, ch: char, held: &str, declared: &Declared<'_>) -> Verdict {
        match Self::BEGINNING.as_bytes().get(self.matched) {
            None => {
                let name = held.get(self.name..).unwrap_or_default();
                if let Some(name) = name.strip_suffix('"') {
                    if !declared.has(name) {
                        return Verdict::Text;
                    }
                    return Verdict::Hold(Candidate::Block(self.block));
                }
                if name.len() > Self::LONGEST_NAME {
                    return Verdict::Text;
                }
            }
            Some(expected) if ch == char::from(*expected) => {
                self.matched += 1;
                self.name = held.len();
            }
            // White space between the tokens, but not within `name`.
            Some(b'{' | b'"' | b':')
                if ch.is_ascii_whitespace() && self.matched != "{\"name".len() => {}
            Some(_) => return Verdict::Text,
        }
        Verdict::Hold(Candidate::ObjectStart(self))
    }
}

/// The opening line of a code fence, so far.
#[derive(Debug, Clone)]
struct FenceLine {
    mark: char,
    marks: usize,
    /// Where the language starts in what is held, if it has come.
    language: Option<usize>,
}

impl FenceLine {
    /// The languages of fences in which models put calls.
    const LANGUAGES: [&str; 8] =
        ["", "json", "xml", "text", "tool_call", "tool_calls", "tool_code", "tool_use"];

    fn new(mark: char) -> Self {
        Self { mark, marks: 1, language: None }
    }

    /// Takes one more character, with which `held` ends.
    fn step(mut self, ch: char, held: &str) -> Verdict {
        const LONGEST: usize = 12;
        if ch == self.mark && self.language.is_none() {
            self.marks += 1;
            return Verdict::Hold(Candidate::FenceLine(self));
        }
        if self.marks < 3 {
            return Verdict::Text;
        }
        let start = *self.language.get_or_insert(held.len() - ch.len_utf8());
        let language = held.get(start..).unwrap_or_default();
        if let Some(language) = language.strip_suffix('\n') {
            let known = Self::LANGUAGES.contains(&language.trim_end());
            return if known { Verdict::Hold(Candidate::FenceStart) } else { Verdict::Text };
        }
        if matches!(ch, '\r' | ' ' | '_' | 'a'..='z') && language.len() <= LONGEST {
            Verdict::Hold(Candidate::FenceLine(self))
        } else {
            Verdict::Text
        }
    }
}

/// What one more character makes of a candidate.
enum Verdict {
    /// It is a candidate still.
    Hold(Candidate),
    /// It is complete with this character.
    Complete,
    /// It is text. The character belongs to what follows it.
    Text,
}

impl Parser {
    pub(super) fn new(declared: Declared<'static>, quotes: Quotes) -> Self {
        Self {
            declared,
            quotes,
            fences: CodeFences::default(),
            space: String::new(),
            ready: String::new(),
            passed_text: false,
            called: false,
            is_cut: false,
            unreadable: None,
            last: Last::default(),
            marked: String::new(),
            held: String::new(),
            candidate: Candidate::Nothing,
        }
    }

    /// How much memory it holds, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        self.space.capacity() + self.ready.capacity() + self.held.capacity()
    }

    /// Takes a piece of text, and calls `on_event` with what is certain by now.
    pub(super) fn push(&mut self, text: &str, on_event: &mut dyn FnMut(Event<'_>)) {
        for ch in text.chars() {
            self.step(ch, on_event);
        }
        self.send(on_event);
    }

    /// The text has ended, for the reason `finish`.
    pub(super) fn finish(&mut self, finish: &Finish, on_event: &mut dyn FnMut(Event<'_>)) {
        self.is_cut = *finish == Finish::Length;
        if matches!(self.candidate, Candidate::Block(_) | Candidate::After { .. }) {
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

    fn step(&mut self, ch: char, on_event: &mut dyn FnMut(Event<'_>)) {
        let candidate = mem::replace(&mut self.candidate, Candidate::Nothing);
        if let Candidate::Nothing = candidate {
            match self.begin(ch) {
                Some(candidate) => {
                    self.held.push(ch);
                    self.candidate = candidate;
                }
                None => self.text(ch),
            }
            return;
        }
        self.held.push(ch);
        let verdict = if self.held.len() > MAX_HELD_BYTES {
            Verdict::Text
        } else {
            self.judge(candidate, ch, on_event)
        };
        match verdict {
            Verdict::Hold(candidate) => self.candidate = candidate,
            Verdict::Complete => self.complete(on_event),
            Verdict::Text => {
                // In the middle of a line it is only spoken of.
                if self.fences.at_line_start() {
                    self.note_unreadable();
                }
                self.held.pop();
                self.release();
                self.step(ch, on_event);
            }
        }
    }

    /// The candidate that begins with `ch`.
    fn begin(&self, ch: char) -> Option<Candidate> {
        match ch {
            _ if self.fences.in_fence() => None,
            // In code a tag is only quoted.
            '<' if !self.fences.in_code() => Some(Candidate::OpenTag),
            '`' | '~' if self.fences.at_line_start() => {
                Some(Candidate::FenceLine(FenceLine::new(ch)))
            }
            '{' if self.may_be_bare() => {
                Some(Candidate::ObjectStart(ObjectStart::of(Block::bare())))
            }
            _ => None,
        }
    }

    /// What `ch`, with which [`Self::held`] ends, makes of the candidate.
    fn judge(
        &mut self,
        candidate: Candidate,
        ch: char,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Verdict {
        match candidate {
            Candidate::Nothing => Verdict::Text,
            Candidate::OpenTag => self.open_tag(on_event),
            Candidate::FenceLine(line) => line.step(ch, &self.held),
            Candidate::FenceStart => match ch {
                '<' => Verdict::Hold(Candidate::Block(Block::fenced(&self.held))),
                '{' if self.may_be_bare() => {
                    Verdict::Hold(Candidate::ObjectStart(ObjectStart::of(Block::fenced_bare())))
                }
                _ if ch.is_ascii_whitespace() => Verdict::Hold(Candidate::FenceStart),
                _ => Verdict::Text,
            },
            Candidate::ObjectStart(start) => start.step(ch, &self.held, &self.declared),
            Candidate::Block(block) => match block.step(ch, &self.held) {
                block::Step::Hold(block) => Verdict::Hold(Candidate::Block(block)),
                block::Step::Followed => Verdict::Hold(Candidate::After { new_line: false }),
                block::Step::Complete => Verdict::Complete,
                block::Step::Text => Verdict::Text,
            },
            Candidate::After { new_line } => match ch {
                '`' | '~' if new_line => Verdict::Hold(Candidate::FenceLine(FenceLine::new(ch))),
                '`' | '~' => Verdict::Hold(Candidate::After { new_line }),
                '<' => Verdict::Hold(Candidate::Block(Block::fenced(&self.held))),
                _ if ch.is_ascii_whitespace() => {
                    Verdict::Hold(Candidate::After { new_line: new_line || ch == '\n' })
                }
                _ => Verdict::Text,
            },
        }
    }

    /// Whether an object without tags would be a call: only white space has come before it,
    /// and the conversation quotes no such object.
    fn may_be_bare(&self) -> bool {
        !self.passed_text && !self.called && self.ready.is_empty() && !self.quotes.objects
    }

    fn open_tag(&mut self, on_event: &mut dyn FnMut(Event<'_>)) -> Verdict {
        let name = self.held.strip_prefix('<').unwrap_or_default();
        let Some(name) = name.strip_suffix('>') else {
            let known =
                CALL_TAGS.iter().chain([&LIST_TAG, &RESULT_TAG]).any(|tag| tag.starts_with(name));
            // A result that the model makes up, with attributes or without.
            let ends = name.strip_suffix(' ') == Some(RESULT_TAG);
            if ends && self.called {
                return self.end(on_event);
            }
            return if known { Verdict::Hold(Candidate::OpenTag) } else { Verdict::Text };
        };
        if name == RESULT_TAG && self.called {
            self.end(on_event)
        } else if name == LIST_TAG {
            Verdict::Hold(Candidate::Block(Block::list()))
        } else if CALL_TAGS.contains(&name) {
            Verdict::Hold(Candidate::Block(Block::tagged()))
        } else {
            Verdict::Text
        }
    }

    /// Ends the answer here. The model makes up the result of its call: neither the result
    /// nor what the model concludes from it may reach the client.
    fn end(&mut self, on_event: &mut dyn FnMut(Event<'_>)) -> Verdict {
        self.settle();
        self.send(on_event);
        on_event(Event::End(Finish::Stop));
        Verdict::Hold(Candidate::OpenTag)
    }

    /// The candidate is complete: calls, or text after all.
    fn complete(&mut self, on_event: &mut dyn FnMut(Event<'_>)) {
        let ending = if self.is_cut { Ending::Cut } else { Ending::Whole };
        let Some(calls) = call_json::read(&self.held, &self.declared, ending) else {
            self.note_unreadable();
            return self.release();
        };
        self.held.clear();
        self.settle();
        self.send(on_event);
        self.called = true;
        self.fences = CodeFences::default();
        for ParsedCall { name, arguments } in &calls {
            let has_marks = self.quotes.tags;
            let arguments = if has_marks { quote::unmark(arguments) } else { arguments.into() };
            on_event(Event::ToolCall { name, arguments: &arguments });
        }
    }

    /// Takes a note if what is held is a call in tags, and so cannot be read.
    fn note_unreadable(&mut self) {
        let tag = self.held.strip_prefix('<').and_then(|held| held.split_once('>'));
        let is_call = |name: &str| name == LIST_TAG || CALL_TAGS.contains(&name);
        if let Some((_, call)) = tag.filter(|(name, _)| !self.is_cut && is_call(name)) {
            self.unreadable = Some(call_json::fault(call));
        }
    }

    /// Passes what is held as text.
    fn release(&mut self) {
        let mut held = mem::take(&mut self.held);
        for ch in held.chars() {
            self.text(ch);
        }
        // Keeps the memory for the next candidate.
        held.clear();
        self.held = held;
    }

    /// Takes a character of text.
    fn text(&mut self, ch: char) {
        self.fences.step(ch);
        if !(self.quotes.tags && self.waits(ch)) {
            self.pass(ch);
        }
    }

    /// Passes a character of text that has no need to wait in [`Self::marked`].
    fn pass(&mut self, ch: char) {
        if ch.is_ascii_whitespace() && self.space.len() < MAX_HELD_BYTES {
            self.space.push(ch);
            return;
        }
        // Before the first text, white space beside a call separates nothing.
        if !self.called || self.passed_text || !self.ready.is_empty() {
            self.ready.push_str(&self.space);
        }
        self.space.clear();
        self.ready.push(ch);
    }

    /// Whether `ch` may belong to a quoted tag. If so, it waits in [`Self::marked`].
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

    /// Passes what waits in [`Self::marked`]. A quoted tag loses its mark: the client gets
    /// it as it was written.
    fn settle(&mut self) {
        let marked = mem::take(&mut self.marked);
        let tag = marked.strip_prefix(quote::MARK).filter(|tag| quote::is_tag(tag));
        for ch in tag.unwrap_or(&marked).chars() {
            self.last.step(ch);
            self.pass(ch);
        }
    }

    fn send(&mut self, on_event: &mut dyn FnMut(Event<'_>)) {
        if !self.ready.is_empty() {
            self.passed_text = true;
            on_event(Event::Text(&self.ready));
            self.ready.clear();
        }
    }
}
