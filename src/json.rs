//! Reading a caller's JSON: borrowed where possible, with errors that name the field.
//!
//! Both client dialects parse with [`parse`] and build their wire types from
//! [`Text`], [`Content`] and [`Shape`]s.

mod place;
mod shape;

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use serde_json::error::Category;

use crate::error::Error;
pub(crate) use shape::{Loose, Shape, shape};

/// Reads `body` as one JSON value of type `T`.
///
/// # Errors
/// [`Error::Invalid`]: without a field when it is not JSON at all, with the
/// field's path (`messages[0].content`) when a value does not fit.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => {
            let path = place::path(body, error.line(), error.column());
            let named = if path.is_empty() { "." } else { &path };
            Error::Invalid {
                message: format!("{named}: {}", rule(&error)),
                param: (!path.is_empty()).then_some(path),
            }
        }
        Category::Syntax | Category::Eof | Category::Io => Error::Invalid {
            param: None,
            message: format!("The request body is not valid JSON: {error}."),
        },
    })
}

/// What should stand there, and where. What does stand there is left out: it may
/// be the prompt, or a key in a wrong place.
fn rule(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => text,
    }
}

/// A string that borrows from the body unless an escape in it forbids that.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl Text<'_> {
    /// The string itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What both dialects call content: a string, or a list of parts of type `P`.
#[derive(Debug, Clone, PartialEq)]
pub enum Content<'a, P> {
    /// A plain string.
    Text(Cow<'a, str>),
    /// A list of parts.
    Parts(Vec<P>),
}

impl<'de: 'a, 'a, P: Deserialize<'de>> Deserialize<'de> for Content<'a, P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor(PhantomData))
    }
}

struct ContentVisitor<'a, P>(PhantomData<(&'a (), P)>);

impl<'de: 'a, 'a, P: Deserialize<'de>> Visitor<'de> for ContentVisitor<'a, P> {
    type Value = Content<'a, P>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string or a list of parts")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Content::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Content::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(parts)).map(Content::Parts)
    }
}
