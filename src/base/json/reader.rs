//! Reads a JSON text into the types that need it, from front to back.
//!
//! The code that serde derives is generated for each type, and was a third of the program.
//! Here each type is a list of fields, and the code exists once. `serde_json` skips the
//! values that are not needed, and says what is not JSON. Its `RawValue` is not used: it
//! brings code that writes numbers, 15 KB gzipped.

use std::{mem, str::FromStr};

use serde::de::IgnoredAny;

use super::{
    Known, Text,
    error::{Outcome, Wrong},
    nesting::Nesting,
    string::{self, Care, Unread},
};
use crate::{
    notes::{Notes, Wish},
    scan,
};

/// How deep the values that are read may nest. Skipped values may be deeper.
const MAX_DEPTH: usize = 127;

/// How much memory the elements of all lists of a text may take, in bytes. An element can
/// take a hundred times its bytes in the text: `{}`.
const MAX_LIST_BYTES: usize = 8 << 20;

/// A type that is read from JSON.
pub trait Read<'a>: Sized {
    /// Reads the next value.
    fn read(reader: &mut Reader<'a>) -> Outcome<Self>;
}

/// The JSON text of a value.
#[derive(Debug, Clone, Copy)]
pub struct Raw<'a>(pub &'a str);

/// The kind of a value, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{`
    Object,
    /// `[`
    List,
    /// `"`
    Text,
    /// `t` or `f`
    Bool,
    /// `n`
    Null,
    /// A number, or not JSON.
    Other,
}

/// What to do with the fields that a type does not have.
#[derive(Debug, Clone, Copy)]
pub enum Others {
    /// They are errors.
    Refused,
    /// They are skipped. If notes are taken, one is taken on each, unless one of these tables
    /// says otherwise.
    Noted(&'static [&'static [Row]]),
}

/// A field that is known though no type has it.
pub type Row = (&'static str, Asks);

/// What such a field asks of the answer.
#[derive(Debug, Clone, Copy)]
pub enum Asks {
    /// Nothing, whatever its value is.
    Nothing,
    /// Nothing with one of these JSON values. With another it has no effect.
    NothingIf(&'static [&'static str]),
    /// Something that is not done: it has no effect.
    Something,
    /// The request is refused, with this rule.
    Refused(&'static str),
    /// This reads it, and takes the notes.
    Read(for<'a> fn(&mut Reader<'a>) -> Outcome<()>),
}

impl Asks {
    /// What becomes of the field, in the words of `docs/fields.md`.
    #[must_use]
    pub fn fate(self) -> String {
        match self {
            Self::Nothing => "asks nothing".to_owned(),
            Self::NothingIf(values) => format!("named, but for `{}`", values.join("`, `")),
            Self::Something => "named".to_owned(),
            Self::Refused(_) => "refused".to_owned(),
            Self::Read(_) => "obeyed".to_owned(),
        }
    }
}

/// The fields of an object that was read.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// One bit for each field of its type, in their order: whether it has a value.
    fields: u64,
    /// How many notes there were before it.
    notes: usize,
}

/// A value that is read field by field. A trait is smaller than a closure for each type.
pub trait Fields<'a> {
    /// Reads the field of this place in [`Known::NAMES`].
    fn read_field(&mut self, place: usize, reader: &mut Reader<'a>) -> Outcome<()>;
}

/// A value without fields.
struct NoFields;

impl<'a> Fields<'a> for NoFields {
    fn read_field(&mut self, _place: usize, _reader: &mut Reader<'a>) -> Outcome<()> {
        Ok(())
    }
}

/// Where a value is put once it has been read.
pub(super) trait Place<'a> {
    fn read(&mut self, reader: &mut Reader<'a>) -> Outcome<()>;
}

impl<'a, T: Read<'a>> Place<'a> for Option<T> {
    fn read(&mut self, reader: &mut Reader<'a>) -> Outcome<()> {
        *self = Some(T::read(reader)?);
        Ok(())
    }
}

/// A text, and how far it has been read.
pub struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    care: Care,
    is_odd: bool,
    depth: usize,
    /// What is left of [`MAX_LIST_BYTES`].
    list_bytes_left: usize,
    takes_notes: bool,
    notes: Notes,
}

impl<'a> Reader<'a> {
    /// Whether a known field did not hold what it must, with [`Care::Loose`].
    pub(super) fn is_odd(&self) -> bool {
        self.is_odd
    }

    pub(super) fn new(text: &'a [u8], care: Care) -> Self {
        Self {
            text,
            at: 0,
            care,
            is_odd: false,
            depth: 0,
            list_bytes_left: MAX_LIST_BYTES,
            takes_notes: false,
            notes: Notes::default(),
        }
    }

    /// Takes notes from now on.
    pub(super) fn take_notes(&mut self) {
        self.takes_notes = true;
    }

    /// The notes, once all is read.
    pub(super) fn into_notes(self) -> Notes {
        self.notes
    }

    /// Takes a note on the field that is being read: it has no effect.
    pub fn note(&mut self) {
        self.wish(None);
    }

    /// Takes a note on half a character in the string that is being read.
    #[cold]
    fn note_half(&mut self) {
        if self.takes_notes {
            self.notes.take_half(self.at);
        }
    }

    /// Takes a note on the field that is being read, which asks for `wish`.
    pub fn wish(&mut self, wish: Option<Wish>) {
        if self.takes_notes {
            self.notes.take(self.at, wish);
        }
    }

    /// Takes notes on the fields `names` of the object that was read, but for the `known`
    /// ones: an object of its type does not have the others.
    pub fn note_others(&mut self, seen: Seen, names: &[&str], known: &[&str]) {
        self.note_where(seen, names, &|name| !known.contains(&name));
    }

    /// Takes notes on `these` fields of the object that was read, of its fields `names`: they have
    /// no effect beside others.
    pub fn note_these(&mut self, seen: Seen, names: &[&str], these: &[&str]) {
        self.note_where(seen, names, &|name| these.contains(&name));
    }

    fn note_where(&mut self, seen: Seen, names: &[&str], is_meant: &dyn Fn(&str) -> bool) {
        for (place, name) in names.iter().enumerate() {
            if seen.fields & (1 << (place % 64)) != 0 && is_meant(name) {
                let before = self.notes.len();
                self.note();
                self.place(seen.notes, before, name);
            }
        }
    }

    /// Drops the notes on the object that was read, and what is in it.
    pub fn forget_notes(&mut self, seen: Seen) {
        self.notes.truncate(seen.notes);
    }

    /// Puts `step` before the paths of the notes from `from` on, of an object or list that
    /// began with `start` of them.
    fn place(&mut self, start: usize, from: usize, step: &str) {
        if from < self.notes.len() {
            self.notes.place(start, from, step);
        }
    }

    /// How many bytes have been read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Reads the text as one value, with `read`.
    pub(super) fn whole(&mut self, place: &mut dyn Place<'a>) -> Outcome<()> {
        place.read(self)?;
        // Only white space may be left.
        if self.peek().is_none() { Ok(()) } else { Err(Wrong::NotJson) }
    }

    /// The kind of the next value.
    pub fn kind(&mut self) -> Kind {
        match self.peek() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::List,
            Some(b'"') => Kind::Text,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') => Kind::Null,
            _ => Kind::Other,
        }
    }

    /// Reads an object with these fields. A field that is missing keeps its default. Call it
    /// through `fields!`, which sees to it that there are 64 fields at most.
    pub fn fields<T: Fields<'a> + Known + Default>(
        &mut self,
        others: Others,
    ) -> Outcome<(T, Seen)> {
        let mut value = T::default();
        let seen = self.known_fields(T::NAMES, others, &mut value)?;
        Ok((value, seen))
    }

    /// Reads an object of which all fields are in these tables.
    pub fn rows(&mut self, rows: &'static [&'static [Row]]) -> Outcome<()> {
        self.known_fields(&[], Others::Noted(rows), &mut NoFields).map(|_| ())
    }

    fn known_fields(
        &mut self,
        names: &'static [&'static str],
        others: Others,
        value: &mut dyn Fields<'a>,
    ) -> Outcome<Seen> {
        let mut seen = Seen { fields: 0, notes: self.notes.len() };
        let mut given = 0_u64;
        self.object("an object", &mut |reader, name| {
            let name = name.as_str();
            let before = reader.notes.len();
            let outcome = if let Some(index) = names.iter().position(|&known| known == name) {
                let bit = 1 << (index % 64);
                if given & bit != 0 && reader.care == Care::Strict {
                    return Err(reader.wrong("is given twice".to_owned()).within(name));
                }
                given |= bit;
                if reader.kind() != Kind::Null {
                    seen.fields |= bit;
                }
                if reader.takes_notes
                    && reader.depth == 1
                    && let Some(name) = names.get(index)
                {
                    reader.notes.begin(name, reader.at);
                }
                let (at, depth) = (reader.at, reader.depth);
                match value.read_field(index, reader) {
                    Err(Wrong::NoMemory) => Err(Wrong::NoMemory),
                    Err(_) if reader.care == Care::Loose => {
                        (reader.at, reader.depth) = (at, depth);
                        reader.is_odd = true;
                        reader.skip()
                    }
                    read => read,
                }
            } else {
                reader.other_field(name, others)
            };
            outcome.map_err(|wrong| wrong.within(name))?;
            reader.place(seen.notes, before, name);
            Ok(())
        })?;
        Ok(seen)
    }

    /// Reads the value of the field `name`, which the object's type does not have.
    #[inline(never)]
    fn other_field(&mut self, name: &str, others: Others) -> Outcome<()> {
        let tables = match others {
            Others::Refused => return Err(self.wrong("is unknown".to_owned())),
            Others::Noted(_) if !self.takes_notes || self.kind() == Kind::Null => {
                return self.skip();
            }
            Others::Noted(tables) => tables,
        };
        let row = tables.iter().copied().flatten().find(|(known, _)| *known == name);
        if let Some((name, _)) = row
            && self.depth == 1
        {
            self.notes.begin(name, self.at);
        }
        match row.map_or(Asks::Something, |(_, asks)| *asks) {
            Asks::Nothing => self.skip(),
            Asks::NothingIf(values) => {
                let value = self.raw()?;
                let is_same = |known: &&str| is_but_for_space(known, value);
                if !values.iter().any(is_same) {
                    self.note();
                }
                Ok(())
            }
            Asks::Something => {
                self.note();
                self.skip()
            }
            Asks::Refused(rule) => {
                self.skip()?;
                Err(self.wrong(rule.to_owned()))
            }
            Asks::Read(read) => read(self),
        }
    }

    /// Reads an object. `field` reads the value after each name.
    pub fn object(
        &mut self,
        expected: &str,
        field: &mut dyn FnMut(&mut Self, &Text<'a>) -> Outcome<()>,
    ) -> Outcome<()> {
        if self.kind() != Kind::Object {
            return Err(self.other_than(expected));
        }
        self.enter()?;
        if self.peek() == Some(b'}') {
            self.leave();
            return Ok(());
        }
        loop {
            if self.kind() != Kind::Text {
                return Err(Wrong::NotJson);
            }
            // A name with half a character is one that nobody knows, and is named as that.
            let takes_notes = mem::take(&mut self.takes_notes);
            let name = Text::read(self)?;
            self.takes_notes = takes_notes;
            if self.peek() != Some(b':') {
                return Err(Wrong::NotJson);
            }
            self.at += 1;
            field(self, &name)?;
            if self.is_last(b'}')? {
                return Ok(());
            }
        }
    }

    /// Reads a list. `element` reads each value.
    pub fn list(
        &mut self,
        expected: &str,
        element: &mut dyn FnMut(&mut Self) -> Outcome<()>,
    ) -> Outcome<()> {
        if self.kind() != Kind::List {
            return Err(self.other_than(expected));
        }
        self.enter()?;
        if self.peek() == Some(b']') {
            self.leave();
            return Ok(());
        }
        let start = self.notes.len();
        for index in 0.. {
            let before = self.notes.len();
            element(self).map_err(|wrong| wrong.within(&format!("[{index}]")))?;
            self.place(start, before, "[]");
            if self.is_last(b']')? {
                break;
            }
        }
        Ok(())
    }

    /// Enters an object or a list.
    fn enter(&mut self) -> Outcome<()> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Wrong::TooDeep(self.at)) } else { Ok(()) }
    }

    /// Leaves an object or a list.
    fn leave(&mut self) {
        self.at += 1;
        self.depth -= 1;
    }

    /// Goes past the comma after a value, or leaves the object or list that `close` closes.
    fn is_last(&mut self, close: u8) -> Outcome<bool> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(byte) if byte == close => {
                self.leave();
                Ok(true)
            }
            _ => Err(Wrong::NotJson),
        }
    }

    /// Reads a value of one of several shapes. If `read` returns `None`, or finds a wrong
    /// value in it, the error is that the whole value is not what is `expected`.
    pub fn shape<T>(
        &mut self,
        expected: &str,
        read: impl FnOnce(&mut Self) -> Outcome<Option<T>>,
    ) -> Outcome<T> {
        let (at, depth) = (self.at, self.depth);
        match read(self) {
            Ok(Some(value)) => Ok(value),
            Ok(None) | Err(Wrong::Value(_)) => {
                (self.at, self.depth) = (at, depth);
                self.skip()?;
                Err(self.wrong(format!("must be {expected}")))
            }
            Err(other) => Err(other),
        }
    }

    /// Reads a value. Returns it, and its JSON.
    pub fn with_json<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Outcome<T>,
    ) -> Outcome<(T, &'a [u8])> {
        self.peek();
        let start = self.at;
        let value = read(self)?;
        Ok((value, self.text.get(start..self.at).unwrap_or_default()))
    }

    /// The text of a number.
    pub fn number(&mut self, expected: &str) -> Outcome<&'a str> {
        if self.kind() != Kind::Other {
            return Err(self.other_than(expected));
        }
        self.raw()
    }

    /// Reads a whole number, which may be written as a float. `expected` describes the
    /// numbers of type `T`.
    fn integer<T: FromStr + TryFrom<u64>>(&mut self, expected: &str) -> Outcome<T> {
        let number = self.number(expected)?;
        let value = number.parse().ok().or_else(|| whole(number)?.try_into().ok());
        value.ok_or_else(|| self.wrong(format!("must be {expected}")))
    }

    /// Skips a value.
    pub fn skip(&mut self) -> Outcome<()> {
        if self.kind() == Kind::Text {
            let inner = self.rest().get(1..).unwrap_or_default();
            if let Some(length) = scan::special(inner)
                && inner.get(length) == Some(&b'"')
            {
                self.at += length + 2;
                return Ok(());
            }
        }
        if self.care == Care::Loose {
            return self.skip_loosely();
        }
        let rest = serde_json::Deserializer::from_slice(self.rest());
        let mut values = rest.into_iter::<IgnoredAny>();
        let Some(Ok(_)) = values.next() else {
            return Err(Wrong::NotJson);
        };
        self.at += values.byte_offset();
        Ok(())
    }

    /// Skips whatever stands where a value must, to what can follow a value. Quotes and
    /// brackets must be closed.
    fn skip_loosely(&mut self) -> Outcome<()> {
        self.peek();
        let start = self.at;
        let mut nesting = Nesting::default();
        for &byte in self.rest() {
            if nesting.is_outside() && matches!(byte, b',' | b':' | b'}' | b']' | b' ') {
                break;
            }
            self.at += 1;
            if nesting.closes(byte) {
                break;
            }
        }
        if nesting.is_outside() && self.at > start { Ok(()) } else { Err(Wrong::NotJson) }
    }

    /// Skips a value, and returns its text.
    fn raw(&mut self) -> Outcome<&'a str> {
        let ((), raw) = self.with_json(Self::skip)?;
        let start = self.at - raw.len();
        str::from_utf8(raw).map_err(|error| Wrong::NotUnicode(start + error.valid_up_to()))
    }

    /// The next byte that is not white space. Skips the white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The error for a next value that is not what is `expected`.
    #[cold]
    pub fn other_than(&mut self, expected: &str) -> Wrong {
        // If it is not JSON at all, that is the error.
        if !matches!(self.kind(), Kind::Object | Kind::List)
            && let Err(wrong) = self.skip()
        {
            return wrong;
        }
        self.wrong(format!("must be {expected}"))
    }

    /// The error for a value that ends here and breaks `rule`.
    #[cold]
    #[must_use]
    pub fn wrong(&self, rule: String) -> Wrong {
        Wrong::value(rule, self.at)
    }
}

/// Whether `text` is `known`, which has no white space, with any white space in it.
fn is_but_for_space(known: &str, text: &str) -> bool {
    let mut rest = known.as_bytes().iter();
    text.bytes().all(|byte| byte.is_ascii_whitespace() || rest.next() == Some(&byte))
        && rest.next().is_none()
}

/// The number `1.5e1` as 15. `None` if it is not whole, negative, or over `u64::MAX`.
fn whole(number: &str) -> Option<u64> {
    let (mut value, mut scale, mut step) = (0_u64, 0_i32, 0);
    let mut bytes = number.bytes();
    for byte in bytes.by_ref() {
        match byte {
            b'0'..=b'9' => {
                value = value.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
                scale += step;
            }
            b'.' => step = -1,
            b'e' | b'E' => break,
            _ => return None,
        }
    }
    let (mut power, mut sign) = (0_i32, 1);
    for byte in bytes {
        match byte {
            b'-' => sign = -1,
            b'+' => {}
            digit => power = power.saturating_mul(10).saturating_add(i32::from(digit - b'0')),
        }
    }
    scale = scale.saturating_add(sign * power);
    while scale != 0 && value != 0 {
        if scale > 0 {
            value = value.checked_mul(10)?;
        } else if value.is_multiple_of(10) {
            value /= 10;
        } else {
            return None;
        }
        scale -= scale.signum();
    }
    Some(value)
}

/// Reads a value into `place`. One function for each type, not for each field, is small.
#[inline(never)]
pub fn put<'a, T: Read<'a>>(place: &mut T, reader: &mut Reader<'a>) -> Outcome<()> {
    *place = T::read(reader)?;
    Ok(())
}

impl<'a> Read<'a> for Text<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        if reader.kind() != Kind::Text {
            return Err(reader.other_than("a string"));
        }
        let inner = reader.rest().get(1..).unwrap_or_default();
        let found = string::read(inner, reader.care).map_err(|unread| match unread {
            Unread::Malformed => Wrong::NotUnicode(reader.at + 1),
            Unread::NoMemory => Wrong::NoMemory,
        })?;
        reader.at += found.length + 1;
        if found.has_half {
            reader.note_half();
        }
        Ok(Self(found.text))
    }
}

impl<'a> Read<'a> for String {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        Text::read(reader).map(|text| text.0.into_owned())
    }
}

impl<'a> Read<'a> for bool {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        if reader.kind() != Kind::Bool {
            return Err(reader.other_than("`true` or `false`"));
        }
        let is_true = reader.rest().starts_with(b"t");
        reader.skip()?;
        Ok(is_true)
    }
}

impl<'a> Read<'a> for u64 {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        reader.integer("a whole number, 0 or more")
    }
}

impl<'a> Read<'a> for i64 {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        reader.integer("a whole number")
    }
}

impl<'a> Read<'a> for u8 {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        reader.integer("a whole number from 0 to 255")
    }
}

/// `null` is the same as no value.
impl<'a, T: Read<'a>> Read<'a> for Option<T> {
    #[inline]
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        if reader.kind() == Kind::Null {
            return reader.skip().map(|()| None);
        }
        T::read(reader).map(Some)
    }
}

impl<'a, T: Read<'a>> Read<'a> for Vec<T> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        let mut list = Self::new();
        reader.list("a list", &mut |reader| {
            let element = T::read(reader)?;
            if list.len() == list.capacity() {
                let more = list.capacity().max(4);
                let left = reader.list_bytes_left.checked_sub(more * size_of::<T>());
                let too_many = || reader.wrong("has too many elements".to_owned());
                reader.list_bytes_left = left.ok_or_else(too_many)?;
                list.try_reserve_exact(more).map_err(|_| Wrong::NoMemory)?;
            }
            list.push(element);
            Ok(())
        })?;
        Ok(list)
    }
}

impl<'a> Read<'a> for IgnoredAny {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        reader.skip().map(|()| Self)
    }
}

impl<'a> Read<'a> for Raw<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        reader.raw().map(Self)
    }
}
