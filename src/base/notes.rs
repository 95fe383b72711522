//! The fields of a request that do not simply do what they say: those without effect, and
//! those that ask for or against reasoning, of which the model decides whether they have one.

use std::ops::Range;

/// The most fields without effect that are kept. A header has no room for more.
const MOST: usize = 64;

/// The longest name of a field that is kept, in bytes.
const LONGEST_NAME: usize = 64;

/// What follows the path of a text in which half a character was replaced.
const HALF: &str = " has half a character";

/// Notes on the fields of one request, each by its path (`tools[].function.strict`).
///
/// The reader of a request takes a note at the field itself, without its path. Each object
/// and list that it leaves then puts its own step before it, so a request without notes
/// costs a comparison for each field.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Notes {
    list: Vec<Note>,
    /// Where the fields of the request's outermost object begin.
    starts: Vec<(&'static str, usize)>,
    /// Whether there were too many.
    is_cut: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Note {
    path: String,
    /// How much of the request stands before it, in bytes.
    at: usize,
    /// What it asks for. `None`: it has no effect.
    wish: Option<Wish>,
}

/// What a field asks about reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// A switch, on.
    On,
    /// A switch, off.
    Off,
    /// An effort or a budget.
    Effort,
    /// No effort, or the least.
    NoEffort,
    /// Whatever is thought, the answer leaves it out.
    Hidden,
}

impl Notes {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Takes a note at `at` on the field that is being read.
    pub fn take(&mut self, at: usize, wish: Option<Wish>) {
        if wish.is_none() && self.list.len() >= MOST {
            self.is_cut = true;
        } else {
            self.list.push(Note { path: String::new(), at, wish });
        }
    }

    /// Takes a note at `at` on the string that is being read: half a character of it was
    /// replaced.
    pub fn take_half(&mut self, at: usize) {
        let before = self.list.len();
        self.take(at, None);
        if let Some(note) = self.list.get_mut(before) {
            HALF.clone_into(&mut note.path);
        }
    }

    /// Drops all but the first `length`.
    pub fn truncate(&mut self, length: usize) {
        self.list.truncate(length);
    }

    /// Puts `step`, a field's name or `[]`, before the paths of the notes from `from` on.
    /// Drops those that stand among the notes from `start` on already: these are of the
    /// same object or list.
    #[cold]
    pub fn place(&mut self, start: usize, from: usize, step: &str) {
        let step = clean(step);
        let mut place = from;
        while let Some(note) = self.list.get_mut(place) {
            if !note.path.is_empty() && !note.path.starts_with(['[', ' ']) {
                note.path.insert(0, '.');
            }
            note.path.insert_str(0, &step);
            if self.has(start..from, place) {
                self.list.remove(place);
            } else {
                place += 1;
            }
        }
    }

    /// Whether the note at `place` is among those of `range`.
    fn has(&self, range: Range<usize>, place: usize) -> bool {
        let known = self.list.get(range).unwrap_or_default();
        let is_same =
            |other: &Note, note: &Note| other.path == note.path && other.wish == note.wish;
        self.list.get(place).is_some_and(|note| known.iter().any(|other| is_same(other, note)))
    }

    /// Remembers that the outermost object's field `name` begins at `at`.
    pub fn begin(&mut self, name: &'static str, at: usize) {
        self.starts.push((name, at));
    }

    /// Takes a note on the field at `path`, which has no effect after all. An index in the
    /// path is left out: `messages[3].name` is `messages[].name`.
    pub fn ignore(&mut self, path: &str) {
        let mut plain = path.to_owned();
        let mut last = ' ';
        plain.retain(|ch| {
            let is_index = ch.is_ascii_digit() && last == '[';
            if !is_index {
                last = ch;
            }
            !is_index
        });
        let starts = self.starts.iter().find(|(name, _)| {
            let rest = plain.strip_prefix(*name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        let at = starts.map_or(usize::MAX, |(_, at)| *at);
        let place = self.list.len();
        self.take(at, None);
        if let Some(note) = self.list.get_mut(place) {
            note.path = plain;
            if self.has(0..place, place) {
                self.list.truncate(place);
            }
        }
    }

    /// Whether the field at `path` has no effect.
    #[must_use]
    pub fn has_ignored(&self, path: &str) -> bool {
        self.list.iter().any(|note| note.wish.is_none() && note.path == path)
    }

    /// Where the value of the outermost object's field `name` begins, if the field is known.
    #[must_use]
    pub fn start(&self, name: &str) -> Option<usize> {
        self.starts.iter().find(|(known, _)| *known == name).map(|(_, at)| *at)
    }

    /// Whether a field asks for `wish`.
    #[must_use]
    pub fn ask(&self, wish: Wish) -> bool {
        self.list.iter().any(|note| note.wish == Some(wish))
    }

    /// Ends the notes on fields that ask for one of `wishes`: `is_obeyed` says whether they
    /// had an effect.
    pub fn settle(&mut self, wishes: &[Wish], is_obeyed: bool) {
        let is_meant = |note: &Note| note.wish.is_some_and(|wish| wishes.contains(&wish));
        if is_obeyed {
            self.list.retain(|note| !is_meant(note));
        }
        for note in self.list.iter_mut().filter(|note| is_meant(note)) {
            note.wish = None;
        }
    }

    /// The paths of the fields without effect, in the request's order, each once.
    #[must_use]
    pub fn ignored(&self) -> Vec<&str> {
        let mut notes: Vec<&Note> = Vec::new();
        for note in self.list.iter().filter(|note| note.wish.is_none()) {
            if !notes.iter().any(|other| other.path == note.path) {
                let place = notes.partition_point(|other| other.at <= note.at);
                notes.insert(place, note);
            }
        }
        let mut paths: Vec<&str> = notes.into_iter().map(|note| note.path.as_str()).collect();
        if self.is_cut {
            paths.push("...");
        }
        paths
    }
}

/// `step` as a path can have it, which becomes an element of a header.
#[must_use]
pub fn clean(step: &str) -> String {
    let mut name = String::new();
    for ch in step.chars() {
        if name.len() == LONGEST_NAME {
            name.push_str("...");
            break;
        }
        name.push(if ch.is_ascii_graphic() && ch != ',' { ch } else { '?' });
    }
    if name.is_empty() {
        name.push('?');
    }
    name
}
