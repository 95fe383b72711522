//! What stands within a block: a string, a list of blocks, or an object.

use std::borrow::Cow;

use super::wire::Block;
use crate::json::{Kind, Outcome, Read, Reader, Text};

/// One of these; the object is a `T`.
#[derive(Debug)]
pub(super) enum Inner<'a, T> {
    Text(Cow<'a, str>),
    Blocks(Vec<Block<'a>>),
    Object(Box<T>),
}

impl<'a, T: Read<'a>> Read<'a> for Inner<'a, T> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        match reader.kind() {
            Kind::Text => Text::read(reader).map(|text| Self::Text(text.0)),
            Kind::List => Vec::read(reader).map(Self::Blocks),
            Kind::Object => T::read(reader).map(|object| Self::Object(Box::new(object))),
            _ => Err(reader.other_than("a string, a list of blocks or an object")),
        }
    }
}
