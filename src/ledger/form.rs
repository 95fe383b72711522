//! The one form of all that is said and kept: a JSON object of two texts, a list of numbers, and perhaps
//! one of more texts.
//!
//! What each number is, its reader and writer know. A later version may add numbers at the end, and
//! fields: an earlier one does not see them, and what an earlier one does not say is 0. Names in the
//! JSON would be clearer, but code for each of a dozen types is a hundred times as large.

use std::io::Write;

use crate::json::{self, Writer, fields};

/// Texts and numbers.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) n: Vec<u64>,
    pub(super) also: Vec<String>,
}

fields!(Form { id, model, n, also });

impl Form {
    pub(super) fn read(text: &str) -> Option<Self> {
        json::read(text.as_bytes()).ok()
    }

    pub(super) fn write(id: &str, model: &str, numbers: &[u64]) -> String {
        let mut out = Vec::new();
        append(&mut out, id, model, numbers);
        String::from_utf8(out).unwrap_or_default()
    }

    /// Its first numbers.
    pub(super) fn numbers<const N: usize>(&self) -> [u64; N] {
        let mut numbers = [0; N];
        for (number, given) in numbers.iter_mut().zip(&self.n) {
            *number = *given;
        }
        numbers
    }
}

/// Appends one.
pub(super) fn append(out: &mut Vec<u8>, id: &str, model: &str, numbers: &[u64]) {
    let head = Writer::after(std::mem::take(out)).field("id", id).field("model", model);
    *out = head.written("n", |out| list(out, numbers)).end_bytes();
}

/// Appends a list of numbers.
pub(super) fn list(mut out: Vec<u8>, numbers: &[u64]) -> Vec<u8> {
    let mut mark = '[';
    for number in numbers {
        let _ = write!(out, "{mark}{number}");
        mark = ',';
    }
    if mark == '[' {
        out.push(b'[');
    }
    out.push(b']');
    out
}
