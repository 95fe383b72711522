//! The JSON of a choice of tools.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::json::Text;

/// Which tools may or must be called.
#[derive(Debug)]
pub(super) enum Choose<'a> {
    /// `"auto"`, `"none"` or `"required"`.
    Mode(Text<'a>),
    Object(ChosenTools<'a>),
}

/// The function to call: `{"type": "function", "function": {"name"}}`, before
/// there were tools `{"name"}`. Or the tools that may be called: `{"type":
/// "allowed_tools", "allowed_tools": {"mode", "tools"}}`; in OpenAI's other API
/// `mode` and `tools` stand beside `type`.
#[derive(Debug, Deserialize)]
pub(super) struct ChosenTools<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) function: Option<Named<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) allowed_tools: Option<AllowedTools<'a>>,
    #[serde(borrow)]
    pub(super) mode: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) tools: Option<Vec<NamedTool<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AllowedTools<'a> {
    #[serde(borrow)]
    pub(super) mode: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) tools: Option<Vec<NamedTool<'a>>>,
}

/// A tool by its name, in either form of the list.
#[derive(Debug, Deserialize)]
pub(super) struct NamedTool<'a> {
    #[serde(borrow)]
    pub(super) function: Option<Named<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Choose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChooseVisitor)
    }
}

struct ChooseVisitor;

impl<'de> Visitor<'de> for ChooseVisitor {
    type Value = Choose<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string, or an object that names functions")
    }

    fn visit_borrowed_str<E: de::Error>(self, mode: &'de str) -> Result<Self::Value, E> {
        Ok(Choose::Mode(Text(Cow::Borrowed(mode))))
    }

    fn visit_str<E: de::Error>(self, mode: &str) -> Result<Self::Value, E> {
        Ok(Choose::Mode(Text(Cow::Owned(mode.to_owned()))))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        ChosenTools::deserialize(MapAccessDeserializer::new(object)).map(Choose::Object)
    }
}
