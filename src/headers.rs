//! Values from a request that are sent back in headers. Clients reject long headers, and runtimes
//! reject characters that a header cannot hold.

/// The longest value of such a header, in bytes.
const MOST_BYTES: usize = 1_024;

/// Replaces the elements that are left out.
const MORE: &str = ", ...";

/// The elements of a comma-separated list that fit into a header. Characters that are not
/// printable ASCII are dropped.
pub(crate) fn fitting(list: &str) -> String {
    let mut value = String::new();
    for ch in list.chars() {
        if matches!(ch, ' '..='~') {
            value.push(ch);
        }
    }
    if value.len() > MOST_BYTES {
        // Leave room for `MORE` after the elements that are kept.
        while value.pop().is_some_and(|ch| ch != ',' || value.len() > MOST_BYTES - MORE.len()) {}
    }
    value
}

/// Like [`fitting`], with a sign that elements were left out. The sign is three periods,
/// because headers are ASCII.
pub(crate) fn shortened(list: &str) -> String {
    let mut value = fitting(list);
    if value.len() + MORE.len() < list.len() {
        value.push_str(if value.is_empty() { "..." } else { MORE });
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MORE, MOST_BYTES, fitting, shortened};

    #[test]
    fn a_short_list_is_kept_and_of_a_long_one_whole_elements() {
        assert_eq!(fitting("a, b\r\nc\u{e9}"), "a, bc");
        assert_eq!(fitting(&"a".repeat(MOST_BYTES)), "a".repeat(MOST_BYTES));
        assert_eq!(fitting(&"a".repeat(MOST_BYTES + 1)), "");
        assert_eq!(shortened("temperature, seed"), "temperature, seed");
        assert_eq!(shortened(&"a".repeat(2 * MOST_BYTES)), "...");
        let long = vec!["name"; 400].join(", ");
        let short = shortened(&long);
        assert!(short.ends_with("name, name, ...") && short.len() > MOST_BYTES - 12, "{short}");
    }

    proptest! {
        #[test]
        fn no_value_is_long_or_odd(list in prop::collection::vec("\\PC{0,40}|,|\r\n", 0..120)) {
            let list = list.concat();
            for value in [fitting(&list), shortened(&list)] {
                prop_assert!(value.len() <= MOST_BYTES);
                prop_assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')));
                let kept = if value == "..." { "" } else { &value };
                let kept = kept.strip_suffix(MORE).unwrap_or(kept);
                let plain: String = list.chars().filter(|ch| matches!(ch, ' '..='~')).collect();
                prop_assert!(plain.starts_with(kept) || plain.starts_with(&value));
            }
        }
    }
}
