//! Reading JSON: borrowed where possible, with errors that name the field.
//!
//! The dialects read requests with `parse`. Their wire types list their fields with
//! `fields!` and are built from [`Text`] and [`Content`].

#![expect(
    clippy::missing_errors_doc,
    reason = "an `Outcome` says it: the value is not what is asked for"
)]

mod close;
mod error;
mod nesting;
mod reader;
mod string;
mod writer;

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::{error::Error, notes::Notes};
pub use close::close;
pub use error::Outcome;
use error::Wrong;
pub use nesting::Nesting;
use reader::Place;
pub use reader::{Asks, Fields, Kind, Others, Raw, Read, Reader, Row, Seen, put};
pub use string::{Care, Escaped, REPLACEMENT, joined, unescape};
pub use writer::{Writer, escape, escaped_bytes, write_text};

/// Reads `body` as one JSON value of type `T`, with notes on its fields, and on half a character
/// (a lone surrogate) in a string, which [`REPLACEMENT`] stands for. A byte order mark is
/// skipped.
///
/// # Errors
/// [`Error::Invalid`]: without a field if the body is not JSON, with the field's path
/// (`messages[0].content`) if a value does not fit.
/// [`Error::Overloaded`]: there is no memory for its strings or lists.
pub fn parse<'a, T: Read<'a>>(body: &'a [u8]) -> Result<(T, Notes), Error> {
    let mut value = None;
    let notes = parse_into(body, &mut value)?;
    // It has been read, or there was an error.
    value.map(|value| (value, notes)).ok_or(Error::Internal)
}

/// What of [`parse`] exists once.
fn parse_into<'a>(body: &'a [u8], place: &mut dyn Place<'a>) -> Result<Notes, Error> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let mut reader = Reader::new(body, Care::Strict);
    reader.take_notes();
    reader.whole(place).map_err(|wrong| wrong.into_error(body))?;
    Ok(reader.into_notes())
}

/// Reads `text` as one JSON value of type `T`.
pub fn read<'a, T: Read<'a>>(text: &'a [u8]) -> Outcome<T> {
    whole(&mut Reader::new(text, Care::Strict))
}

/// Reads `text` as one value of type `T`, with [`Care::Loose`]. Returns it, and whether a field
/// of it was passed over, because it did not hold what it must.
pub fn read_loosely<'a, T: Read<'a>>(text: &'a [u8]) -> Outcome<(T, bool)> {
    let mut reader = Reader::new(text, Care::Loose);
    let value = whole(&mut reader)?;
    Ok((value, reader.is_odd()))
}

fn whole<'a, T: Read<'a>>(reader: &mut Reader<'a>) -> Outcome<T> {
    let mut value = None;
    reader.whole(&mut value)?;
    value.ok_or(Wrong::NotJson)
}

/// Reads the value that `text` begins with. Returns it, and what follows it.
pub fn read_first<'a, T: Read<'a>>(text: &'a str, care: Care) -> Outcome<(T, &'a str)> {
    let mut reader = Reader::new(text.as_bytes(), care);
    let value = T::read(&mut reader)?;
    Ok((value, text.get(reader.at()..).unwrap_or_default()))
}

/// `text` as a JSON string.
#[must_use]
pub fn to_text(text: &str) -> String {
    let mut out = Vec::new();
    write_text(&mut out, text);
    String::from_utf8(out).unwrap_or_default()
}

/// `texts` as a JSON list of strings.
#[must_use]
pub fn list(texts: &[String]) -> String {
    let mut out = vec![b'['];
    for (place, text) in texts.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write_text(&mut out, text);
    }
    out.push(b']');
    String::from_utf8(out).unwrap_or_default()
}

/// Whether `text` is JSON.
#[must_use]
pub fn is_valid(text: &str) -> bool {
    read::<IgnoredAny>(text.as_bytes()).is_ok()
}

/// A type of which `fields!` has the list of fields.
pub trait Known {
    /// The names of its fields in JSON.
    const NAMES: &'static [&'static str];
    /// The other fields that are known.
    const OTHERS: &'static [&'static [Row]];
}

/// Two lists of names as one.
#[expect(clippy::indexing_slicing, reason = "only the compiler runs it")]
#[must_use]
pub const fn joined_names<const N: usize>(
    own: &[&'static str],
    inner: &[&'static str],
) -> [&'static str; N] {
    let mut names = [""; N];
    let mut place = 0;
    while place < N {
        names[place] = if place < own.len() { own[place] } else { inner[place - own.len()] };
        place += 1;
    }
    names
}

/// Implements [`Read`] for a struct: `fields!(Type<'a> { field, other = "name" })` lists all
/// its fields, 64 at most, with the name in JSON where it differs.
///
/// - `in part: Part` after them: its field `part`, of which the fields are read beside its own.
/// - `+ TABLE, …`: the tables of other fields that are known. Other fields are skipped, with a
///   note; or refused with `only` before the type.
/// - `=> check`: a method that is called at the end, with the reader and what was [`Seen`].
#[macro_export]
macro_rules! fields {
    (only $($rest:tt)*) => {
        $crate::json::fields!(@($crate::json::Others::Refused) $($rest)*);
    };
    (@($others:expr) $type:ident $(<$life:lifetime>)? { $($field:ident $(= $name:literal)?),* $(,)? }
        $(in $part:ident: $inner:ident)? $(+ $($table:path),+)? $(=> $check:ident)?
    ) => {
        impl<'a> $crate::json::Known for $type $(<$life>)? {
            const NAMES: &'static [&'static str] = $crate::json::fields!(
                @names [$($crate::json::fields!(@name $field $($name)?)),*] $($inner)?
            );
            const OTHERS: &'static [&'static [$crate::json::Row]] = &[$($($table),+)?];
        }

        impl<'a> $crate::json::Fields<'a> for $type $(<$life>)? {
            fn read_field(
                &mut self,
                place: usize,
                reader: &mut $crate::json::Reader<'a>,
            ) -> $crate::json::Outcome<()> {
                // A field that is not in the list does not compile.
                let Self { $($field: _,)* $($part: _,)? } = &*self;
                let left = place;
                // The compiler makes one jump of this.
                $(
                    if left == 0 {
                        return $crate::json::put(&mut self.$field, reader);
                    }
                    let left = left.wrapping_sub(1);
                )*
                let _ = left;
                $crate::json::fields!(@inner self, left, reader, $($part)?)
            }
        }

        impl<'a> $crate::json::Read<'a> for $type $(<$life>)? {
            fn read(reader: &mut $crate::json::Reader<'a>) -> $crate::json::Outcome<Self> {
                // The reader marks each field it has seen in one bit of a `u64`.
                const { assert!(<Self as $crate::json::Known>::NAMES.len() <= 64, "too many fields") };
                let (value, seen) = reader.fields::<Self>($others)?;
                let _ = seen;
                $(Self::$check(&value, reader, seen);)?
                Ok(value)
            }
        }
    };
    (@names [$($own:expr),*]) => {
        &[$($own),*]
    };
    (@names [$($own:expr),*] $inner:ident) => {{
        const OWN: &[&str] = &[$($own),*];
        const INNER: &[&str] = <$inner<'static> as $crate::json::Known>::NAMES;
        &$crate::json::joined_names::<{ OWN.len() + INNER.len() }>(OWN, INNER)
    }};
    (@inner $this:ident, $place:expr, $reader:ident,) => {
        Ok(())
    };
    (@inner $this:ident, $place:expr, $reader:ident, $part:ident) => {
        $crate::json::Fields::read_field(&mut $this.$part, $place, $reader)
    };
    (@name $field:ident) => {
        stringify!($field)
    };
    (@name $field:ident $name:literal) => {
        $name
    };
    ($($rest:tt)*) => {
        $crate::json::fields!(@($crate::json::Others::Noted(<Self as $crate::json::Known>::OTHERS)) $($rest)*);
    };
}
pub use fields;

/// A string. It borrows from the body, unless it has escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    /// The string itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The content of a message: a string, or a list of parts of type `P`.
#[derive(Debug, Clone, PartialEq)]
pub enum Content<'a, P> {
    /// A plain string.
    Text(Cow<'a, str>),
    /// A list of parts.
    Parts(Vec<P>),
}

impl<'a, P: Read<'a>> Read<'a> for Content<'a, P> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        match reader.kind() {
            Kind::Text => Text::read(reader).map(|text| Self::Text(text.0)),
            Kind::List => Vec::read(reader).map(Self::Parts),
            _ => Err(reader.other_than("a string or a list of parts")),
        }
    }
}
