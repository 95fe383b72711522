//! The models: which ones exist, how they are listed, and which ones answer a request.
//!
//! DeGPT has no endpoint that lists its models, so the list is data of this project:
//! `catalog.json` beside this file, taken from the web client's list. `MODELS_EXTRA` can add to
//! it, and so can what DeGPT says that it offers ([`Live`]). This module knows nothing about the
//! form of requests.

mod choice;
mod listing;
mod model;
mod names;
mod pattern;
mod service;

use std::rc::Rc;

use crate::json;
pub use choice::{Attachments, Target};
pub use listing::{Listed, Live};
pub use model::{Images, Model};
use pattern::Rules;
pub use service::Service;

/// The day of the newest entry of `catalog.json`, as YYYYMMDD.
pub const DATE: u32 = 20_260_209;

/// The models for `auto`, if the deployment names none: those of tier 1 that the newest web
/// client offers.
pub const AUTO: &str = "deepseek-chat,doubao-seed-1-6-250615,qwen3-max-preview,gpt-5.1";

const BUILT_IN: &str = include_str!("catalog.json");

/// All models, and how names are resolved to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// In listing order; ids are unique.
    models: Vec<Rc<Model>>,
    aliases: Rules,
    /// The ids of the entries that `auto` stands for, the first one first; never empty.
    auto: Vec<String>,
    /// Which entries may answer in place of one.
    fallbacks: Rules,
    /// The id of an entry that takes images, or `None` for `off`.
    vision: Option<String>,
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
    /// `AUTO_MODELS` names an unknown model.
    Auto,
    /// `MODEL_FALLBACKS` is not a list of `from=to,to`, or names an unknown model.
    Fallbacks,
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
        let mut models: Vec<Rc<Model>> = Vec::new();
        add(&mut models, BUILT_IN)?;
        if !extra.is_empty() {
            add(&mut models, extra)?;
        }
        let mut catalog = Self {
            models,
            aliases: Rules::default(),
            auto: vec![default.to_owned()],
            fallbacks: Rules::default(),
            vision: (vision != "off").then(|| vision.to_owned()),
        };
        for pair in items(aliases, ',') {
            catalog
                .aliases
                .add(pair, &|id| catalog_has(&catalog.models, id))
                .ok_or(Fault::Aliases)?;
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

    /// The same, with other models to try when one fails: `auto`, a comma-separated list of ids,
    /// for requests to `auto`, after the default model; and `fallbacks`, which is `from=to,to`,
    /// semicolon-separated, where `from` is an id that may end in `*`.
    ///
    /// # Errors
    /// The [`Fault`] that names the bad one.
    pub fn with_others(mut self, auto: &str, fallbacks: &str) -> Result<Self, Fault> {
        for id in items(auto, ',') {
            self.model(id).ok_or(Fault::Auto)?;
            if !self.auto.iter().any(|known| known == id) {
                self.auto.push(id.to_owned());
            }
        }
        for rule in items(fallbacks, ';') {
            let known = |id: &str| catalog_has(&self.models, id);
            self.fallbacks.add(rule, &known).ok_or(Fault::Fallbacks)?;
        }
        Ok(self)
    }

    /// All entries, in listing order; also those that are not listed.
    #[must_use]
    pub fn models(&self) -> &[Rc<Model>] {
        &self.models
    }

    /// The entry with exactly this id.
    #[must_use]
    pub fn model(&self, id: &str) -> Option<&Rc<Model>> {
        self.models.iter().find(|model| model.id == id)
    }
}

/// Adds the entries that `json` lists, or puts them in place of those of the same id.
fn add(models: &mut Vec<Rc<Model>>, json: &str) -> Result<(), Fault> {
    let list: Vec<Model> = json::read(json.as_bytes()).map_err(|_| Fault::Extra)?;
    for model in list {
        if !model.is_sound() {
            return Err(Fault::Extra);
        }
        match models.iter_mut().find(|known| known.id == model.id) {
            Some(known) => *known = Rc::new(model),
            None => models.push(Rc::new(model)),
        }
    }
    Ok(())
}

fn catalog_has(models: &[Rc<Model>], id: &str) -> bool {
    models.iter().any(|model| model.id == id)
}

/// The items of a list, trimmed, without empty ones.
fn items(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests;
