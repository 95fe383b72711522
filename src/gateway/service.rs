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
    let make = async || match ask(gateway, edge, 1).await {
        Ok(service) => Lasting { result: Ok(service), for_ms: 300_000 },
        Err(error) => Lasting { result: Err(error), for_ms: 30_000 },
    };
    gateway.service.get(edge, TIMEOUT_MS, make).await.unwrap_or_default()
}

/// Whether DeGPT answers, at any origin. It is asked once in 30 seconds.
///
/// # Errors
/// What is wrong at the last origin.
pub(super) async fn check<E: Runtime>(gateway: &Gateway, edge: &E) -> Result<(), Error> {
    let origins = gateway.upstream.origins.len();
    let make = async || {
        let result = match ask(gateway, edge, origins).await {
            Ok(service) if service.status => Ok(()),
            Ok(_) => Err(Error::Unavailable),
            Err(error) => Err(error),
        };
        Lasting { result, for_ms: 30_000 }
    };
    gateway.checked.get(edge, TIMEOUT_MS.saturating_mul(origins as u64), make).await
}

/// How long an origin has, in milliseconds.
const TIMEOUT_MS: u64 = 2_000;

/// Asks the first of so many origins that answers.
async fn ask<E: Runtime>(gateway: &Gateway, edge: &E, most: usize) -> Result<Service, Error> {
    const MAX_BYTES: usize = 1 << 20;
    let mut failed = Error::Unavailable;
    for origin in gateway.upstream.in_order(edge.now_ms()).into_iter().take(most) {
        let request = Outgoing {
            method: "GET",
            url: &format!("{}{}", origin.address, degpt::CONFIG_PATH),
            headers: &[("accept", "application/json")],
            body: None,
        };
        failed = match edge.fetch(request, TIMEOUT_MS, MAX_BYTES).await {
            Ok(Incoming { status: 200, body, .. }) => match degpt::service(&body) {
                Some(service) => return Ok(service),
                None => Error::Garbled,
            },
            Ok(_) => Error::Unavailable,
            Err(error) => error,
        };
    }
    Err(failed)
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
