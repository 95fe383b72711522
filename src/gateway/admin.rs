//! Keys without a deployment: `/api/v1/admin/keys`, for whoever has `ADMIN_KEY`. Each call is logged,
//! with the label and the id of the key, never the key.

use super::{
    Request,
    deployment::Gateway,
    read_body, registry,
    reply::{self, Reply},
};
use crate::{
    auth,
    chat::Stamp,
    error::Error,
    in_flight::Share,
    json::{self, Outcome, Read, Reader, Writer, fields},
    policy::{self, Own},
    report::Row,
    runtime::Runtime,
    secret,
};

/// The largest body, in bytes.
const MAX_BYTES: usize = 64 << 10;

/// The length of an id, in hexadecimal digits.
const ID_DIGITS: usize = 16;

/// The body of a request.
#[derive(Default)]
struct Asked {
    label: Option<String>,
    policy: Given,
}

fields!(only Asked { label, policy });

/// The JSON of a policy that is given; empty for `null`: that of the label holds.
#[derive(Default)]
struct Given(Option<String>);

impl<'a> Read<'a> for Given {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        let own = Option::<Own>::read(reader)?;
        Ok(Self(Some(own.map(|own| own.json).unwrap_or_default())))
    }
}

/// What came of a call.
#[derive(Default)]
struct Done {
    status: u16,
    body: String,
    /// The label and the id of the key, if it was about one.
    label: String,
    id: String,
}

/// Answers a call about the key of this id, or about all.
pub(super) async fn answer<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    request: Request<'_, E::Upload>,
    id: Option<String>,
    stamp: &Stamp,
) -> Result<Reply<E::Stream>, Error> {
    let action = match (request.method, &id) {
        ("POST", _) => "create",
        ("PATCH", _) => "change",
        ("DELETE", _) => "revoke",
        (_, Some(_)) => "read",
        (_, None) => "list",
    };
    let done = act(gateway, edge, request, action, id.unwrap_or_default(), stamp).await;
    let none = Done::default();
    let (status, about) = match &done {
        Ok(done) => (done.status, done),
        Err(error) => (error.facts().status, &none),
    };
    let line = Writer::after(Vec::new())
        .field("admin", action)
        .field("label", &about.label)
        .field("key", &about.id)
        .number("status", status.into());
    edge.log(&line.end());
    done.map(|done| reply::json(done.status, done.body, None))
}

async fn act<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    request: Request<'_, E::Upload>,
    action: &str,
    id: String,
    stamp: &Stamp,
) -> Result<Done, Error> {
    let (authorization, x_api_key) =
        ((request.header)("authorization"), (request.header)("x-api-key"));
    auth::admit_operator(&gateway.config, authorization.as_deref(), x_api_key.as_deref())?;
    let nobody = Error::UnknownPath(request.path.to_owned());
    if !id.is_empty() && !is_id(&id) {
        return Err(nobody);
    }
    let asked = match action {
        "create" | "change" => read(gateway, edge, request).await?,
        _ => Asked::default(),
    };
    let now_s = stamp.unix_s.to_string();
    let mut new = None;
    let values = match action {
        "create" => {
            let (label, policy) = to_create(asked)?;
            let key = format!("{}{}{}", auth::MADE, edge.random_id(), edge.random_id());
            let hash = secret::digest(&key);
            new = Some(key);
            vec![hash, label, policy, now_s]
        }
        "change" => vec![id, to_change(asked)?],
        "revoke" => vec![id, now_s],
        "read" => vec![id],
        _ => Vec::new(),
    };
    let keys = registry::query(edge, action, &values).await?;
    if action == "list" {
        return Ok(Done { status: 200, body: list(&keys), ..Done::default() });
    }
    let key = keys.into_iter().next().ok_or(nobody)?;
    let mut out = Vec::new();
    write(&key, &mut out);
    if action == "revoke" {
        out = Writer::after(Vec::new()).field("id", &key.id).raw("deleted", "true").end_bytes();
    }
    let status = if new.is_some() { 201 } else { 200 };
    if let Some(new) = new {
        out.pop();
        out.extend_from_slice(b",\"key\":");
        json::write_text(&mut out, &new);
        out.push(b'}');
    }
    let body = String::from_utf8(out).unwrap_or_default();
    Ok(Done { status, body, label: key.label, id: key.id })
}

fn is_id(text: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == ID_DIGITS && text.bytes().all(is_digit)
}

/// The label and the policy of a new key.
fn to_create(Asked { label, policy }: Asked) -> Result<(String, String), Error> {
    let rule = "`label` must be 1 to 64 letters, digits, `-`, `_` or `.`.";
    let label = label.filter(|label| policy::is_label(label));
    Ok((label.ok_or_else(|| Error::invalid("label", rule))?, policy.0.unwrap_or_default()))
}

/// The policy that a key gets.
fn to_change(Asked { label, policy }: Asked) -> Result<String, Error> {
    if label.is_some() {
        let rule = "`label` cannot be changed: its usage is counted by it. Make a new key.";
        return Err(Error::invalid("label", rule));
    }
    policy.0.ok_or_else(|| Error::invalid("policy", "`policy` must be an object or `null`."))
}

async fn read<E: Runtime>(
    gateway: &Gateway,
    edge: &E,
    request: Request<'_, E::Upload>,
) -> Result<Asked, Error> {
    let mut held = gateway.in_flight.hold(Share::Members);
    let body = read_body(edge, request, MAX_BYTES, &mut held).await?;
    json::parse(&body).map(|(asked, _)| asked)
}

fn list(keys: &[Row]) -> String {
    let data = |mut out: Vec<u8>| {
        out.push(b'[');
        for (place, key) in keys.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            write(key, &mut out);
        }
        out.push(b']');
        out
    };
    Writer::after(Vec::new()).field("object", "list").written("data", data).end()
}

/// Appends a key as JSON.
fn write(key: &Row, out: &mut Vec<u8>) {
    let policy = if key.policy.is_empty() { "null" } else { &key.policy };
    *out = Writer::after(std::mem::take(out))
        .field("object", "key")
        .field("id", &key.id)
        .field("label", &key.label)
        .raw("policy", policy)
        .number("created_at", key.created)
        .end_bytes();
}
