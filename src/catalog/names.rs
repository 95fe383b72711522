//! The entry that a client's name for a model stands for.

use std::{mem, rc::Rc};

use super::{Catalog, Live, Model, model::THINK_SUFFIX};
use crate::error::Error;

impl Catalog {
    /// The entry that `name` stands for: an alias, an id, `auto`, no name, a model that is in
    /// `live` alone, or a name that matches an alias with a `*`. An id is also found in other
    /// letters, behind a provider's name (`openai/`), with `[1m]` after it, without its date
    /// (`claude-sonnet-4-5`, `-latest`), and with one if it has none (`gpt-5-2025-08-07`).
    ///
    /// # Errors
    /// [`Error::UnknownModel`].
    pub fn find(&self, name: Option<&str>, live: Option<&Live>) -> Result<Rc<Model>, Error> {
        let spelled = spelled(name);
        let (name, plain) = (name.map_or("", str::trim), plain(&spelled));
        // Anthropic's first version of several is also `-0`.
        let bare = plain.strip_suffix("-latest").or(plain.strip_suffix("-0")).unwrap_or(plain);
        let default = self.auto.first().map_or("", String::as_str);
        let name = if Self::is_auto(Some(name)) { default } else { name };
        let names = [name, plain, bare];
        let found = names.iter().find_map(|name| self.named(name)).or_else(|| {
            let is_meant =
                |model: &&Rc<Model>| is_dated(&model.id, bare) || is_dated(plain, &model.id);
            self.models.iter().rev().find(is_meant)
        });
        if let Some(found) = found {
            return Ok(Rc::clone(found));
        }
        if let Some(id) = live.and_then(|live| live.id(&[name, plain])) {
            return Ok(Model::plain(id));
        }
        let covered = names.iter().find_map(|name| self.aliases.covering(name)?.first());
        match covered.and_then(|id| self.model(id)) {
            Some(covered) => Ok(Rc::clone(covered)),
            None => {
                Err(Error::UnknownModel { name: name.to_owned(), nearest: self.nearest(plain) })
            }
        }
    }

    /// Whether a request for `name` leaves the choice of the model to the deployment.
    #[must_use]
    pub fn is_auto(name: Option<&str>) -> bool {
        name.map_or("", str::trim).is_empty() || plain(&spelled(name)) == "auto"
    }

    /// The entry with this alias or id.
    fn named(&self, name: &str) -> Option<&Rc<Model>> {
        let id = self.aliases.exact(name).and_then(|ids| ids.first()).map_or(name, String::as_str);
        let found = self.models.iter().find(|model| model.id.eq_ignore_ascii_case(id));
        self.model(id).or(found)
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
}

/// `name` in small letters, without the provider's name before it.
fn spelled(name: Option<&str>) -> String {
    let name = name.map_or("", str::trim);
    let provider = name.bytes().rposition(|byte| byte == b'/').map_or(0, |slash| slash + 1);
    name.get(provider..).unwrap_or_default().to_ascii_lowercase()
}

/// It without what agents write after it.
fn plain(spelled: &str) -> &str {
    spelled.strip_suffix("[1m]").unwrap_or(spelled).trim_end()
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
