//! The state that one isolate keeps between requests.

use super::{health::Health, keys::Keys};
use crate::{
    cached::Cached, catalog::Service, config::Config, in_flight::InFlight, upstream::Upstream,
};

/// A deployment: its configuration, and the state of one isolate.
#[derive(Debug)]
pub struct Gateway {
    pub(super) config: Config,
    pub(super) upstream: Upstream,
    pub(super) service: Cached<Service>,
    /// Whether DeGPT answers.
    pub(super) checked: Cached<()>,
    pub(super) health: Health,
    pub(super) in_flight: InFlight,
    pub(super) keys: Keys,
}

impl Gateway {
    /// Create it once per isolate.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            upstream: Upstream::new(&config),
            service: Cached::default(),
            checked: Cached::default(),
            health: Health::default(),
            in_flight: InFlight::new(config.max_in_flight_bytes),
            keys: Keys::default(),
            config,
        }
    }

    /// How many bytes its requests hold in memory.
    #[must_use]
    pub fn bytes_in_flight(&self) -> usize {
        self.in_flight.bytes()
    }
}
