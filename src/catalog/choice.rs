//! Which models may answer a request, and in which order.

use std::rc::Rc;

use super::{Catalog, Images, Live, Model, model::THINK_SUFFIX};
use crate::{chat::Thinking, error::Error};

/// The entry that answers a request, and its name at DeGPT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The entry.
    pub model: Rc<Model>,
    /// The model's name at DeGPT for this request.
    pub upstream: String,
}

/// Whether a conversation has an image or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachments {
    /// It does.
    Present,
    /// It does not.
    Absent,
}

impl Target {
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
    /// The entry that answers a request for `name`, and its name at DeGPT: the first of
    /// [`Catalog::candidates`].
    ///
    /// # Errors
    /// Likewise.
    pub fn resolve(
        &self,
        name: Option<&str>,
        thinking: Thinking,
        attachment: Attachments,
    ) -> Result<Target, Error> {
        let mut targets = self.candidates(name, None, thinking, attachment)?;
        Ok(targets.swap_remove(0))
    }

    /// The entries that may answer a request for `name`, the first one first; at least one.
    /// Several for `auto`, and where `MODEL_FALLBACKS` has some for the one that is named.
    ///
    /// A request with an attachment that the first cannot take goes to the vision model first,
    /// and then only to those that take it. A request for reasoning, or against it, goes to the
    /// variant of each that does so, if there is one.
    ///
    /// # Errors
    /// [`Error::UnknownModel`], or [`Error::Invalid`] if no model may take the attachment.
    pub fn candidates(
        &self,
        name: Option<&str>,
        live: Option<&Live>,
        thinking: Thinking,
        attachment: Attachments,
    ) -> Result<Vec<Target>, Error> {
        let asked = self.find(name, live)?;
        let others = if Self::is_auto(name) {
            &self.auto[..]
        } else {
            let id = asked.id.as_str();
            self.fallbacks.exact(id).or_else(|| self.fallbacks.covering(id)).unwrap_or_default()
        };
        let takes =
            |model: &Model| attachment == Attachments::Absent || model.images != Images::None;
        let mut models = Vec::with_capacity(1 + others.len());
        if takes(&asked) {
            models.push(Rc::clone(&asked));
        } else if let Some(vision) = self.vision.as_deref().and_then(|id| self.model(id)) {
            models.push(Rc::clone(vision));
        }
        let others = others.iter().filter_map(|id| self.model(id));
        models.extend(others.filter(|model| takes(model)).cloned());
        let mut targets: Vec<Target> = Vec::with_capacity(models.len());
        for model in models {
            let model = self.variant(&model, thinking).cloned().unwrap_or(model);
            if !targets.iter().any(|target| target.model.id == model.id) {
                let upstream = match attachment {
                    Attachments::Present => model.image_model.clone(),
                    Attachments::Absent => model.text_model.clone(),
                };
                targets.push(Target { model, upstream });
            }
        }
        if targets.is_empty() {
            let message = format!("The model `{}` takes no pictures or files.", asked.id);
            return Err(Error::invalid("model", message));
        }
        Ok(targets)
    }

    /// The variant of `model` that does what a request says about reasoning, if it does not do
    /// so itself.
    fn variant(&self, model: &Model, thinking: Thinking) -> Option<&Rc<Model>> {
        match thinking {
            Thinking::On if !model.think => self.model(&format!("{}{THINK_SUFFIX}", model.id)),
            Thinking::Off if model.think => {
                let plain = model.id.strip_suffix(THINK_SUFFIX).and_then(|id| self.model(id));
                plain.filter(|plain| !plain.think)
            }
            _ => None,
        }
    }
}
