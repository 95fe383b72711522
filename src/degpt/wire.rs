//! The JSON of DeGPT's chat endpoint.

use std::borrow::Cow;

use crate::{
    in_flight::Growing,
    json::{self, Escaped, Outcome, Raw, Read, Reader, Text, fields},
};

/// The body of `POST /api/v1/chat/completion/proxy`. DeGPT drops silently every other field.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) model: &'a str,
    pub(crate) messages: &'a [Message<'a>],
    pub(crate) enable_thinking: bool,
    /// Whether the answer continues the last message, which is the assistant's.
    pub(crate) reload: bool,
}

impl Question<'_> {
    /// Returns where the bracket is that closes the messages.
    pub(super) fn write(&self, out: &mut Growing) -> usize {
        out.json(r#"{"model":"#).text(self.model).json(r#","messages":["#);
        listed(self.messages, out, Message::write);
        let end = out.written();
        // `stream` is always true: without it, most models answer `null`. `enable_thinking` is
        // always sent: DeGPT's default is true.
        out.json(r#"],"project":"DecentralGPT","stream":true,"enable_thinking":"#);
        out.json(if self.enable_thinking { "true" } else { "false" });
        out.json(if self.reload { r#","reload":true}"# } else { "}" });
        end
    }
}

/// The roles of messages.
pub(crate) const SYSTEM: &str = "system";
pub(crate) const USER: &str = "user";
pub(crate) const ASSISTANT: &str = "assistant";

#[derive(Debug)]
pub(crate) struct Message<'a> {
    pub(crate) role: &'static str,
    pub(crate) content: Content<'a>,
}

impl Message<'_> {
    pub(super) fn write(&self, out: &mut Growing) {
        out.json(r#"{"role":"#).text(self.role).json(r#","content":"#);
        match &self.content {
            Content::Text(texts, separator) => {
                out.json("\"");
                for (place, text) in texts.iter().enumerate() {
                    out.escaped(if place > 0 { separator } else { "" }).escaped(text);
                }
                out.json("\"");
            }
            Content::Parts(parts) => {
                out.json("[");
                listed(parts, out, Part::write);
                out.json("]");
            }
        }
        out.json("}");
    }
}

#[derive(Debug)]
pub(crate) enum Content<'a> {
    /// Texts, and the separator between them.
    Text(Vec<Cow<'a, str>>, &'static str),
    Parts(Vec<Part<'a>>),
}

/// A part in OpenAI's or in Anthropic's form, as the model's family takes it.
#[derive(Debug)]
pub(crate) enum Part<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { url: Url<'a> },
    File { filename: &'a str, file_data: Url<'a> },
    Image { source: Source<'a> },
    Document { source: Source<'a>, title: Option<&'a str> },
}

impl Part<'_> {
    fn write(&self, out: &mut Growing) {
        match self {
            Self::Text { text } => {
                out.json(r#"{"type":"text","text":"#).text(text);
            }
            Self::ImageUrl { url } => {
                url.write(out.json(r#"{"type":"image_url","image_url":{"url":"#));
                out.json("}");
            }
            Self::File { filename, file_data } => {
                out.json(r#"{"type":"file","file":{"filename":"#).text(filename);
                file_data.write(out.json(r#","file_data":"#));
                out.json("}");
            }
            Self::Image { source } => source.write(out.json(r#"{"type":"image","source":"#)),
            Self::Document { source, title } => {
                source.write(out.json(r#"{"type":"document","source":"#));
                if let Some(title) = title {
                    out.json(r#","title":"#).text(title);
                }
            }
        }
        out.json("}");
    }
}

/// A URL. A `data:` URL is put together while it is written, so that a picture of megabytes
/// is not copied.
#[derive(Debug)]
pub(crate) enum Url<'a> {
    Plain(&'a str),
    Data { media_type: &'static str, data: &'a str },
}

impl Url<'_> {
    fn write(&self, out: &mut Growing) {
        match self {
            Self::Plain(url) => out.text(url),
            Self::Data { media_type, data } => {
                // Neither has anything to escape.
                out.json("\"data:").json(media_type).json(";base64,").json(data).json("\"")
            }
        };
    }
}

#[derive(Debug)]
pub(crate) enum Source<'a> {
    /// Base64 has nothing to escape.
    Base64 {
        media_type: &'static str,
        data: &'a str,
    },
    Url {
        url: &'a str,
    },
}

impl Source<'_> {
    fn write(&self, out: &mut Growing) {
        match self {
            Self::Base64 { media_type, data } => out
                .json(r#"{"type":"base64","media_type":"#)
                .text(media_type)
                .json(r#","data":""#)
                .json(data)
                .json("\""),
            Self::Url { url } => out.json(r#"{"type":"url","url":"#).text(url),
        };
        out.json("}");
    }
}

/// Writes the elements of a list, with `write`.
fn listed<T>(list: &[T], out: &mut Growing, write: fn(&T, &mut Growing)) {
    for (place, element) in list.iter().enumerate() {
        out.json(if place > 0 { "," } else { "" });
        write(element, out);
    }
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
