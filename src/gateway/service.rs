//! DeGPT's information about its own service.

use super::deployment::Gateway;
use crate::{
    cached::Lasting,
    catalog::Service,
    degpt,
    error::Error,
    runtime::{Outgoing, Runtime},
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
        let answer = edge.send(request, TIMEOUT_MS).await?;
        if answer.status != 200 {
            edge.discard(answer.body);
            return Err(Error::Unavailable);
        }
        let body = edge.collect(answer.body, MAX_BYTES, TIMEOUT_MS).await?;
        degpt::service(&body).ok_or(Error::Garbled)
    };
    let make = async || match ask().await {
        Ok(service) => Lasting { result: Ok(service), for_ms: 300_000 },
        Err(error) => Lasting { result: Err(error), for_ms: 30_000 },
    };
    gateway.service.get(edge, 2 * TIMEOUT_MS, make).await.unwrap_or_default()
}
