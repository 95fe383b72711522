//! Reading JSON: borrowed where possible, with errors that name the field.
//!
//! The dialects read requests with `parse`. Their wire types list their fields with
//! `fields!` and are built from [`Text`] and [`Content`].

mod error;
mod nesting;
mod reader;
mod string;
mod writer;

use std::borrow::Cow;

use serde::{Serialize, de::IgnoredAny};

use crate::error::Error;
pub(crate) use error::Outcome;
use error::Wrong;
pub(crate) use nesting::Nesting;
pub(crate) use reader::{Field, Kind, Raw, Read, Reader, Unknown, put};
pub(crate) use string::{Care, Escaped, REPLACEMENT, joined, unescape};
pub(crate) use writer::{Writer, escaped_bytes};

/// Reads `body` as one JSON value of type `T`. Returns it, and the path of the first string
/// with half a character (a lone surrogate), which [`REPLACEMENT`] stands for. A byte order
/// mark is skipped.
///
/// # Errors
/// [`Error::Invalid`]: without a field if the body is not JSON, with the field's path
/// (`messages[0].content`) if a value does not fit.
/// [`Error::Overloaded`]: there is no memory for its strings or lists.
pub(crate) fn parse<'a, T: Read<'a>>(body: &'a [u8]) -> Result<(T, Option<String>), Error> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let (value, odd) = read_with(body, Care::Strict).map_err(|wrong| wrong.into_error(body))?;
    // That is rare, so it may be read once more.
    let half =
        if odd { read_with::<T>(body, Care::Whole).err().and_then(Wrong::path) } else { None };
    Ok((value, half))
}

/// Reads `text` as one JSON value of type `T`.
pub(crate) fn read<'a, T: Read<'a>>(text: &'a [u8]) -> Outcome<T> {
    read_with(text, Care::Strict).map(|(value, _)| value)
}

/// Reads `text` as one value of type `T`. Returns it, and whether anything was odd in it, as
/// far as `care` lets it.
#[inline(never)]
pub(crate) fn read_with<'a, T: Read<'a>>(text: &'a [u8], care: Care) -> Outcome<(T, bool)> {
    let mut reader = Reader::new(text, care);
    let value = T::read(&mut reader)?;
    reader.end()?;
    Ok((value, reader.is_odd()))
}

/// Reads the value that `text` begins with. Returns it, and what follows it.
pub(crate) fn read_first<'a, T: Read<'a>>(text: &'a str, care: Care) -> Outcome<(T, &'a str)> {
    let mut reader = Reader::new(text.as_bytes(), care);
    let value = T::read(&mut reader)?;
    Ok((value, text.get(reader.at()..).unwrap_or_default()))
}

/// `value` as a JSON text.
pub(crate) fn to_text(value: &impl Serialize) -> String {
    // Writing to memory fails only for maps with keys that are not strings. There are none.
    serde_json::to_string(value).unwrap_or_default()
}

/// Whether `text` is JSON.
pub(crate) fn is_valid(text: &str) -> bool {
    read::<IgnoredAny>(text.as_bytes()).is_ok()
}

/// Implements [`Read`] for a struct: `fields!(Type<'a> { field, other = "name" })` lists all
/// its fields, 64 at most, with the name in JSON where it differs. Unknown fields are
/// skipped, or refused with `only` before the type.
macro_rules! fields {
    (only $($rest:tt)*) => {
        crate::json::fields!(@Refused $($rest)*);
    };
    (@$unknown:ident $type:ident $(<$life:lifetime>)? { $($field:ident $(= $name:literal)?),* $(,)? }) => {
        impl<'a> crate::json::Read<'a> for $type $(<$life>)? {
            fn read(reader: &mut crate::json::Reader<'a>) -> crate::json::Outcome<Self> {
                const NAMES: &[&str] = &[$(crate::json::fields!(@name $field $($name)?)),*];
                let fields: &[crate::json::Field<'a, Self>] = &[$(
                    |this, reader| crate::json::put(&mut this.$field, reader)
                ),*];
                // The reader marks each field it has seen in one bit of a `u64`.
                const { assert!(NAMES.len() <= 64, "too many fields") };
                let value = reader.fields(NAMES, fields, crate::json::Unknown::$unknown)?;
                // A field that is not in the list does not compile.
                let Self { $($field: _),* } = &value;
                Ok(value)
            }
        }
    };
    (@name $field:ident) => {
        stringify!($field)
    };
    (@name $field:ident $name:literal) => {
        $name
    };
    ($($rest:tt)*) => {
        crate::json::fields!(@Skipped $($rest)*);
    };
}
pub(crate) use fields;

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
