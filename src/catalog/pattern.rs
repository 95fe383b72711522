//! `from=to` in `MODEL_ALIASES` and `MODEL_FALLBACKS`.

use super::items;

/// Rules, each with a name or the beginning of names, and the ids of entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// The name, or what stands before the `*`.
    from: String,
    is_prefix: bool,
    /// At least one.
    to: Vec<String>,
}

impl Rules {
    /// Adds the rule that `text` is: `from=to`, or with more ids, comma-separated. `from` may end
    /// in `*`. `None` if it is not a rule, or if `is_known` knows one of the ids not.
    pub(super) fn add(&mut self, text: &str, is_known: &dyn Fn(&str) -> bool) -> Option<()> {
        let (from, to) = text.split_once('=')?;
        let from = from.trim();
        let (from, is_prefix) = match from.strip_suffix('*') {
            Some(prefix) => (prefix, true),
            None => (from, false),
        };
        let is_pattern = if from.is_empty() { is_prefix } else { !from.contains('*') };
        let to: Vec<String> = items(to, ',').map(str::to_owned).collect();
        if !is_pattern || to.is_empty() || !to.iter().all(|id| is_known(id)) {
            return None;
        }
        // Longest first: the longest prefix that covers a name wins, and of equals the first.
        let place = self.0.partition_point(|other| other.from.len() >= from.len());
        self.0.insert(place, Rule { from: from.to_owned(), is_prefix, to });
        Some(())
    }

    /// The ids of the rule for exactly `name`, in any letters.
    pub(super) fn exact(&self, name: &str) -> Option<&[String]> {
        self.find(name, Some(name.len()))
    }

    /// The ids of the rule with the longest beginning of `name`.
    pub(super) fn covering(&self, name: &str) -> Option<&[String]> {
        self.find(name, None)
    }

    /// The ids of the first rule that fits: for names of this length, or for beginnings of names.
    fn find(&self, name: &str, length: Option<usize>) -> Option<&[String]> {
        let fits = |rule: &&Rule| {
            let start = name.get(..rule.from.len());
            rule.is_prefix == length.is_none()
                && length.is_none_or(|length| length == rule.from.len())
                && start.is_some_and(|start| start.eq_ignore_ascii_case(&rule.from))
        };
        Some(&self.0.iter().find(fits)?.to)
    }
}
