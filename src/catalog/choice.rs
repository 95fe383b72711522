//! Which models may answer a request, and in which order.

use std::rc::Rc;

use super::{Catalog, Live, Model, Need, model::THINK_SUFFIX};
use crate::{chat::Thinking, error::Error};

/// The entry that answers a request, and its name at DeGPT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The entry.
    pub model: Rc<Model>,
    /// The model's name at DeGPT for this request.
    pub upstream: String,
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
        needs: &[(Need, &str)],
    ) -> Result<Target, Error> {
        let mut targets = self.candidates(name, None, thinking, needs)?;
        Ok(targets.swap_remove(0))
    }

    /// The entries that may answer a request for `name`, the first one first; at least one.
    /// Several for `auto`, and where `MODEL_FALLBACKS` has some for the one that is named.
    ///
    /// A request with an attachment that the first cannot take goes to the vision model first, or
    /// to that for documents, and then only to those that take it. A request for reasoning, or
    /// against it, goes to the variant of each that does so, if there is one. `needs` are what the
    /// attachments need, each with its field.
    ///
    /// # Errors
    /// [`Error::UnknownModel`], or [`Error::Invalid`] if no model may take an attachment.
    pub fn candidates(
        &self,
        name: Option<&str>,
        live: Option<&Live>,
        thinking: Thinking,
        needs: &[(Need, &str)],
    ) -> Result<Vec<Target>, Error> {
        let asked = self.find(name, live)?;
        let others = if Self::is_auto(name) {
            &self.auto[..]
        } else {
            let id = asked.id.as_str();
            self.fallbacks.exact(id).or_else(|| self.fallbacks.covering(id)).unwrap_or_default()
        };
        let others = others.iter().filter_map(|id| self.model(id));
        let mut models = Vec::with_capacity(1);
        let refusal = match self.taker(&asked, needs) {
            Ok(model) => {
                models.push(Rc::clone(model));
                None
            }
            Err(error) => Some(error),
        };
        models.extend(others.filter(|model| model.takes_all(needs)).cloned());
        let mut targets: Vec<Target> = Vec::with_capacity(models.len());
        for model in models {
            let model = self.variant(&model, thinking).cloned().unwrap_or(model);
            if !targets.iter().any(|target| target.model.id == model.id) {
                let upstream =
                    if needs.is_empty() { &model.text_model } else { &model.image_model };
                targets.push(Target { upstream: upstream.clone(), model });
            }
        }
        match refusal {
            Some(error) if targets.is_empty() => Err(error),
            _ => Ok(targets),
        }
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
