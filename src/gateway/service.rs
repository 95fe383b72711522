//! DeGPT's information about its own service.

use std::rc::Rc;

use super::deployment::Gateway;
use crate::{
    cached::Lasting,
    catalog::{Live, Service},
    config::LiveModels,
    degpt,
    error::Error,
    runtime::{Incoming, Outgoing, Runtime},
};

/// The service information. Success is cached for five minutes, failure for 30 seconds.
pub(super) async fn service<E: Runtime>(gateway: &Gateway, edge: &E) -> Service {
    const TIMEOUT_MS: u64 = 2_000;
    const MAX_BYTES: usize = 1 << 20;
    let ask = async || {
        let [origin, ..] = gateway.upstream.in_order(edge.now_ms())[..] else {
            return Err(Error::Unavailable);
        };
        let request = Outgoing {
            method: "GET",
            url: &format!("{}{}", origin.address, degpt::CONFIG_PATH),
            headers: &[("accept", "application/json")],
            body: None,
        };
        match edge.fetch(request, TIMEOUT_MS, MAX_BYTES).await? {
            Incoming { status: 200, body, .. } => degpt::service(&body).ok_or(Error::Garbled),
            _ => Err(Error::Unavailable),
        }
    };
    let make = async || match ask().await {
        Ok(service) => Lasting { result: Ok(service), for_ms: 300_000 },
        Err(error) => Lasting { result: Err(error), for_ms: 30_000 },
    };
    gateway.service.get(edge, TIMEOUT_MS, make).await.unwrap_or_default()
}

/// The models that DeGPT offers, if this isolate knows them and the deployment wants to. DeGPT is
/// not asked.
pub(super) fn known<E: Runtime>(gateway: &Gateway, edge: &E) -> Option<Rc<Live>> {
    match gateway.config.live_models {
        LiveModels::On => gateway.service.known(edge.now_ms())?.live,
        LiveModels::Off => None,
    }
}

/// The same, but DeGPT is asked if this isolate does not know.
pub(super) async fn live<E: Runtime>(gateway: &Gateway, edge: &E) -> Option<Rc<Live>> {
    match gateway.config.live_models {
        LiveModels::On => service(gateway, edge).await.live,
        LiveModels::Off => None,
    }
}
