//! Values that may have one of several shapes.

use std::{borrow::Cow, fmt, marker::PhantomData, mem};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::Text;

/// A type that is read from more than one shape of JSON: what `#[serde(untagged)]`
/// is for, but with an error that stands where the value does, and with less code.
pub(crate) trait Shape<'a>: Sized {
    /// What should stand there.
    const EXPECTED: &'static str;

    /// `None` if `value` does not fit.
    fn of(value: Loose<'a>) -> Option<Self>;
}

/// A JSON value as far as shapes look at it.
#[derive(Debug)]
pub(crate) enum Loose<'a> {
    Null,
    Text(Text<'a>),
    Object(Fields<'a>),
    Other,
}

/// The fields of an object.
#[derive(Debug)]
pub(crate) struct Fields<'a>(Vec<(Text<'a>, Loose<'a>)>);

impl<'a> Loose<'a> {
    pub(crate) fn text(self) -> Option<Text<'a>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text that may be absent. `None` if it is something else.
    pub(crate) fn optional_text(self) -> Option<Option<Text<'a>>> {
        match self {
            Self::Null => Some(None),
            other => other.text().map(Some),
        }
    }
}

impl<'a> Fields<'a> {
    /// The value of `name`. What is absent is null, and what is there twice fits nothing.
    pub(crate) fn take(&mut self, name: &str) -> Loose<'a> {
        let mut named = self.0.iter_mut().filter(|(other, _)| other.as_str() == name);
        match (named.next(), named.next()) {
            (None, _) => Loose::Null,
            (Some((_, value)), None) => mem::replace(value, Loose::Null),
            (Some(_), Some(_)) => Loose::Other,
        }
    }
}

/// Reads a value of several shapes.
pub(crate) fn shape<'de: 'a, 'a, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Shape<'a>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(ShapeVisitor(PhantomData))
}

struct ShapeVisitor<'a, T>(PhantomData<(&'a (), T)>);

impl<'de: 'a, 'a, T: Shape<'a>> ShapeVisitor<'a, T> {
    fn fit<E: de::Error>(value: Loose<'a>) -> Result<T, E> {
        T::of(value).ok_or_else(|| E::custom(format_args!("expected {}", T::EXPECTED)))
    }
}

impl<'de: 'a, 'a, T: Shape<'a>> Visitor<'de> for ShapeVisitor<'a, T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(T::EXPECTED)
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<T, E> {
        Self::fit(LooseVisitor.visit_borrowed_str(text)?)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Self::fit(LooseVisitor.visit_str(text)?)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        Self::fit(LooseVisitor.visit_seq(list)?)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        Self::fit(LooseVisitor.visit_map(map)?)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Loose<'de>, E> {
        Ok(Loose::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Loose<'de>, E> {
        Ok(Loose::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Loose<'de>, E> {
        Ok(Loose::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Loose<'de>, E> {
        Ok(Loose::Other)
    }

    fn visit_unit<E>(self) -> Result<Loose<'de>, E> {
        Ok(Loose::Null)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Text(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Loose::Object(Fields(fields)))
    }
}
