//! Looking up names without a linear search.

use std::{borrow::Cow, cmp::Ordering};

/// Names and their positions in a list, which may have a name twice. They are sorted, so that
/// neither many names nor maliciously chosen ones make a lookup slow. An insertion moves other
/// names, so this is for lists of limited length.
#[derive(Debug, Clone, Default)]
pub struct Names<'a>(Vec<(Cow<'a, str>, usize)>);

#[expect(clippy::len_without_is_empty, reason = "nobody asks that")]
impl<'a> Names<'a> {
    /// The names of a list, in its order.
    pub fn of(list: impl Iterator<Item = Cow<'a, str>>) -> Self {
        let mut names = Self::default();
        for (place, name) in list.enumerate() {
            names.insert(name, place);
        }
        names
    }

    /// Adds a name, after the same names.
    pub fn insert(&mut self, name: Cow<'a, str>, place: usize) {
        let (_, end) = self.range(&name);
        self.0.insert(end, (name, place));
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The positions of all entries with this name, in the order of insertion.
    pub fn places(&self, name: &str) -> impl Iterator<Item = usize> {
        let (first, end) = self.range(name);
        self.0.get(first..end).unwrap_or_default().iter().map(|(_, place)| *place)
    }

    #[inline(never)]
    fn range(&self, name: &str) -> (usize, usize) {
        let place =
            |past: Ordering| self.0.partition_point(|(other, _)| other.as_ref().cmp(name) < past);
        (place(Ordering::Equal), place(Ordering::Greater))
    }

    /// Whether there is an entry with this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let (first, end) = self.range(name);
        first < end
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Names;

    proptest! {
        #[test]
        fn every_place_is_found_and_no_other(list in prop::collection::vec("[ab]{0,3}", 0..20), name in "[ab]{0,3}") {
            let names = Names::of(list.iter().map(Into::into));
            let expected: Vec<usize> =
                (0..list.len()).filter(|&place| list[place] == name).collect();
            prop_assert_eq!(names.has(&name), !expected.is_empty());
            prop_assert_eq!(names.places(&name).collect::<Vec<_>>(), expected);
            prop_assert_eq!(names.len(), list.len());
        }
    }
}
