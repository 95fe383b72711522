//! The JSON of DeGPT's chat endpoint.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::json::Text;

/// The body of `POST /api/v1/chat/completion/proxy`. Every other field would be
/// dropped without a word.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'a> {
    pub(crate) model: &'a str,
    pub(crate) messages: &'a [Message<'a>],
    pub(crate) project: &'static str,
    /// Always true: without streaming, most models answer `null`.
    pub(crate) stream: bool,
    /// Always sent, because its default is true.
    pub(crate) enable_thinking: bool,
    /// Whether the answer continues the last message, which is the assistant's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) reload: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Message<'a> {
    pub(crate) role: &'static str,
    pub(crate) content: Content<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Content<'a> {
    Text(String),
    Parts(Vec<Part<'a>>),
}

/// A part in OpenAI's or in Anthropic's form, as the model's family takes it.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Part<'a> {
    Text {
        text: String,
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

/// An address, or a `data:` URL that is put together only while it is written:
/// a picture of megabytes is not copied for it.
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

/// One data line of the answer. Whatever may be missing is optional; what is
/// unreliable (`id`, `object`, `created`, `model`) is not even read.
#[derive(Debug, Deserialize)]
pub(crate) struct Chunk<'a> {
    #[serde(borrow)]
    pub(crate) choices: Option<First<Choice<'a>>>,
    #[serde(borrow)]
    pub(crate) error: Option<&'a serde_json::value::RawValue>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Choice<'a> {
    #[serde(borrow)]
    pub(crate) delta: Option<Delta<'a>>,
    #[serde(borrow)]
    pub(crate) finish_reason: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Delta<'a> {
    #[serde(borrow)]
    pub(crate) content: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) reasoning_content: Option<Text<'a>>,
}

/// The first element of a list, without an allocation for the list.
#[derive(Debug)]
pub(crate) struct First<T>(pub(crate) Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Visitor<T> {
            type Value = First<T>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<First<T>, A::Error> {
                let first = list.next_element()?;
                while list.next_element::<de::IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }
        }
        deserializer.deserialize_seq(Visitor(std::marker::PhantomData))
    }
}
