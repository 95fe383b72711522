//! What is listed: the entries, which of them DeGPT offers at the moment, and what else it offers.

use std::rc::Rc;

use super::{Catalog, Model};
use crate::error::Error;

/// The models that DeGPT says it offers at the moment, by its names for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live(Vec<String>);

/// One line of the list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The entry.
    pub model: Rc<Model>,
    /// Whether DeGPT offers it at the moment; `None` if that is not known.
    pub live: Option<bool>,
}

impl Live {
    /// The names in `text`, comma-separated. A name that is too long or has other characters than
    /// models' names have is left out. `None` if no name is left.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        const MOST: usize = 200;
        const LONGEST: usize = 80;
        let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/@+".contains(&byte);
        let mut ids: Vec<String> = Vec::new();
        for id in super::items(text, ',') {
            let is_new = !ids.iter().any(|known| known == id);
            if is_new && ids.len() < MOST && id.len() <= LONGEST && id.bytes().all(is_sound) {
                ids.push(id.to_owned());
            }
        }
        (!ids.is_empty()).then_some(Self(ids))
    }

    /// The name that is one of `names`, in any letters.
    pub(super) fn id(&self, names: &[&str]) -> Option<&str> {
        let is_meant = |id: &&String| names.iter().any(|name| name.eq_ignore_ascii_case(id));
        self.0.iter().find(is_meant).map(String::as_str)
    }

    fn has(&self, id: &str) -> bool {
        self.0.iter().any(|known| known == id)
    }
}

impl Catalog {
    /// The list. An entry is offered if DeGPT offers its name for texts. What else DeGPT offers
    /// comes at the end.
    #[must_use]
    pub fn listing(&self, live: Option<&Live>) -> Vec<Listed> {
        let mut listing = Vec::with_capacity(self.models.len());
        for model in &self.models {
            let live = live.map(|live| live.has(&model.text_model));
            // An entry that is not listed is one that DeGPT was never seen to offer.
            if model.is_listed || live == Some(true) {
                listing.push(Listed { model: Rc::clone(model), live });
            }
        }
        for id in live.map_or(&[][..], |live| &live.0) {
            let is_known = |model: &Rc<Model>| [&model.text_model, &model.id].contains(&id);
            if !self.models.iter().any(is_known) {
                listing.push(Listed { model: Model::plain(id), live: Some(true) });
            }
        }
        listing
    }

    /// The line for the entry that `name` stands for; see [`Catalog::find`].
    ///
    /// # Errors
    /// [`Error::UnknownModel`].
    pub fn listed(&self, name: &str, live: Option<&Live>) -> Result<Listed, Error> {
        let model = self.find(Some(name), live)?;
        let live = live.map(|live| live.has(&model.text_model));
        Ok(Listed { model, live })
    }
}
