//! Texts with places for values: an event is one such text, which is smaller than code.

use std::io::Write;

/// Appends `template` with `values` in the places `$a`, `$b` and so on.
pub(super) fn fill(out: &mut Vec<u8>, template: &str, values: &[&[u8]]) {
    let mut parts = template.split('$');
    out.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let Some((&place, rest)) = part.as_bytes().split_first() else { continue };
        let place = usize::from(place.wrapping_sub(b'a'));
        out.extend_from_slice(values.get(place).copied().unwrap_or_default());
        out.extend_from_slice(rest);
    }
}

/// Appends the event of this number. `template` is the end of its name, a bar, and its fields:
/// `,"name":value` and so on.
pub(super) fn emit(number: &mut u32, template: &str, values: &[&[u8]], out: &mut Vec<u8>) {
    let (name, fields) = template.split_once('|').unwrap_or_default();
    begin(name, values, out);
    fill(out, fields, values);
    end(number, out);
}

/// Appends the beginning of an event.
pub(super) fn begin(name: &str, values: &[&[u8]], out: &mut Vec<u8>) {
    for head in ["event: response.", "\ndata: {\"type\":\"response."] {
        out.extend_from_slice(head.as_bytes());
        fill(out, name, values);
    }
    out.push(b'"');
}

/// Appends the end of the event of this number.
pub(super) fn end(number: &mut u32, out: &mut Vec<u8>) {
    // Without an allocation: each delta ends so. Writing to memory cannot fail.
    let _ = write!(out, ",\"sequence_number\":{number}}}\n\n");
    *number += 1;
}
