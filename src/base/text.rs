//! What the standard library does with more code.

/// The texts of `parts`, with `separator` between them. `join` has code of its own for each length
/// of a separator: 1 KB for each type, gzipped.
pub fn joined<T: AsRef<str>>(parts: &[T], separator: &str) -> String {
    let bytes = parts.iter().map(|part| part.as_ref().len() + separator.len());
    // It may be megabytes, and must not be copied as it grows.
    let mut text = String::with_capacity(bytes.sum());
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            text.push_str(separator);
        }
        text.push_str(part.as_ref());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn separators_stand_between() {
        assert_eq!(joined(&["a", "", "b"], ", "), "a, , b");
        assert_eq!(joined::<&str>(&[], ", "), "");
        assert_eq!(joined(&["a"], ", "), "a");
    }
}
