//! What is asked about the ledgers: usage, the two paths of OpenAI's billing that apps ask, and metrics.

use super::{
    Request, bound,
    deployment::Gateway,
    registry,
    reply::{self, Reply},
    route::Report,
};
use crate::{
    auth,
    error::Error,
    json::Writer,
    policy::Policy,
    record::Record,
    report::{Days, Row, Usage, metrics},
    runtime::Runtime,
};

/// Answers: about the label of the key, or about all with the operator's key.
pub(super) async fn answer<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    request: Request<'_, E::Upload>,
    report: Report,
    record: &Record,
) -> Result<Reply<E::Stream>, Error> {
    let header = request.header;
    let days = Days::of(request.query, edge.now_ms() / 1_000)?;
    let is_csv = is_csv(request.query, header("accept").as_deref())?;
    let (authorization, x_api_key) = (header("authorization"), header("x-api-key"));
    let operator =
        auth::admit_operator(&gateway.config, authorization.as_deref(), x_api_key.as_deref());
    let (labels, policy) = match operator {
        Ok(()) => (labels(gateway, edge).await?, None),
        Err(error) if report == Report::Metrics => return Err(error),
        Err(_) => {
            let (_, bound) = bound::admit(gateway, edge, header, record).await?;
            // Clients with a DeGPT key of their own have no ledger.
            let bound = bound.ok_or(Error::WrongKey)?;
            (vec![bound.label], Some(bound.policy))
        }
    };
    let (statement, values) = match report {
        Report::Metrics => ("outcomes", Vec::new()),
        _ => ("usage", vec![days.first.to_string(), days.last.to_string()]),
    };
    let rows = edge.query(&labels, statement, &values).await;
    let lists = rows.and_then(|rows| Row::lists(&rows)).ok_or(Error::LedgerFailed)?;
    let usage = Usage::of(&labels, &lists);
    Ok(match report {
        Report::Metrics => {
            let text = metrics(&labels, &lists);
            reply::text("text/plain; version=0.0.4; charset=utf-8", text)
        }
        Report::Usage if is_csv => reply::text("text/csv; charset=utf-8", usage.csv()),
        Report::Usage => reply::json(200, usage.json(days), None),
        Report::Bill => {
            let body = Writer::after(Vec::new()).field("object", "list");
            // In hundredths.
            let body = body.number("total_usage", usage.tokens().saturating_mul(100));
            reply::json(200, body.end(), None)
        }
        Report::Subscription => reply::json(200, subscription(policy.as_deref()), None),
    })
}

/// What may be used, in the fields that say dollars, as tokens.
fn subscription(policy: Option<&Policy>) -> String {
    /// What apps are told where there is no limit.
    const NO_LIMIT: u64 = 100_000_000;
    /// The fields are of a month.
    const DAYS: u64 = 30;
    let daily = policy.and_then(|policy| policy.quota().tokens_per_day);
    let limit = daily.map_or(NO_LIMIT, |daily| daily.saturating_mul(DAYS));
    let mut body = Writer::after(Vec::new())
        .field("object", "billing_subscription")
        .raw("has_payment_method", "true");
    for name in ["soft_limit_usd", "hard_limit_usd", "system_hard_limit_usd"] {
        body = body.number(name, limit);
    }
    let until_s = policy.and_then(Policy::expires_s).unwrap_or_default();
    body.number("access_until", until_s).end()
}

/// The labels that there are or were, as far as anything names them.
async fn labels<E: Runtime>(gateway: &Gateway, edge: &E) -> Result<Vec<String>, Error> {
    let mut labels = Vec::<String>::new();
    let made = registry::query(edge, "labels", &[]).await?;
    let made = made.iter().map(|key| &key.label);
    let config = &gateway.config;
    for label in config.labels.iter().chain(made).chain(config.policies.labels()) {
        if !labels.contains(label) {
            labels.push(label.clone());
        }
    }
    Ok(labels)
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
