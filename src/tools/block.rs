//! A block of calls, from its first tag or bracket to its end.
//!
//! Only as much of its form is followed as its end depends on: tags, brackets, strings, and the
//! values of arguments. [`super::calls`] reads it then.

use super::{
    calls,
    declared::{Declared, Word},
    tags::{self, Dress, Look, Role, Tag},
};

/// What one more character makes of a block.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// The block goes on.
    Hold,
    /// The block is complete with this character.
    Complete,
    /// The block is complete unless text follows: it is in a fence, or without tags.
    Followed,
    /// The block ended at this byte of what is held, with its last value. Text follows.
    Until(usize),
    /// This is not a block. The character belongs to what follows it.
    Text,
}

/// A block of calls, as far as it has been read.
#[derive(Debug, Clone)]
pub(super) struct Block {
    form: Form,
    tags: OpenTags,
    /// How many brackets are open.
    depth: u32,
    state: State,
    /// Whether a value can be its end: where forms have no mark for that.
    is_loose: bool,
    /// The byte of what is held after its last value.
    done: usize,
}

/// Where calls without tags stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Where only Mistral's word makes it a call.
    AfterText,
    /// At the beginning of the answer.
    Start,
    /// In a code fence at the beginning of the answer.
    Fence,
    /// In a code fence whose language says that calls are in it.
    CallFence,
}

/// How a block began. This decides what ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// With a tag. Its closing tag ends it.
    Tagged,
    /// With a code fence. The closing fence ends it.
    Fenced,
    /// The same, in a fence whose language says that calls are in it, one after another.
    CallFence,
    /// With an object or a call that has neither tags nor a fence. Its last bracket ends it.
    Bare,
}

/// Which tags are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OpenTags {
    list: bool,
    call: bool,
    named: bool,
}

/// What the next character belongs to.
#[derive(Debug, Clone, Copy)]
enum State {
    /// A string, a tag, a word, a fence or a bracket may begin.
    Between,
    /// A string with these quotes.
    String(char),
    /// A string, after a backslash.
    Escape(char),
    /// A word, which starts at this byte of what is held.
    Word(usize),
    /// A tag, which starts at this byte of what is held.
    Tag(TagSoFar),
    /// The value of an argument. A tag in it may have begun.
    Value(Opened, Option<TagSoFar>),
}

/// A tag that has not ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct TagSoFar {
    start: usize,
    has_attributes: bool,
}

/// The tag of an argument: what its closing tag depends on.
#[derive(Debug, Clone, Copy)]
struct Opened {
    role: Role,
    dress: Dress,
}

/// What one more character makes of a tag.
pub(super) enum TagStep<'t> {
    Open(TagSoFar),
    /// This role is certain, and its attributes begin.
    Attributes(TagSoFar, Role),
    Whole(Tag<'t>),
    Other,
}

impl TagSoFar {
    /// A tag whose bracket is the last byte of what is held.
    pub(super) fn at_end(held: &str) -> Self {
        Self { start: held.len() - 1, has_attributes: false }
    }

    /// Takes one more character, with which `held` ends. `opens` is as in [`tags::look`].
    pub(super) fn step(mut self, ch: char, held: &str, opens: bool) -> TagStep<'_> {
        let tag = held.get(self.start..).unwrap_or_default();
        if ch == '>'
            && let Some((tag, _)) = tags::read(tag)
        {
            return TagStep::Whole(tag);
        }
        match ch {
            '<' | '>' if !tags::has_mark(tag) => TagStep::Other,
            _ if self.has_attributes && tag.len() <= tags::LONGEST => TagStep::Open(self),
            _ => match tags::look(tag, opens) {
                Look::Open => TagStep::Open(self),
                Look::Attributes(role) => {
                    self.has_attributes = tag.contains('=');
                    TagStep::Attributes(self, role)
                }
                Look::Other => TagStep::Other,
            },
        }
    }
}

impl Block {
    const NO_TAGS: OpenTags = OpenTags { list: false, call: false, named: false };

    fn new(form: Form, depth: u32) -> Self {
        let (tags, state) = (Self::NO_TAGS, State::Between);
        Self { form, tags, depth, state, is_loose: false, done: 0 }
    }

    /// What a block is after its first tag.
    pub(super) fn after(tag: &Tag<'_>, declared: &Declared<'_>) -> (Self, Step) {
        let is_loose = tag.role == Role::Call && tag.dress == Dress::Bars;
        let mut this = Self { is_loose, ..Self::new(Form::Tagged, 0) };
        let step = this.tag(tag, declared);
        (this, step)
    }

    /// A block in a code fence. `held` ends with the `<` of its first tag.
    pub(super) fn fenced(held: &str) -> Self {
        Self { state: State::Tag(TagSoFar::at_end(held)), ..Self::new(Form::Fenced, 0) }
    }

    /// A block without tags, within this many brackets.
    pub(super) fn bare(depth: u32, place: Place) -> Self {
        let form = match place {
            Place::Fence => Form::Fenced,
            Place::CallFence => Form::CallFence,
            Place::Start | Place::AfterText => Form::Bare,
        };
        Self::new(form, depth)
    }

    /// A block after a word that begins calls. Nothing needs to close it.
    pub(super) fn after_word() -> Self {
        let tags = OpenTags { call: true, ..Self::NO_TAGS };
        Self { tags, is_loose: true, ..Self::new(Form::Tagged, 0) }
    }

    /// Takes one more character, with which `held` ends.
    pub(super) fn step(&mut self, ch: char, held: &str, declared: &Declared<'_>) -> Step {
        let done = self.done;
        let follows = |held: &str| held.get(done..).is_some_and(|rest| rest.contains('\n'));
        match self.go_on(ch, held, declared) {
            // In the same line it may be a sentence about the block.
            Step::Text if done > 0 && follows(held) => Step::Until(done),
            step => step,
        }
    }

    fn go_on(&mut self, ch: char, held: &str, declared: &Declared<'_>) -> Step {
        self.state = match (self.state, ch) {
            (State::String(quote), '\\') => State::Escape(quote),
            (State::String(quote), _) if ch == quote => State::Between,
            (State::String(quote) | State::Escape(quote), _) => State::String(quote),
            (State::Value(opened, tag), _) => return self.value(opened, tag, ch, held),
            (State::Tag(tag), _) => return self.in_tag(tag, ch, held, declared),
            (State::Word(start), _) => return self.word(start, ch, held, declared),
            (State::Between, _) => return self.begin(ch, held, declared),
        };
        Step::Hold
    }

    /// Takes a character that may begin or end something.
    fn begin(&mut self, ch: char, held: &str, declared: &Declared<'_>) -> Step {
        let in_tags = self.tags != Self::NO_TAGS;
        let in_calls = in_tags || self.form == Form::CallFence;
        self.state = State::Between;
        match ch {
            '<' => self.state = State::Tag(TagSoFar::at_end(held)),
            // Only tags say that a further object is a call.
            '{' | '[' if self.depth == 0 && !in_calls => return Step::Text,
            '(' if self.depth == 0 => return Step::Text,
            '{' | '[' | '(' => self.depth += 1,
            '}' | ']' | ')' => {
                let is_surplus = self.depth == 0;
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 && self.form == Form::Bare && !is_surplus {
                    return Step::Followed;
                }
                if self.depth == 0 && self.is_loose {
                    self.done = held.len();
                }
            }
            '"' | '\'' if self.depth > 0 => self.state = State::String(ch),
            _ if self.depth > 0 || matches!(ch, ',' | ';') || ch.is_ascii_whitespace() => {}
            '`' | '~' if in_tags => {}
            '`' | '~' if matches!(self.form, Form::Fenced | Form::CallFence) => {
                return Step::Followed;
            }
            _ if in_calls => {
                return self.word(held.len() - ch.len_utf8(), ch, held, declared);
            }
            _ => return Step::Text,
        }
        Step::Hold
    }

    /// Takes one more character of a word, which starts at `start`, or the first after it.
    fn word(&mut self, start: usize, ch: char, held: &str, declared: &Declared<'_>) -> Step {
        let word = held.get(start..).unwrap_or_default();
        let ended = word.strip_suffix(calls::ends_word);
        let look = declared.look(ended.unwrap_or(word));
        match (ended, look) {
            (_, Word::Other) | (Some(_), Word::Open) => return Step::Text,
            (None, _) => self.state = State::Word(start),
            (Some(_), Word::Name | Word::Known) if ch == '(' => {
                self.depth += 1;
                self.state = State::Between;
            }
            (Some(_), _) => return self.begin(ch, held, declared),
        }
        Step::Hold
    }

    /// Takes one more character of the value of an argument.
    fn value(&mut self, opened: Opened, tag: Option<TagSoFar>, ch: char, held: &str) -> Step {
        let step = tag.map_or(TagStep::Other, |tag| tag.step(ch, held, false));
        self.state = match step {
            TagStep::Open(tag) | TagStep::Attributes(tag, _) => State::Value(opened, Some(tag)),
            TagStep::Whole(tag)
                if tag.role == opened.role
                    && (tag.role == Role::Quote || tag.closes() && tag.is_like(opened.dress)) =>
            {
                State::Between
            }
            TagStep::Whole(_) | TagStep::Other => {
                State::Value(opened, (ch == '<').then(|| TagSoFar::at_end(held)))
            }
        };
        Step::Hold
    }

    /// Takes one more character of a tag.
    fn in_tag(&mut self, tag: TagSoFar, ch: char, held: &str, declared: &Declared<'_>) -> Step {
        match tag.step(ch, held, false) {
            TagStep::Open(tag) | TagStep::Attributes(tag, _) => self.state = State::Tag(tag),
            TagStep::Whole(tag) => return self.tag(&tag, declared),
            TagStep::Other if self.depth == 0 => return Step::Text,
            // In an object that is broken it may be anything.
            TagStep::Other => return self.begin(ch, held, declared),
        }
        Step::Hold
    }

    /// Takes a tag.
    fn tag(&mut self, tag: &Tag<'_>, declared: &Declared<'_>) -> Step {
        self.state = State::Between;
        if tag.opens_calls() && tag.name.is_some_and(|name| !declared.has(name)) {
            return Step::Text;
        }
        let is_open = tag.opens();
        match tag.role {
            Role::List => self.tags = OpenTags { list: is_open, ..Self::NO_TAGS },
            Role::Call => {
                self.tags = OpenTags { call: is_open, named: false, ..self.tags };
            }
            Role::Named => self.tags.named = is_open,
            Role::Argument | Role::Key | Role::Value | Role::Quote if is_open => {
                let opened = Opened { role: tag.role, dress: tag.dress };
                self.state = State::Value(opened, None);
                if tag.role == Role::Quote {
                    return Step::Hold;
                }
            }
            Role::Argument | Role::Key | Role::Value | Role::Part => return Step::Hold,
            Role::Quote | Role::Result | Role::Foreign => return Step::Text,
        }
        self.depth = 0;
        // A list goes on after each call, and a fence to its closing line.
        let ends = self.tags == Self::NO_TAGS && self.form == Form::Tagged;
        if ends { Step::Complete } else { Step::Hold }
    }
}
