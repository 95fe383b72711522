//! The models: which ones exist, how they are listed, and which one answers a request.
//!
//! DeGPT has no endpoint that lists its models, so the list is data of this project:
//! `catalog.json` beside this file, taken from the web client's list. `MODELS_EXTRA` can add to
//! it. This module knows nothing about the form of requests.

mod takers;

use std::mem;

use crate::{
    chat::Thinking,
    error::Error,
    json::{self, Outcome, Read, Reader, Text, fields},
};

pub use takers::{Need, needs};

/// The day of the newest entry of `catalog.json`, as YYYYMMDD.
pub const DATE: u32 = 20_260_209;

const BUILT_IN: &str = include_str!("catalog.json");

/// The suffix of the ids of reasoning variants.
const THINK_SUFFIX: &str = "-think";

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
    /// The display name.
    pub name: String,
    /// A short description, for display.
    pub description: String,
    /// A hint, for display.
    pub tip: String,
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
    description: Option<String>,
    tip: Option<String>,
}

fields!(only Entry {
    id, text_model, image_model, images, think, support, context_length, tier, created, owned_by,
    name, description, tip,
});

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
            name,
            id: entry.id,
        }
    }
}

/// All models, and how names are resolved to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// In listing order; ids are unique.
    models: Vec<Model>,
    /// Checked when the catalogue is made: each target is the id of an entry.
    aliases: Vec<Alias>,
    /// The id of an entry.
    default: String,
    /// The id of an entry that takes images, or `None` for `off`.
    vision: Option<String>,
    /// The id of an entry that takes PDFs, or `None` for `off`.
    document: Option<String>,
}

/// `from=to` of `MODEL_ALIASES`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Alias {
    /// The name, or what stands before the `*`.
    from: String,
    is_prefix: bool,
    to: String,
}

/// The variable that is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `MODELS_EXTRA` is not a JSON list of entries.
    Extra,
    /// `MODEL_ALIASES` is not a list of `from=to`, or names an unknown model.
    Aliases,
    /// `DEFAULT_MODEL` is unknown.
    Default,
    /// `VISION_MODEL` is unknown, or takes no images.
    Vision,
    /// `DOCUMENT_MODEL` is unknown, or takes no PDFs.
    Document,
}

/// The entry that answers a request, and its name at DeGPT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// The entry.
    pub model: &'a Model,
    /// The model's name at DeGPT for this request.
    pub upstream: &'a str,
}

impl Target<'_> {
    /// Whether it does what a request says about reasoning.
    #[must_use]
    pub fn obeys(&self, thinking: Thinking) -> bool {
        match thinking {
            Thinking::On => self.model.think,
            Thinking::Off => !self.model.think,
            Thinking::Unsaid => true,
        }
    }
}

impl Catalog {
    /// The built-in entries, with the deployment's changes.
    ///
    /// `extra` is a JSON list of entries that replace those of the same id or
    /// are added at the end; `aliases` is `from=to`, comma-separated, where
    /// `from` may end in `*`; `vision` may be `off`. Empty strings change nothing.
    ///
    /// # Errors
    /// The [`Fault`] that names the bad one.
    pub fn new(extra: &str, aliases: &str, default: &str, vision: &str) -> Result<Self, Fault> {
        let mut models: Vec<Model> = json::read(BUILT_IN.as_bytes()).map_err(|_| Fault::Extra)?;
        if !extra.is_empty() {
            let extra: Vec<Model> = json::read(extra.as_bytes()).map_err(|_| Fault::Extra)?;
            for model in extra {
                let is_named = [&model.text_model, &model.image_model].into_iter().all(|name| {
                    // The name at DeGPT is sent in the header `x-degpt-model`.
                    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
                });
                if model.id.is_empty() || model.id.contains(char::is_control) || !is_named {
                    return Err(Fault::Extra);
                }
                match models.iter_mut().find(|known| known.id == model.id) {
                    Some(known) => *known = model,
                    None => models.push(model),
                }
            }
        }
        let mut catalog = Self {
            models,
            aliases: Vec::new(),
            default: default.to_owned(),
            vision: (vision != "off").then(|| vision.to_owned()),
            document: None,
        };
        for pair in aliases.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (from, to) = pair.split_once('=').ok_or(Fault::Aliases)?;
            let (from, to) = (from.trim(), to.trim());
            let (from, is_prefix) = match from.strip_suffix('*') {
                Some(prefix) => (prefix, true),
                None => (from, false),
            };
            let is_pattern = if from.is_empty() { is_prefix } else { !from.contains('*') };
            if !is_pattern || catalog.model(to).is_none() {
                return Err(Fault::Aliases);
            }
            // Longest prefixes first: the longest one that matches wins, and of equals the first.
            let place = catalog.aliases.partition_point(|other| other.from.len() >= from.len());
            let alias = Alias { from: from.to_owned(), is_prefix, to: to.to_owned() };
            catalog.aliases.insert(place, alias);
        }
        catalog.model(default).ok_or(Fault::Default)?;
        if let Some(vision) = &catalog.vision {
            let model = catalog.model(vision).ok_or(Fault::Vision)?;
            if model.images == Images::None {
                return Err(Fault::Vision);
            }
        }
        Ok(catalog)
    }

    /// All entries, in listing order.
    #[must_use]
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The entry with exactly this id.
    #[must_use]
    pub fn model(&self, id: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.id == id)
    }

    /// The entry that `name` stands for: an alias, an id, `auto`, no name, or a name that
    /// matches an alias with a `*`. An id is also found in other letters, behind a provider's
    /// name (`openai/`), with `[1m]` after it, without its date (`claude-sonnet-4-5`,
    /// `-latest`), and with one if it has none (`gpt-5-2025-08-07`).
    ///
    /// # Errors
    /// [`Error::UnknownModel`].
    pub fn find(&self, name: Option<&str>) -> Result<&Model, Error> {
        let name = name.map_or("", str::trim);
        let provider = name.bytes().rposition(|byte| byte == b'/').map_or(0, |slash| slash + 1);
        let plain = name.get(provider..).unwrap_or_default().to_ascii_lowercase();
        let plain = plain.strip_suffix("[1m]").unwrap_or(&plain).trim_end();
        // Anthropic's first version of several is also `-0`.
        let bare = plain.strip_suffix("-latest").or(plain.strip_suffix("-0")).unwrap_or(plain);
        let name = if name.is_empty() || plain == "auto" { &self.default } else { name };
        let names = [name, plain, bare];
        names
            .iter()
            .find_map(|name| self.named(name))
            .or_else(|| {
                let is_meant =
                    |model: &&Model| is_dated(&model.id, bare) || is_dated(plain, &model.id);
                self.models.iter().rev().find(is_meant)
            })
            .or_else(|| names.iter().find_map(|name| self.covered(name)))
            .ok_or_else(|| Error::UnknownModel {
                name: name.to_owned(),
                nearest: self.nearest(plain),
            })
    }

    /// The entry with this alias or id.
    fn named(&self, name: &str) -> Option<&Model> {
        let is_meant = |alias: &&Alias| !alias.is_prefix && alias.from.eq_ignore_ascii_case(name);
        let id = self.aliases.iter().find(is_meant).map_or(name, |alias| &alias.to);
        let found = self.models.iter().find(|model| model.id.eq_ignore_ascii_case(id));
        self.model(id).or(found)
    }

    /// The entry of the longest alias with a `*` that covers `name`.
    fn covered(&self, name: &str) -> Option<&Model> {
        let covers = |alias: &&Alias| {
            let start = name.get(..alias.from.len());
            alias.is_prefix && start.is_some_and(|start| start.eq_ignore_ascii_case(&alias.from))
        };
        self.model(&self.aliases.iter().find(covers)?.to)
    }

    /// The ids that are most like `name`, by the pairs of letters that they share, each in
    /// backticks.
    fn nearest(&self, name: &str) -> String {
        const LONGEST_NAME: usize = 64;
        let name = name.as_bytes().get(..LONGEST_NAME).unwrap_or(name.as_bytes());
        let mut best = [(0, ""); 3];
        for model in &self.models {
            let id = model.id.as_bytes();
            let mut shared = 0;
            for pair in name.windows(2) {
                shared += usize::from(id.windows(2).any(|other| other == pair));
            }
            let mut found = (shared * 256 / (id.len() + name.len()), model.id.as_str());
            for place in &mut best {
                if found.0 > place.0 {
                    mem::swap(place, &mut found);
                }
            }
        }
        let mut nearest = String::new();
        for (_, id) in best.iter().filter(|(likeness, _)| *likeness > 0) {
            nearest.push_str(if nearest.is_empty() { "`" } else { ", `" });
            nearest.push_str(id);
            nearest.push('`');
        }
        nearest
    }

    /// The entry that answers a request for `name`, and its name at DeGPT.
    ///
    /// A request with an attachment that the model cannot take goes to the vision model, or to that
    /// for documents. A request for reasoning, or against it, goes to the variant that does so, if
    /// there is one. `needs` are what the attachments need, each with its field.
    ///
    /// # Errors
    /// [`Error::UnknownModel`], or [`Error::Invalid`] if no model may take an attachment.
    pub fn resolve(
        &self,
        name: Option<&str>,
        thinking: Thinking,
        needs: &[(Need, &str)],
    ) -> Result<Target<'_>, Error> {
        let mut model = self.taker(self.find(name)?, needs)?;
        let variant = match thinking {
            Thinking::On if !model.think => self.model(&format!("{}{THINK_SUFFIX}", model.id)),
            Thinking::Off if model.think => {
                let plain = model.id.strip_suffix(THINK_SUFFIX).and_then(|id| self.model(id));
                plain.filter(|plain| !plain.think)
            }
            _ => None,
        };
        model = variant.unwrap_or(model);
        let upstream = if needs.is_empty() { &model.text_model } else { &model.image_model };
        Ok(Target { model, upstream })
    }
}

/// Whether `id` is `name` with a date after it, like `-20250929`, `-2025-09-29` or `-0709`, where
/// both or none ask for reasoning.
fn is_dated(id: &str, name: &str) -> bool {
    let plain = name.strip_suffix(THINK_SUFFIX);
    let end = if plain.is_some() { THINK_SUFFIX } else { "" };
    let rest = id.strip_prefix(plain.unwrap_or(name)).and_then(|rest| rest.strip_suffix(end));
    let Some([b'-', date @ ..]) = rest.map(str::as_bytes) else {
        return false;
    };
    let is_of_date =
        |(place, byte): (usize, &u8)| byte.is_ascii_digit() || (*byte == b'-' && place >= 4);
    date.len() >= 4 && date.iter().enumerate().all(is_of_date)
}

/// DeGPT's information about its own service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its version.
    pub version: String,
    /// Its name.
    pub name: String,
    /// Its language.
    pub default_locale: String,
    /// Whether it is up.
    pub status: bool,
}

impl Default for Service {
    /// The values that are used while the service does not answer.
    fn default() -> Self {
        Self {
            version: "0.1.125".to_owned(),
            name: "DeGPT".to_owned(),
            default_locale: "en-US".to_owned(),
            status: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Catalog, Fault, Need};
    use crate::{
        chat::{Thinking, Thinking as T},
        error::Error,
    };

    type Needs = &'static [(Need, &'static str)];
    const NONE: Needs = &[];
    const PICTURE: Needs = &[(Need::Picture, "a.picture")];

    const VISION: &str = "doubao-seed-1-6-250615";

    fn catalog(extra: &str, aliases: &str) -> Result<Catalog, Fault> {
        Catalog::new(extra, aliases, "deepseek-chat", VISION)
    }

    #[test]
    fn ids_are_unique() {
        let catalog = catalog("", "").unwrap_or_else(|fault| unreachable!("{fault:?}"));
        let mut ids: Vec<_> = catalog.models().iter().map(|model| model.id.as_str()).collect();
        assert_eq!(ids.len(), 26);
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 26);
    }

    #[test]
    fn names_lead_to_the_model_that_answers() {
        let aliases = "gpt-5.2 = o3, claude-*=claude-sonnet-4-5-20250929, claude-3-*=gpt-4o";
        let catalog = catalog("", aliases).unwrap_or_else(|fault| unreachable!("{fault:?}"));
        let table: [(_, _, Needs, _, _); 17] = [
            // name, thinking, attachment -> id, upstream
            (None, T::Off, NONE, "deepseek-chat", "deepseek-chat"),
            (Some("auto"), T::Off, NONE, "deepseek-chat", "deepseek-chat"),
            (Some(""), T::Off, NONE, "deepseek-chat", "deepseek-chat"),
            (Some("auto"), T::Off, PICTURE, VISION, VISION),
            (Some("qwen3-235b-a22b"), T::Off, NONE, "qwen3-235b-a22b", "qwen3-235b-a22b"),
            (Some("qwen3-235b-a22b"), T::On, NONE, "qwen3-235b-a22b-think", "qwen3-235b-a22b"),
            (Some("qwen3-235b-a22b-think"), T::Off, NONE, "qwen3-235b-a22b", "qwen3-235b-a22b"),
            // There is no variant that does not reason.
            (Some("o3"), T::Off, NONE, "o3", "o3"),
            (Some("qwen3-235b-a22b"), T::Off, PICTURE, "qwen3-235b-a22b", "qwen-vl-plus"),
            (Some("qwen3-235b-a22b"), T::On, PICTURE, "qwen3-235b-a22b-think", "qvq-max"),
            (
                Some("qwen3-235b-a22b-think"),
                T::Unsaid,
                NONE,
                "qwen3-235b-a22b-think",
                "qwen3-235b-a22b",
            ),
            // There is no reasoning variant: the model itself answers.
            (Some("gpt-4o"), T::On, NONE, "gpt-4o", "gpt-4o"),
            (Some("o3"), T::On, NONE, "o3", "o3"),
            // Order of precedence: an exact alias, an id, a long prefix, a short prefix.
            (Some("gpt-5.2"), T::Off, NONE, "o3", "o3"),
            (
                Some("claude-opus-4-20250514"),
                T::Off,
                NONE,
                "claude-opus-4-20250514",
                "claude-opus-4-20250514",
            ),
            (
                Some("claude-haiku-9"),
                T::Off,
                NONE,
                "claude-sonnet-4-5-20250929",
                "claude-sonnet-4-5-20250929",
            ),
            (Some("claude-3-5-sonnet"), T::Off, NONE, "gpt-4o", "gpt-4o"),
        ];
        for (name, thinking, attachment, id, upstream) in table {
            let target = catalog.resolve(name, thinking, attachment);
            let found = target.as_ref().map(|target| (target.model.id.as_str(), target.upstream));
            assert_eq!(found, Ok((id, upstream)), "{name:?} {thinking:?} {attachment:?}");
        }
        let nowhere = catalog.resolve(Some("deepsek/deep"), T::Off, NONE);
        let nearest = "`deepseek-chat`, `deepseek-reasoner`";
        assert!(
            matches!(&nowhere, Err(Error::UnknownModel { name, nearest: near })
                if name == "deepsek/deep" && near.starts_with(nearest)),
            "{nowhere:?}"
        );
    }

    proptest! {
        #[test]
        fn an_id_is_found_in_whatever_clients_put_around_it(
            place in 0..26_usize,
            capitals in any::<u64>(),
            provider in "( ?[a-z-]{1,9}/){0,2}",
            suffix in "(\\[1[mM]\\])?[ \n]?",
        ) {
            let catalog = catalog("", "*=o3").unwrap_or_else(|fault| unreachable!("{fault:?}"));
            let id = catalog.models().get(place).map(|model| model.id.clone()).unwrap_or_default();
            let shout = |(place, ch): (usize, char)| {
                if capitals >> (place % 64) & 1 == 1 { ch.to_ascii_uppercase() } else { ch }
            };
            let name: String = id.chars().enumerate().map(shout).collect();
            let name = format!("{provider}{name}{suffix}");
            let found = catalog.find(Some(&name)).map(|model| model.id.clone());
            prop_assert_eq!(found, Ok(id));
        }

        #[test]
        fn any_name_leads_somewhere_or_to_three_ids_at_most(name in any::<String>()) {
            let catalog = catalog("", "").unwrap_or_else(|fault| unreachable!("{fault:?}"));
            if let Err(error) = catalog.find(Some(&name)) {
                let Error::UnknownModel { nearest, .. } = error else {
                    unreachable!("{error:?}");
                };
                let ids: Vec<&str> = nearest.split('`').skip(1).step_by(2).collect();
                prop_assert!(ids.len() <= 3 && ids.iter().all(|id| catalog.model(id).is_some()));
            }
        }
    }

    #[test]
    fn without_a_vision_model_a_picture_for_a_blind_one_is_refused_by_name() {
        let catalog = Catalog::new("", "", "deepseek-chat", "off");
        let catalog = catalog.unwrap_or_else(|fault| unreachable!("{fault:?}"));
        let error = catalog.resolve(None, Thinking::Off, PICTURE);
        let error = error.map(|_| ()).unwrap_err();
        assert_eq!(error.param(), Some("a.picture"));
        let message = error.message();
        let start =
            "The model `deepseek-chat` takes no pictures. These do: `doubao-seed-1-6-250615`, ";
        assert!(message.starts_with(start), "{message}");
    }

    #[test]
    fn extra_entries_replace_and_add() {
        let extra =
            r#"[{"id":"gpt-4o","text_model":"gpt-4o-new"},{"id":"kimi-think","images":"openai"}]"#;
        let catalog =
            catalog(extra, "k*=kimi-think").unwrap_or_else(|fault| unreachable!("{fault:?}"));
        assert_eq!(catalog.models().len(), 27);
        let replaced = catalog.model("gpt-4o").map(|model| model.text_model.as_str());
        assert_eq!(replaced, Some("gpt-4o-new"));
        let added = catalog.find(Some("k2")).map(|model| (model.text_model.as_str(), model.think));
        assert_eq!(added, Ok(("kimi", true)));
    }

    #[test]
    fn bad_values_are_told_apart() {
        let table = [
            (("{}", "", "deepseek-chat", VISION), Fault::Extra),
            ((r#"[{"id":""}]"#, "", "deepseek-chat", VISION), Fault::Extra),
            ((r#"[{"id":"a","imges":"openai"}]"#, "", "deepseek-chat", VISION), Fault::Extra),
            ((r#"[{"id":"a\nb","text_model":"a"}]"#, "", "deepseek-chat", VISION), Fault::Extra),
            ((r#"[{"id":"a","text_model":"a\nb"}]"#, "", "deepseek-chat", VISION), Fault::Extra),
            ((r#"[{"id":"a","image_model":"模"}]"#, "", "deepseek-chat", VISION), Fault::Extra),
            (("", "a", "deepseek-chat", VISION), Fault::Aliases),
            (("", "a=nobody", "deepseek-chat", VISION), Fault::Aliases),
            (("", "=o3", "deepseek-chat", VISION), Fault::Aliases),
            (("", "a*b=o3", "deepseek-chat", VISION), Fault::Aliases),
            (("", "**=o3", "deepseek-chat", VISION), Fault::Aliases),
            (("", "*a*=o3", "deepseek-chat", VISION), Fault::Aliases),
            (("", "", "nobody", VISION), Fault::Default),
            (("", "", "deepseek-chat", "nobody"), Fault::Vision),
            (("", "", "deepseek-chat", "deepseek-chat"), Fault::Vision),
        ];
        for ((extra, aliases, default, vision), fault) in table {
            assert_eq!(
                Catalog::new(extra, aliases, default, vision),
                Err(fault),
                "{extra}{aliases}"
            );
        }
    }
}
