//! A block of calls, from its first tag or bracket to its end.

use super::markup::{CALL_TAGS, LIST_TAG};

/// What one more character makes of a block.
pub(super) enum Step {
    /// The block goes on.
    Hold(Block),
    /// The block is complete with this character.
    Complete,
    /// The block is complete unless text follows: it is in a fence, or without tags.
    Followed,
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
}

/// How a block began. This decides what ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// With a tag. Its closing tag ends it.
    Tagged,
    /// With a code fence. The closing fence ends it.
    Fenced,
    /// With an object that has neither tags nor a fence. Its last bracket ends it.
    Bare,
}

/// Which tags are open: one of [`CALL_TAGS`], [`LIST_TAG`], or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OpenTags {
    Nothing,
    Call,
    List,
    CallInList,
}

/// What the next character belongs to.
#[derive(Debug, Clone, Copy)]
enum State {
    /// A string, a tag, a fence or a bracket may begin.
    Between,
    /// A string.
    String,
    /// A string, after a backslash.
    Escape,
    /// A tag, which starts at this byte of what is held.
    Tag(usize),
    /// The line of a fence between a tag and its call, and where its last `<` is. What
    /// begins with that is read as a tag after the line. None has a line break in it, so
    /// the block is text then.
    FenceLine(Option<usize>),
}

#[derive(Debug, Clone, Copy)]
enum Tag {
    Call,
    List,
}

impl Block {
    /// A block after the tag around a call.
    pub(super) fn tagged() -> Self {
        Self { form: Form::Tagged, tags: OpenTags::Call, depth: 0, state: State::Between }
    }

    /// A block after the tag around several calls.
    pub(super) fn list() -> Self {
        Self { form: Form::Tagged, tags: OpenTags::List, depth: 0, state: State::Between }
    }

    /// A block in a code fence. `held` ends with the `<` of its first tag.
    pub(super) fn fenced(held: &str) -> Self {
        let state = State::Tag(held.len() - 1);
        Self { form: Form::Fenced, tags: OpenTags::Nothing, depth: 0, state }
    }

    /// A block without tags, after the beginning of its object.
    pub(super) fn bare() -> Self {
        Self { form: Form::Bare, tags: OpenTags::Nothing, depth: 1, state: State::Between }
    }

    /// A block without tags in a code fence, after the beginning of its object.
    pub(super) fn fenced_bare() -> Self {
        Self { form: Form::Fenced, ..Self::bare() }
    }

    /// Takes one more character, with which `held` ends.
    pub(super) fn step(mut self, ch: char, held: &str) -> Step {
        self.state = match (self.state, ch) {
            (State::String, '\\') => State::Escape,
            (State::String, '"') => State::Between,
            (State::String | State::Escape, _) => State::String,
            (State::Tag(start), _) => return self.tag(held.get(start..).unwrap_or_default()),
            (State::Between, _) => return self.begin(ch, held, State::Between),
            (State::FenceLine(tag), '\n' | '{' | '[') => {
                return self.begin(ch, held, tag.map_or(State::Between, State::Tag));
            }
            (State::FenceLine(_), '<') => State::FenceLine(Some(held.len() - 1)),
            (State::FenceLine(tag), _) => State::FenceLine(tag),
        };
        Step::Hold(self)
    }

    /// Takes a character that may begin or end something. `next` is the state after it,
    /// unless it begins a string, a tag or a fence.
    fn begin(mut self, ch: char, held: &str, next: State) -> Step {
        let in_tags = self.tags != OpenTags::Nothing;
        self.state = next;
        match ch {
            '<' => self.state = State::Tag(held.len() - 1),
            // Only tags say that a further object is a call.
            '{' | '[' if self.depth == 0 && !in_tags => return Step::Text,
            '{' | '[' => self.depth += 1,
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 && self.form == Form::Bare {
                    return Step::Followed;
                }
            }
            '"' if self.depth > 0 => self.state = State::String,
            _ if self.depth > 0 || ch == ',' || ch.is_ascii_whitespace() => {}
            '`' | '~' if in_tags => self.state = State::FenceLine(None),
            '`' | '~' if self.form == Form::Fenced => return Step::Followed,
            _ => return Step::Text,
        }
        Step::Hold(self)
    }

    /// Takes one more character of a tag. `tag` is the tag so far.
    fn tag(mut self, tag: &str) -> Step {
        let (name, closes) = match tag.strip_prefix("</") {
            Some(name) => (name, true),
            None => (tag.strip_prefix('<').unwrap_or_default(), false),
        };
        let tag = match name.strip_suffix('>') {
            None if CALL_TAGS.iter().chain([&LIST_TAG]).any(|tag| tag.starts_with(name)) => {
                return Step::Hold(self);
            }
            Some(name) if CALL_TAGS.contains(&name) => Some(Tag::Call),
            Some(LIST_TAG) => Some(Tag::List),
            _ => None,
        };
        self.state = State::Between;
        match tag {
            Some(tag) if closes => {
                self.depth = 0;
                self.tags = self.tags.closed(tag);
                // A list goes on after each call, and a fence to its closing line.
                if self.tags != OpenTags::List && self.form != Form::Fenced {
                    return Step::Complete;
                }
            }
            Some(tag) => self.tags = self.tags.opened(tag),
            None if self.depth == 0 => return Step::Text,
            // In an object that is broken it may be anything.
            None => {}
        }
        Step::Hold(self)
    }
}

impl OpenTags {
    fn opened(self, tag: Tag) -> Self {
        match (self, tag) {
            (Self::Nothing | Self::Call, Tag::Call) => Self::Call,
            (Self::Nothing | Self::List, Tag::List) => Self::List,
            _ => Self::CallInList,
        }
    }

    /// The closing tag of a list closes a call in it too.
    fn closed(self, tag: Tag) -> Self {
        match (self, tag) {
            (Self::List | Self::CallInList, Tag::Call) => Self::List,
            _ => Self::Nothing,
        }
    }
}
