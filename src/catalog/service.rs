//! What DeGPT says of itself.

use std::rc::Rc;

use super::Live;

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
    /// The models that it offers at the moment, if it says so.
    pub live: Option<Rc<Live>>,
}

impl Default for Service {
    /// The values that are used while the service does not answer.
    fn default() -> Self {
        Self {
            version: "0.1.125".to_owned(),
            name: "DeGPT".to_owned(),
            default_locale: "en-US".to_owned(),
            status: false,
            live: None,
        }
    }
}
