//! The web, as a request's tools see it: which addresses may be asked for, what is kept of what
//! was found, and how a model is told of it.
//!
//! What a page says is data. It is told to the model as such, and no page can make the gateway
//! ask for an address that neither the conversation nor a result names.

mod address;
mod sealed;
mod session;
mod words;

pub use address::{addresses, allows, checked, key};
pub use sealed::{decoded, seal, unseal};
pub use session::Session;
pub use words::told;
