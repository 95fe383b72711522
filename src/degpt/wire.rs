//! The JSON of DeGPT's chat endpoint.

use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer};

use crate::json::{self, Escaped, Outcome, Raw, Read, Reader, Text, fields};

/// The first half of the body of `POST /api/v1/chat/completion/proxy`. DeGPT drops silently
/// every field that is in neither half.
#[derive(Debug, Serialize)]
pub(crate) struct Question<'a> {
    pub(crate) model: &'a str,
    /// The last field, so that more messages can follow.
    pub(crate) messages: &'a [Message<'a>],
}

/// The second half.
#[derive(Debug, Serialize)]
pub(crate) struct Options {
    pub(crate) project: &'static str,
    /// Always true: without it, most models answer `null`.
    pub(crate) stream: bool,
    /// Always sent: DeGPT's default is true.
    pub(crate) enable_thinking: bool,
    /// Whether the answer continues the last message, which is the assistant's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) reload: bool,
}

/// The roles of messages.
pub(crate) const SYSTEM: &str = "system";
pub(crate) const USER: &str = "user";
pub(crate) const ASSISTANT: &str = "assistant";

#[derive(Debug, Serialize)]
pub(crate) struct Message<'a> {
    pub(crate) role: &'static str,
    pub(crate) content: Content<'a>,
}

#[derive(Debug)]
pub(crate) enum Content<'a> {
    /// Texts, and the separator between them.
    Text(Vec<Cow<'a, str>>, &'static str),
    Parts(Vec<Part<'a>>),
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(texts, separator) => match texts.as_slice() {
                [text] => serializer.serialize_str(text),
                texts => serializer.collect_str(&Joined { texts, separator }),
            },
            Self::Parts(parts) => parts.serialize(serializer),
        }
    }
}

struct Joined<'a> {
    texts: &'a [Cow<'a, str>],
    separator: &'a str,
}

impl fmt::Display for Joined<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, text) in self.texts.iter().enumerate() {
            if index > 0 {
                formatter.write_str(self.separator)?;
            }
            formatter.write_str(text)?;
        }
        Ok(())
    }
}

/// A part in OpenAI's or in Anthropic's form, as the model's family takes it.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Part<'a> {
    Text {
        text: Cow<'a, str>,
    },
    ImageUrl {
        image_url: ImageUrl<'a>,
    },
    File {
        file: File<'a>,
    },
    Image {
        source: Source<'a>,
    },
    Document {
        source: Source<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<&'a str>,
    },
}

#[derive(Debug, Serialize)]
pub(crate) struct ImageUrl<'a> {
    pub(crate) url: Url<'a>,
}

#[derive(Debug, Serialize)]
pub(crate) struct File<'a> {
    pub(crate) filename: &'a str,
    pub(crate) file_data: Url<'a>,
}

/// A URL. A `data:` URL is put together while it is written, so that a picture of megabytes
/// is not copied.
#[derive(Debug)]
pub(crate) enum Url<'a> {
    Plain(&'a str),
    Data { media_type: &'a str, data: &'a str },
}

impl Serialize for Url<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(url) => serializer.serialize_str(url),
            Self::Data { media_type, data } => {
                serializer.collect_str(&format_args!("data:{media_type};base64,{data}"))
            }
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Source<'a> {
    Base64 { media_type: &'a str, data: &'a str },
    Url { url: &'a str },
}

/// One event of the answer. Fields that may be missing are optional. Unreliable ones (`id`,
/// `object`, `created`, `model`) are not read.
#[derive(Debug, Default)]
pub(crate) struct Chunk<'a> {
    pub(crate) choices: Option<First<Choice<'a>>>,
    pub(crate) error: Option<Raw<'a>>,
}

fields!(Chunk<'a> { choices, error });

#[derive(Debug, Default)]
pub(crate) struct Choice<'a> {
    pub(crate) delta: Option<Delta<'a>>,
    pub(crate) finish_reason: Option<Text<'a>>,
}

fields!(Choice<'a> { delta, finish_reason });

#[derive(Debug, Default)]
pub(crate) struct Delta<'a> {
    pub(crate) content: Option<Piece<'a>>,
    pub(crate) reasoning_content: Option<Piece<'a>>,
}

fields!(Delta<'a> { content, reasoning_content });

/// A piece of a text. Providers that cut by units of UTF-16 cut through characters.
#[derive(Debug)]
pub(crate) struct Piece<'a> {
    /// It, with [`json::REPLACEMENT`] for each half of a character.
    pub(crate) text: Cow<'a, str>,
    /// The half of a character that it begins with.
    pub(crate) first: Option<u16>,
    /// The first half of a character that it ends with.
    pub(crate) last: Option<u16>,
}

impl<'a> Piece<'a> {
    /// A piece of whole characters.
    pub(crate) fn whole(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), first: None, last: None }
    }
}

impl<'a> Read<'a> for Piece<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        let (Text(text), json) = reader.with_json(Text::read)?;
        // Between the quotes.
        let first = json.get(1..).and_then(half);
        let last = json.len().checked_sub(7).and_then(|place| half(json.get(place..)?));
        let last = last.filter(|unit| *unit < 0xdc00 && text.ends_with(json::REPLACEMENT));
        Ok(Self { text, first, last })
    }
}

/// The half of a character that `json` begins with.
fn half(json: &[u8]) -> Option<u16> {
    match json::unescape(json.strip_prefix(b"\\")?)? {
        (Escaped::Half(unit), _) => Some(unit),
        (Escaped::Char(_), _) => None,
    }
}

/// The first element of a list. The list is not allocated.
#[derive(Debug)]
pub(crate) struct First<T>(pub(crate) Option<T>);

impl<'a, T: Read<'a>> Read<'a> for First<T> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        let mut first = None;
        reader.list("a list", &mut |reader| match first {
            None => T::read(reader).map(|element| first = Some(element)),
            Some(_) => reader.skip(),
        })?;
        Ok(Self(first))
    }
}
