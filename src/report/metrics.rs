//! Metrics in Prometheus' text format, version 0.0.4.

use std::fmt::Write;

use super::row::Row;
use crate::{json, ledger::Times};

/// Sums for what the first texts name, in the order in which they came.
type Sums = Vec<(Vec<String>, Vec<u64>)>;

/// What the buckets of times are called.
const BOUNDS: [&str; Times::COUNT] =
    ["0.25", "0.5", "1", "2", "4", "8", "16", "32", "64", "128", "256", "512", "+Inf"];

/// The metrics of these labels, by the rows of their ledgers: a list for each.
#[must_use]
pub fn metrics(labels: &[String], lists: &[Vec<Row>]) -> String {
    let (mut requests, mut tokens, mut missed, mut times) =
        (Sums::new(), Sums::new(), Sums::new(), Sums::new());
    for (label, rows) in labels.iter().zip(lists) {
        for row in rows {
            let n: Vec<u64> = json::read(row.n.as_bytes()).unwrap_or_default();
            let count = n.get(..1).unwrap_or_default();
            if row.status == 0 {
                add(&mut missed, &[&row.model, &row.error], count);
                continue;
            }
            let status = row.status.to_string();
            add(&mut requests, &[label, &row.model, &status, &row.error], count);
            let used = n.get(Times::TOKENS..).unwrap_or_default();
            for (kind, used) in ["prompt", "completion", "reasoning"].iter().zip(used) {
                add(&mut tokens, &[label, &row.model, kind], &[*used]);
            }
            add(&mut times, &[&row.model], &n);
        }
    }
    let mut out = String::new();
    counter(&mut out, "requests", "label model status error", &requests);
    counter(&mut out, "tokens", "label model type", &tokens);
    counter(&mut out, "upstream_failures", "origin error", &missed);
    for (place, name) in ["first_byte", "request"].iter().enumerate() {
        histogram(&mut out, name, place, &times);
    }
    out
}

fn add(sums: &mut Sums, names: &[&str], more: &[u64]) {
    let place = sums.iter().position(|(known, _)| known.iter().eq(names));
    let place = place.unwrap_or_else(|| {
        sums.push((names.iter().map(|&name| name.to_owned()).collect(), Vec::new()));
        sums.len() - 1
    });
    if let Some((_, sums)) = sums.get_mut(place) {
        sums.resize(sums.len().max(more.len()), 0);
        for (sum, more) in sums.iter_mut().zip(more) {
            *sum = sum.saturating_add(*more);
        }
    }
}

fn counter(out: &mut String, name: &str, labels: &str, sums: &Sums) {
    let _ = writeln!(out, "# TYPE degpt_edge_{name}_total counter");
    for (names, counts) in sums {
        let _ = write!(out, "degpt_edge_{name}_total{{");
        let mut comma = "";
        for (label, name) in labels.split(' ').zip(names) {
            let _ = write!(out, "{comma}{label}=\"");
            escape(name, out);
            out.push('"');
            comma = ",";
        }
        let _ = writeln!(out, "}} {}", counts.first().copied().unwrap_or_default());
    }
}

/// The times of this place in [`Times`], in seconds.
fn histogram(out: &mut String, name: &str, place: usize, sums: &Sums) {
    let _ = writeln!(out, "# TYPE degpt_edge_{name}_seconds histogram");
    let at = |places: [usize; 2]| places.get(place).copied().unwrap_or_default();
    for (names, numbers) in sums {
        let mut model = String::new();
        escape(names.first().map_or("", String::as_str), &mut model);
        let buckets = numbers.get(at(Times::BUCKETS)..).unwrap_or_default();
        let mut count = 0;
        for (bound, more) in BOUNDS.iter().zip(buckets) {
            count += more;
            let _ = writeln!(
                out,
                "degpt_edge_{name}_seconds_bucket{{model=\"{model}\",le=\"{bound}\"}} {count}"
            );
        }
        if buckets.is_empty() {
            continue;
        }
        let sum_ms = numbers.get(at(Times::SUMS)).copied().unwrap_or_default();
        let (seconds, rest) = (sum_ms / 1_000, sum_ms % 1_000);
        let _ = writeln!(
            out,
            "degpt_edge_{name}_seconds_sum{{model=\"{model}\"}} {seconds}.{rest:03}\n\
             degpt_edge_{name}_seconds_count{{model=\"{model}\"}} {count}"
        );
    }
}

/// Appends the value of a label, escaped.
fn escape(text: &str, out: &mut String) {
    for ch in text.chars() {
        match ch {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            ch => out.push(ch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, metrics};
    use crate::ledger::Times;

    #[test]
    fn sums_of_labels_are_series() {
        let mut n = vec![2, 10, 20, 5, 300, 1_500];
        n.resize(6 + 2 * Times::COUNT, 0);
        for place in [Times::BUCKETS[0] + 1, Times::BUCKETS[1], Times::BUCKETS[1] + 12] {
            n[place] += 1;
        }
        let row = format!(r#"{{"model":"a\"\\\nb","status":200,"error":"","n":"{n:?}"}}"#);
        let missed = r#"{"model":"https://o","status":0,"error":"upstream_timeout","n":"[3]"}"#;
        let refused = r#"{"model":"o3","status":429,"error":"rate_limit_exceeded","n":"[7]"}"#;
        let rows = format!("[[{row},{missed}],[{missed},{refused}]]");
        let text = metrics(&["alice", "bob"].map(str::to_owned), &Row::lists(&rows).unwrap());
        let model = r#"model="a\"\\\nb""#;
        for line in [
            format!(r#"degpt_edge_requests_total{{label="alice",{model},status="200",error=""}} 2"#),
            format!(r#"degpt_edge_tokens_total{{label="alice",{model},type="completion"}} 20"#),
            r#"degpt_edge_upstream_failures_total{origin="https://o",error="upstream_timeout"} 6"#
                .to_owned(),
            r#"degpt_edge_requests_total{label="bob",model="o3",status="429",error="rate_limit_exceeded"} 7"#
                .to_owned(),
            format!(r#"degpt_edge_first_byte_seconds_bucket{{{model},le="0.25"}} 0"#),
            format!(r#"degpt_edge_first_byte_seconds_bucket{{{model},le="0.5"}} 1"#),
            format!(r#"degpt_edge_first_byte_seconds_bucket{{{model},le="+Inf"}} 1"#),
            format!(r"degpt_edge_first_byte_seconds_sum{{{model}}} 0.300"),
            format!(r#"degpt_edge_request_seconds_bucket{{{model},le="512"}} 1"#),
            format!(r"degpt_edge_request_seconds_count{{{model}}} 2"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
