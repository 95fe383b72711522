//! One model: what is known of it, and how an entry is written in JSON.

use std::rc::Rc;

use crate::json::{Outcome, Read, Reader, Text, fields};

/// The suffix of the ids of reasoning variants.
pub(super) const THINK_SUFFIX: &str = "-think";

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The id that clients use; unique.
    pub id: String,
    /// DeGPT's name for it in requests that have only text.
    pub text_model: String,
    /// DeGPT's name for it in requests that have an image or a file.
    pub image_model: String,
    /// The form in which it takes images.
    pub images: Images,
    /// How many tokens a conversation may have, if that is known.
    pub context_length: Option<u64>,
    /// Whether it reasons before it answers.
    pub think: bool,
    /// What the web client offers for it: `text` or `image`.
    pub support: String,
    /// 1 is open to visitors; 2 and 3 are for paying users.
    pub tier: u8,
    /// When it was added, in seconds since 1970-01-01 UTC.
    pub created: u64,
    /// The model family, as the web client names it.
    pub owned_by: String,
    /// The display name. In the 18 entries that the project began with it is what it was then.
    pub name: String,
    /// The name that the newest web client has for it.
    pub display_name: String,
    /// A short description, for display.
    pub description: String,
    /// A hint, for display.
    pub tip: String,
    /// Whether it is in the list of models. One that is not answers when it is asked by name.
    pub is_listed: bool,
}

/// The form in which a model takes images and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Images {
    /// It takes none.
    None,
    /// As OpenAI's `image_url` and `file` parts.
    OpenAi,
    /// As Anthropic's `image` and `document` blocks.
    Anthropic,
}

/// An entry as it is written in JSON: only the id is required.
#[derive(Default)]
struct Entry {
    id: String,
    text_model: Option<String>,
    image_model: Option<String>,
    images: Option<Images>,
    think: Option<bool>,
    support: Option<String>,
    context_length: Option<u64>,
    tier: Option<u8>,
    created: Option<u64>,
    owned_by: Option<String>,
    name: Option<String>,
    display_name: Option<String>,
    description: Option<String>,
    tip: Option<String>,
    listed: Option<bool>,
}

fields!(only Entry {
    id, text_model, image_model, images, think, support, context_length, tier, created, owned_by,
    name, display_name, description, tip, listed,
});

impl Model {
    /// A model of which only the name is known.
    pub(super) fn plain(id: &str) -> Rc<Self> {
        let text_model = Some(id.to_owned());
        Rc::new(Self::from(Entry {
            id: id.to_owned(),
            text_model,
            think: Some(false),
            ..Entry::default()
        }))
    }

    /// Whether its id and its names at DeGPT can be used.
    pub(super) fn is_sound(&self) -> bool {
        // The name at DeGPT is sent in the header `x-degpt-model`.
        let is_sound =
            |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
        let is_named = [&self.text_model, &self.image_model].into_iter().all(is_sound);
        !self.id.is_empty() && !self.id.contains(char::is_control) && is_named
    }
}

impl<'a> Read<'a> for Images {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        match Text::read(reader)?.as_str() {
            "none" => Ok(Self::None),
            "openai" => Ok(Self::OpenAi),
            "anthropic" => Ok(Self::Anthropic),
            _ => Err(reader.wrong("must be `none`, `openai` or `anthropic`".to_owned())),
        }
    }
}

impl<'a> Read<'a> for Model {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        Entry::read(reader).map(Self::from)
    }
}

impl From<Entry> for Model {
    fn from(entry: Entry) -> Self {
        let think = entry.think.unwrap_or_else(|| entry.id.ends_with(THINK_SUFFIX));
        let plain = entry.id.strip_suffix(THINK_SUFFIX).unwrap_or(&entry.id);
        let text_model = entry.text_model.unwrap_or_else(|| plain.to_owned());
        let images = entry.images.unwrap_or(Images::None);
        let name = entry.name.unwrap_or_else(|| entry.id.clone());
        Self {
            image_model: entry.image_model.unwrap_or_else(|| text_model.clone()),
            text_model,
            images,
            context_length: entry.context_length,
            think,
            support: entry.support.unwrap_or_else(|| {
                let support = if images == Images::None { "text" } else { "image" };
                support.to_owned()
            }),
            tier: entry.tier.unwrap_or(1),
            created: entry.created.unwrap_or_default(),
            owned_by: entry.owned_by.unwrap_or_else(|| "unknown".to_owned()),
            description: entry.description.unwrap_or_default(),
            tip: entry.tip.unwrap_or_else(|| name.clone()),
            display_name: entry.display_name.unwrap_or_else(|| name.clone()),
            is_listed: entry.listed.unwrap_or(true),
            name,
            id: entry.id,
        }
    }
}
