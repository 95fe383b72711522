//! DeGPT's information about its own service.

use std::rc::Rc;

use super::deployment::Gateway;
use crate::{
    cached::Lasting,
    catalog::{Live, Service},
    config::LiveModels,
    degpt,
    error::Error,
    runtime::{Outgoing, Runtime},
};

/// The service information. Success is cached for five minutes, failure for 30 seconds.
pub(super) async fn service<E: Runtime>(gateway: &Gateway, edge: &E) -> Service {
    const TIMEOUT_MS: u64 = 2_000;
    const MAX_BYTES: usize = 1 << 20;
    let until_ms = edge.now_ms() + TIMEOUT_MS;
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
        let answer = edge.send(request, TIMEOUT_MS).await?;
        if answer.status != 200 {
            edge.discard(answer.body);
            return Err(Error::Unavailable);
        }
        let left_ms = until_ms.saturating_sub(edge.now_ms()).max(1);
        let body = edge.collect(answer.body, MAX_BYTES, left_ms).await?;
        degpt::service(&body).ok_or(Error::Garbled)
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
