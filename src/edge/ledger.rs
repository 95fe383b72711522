//! The ledger of a label in a Durable Object: [`act`] between the tables of its `SQLite` storage.
//!
//! Each object keeps one label's ledger, in the tables of `ledger.mjs`.
//!
//! A reservation writes one row, and a settlement two, or three if it is counted how requests end. All
//! is read and written without waiting in between, so that each message is one transaction. Nothing is
//! kept in memory. ARCHITECTURE.md says why it is no `#[durable_object]`.

use worker::{
    js_sys::{Array, Reflect},
    wasm_bindgen::{self, JsValue, prelude::wasm_bindgen},
};

use super::clock::now_ms;
use crate::ledger::{Entry, Outcome, act};

#[wasm_bindgen]
extern "C" {
    /// `SqlStorage` of a Durable Object.
    pub type Sql;

    /// Runs statements; the values are those of the last.
    #[wasm_bindgen(method, catch, variadic)]
    fn exec(this: &Sql, statements: &str, values: &[JsValue]) -> Result<Cursor, JsValue>;

    /// The rows that the last statement gives.
    type Cursor;

    #[wasm_bindgen(method, js_name = toArray)]
    fn rows(this: &Cursor) -> Array;
}

const READ: &str = "SELECT state FROM account";

const KEEP: &str = "INSERT OR REPLACE INTO account VALUES (0, ?)";

const ADD: &str = "\
    INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET \
    requests = requests + excluded.requests, failures = failures + excluded.failures, \
    prompt = prompt + excluded.prompt, completion = completion + excluded.completion, \
    reasoning = reasoning + excluded.reasoning";

/// Takes a message for the ledger in this storage, and returns the answer.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn ledger(sql: &Sql, message: &str) -> Result<JsValue, JsValue> {
    let state = text(&sql.exec(READ, &[])?, "state");
    let acted = act(state.as_deref().unwrap_or_default(), message, now_ms());
    let acted = acted.ok_or_else(|| JsValue::from_str("neither read nor kept"))?;
    for entry in acted.entries {
        add(sql, &entry)?;
    }
    for outcome in &acted.outcomes {
        count(sql, outcome)?;
    }
    if let Some(state) = acted.state {
        sql.exec(KEEP, &[state.into()])?;
    }
    Ok(acted.answer.into())
}

const COUNTED: &str = "SELECT n FROM outcomes WHERE model = ? AND status = ? AND error = ?";
const COUNT: &str = "INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?)";

fn count(sql: &Sql, outcome: &Outcome) -> Result<(), JsValue> {
    let mut values =
        vec![outcome.model.as_str().into(), number(outcome.status), outcome.error.as_str().into()];
    let before = text(&sql.exec(COUNTED, &values)?, "n");
    values.push(outcome.added(before.as_deref().unwrap_or("[]")).into());
    sql.exec(COUNT, &values).map(|_| ())
}

/// The text of a column in the first row.
fn text(found: &Cursor, column: &str) -> Option<String> {
    let row = found.rows().get(0);
    Reflect::get(&row, &column.into()).ok().and_then(|text| text.as_string())
}

fn add(sql: &Sql, entry: &Entry) -> Result<(), JsValue> {
    let Entry { day, model, requests, failures, usage } = entry;
    let counts = [
        requests,
        failures,
        &usage.prompt_tokens,
        &usage.completion_tokens,
        &usage.reasoning_tokens,
    ];
    let mut values = vec![number(*day), JsValue::from_str(model)];
    for count in counts {
        values.push(number(*count));
    }
    sql.exec(ADD, &values).map(|_| ())
}

#[expect(clippy::cast_precision_loss, reason = "no count comes near 2^53")]
fn number(count: u64) -> JsValue {
    (count as f64).into()
}
