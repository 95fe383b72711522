//! Finds the calls in a text that comes in pieces.
//!
//! Text passes at once, except for what could be the beginning of a call. Such a candidate
//! is held, character by character, until it is certain what it is. None is read twice. A
//! candidate that is not a call passes whole, as text. What may be a call, and how long it
//! is held:
//!
//! - a block that begins with a tag of [`tags`]: until its closing tag;
//! - a code fence with only such blocks in it, or whose language is one of calls: until the end
//!   of the answer, because text after it shows that the model only spoke of calls;
//! - what begins like a call without tags (see [`super::bare`]), in a fence or not, if no text stands
//!   before it: likewise.
//!
//! White space beside a call passes only with text that follows it. A closing tag after a call
//! that nothing opened is dropped.

use std::{borrow::Cow, mem};

use super::{
    MAX_HELD_BYTES,
    bare::{Bare, Gate},
    block::{Block, Place, Step, TagSoFar, TagStep},
    call_json::{self, Ending, ParsedCall},
    calls,
    code_fences::CodeFences,
    declared::Declared,
    quote::{self, Last, Look},
    tags::{self, Role},
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
    trust: Trust,
    /// Whether the answer was cut off here.
    ending: Ending,
    /// What is wrong with a call that became text.
    pub(super) unreadable: Option<&'static str>,
    /// Whether only white space has come since the last call.
    after_call: bool,
    /// The end of the text so far.
    last: Last,
    /// A mark that may be that of a quoted tag, and the text after it.
    marked: String,
    /// The candidate.
    held: String,
    candidate: Candidate,
}

/// What is taken for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Calls,
    /// A call came in a form that is not read: what looks like another may stand in its strings.
    Nothing,
}

/// What is held, and how far it has been read.
#[derive(Debug, Clone)]
enum Candidate {
    /// Nothing.
    Nothing,
    /// A tag that begins like one around calls, up to its `>`.
    OpenTag(TagSoFar),
    /// The opening line of a code fence.
    FenceLine(FenceLine),
    /// White space after that line. Calls in the fence may begin like this.
    FenceStart(Place),
    /// What begins like calls without tags.
    Bare(Bare),
    /// A block of calls.
    Block(Block),
    /// A fence with calls, or calls without tags, and what follows them.
    After { new_line: bool },
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
    const LANGUAGES: [&str; 5] = ["", "json", "xml", "text", "python"];
    /// The languages that say so.
    const CALLS: [&str; 5] = ["tool_call", "tool_calls", "tool_code", "tool_use", "function_call"];

    fn new(mark: char) -> Self {
        Self { mark, marks: 1, language: None }
    }

    /// Takes one more character, with which `held` ends.
    fn step(mut self, ch: char, held: &str) -> Verdict {
        const LONGEST: usize = 16;
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
            let is_in = |list: &[&str]| {
                list.iter().any(|known| known.eq_ignore_ascii_case(language.trim_end()))
            };
            return match (is_in(&Self::LANGUAGES), is_in(&Self::CALLS)) {
                (true, _) => Verdict::Hold(Candidate::FenceStart(Place::Fence)),
                (_, true) => Verdict::Hold(Candidate::FenceStart(Place::CallFence)),
                _ => Verdict::Text,
            };
        }
        if matches!(ch, '\r' | ' ' | '_' | 'a'..='z' | 'A'..='Z') && language.len() <= LONGEST {
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
    /// It was complete up to this byte of what is held.
    Until(usize),
    /// It is text. The character belongs to what follows it.
    Text,
}

impl Verdict {
    /// What a step makes of a block.
    #[inline(never)]
    fn of(block: Block, step: Step) -> Self {
        match step {
            Step::Hold => Self::Hold(Candidate::Block(block)),
            Step::Followed => Self::Hold(Candidate::After { new_line: false }),
            Step::Complete => Self::Complete,
            Step::Until(end) => Self::Until(end),
            Step::Text => Self::Text,
        }
    }
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
            trust: Trust::Calls,
            ending: Ending::Whole,
            unreadable: None,
            after_call: false,
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

    /// Whether a call came last.
    pub(super) fn ends_with_call(&self) -> bool {
        self.after_call && self.held.is_empty()
    }

    /// The text that may be a call.
    pub(super) fn held(&self) -> &str {
        &self.held
    }

    /// Takes note of a `text` that the model gets, and may quote.
    pub(super) fn heed(&mut self, text: &str) {
        self.quotes.tags |= matches!(quote::mark(text), Cow::Owned(_));
        self.quotes.objects |= quote::has_bare_call(text, &self.declared);
    }

    /// Takes a piece of text, and calls `on_event` with what is certain by now.
    pub(super) fn push(&mut self, text: &str, on_event: &mut dyn FnMut(Event<'_>)) {
        self.read(text, on_event);
        self.send(on_event);
    }

    #[inline(never)]
    fn read(&mut self, text: &str, on_event: &mut dyn FnMut(Event<'_>)) {
        for ch in text.chars() {
            self.step(ch, on_event);
        }
    }

    /// The text has ended, for the reason `finish`.
    pub(super) fn finish(&mut self, finish: &Finish, on_event: &mut dyn FnMut(Event<'_>)) {
        if *finish == Finish::Length {
            self.ending = Ending::Cut;
        }
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

    #[inline(never)]
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
            Verdict::Until(end) => {
                let rest = self.held.split_off(end);
                self.complete(on_event);
                self.read(&rest, on_event);
            }
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

    /// The candidate that begins with `ch`, with which [`Self::held`] ends.
    fn begin(&self, ch: char) -> Option<Candidate> {
        match ch {
            _ if self.trust == Trust::Nothing || self.fences.in_fence() => None,
            // In code a tag is only quoted.
            '<' if !self.fences.in_code() => Some(Candidate::OpenTag(TagSoFar::at_end("<"))),
            '`' | '~' if self.fences.at_line_start() => {
                Some(Candidate::FenceLine(FenceLine::new(ch)))
            }
            '{' | '[' | 'a'..='z' if self.is_at_start() => self.bare(ch, Place::Start),
            '[' if !self.fences.in_code() => self.bare(ch, Place::AfterText),
            _ => None,
        }
    }

    /// What may be calls without tags, which begin with `ch`.
    fn bare(&self, ch: char, place: Place) -> Option<Candidate> {
        let needs_start = matches!(place, Place::Start | Place::Fence);
        if self.quotes.objects || needs_start && !self.is_at_start() || !Bare::may_begin(ch, place)
        {
            return None;
        }
        let in_fence = matches!(place, Place::Fence | Place::CallFence);
        let mut first = [0; 4];
        let held: &str = if in_fence { &self.held } else { ch.encode_utf8(&mut first) };
        match Bare::new(place).step(ch, held, &self.declared) {
            Gate::Hold(bare) => Some(Candidate::Bare(bare)),
            Gate::Block(..) | Gate::Text => None,
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
            Candidate::OpenTag(tag) => self.open_tag(tag, ch, on_event),
            Candidate::FenceLine(line) => line.step(ch, &self.held),
            Candidate::FenceStart(place) => match ch {
                '<' => Verdict::Hold(Candidate::Block(Block::fenced(&self.held))),
                _ if ch.is_ascii_whitespace() => Verdict::Hold(Candidate::FenceStart(place)),
                _ => self.bare(ch, place).map_or(Verdict::Text, Verdict::Hold),
            },
            Candidate::Bare(bare) => match bare.step(ch, &self.held, &self.declared) {
                Gate::Hold(bare) => Verdict::Hold(Candidate::Bare(bare)),
                Gate::Block(block, step) => Verdict::of(block, step),
                Gate::Text => Verdict::Text,
            },
            Candidate::Block(mut block) => {
                let step = block.step(ch, &self.held, &self.declared);
                Verdict::of(block, step)
            }
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

    /// Whether only white space has come.
    fn is_at_start(&self) -> bool {
        !self.passed_text && !self.called && self.ready.is_empty()
    }

    fn open_tag(
        &mut self,
        tag: TagSoFar,
        ch: char,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Verdict {
        match tag.step(ch, &self.held, true) {
            // A result that the model makes up, with attributes or without.
            TagStep::Attributes(_, Role::Result) if self.called => self.end(on_event),
            TagStep::Open(_) | TagStep::Attributes(..)
                if self.held.starts_with("</") && !self.after_call =>
            {
                Verdict::Text
            }
            TagStep::Open(tag) | TagStep::Attributes(tag, _) => {
                Verdict::Hold(Candidate::OpenTag(tag))
            }
            TagStep::Whole(tag) if tag.role == Role::Result && !tag.closes() && self.called => {
                self.end(on_event)
            }
            TagStep::Whole(tag) if tag.opens_calls() => {
                let (block, step) = Block::after(&tag, &self.declared);
                Verdict::of(block, step)
            }
            TagStep::Whole(tag) if tag.closes() && self.after_call => {
                self.held.clear();
                Verdict::Hold(Candidate::Nothing)
            }
            TagStep::Whole(tag) if tag.role == Role::Foreign => {
                self.trust = Trust::Nothing;
                self.unreadable = Some(call_json::fault(""));
                Verdict::Text
            }
            TagStep::Whole(_) | TagStep::Other => Verdict::Text,
        }
    }

    /// Ends the answer here. The model makes up the result of its call: neither the result
    /// nor what the model concludes from it may reach the client.
    fn end(&mut self, on_event: &mut dyn FnMut(Event<'_>)) -> Verdict {
        self.held.clear();
        self.settle();
        self.send(on_event);
        on_event(Event::End(Finish::Stop));
        Verdict::Hold(Candidate::Nothing)
    }

    /// The candidate is complete: calls, or text after all.
    fn complete(&mut self, on_event: &mut dyn FnMut(Event<'_>)) {
        let Some(calls) = calls::read(&self.held, &self.declared, self.ending) else {
            self.note_unreadable();
            return self.release();
        };
        self.held.clear();
        self.settle();
        self.send(on_event);
        self.called = true;
        self.after_call = true;
        self.fences = CodeFences::default();
        for ParsedCall { name, arguments } in &calls {
            let has_marks = self.quotes.tags;
            let arguments = if has_marks { quote::unmark(arguments) } else { arguments.into() };
            on_event(Event::ToolCall { name, arguments: &arguments });
        }
    }

    /// Takes a note if what is held is a call in tags, and so cannot be read.
    fn note_unreadable(&mut self) {
        // Harmony's tags are around other texts too.
        let tag = tags::read(&self.held).filter(|_| !self.held.starts_with("<|"));
        if let Some((_, call)) =
            tag.filter(|(tag, _)| self.ending == Ending::Whole && tag.opens_calls())
        {
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
        self.after_call = false;
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
