//! A candidate from its first tag or bracket to its end.

use super::markup::{CALL_TAGS, LIST_TAG};

/// What one more character makes of a block.
pub(super) enum Step {
    /// It goes on.
    Hold(Block),
    /// It is complete with it.
    Complete,
    /// It is complete unless text follows it: in a fence, or without tags.
    Followed,
    /// It is none, and the character belongs to what follows it.
    Text,
}

/// A block of calls, as far as it has been read.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that may be open")]
pub(super) struct Block {
    fenced: bool,
    /// Without tags.
    bare: bool,
    /// Between the tags [`LIST_TAG`], which alone end it then.
    list: bool,
    /// After an opening tag and before its closing one.
    tagged: bool,
    quoted: bool,
    escaped: bool,
    depth: u32,
    /// Where in what is held the tag starts that is being read.
    tag: Option<usize>,
    /// In the line of a fence between a tag and its call.
    fence_line: bool,
}

impl Block {
    /// In a code fence, from the `<` of its first tag, with which `held` ends.
    pub(super) fn fenced(held: &str) -> Self {
        Self { fenced: true, tag: Some(held.len() - 1), ..Self::default() }
    }

    /// After the tag around a call.
    pub(super) fn tagged() -> Self {
        Self { tagged: true, ..Self::default() }
    }

    /// After the tag around several calls.
    pub(super) fn list() -> Self {
        Self { list: true, ..Self::default() }
    }

    /// Without tags, after the object's beginning.
    pub(super) fn bare(fenced: bool) -> Self {
        Self { bare: true, fenced, depth: 1, ..Self::default() }
    }

    /// Takes one more character, with which `held` ends.
    pub(super) fn step(mut self, ch: char, held: &str) -> Step {
        if self.quoted {
            match ch {
                _ if self.escaped => self.escaped = false,
                '\\' => self.escaped = true,
                '"' => self.quoted = false,
                _ => {}
            }
            return self.hold();
        }
        if self.fence_line {
            self.fence_line = ch != '\n' && ch != '{' && ch != '[';
        } else if let Some(start) = self.tag {
            return self.tag(held.get(start..).unwrap_or_default());
        }
        match ch {
            '<' => self.tag = Some(held.len() - 1),
            '{' | '[' => {
                // Only tags say that an object is a call.
                if self.depth == 0 && !(self.tagged || self.list) {
                    return Step::Text;
                }
                self.depth += 1;
            }
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 && self.bare && !self.fenced {
                    return Step::Followed;
                }
            }
            _ if self.depth > 0 => self.quoted = ch == '"',
            _ if self.fence_line || ch == ',' || ch.is_ascii_whitespace() => {}
            '`' | '~' if self.tagged || self.list => self.fence_line = true,
            '`' | '~' if self.fenced => {
                return Step::Followed;
            }
            _ => return Step::Text,
        }
        self.hold()
    }

    /// `tag` has come so far.
    fn tag(mut self, tag: &str) -> Step {
        let (name, closes) = match tag.strip_prefix("</") {
            Some(name) => (name, true),
            None => (tag.strip_prefix('<').unwrap_or_default(), false),
        };
        let Some(name) = name.strip_suffix('>') else {
            let known = CALL_TAGS.iter().chain([&LIST_TAG]);
            // In a broken object it may be anything.
            if !known.into_iter().any(|tag| tag.starts_with(name)) {
                if self.depth == 0 {
                    return Step::Text;
                }
                self.tag = None;
            }
            return self.hold();
        };
        self.tag = None;
        let is_call = CALL_TAGS.contains(&name);
        if !is_call && name != LIST_TAG {
            return if self.depth == 0 { Step::Text } else { self.hold() };
        }
        if closes {
            self.depth = 0;
            self.tagged = false;
            self.list &= is_call;
            return if self.list || self.fenced { self.hold() } else { Step::Complete };
        }
        self.tagged |= is_call;
        self.list |= !is_call;
        self.hold()
    }

    fn hold(self) -> Step {
        Step::Hold(self)
    }
}
