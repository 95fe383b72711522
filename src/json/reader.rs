//! Reads a JSON text into the types that need it, from front to back.
//!
//! The code that serde derives is generated for each type, and was a third of the program.
//! Here each type is a list of fields, and the code exists once. `serde_json` skips the
//! values that are not needed, and says what is not JSON. Its `RawValue` is not used: it
//! brings code that writes numbers, 15 KB gzipped.

use std::str::FromStr;

use serde::de::IgnoredAny;

use super::{
    Text,
    error::{Outcome, Wrong},
    nesting::Nesting,
    string::{self, Care, Unread},
};
use crate::scan;

/// How deep the values that are read may nest. Skipped values may be deeper.
const MAX_DEPTH: usize = 127;

/// How much memory the elements of all lists of a text may take, in bytes. An element can
/// take a hundred times its bytes in the text: `{}`.
const MAX_LIST_BYTES: usize = 8 << 20;

/// A type that is read from JSON.
pub(crate) trait Read<'a>: Sized {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self>;
}

/// The JSON text of a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'a>(pub(crate) &'a str);

/// The kind of a value, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    List,
    Text,
    Bool,
    Null,
    /// A number, or not JSON.
    Other,
}

/// What to do with unknown fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    Skipped,
    Refused,
}

/// Reads one field of a `T`.
pub(crate) type Field<'a, T> = fn(&mut T, &mut Reader<'a>) -> Outcome<()>;

/// A text, and how far it has been read.
pub(crate) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    care: Care,
    is_odd: bool,
    depth: usize,
    /// What is left of [`MAX_LIST_BYTES`].
    list_bytes_left: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8], care: Care) -> Self {
        Self { text, at: 0, care, is_odd: false, depth: 0, list_bytes_left: MAX_LIST_BYTES }
    }

    /// Whether anything odd was read: half a character, or with [`Care::Loose`] a known field
    /// that did not hold what it must.
    pub(super) fn is_odd(&self) -> bool {
        self.is_odd
    }

    /// How many bytes have been read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Fails unless only white space is left.
    pub(super) fn end(&mut self) -> Outcome<()> {
        if self.peek().is_none() { Ok(()) } else { Err(Wrong::NotJson) }
    }

    /// The kind of the next value.
    pub(crate) fn kind(&mut self) -> Kind {
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
    pub(crate) fn fields<T: Default>(
        &mut self,
        names: &[&str],
        fields: &[Field<'a, T>],
        unknown: Unknown,
    ) -> Outcome<T> {
        let mut value = T::default();
        self.known_fields(names, unknown, &mut |reader, index| {
            fields.get(index).map_or(Ok(()), |field| field(&mut value, reader))
        })?;
        Ok(value)
    }

    fn known_fields(
        &mut self,
        names: &[&str],
        unknown: Unknown,
        field: &mut dyn FnMut(&mut Self, usize) -> Outcome<()>,
    ) -> Outcome<()> {
        let mut seen = 0_u64;
        self.object("an object", &mut |reader, name| {
            let name = name.as_str();
            let Some(index) = names.iter().position(|&known| known == name) else {
                return match unknown {
                    Unknown::Skipped => reader.skip(),
                    Unknown::Refused => {
                        Err(reader.wrong(format!("has an unknown field, `{name}`")))
                    }
                };
            };
            let bit = 1 << (index % 64);
            if seen & bit != 0 && reader.care != Care::Loose {
                return Err(reader.wrong("is given twice".to_owned()).within(name));
            }
            seen |= bit;
            let (at, depth) = (reader.at, reader.depth);
            match field(reader, index) {
                Err(Wrong::NoMemory) => Err(Wrong::NoMemory),
                Err(_) if reader.care == Care::Loose => {
                    (reader.at, reader.depth) = (at, depth);
                    reader.is_odd = true;
                    reader.skip()
                }
                read => read.map_err(|wrong| wrong.within(name)),
            }
        })
    }

    /// Reads an object. `field` reads the value after each name.
    pub(crate) fn object(
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
            let name = Text::read(self)?;
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
    pub(crate) fn list(
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
        for index in 0.. {
            element(self).map_err(|wrong| wrong.within(&format!("[{index}]")))?;
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
    pub(crate) fn shape<T>(
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
    pub(crate) fn with_json<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Outcome<T>,
    ) -> Outcome<(T, &'a [u8])> {
        self.peek();
        let start = self.at;
        let value = read(self)?;
        Ok((value, self.text.get(start..self.at).unwrap_or_default()))
    }

    /// The text of a number.
    pub(crate) fn number(&mut self, expected: &str) -> Outcome<&'a str> {
        if self.kind() != Kind::Other {
            return Err(self.other_than(expected));
        }
        self.raw()
    }

    /// Reads a whole number. `expected` describes the numbers of type `T`.
    fn integer<T: FromStr>(&mut self, expected: &str) -> Outcome<T> {
        let number = self.number(expected)?.parse();
        number.map_err(|_| self.wrong(format!("must be {expected}")))
    }

    /// Skips a value.
    pub(crate) fn skip(&mut self) -> Outcome<()> {
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
    pub(crate) fn other_than(&mut self, expected: &str) -> Wrong {
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
    pub(crate) fn wrong(&self, rule: String) -> Wrong {
        Wrong::value(rule, self.at)
    }
}

/// Reads a value into `place`. One function for each type, not for each field, is small.
#[inline(never)]
pub(crate) fn put<'a, T: Read<'a>>(place: &mut T, reader: &mut Reader<'a>) -> Outcome<()> {
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
        reader.is_odd |= found.has_half;
        if found.has_half && reader.care == Care::Whole {
            return Err(reader.wrong("has half a character".to_owned()));
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
