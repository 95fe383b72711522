//! What is asked about the ledgers: usage, the two paths of OpenAI's billing that apps ask, and metrics.

use super::{
    Request,
    bound::{self, Bound},
    deployment::Gateway,
    registry,
    reply::{self, Reply},
    route::Bill,
};
use crate::{
    auth,
    error::Error,
    json::Writer,
    report::{Days, Usage, metrics},
    runtime::Runtime,
};

/// Whose ledgers are asked.
enum Whose {
    /// Those of all labels.
    All(Vec<String>),
    /// That of the key.
    Own(Bound),
}

/// `GET /api/v1/usage`: of the key's label, or of all with the operator's key.
pub(super) async fn usage<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    request: &Request<'_, E::Upload>,
) -> Result<Reply<E::Stream>, Error> {
    let days = Days::of(request.query, edge.now_ms() / 1_000)?;
    let is_csv = is_csv(request.query, (request.header)("accept").as_deref())?;
    let whose = whose(gateway, edge, request.header).await?;
    let (labels, rows) = ask(edge, &whose, days).await?;
    let usage = Usage::read(&labels, &rows).ok_or(Error::LedgerFailed)?;
    Ok(if is_csv {
        reply::text("text/csv; charset=utf-8", usage.csv())
    } else {
        reply::json(200, usage.json(days), None)
    })
}

/// `GET /api/v1/dashboard/billing/…`: what was used and what may be, in the fields that say dollars, as
/// tokens.
pub(super) async fn bill<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    request: &Request<'_, E::Upload>,
    bill: Bill,
) -> Result<Reply<E::Stream>, Error> {
    /// What apps are told where there is no limit.
    const NO_LIMIT: u64 = 100_000_000;
    /// The fields are of a month.
    const DAYS: u64 = 30;
    let days = Days::of(request.query, edge.now_ms() / 1_000)?;
    let whose = whose(gateway, edge, request.header).await?;
    let body = Writer::after(Vec::new());
    let body = match bill {
        Bill::Usage => {
            let (labels, rows) = ask(edge, &whose, days).await?;
            let usage = Usage::read(&labels, &rows).ok_or(Error::LedgerFailed)?;
            // It is in hundredths.
            let hundredths = usage.tokens().saturating_mul(100);
            body.field("object", "list").number("total_usage", hundredths)
        }
        Bill::Subscription => {
            let (daily, expires_s) = match &whose {
                Whose::All(_) => (None, None),
                Whose::Own(bound) => {
                    (bound.policy.quota().tokens_per_day, bound.policy.expires_s())
                }
            };
            let limit = daily.map_or(NO_LIMIT, |daily| daily.saturating_mul(DAYS));
            body.field("object", "billing_subscription")
                .raw("has_payment_method", "true")
                .number("soft_limit_usd", limit)
                .number("hard_limit_usd", limit)
                .number("system_hard_limit_usd", limit)
                .number("access_until", expires_s.unwrap_or_default())
        }
    };
    Ok(reply::json(200, body.end(), None))
}

/// `GET /metrics`.
pub(super) async fn scrape<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    request: &Request<'_, E::Upload>,
) -> Result<Reply<E::Stream>, Error> {
    admit_operator(gateway, request.header)?;
    let labels = labels(gateway, edge).await?;
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let rows = edge.query(&labels, "outcomes", &[]).await.ok_or(Error::LedgerFailed)?;
    let text = metrics(&labels, &rows).ok_or(Error::LedgerFailed)?;
    Ok(reply::text("text/plain; version=0.0.4; charset=utf-8", text))
}

fn admit_operator(gateway: &Gateway, header: &dyn Fn(&str) -> Option<String>) -> Result<(), Error> {
    let (authorization, x_api_key) = (header("authorization"), header("x-api-key"));
    auth::admit_operator(&gateway.config, authorization.as_deref(), x_api_key.as_deref())
}

async fn whose<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    header: &dyn Fn(&str) -> Option<String>,
) -> Result<Whose, Error> {
    if admit_operator(gateway, header).is_ok() {
        return labels(gateway, edge).await.map(Whose::All);
    }
    let (_, bound) = bound::admit(gateway, edge, header).await?;
    // Clients with a DeGPT key of their own have no ledger.
    bound.map(Whose::Own).ok_or(Error::WrongKey)
}

/// The labels that there are or were.
async fn labels<E: Runtime>(gateway: &Gateway, edge: &E) -> Result<Vec<String>, Error> {
    let mut labels = Vec::<String>::new();
    let made = registry::query(edge, "labels", &[]).await?;
    let made = made.into_iter().map(|key| key.label);
    for label in gateway.config.labels.iter().cloned().chain(made) {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    Ok(labels)
}

/// Asks the ledgers for their usage. Returns the labels, and the rows of each.
async fn ask<'a, E: Runtime>(
    edge: &E,
    whose: &'a Whose,
    days: Days,
) -> Result<(Vec<&'a str>, String), Error> {
    let labels = match whose {
        Whose::All(labels) => labels.iter().map(String::as_str).collect(),
        Whose::Own(bound) => vec![bound.label.as_str()],
    };
    let (first, last) = (days.first.to_string(), days.last.to_string());
    let rows = edge.query(&labels, "usage", &[&first, &last]).await;
    Ok((labels, rows.ok_or(Error::LedgerFailed)?))
}

/// Whether CSV is asked for, by `format` in the query or by the `accept` header.
fn is_csv(query: &str, accept: Option<&str>) -> Result<bool, Error> {
    let format = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "format");
    match format.as_ref().map(|(_, value)| value.as_ref()) {
        Some("csv") => Ok(true),
        Some("json") => Ok(false),
        Some(_) => Err(Error::invalid("format", "`format` must be `json` or `csv`.")),
        None => Ok(accept.is_some_and(|accept| accept.contains("text/csv"))),
    }
}
