//! Usage by day and model.

use std::fmt::Write;

use super::row::Row;
use crate::{calendar, error::Error, json::Writer};

const DAY_S: u64 = 86_400;

/// Days of UTC, counted from 1970-01-01, from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

impl Days {
    /// The days from `start_date` to `end_date` of a query string; by default the last 30.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no day.
    pub fn of(query: &str, now_s: u64) -> Result<Self, Error> {
        const LAST: u64 = 30;
        let (mut first, mut last) = (None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let day = match name.as_ref() {
                "start_date" => &mut first,
                "end_date" => &mut last,
                _ => continue,
            };
            let Some(unix_s) = calendar::unix_s(&value) else {
                let rule = format!("`{name}` must be a day like `2027-01-31`.");
                return Err(Error::invalid(name, rule));
            };
            *day = Some(unix_s / DAY_S);
        }
        let last = last.unwrap_or(now_s / DAY_S);
        Ok(Self { first: first.unwrap_or((last + 1).saturating_sub(LAST)), last })
    }
}

/// The usage of labels.
#[derive(Debug)]
pub struct Usage<'a> {
    labels: &'a [String],
    lists: &'a [Vec<Row>],
}

impl<'a> Usage<'a> {
    /// By the rows of these labels' ledgers: a list for each.
    #[must_use]
    pub fn of(labels: &'a [String], lists: &'a [Vec<Row>]) -> Self {
        Self { labels, lists }
    }

    /// All tokens together, of prompts and answers.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        let mut sum = 0_u64;
        for row in self.lists.iter().flatten() {
            sum = sum.saturating_add(row.prompt).saturating_add(row.completion);
        }
        sum
    }

    /// It as JSON.
    #[must_use]
    pub fn json(&self, days: Days) -> String {
        let data = |mut out: Vec<u8>| {
            out.push(b'[');
            for (label, row) in self.rows() {
                if !out.ends_with(b"[") {
                    out.push(b',');
                }
                let mut writer = Writer::after(out)
                    .field("day", &calendar::date(row.day))
                    .field("label", label)
                    .field("model", &row.model);
                for (name, count) in NAMES.iter().zip(counts(row)) {
                    writer = writer.number(name, count);
                }
                out = writer.end_bytes();
            }
            out.push(b']');
            out
        };
        Writer::after(Vec::new())
            .field("object", "list")
            .field("start_date", &calendar::date(days.first))
            .field("end_date", &calendar::date(days.last))
            .written("data", data)
            .end()
    }

    /// It as CSV (RFC 4180).
    #[must_use]
    pub fn csv(&self) -> String {
        let mut out = format!("day,label,model,{}", crate::text::joined(&NAMES, ","));
        for (label, row) in self.rows() {
            let _ = write!(out, "\r\n{},", calendar::date(row.day));
            cell(label, &mut out);
            out.push(',');
            cell(&row.model, &mut out);
            for count in counts(row) {
                let _ = write!(out, ",{count}");
            }
        }
        out.push_str("\r\n");
        out
    }

    fn rows(&self) -> impl Iterator<Item = (&str, &Row)> {
        let lists = self.labels.iter().zip(self.lists);
        lists.flat_map(|(label, rows)| rows.iter().map(|row| (label.as_str(), row)))
    }
}

/// The names of [`counts`].
const NAMES: [&str; 5] =
    ["requests", "failures", "prompt_tokens", "completion_tokens", "reasoning_tokens"];

fn counts(row: &Row) -> [u64; 5] {
    [row.requests, row.failures, row.prompt, row.completion, row.reasoning]
}

/// Appends a cell. A program for tables takes one that begins like a formula for one, so it gets a
/// mark before it (OWASP, "CSV Injection").
fn cell(text: &str, out: &mut String) {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if !is_formula && !text.contains(['"', ',', '\r', '\n']) {
        out.push_str(text);
        return;
    }
    out.push_str(if is_formula { "\"'" } else { "\"" });
    for ch in text.chars() {
        if ch == '"' {
            out.push(ch);
        }
        out.push(ch);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::{Days, Row, Usage};

    #[test]
    fn a_cell_is_never_a_formula_and_never_ends_early() {
        let model = r#"=cmd|' /C calc'!A0,\"x\""#;
        let rows = format!(
            r#"[[{{"day":20784,"model":"{model}","requests":2,"failures":1,"prompt":3,"completion":4,"reasoning":1}}],[]]"#
        );
        let (labels, lists) = (["-alice", "bob"].map(str::to_owned), Row::lists(&rows).unwrap());
        let usage = Usage::of(&labels, &lists);
        let expected = "day,label,model,requests,failures,prompt_tokens,completion_tokens,\
            reasoning_tokens\r\n2026-11-27,\"'-alice\",\"'=cmd|' /C calc'!A0,\"\"x\"\"\",2,1,3,4,1\r\n";
        assert_eq!(usage.csv(), expected);
        assert_eq!(usage.tokens(), 7);
        let json: serde_json::Value =
            serde_json::from_str(&usage.json(Days { first: 20_783, last: 20_784 })).unwrap();
        assert_eq!(json["start_date"], "2026-11-26");
        assert_eq!(json["data"][0]["label"], "-alice");
        assert_eq!(json["data"][0]["reasoning_tokens"], 1);
        assert!(Row::lists("[[{\"day\":\"x\"}]]").is_none());
    }

    #[test]
    fn days_are_the_last_thirty_unless_they_are_named() {
        let now_s = 20_784 * 86_400 + 5;
        let table = [
            ("", Some((20_755, 20_784))),
            ("start_date=2026-11-01&end_date=2026-11-28", Some((20_758, 20_785))),
            ("end_date=1970-01-02", Some((0, 1))),
            ("start_date=yesterday", None),
        ];
        for (query, expected) in table {
            let days = Days::of(query, now_s).ok().map(|days| (days.first, days.last));
            assert_eq!(days, expected, "{query}");
        }
    }
}
