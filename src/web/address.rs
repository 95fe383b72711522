//! The addresses of pages.

use crate::chat::{Domains, WebFault};

/// The longest address that is asked for, in bytes.
const LONGEST: usize = 2_048;

/// Ends of names that lead to no public site (RFC 6761, 6762, 7686, 8375, and habits of offices).
const PRIVATE: [&str; 12] = [
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "lan",
    "home",
    "corp",
    "arpa",
    "onion",
    "alt",
];

/// An address in its parts. The scheme and the host are in any case.
struct Parts<'a> {
    host: &'a str,
    port: Option<&'a str>,
    /// The path, the query, and the fragment.
    rest: &'a str,
}

fn parts(url: &str) -> Option<Parts<'_>> {
    let (scheme, rest) = url.split_once("://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    Some(Parts { host: host.strip_suffix('.').unwrap_or(host), port, rest })
}

/// Whether `url` may be asked for: the http(s) address of a public site by its name, at the usual
/// port. Addresses that are numbers are refused in all spellings, public or not, for a number can be
/// written in too many ways. Where the name leads is not known here.
///
/// # Errors
/// [`WebFault::UrlTooLong`], [`WebFault::UrlNotAllowed`].
pub fn checked(url: &str) -> Result<(), WebFault> {
    if url.len() > LONGEST {
        return Err(WebFault::UrlTooLong);
    }
    let is_odd = |ch: char| ch.is_whitespace() || ch.is_control() || ch == '\\';
    let is_fine = !url.contains(is_odd) && parts(url).is_some_and(|parts| parts.is_public());
    if is_fine { Ok(()) } else { Err(WebFault::UrlNotAllowed) }
}

impl Parts<'_> {
    fn is_public(&self) -> bool {
        // What has other characters, like `@`, `%` or `[`, can be another host than it looks.
        let is_plain = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '-' | '_');
        let is_label = |label: &str| !label.is_empty() && label.chars().all(is_plain);
        let Some((before, last)) = self.host.rsplit_once('.') else {
            return false;
        };
        // What ends in a number is an IPv4 address (WHATWG URL, "ends in a number").
        let is_number = last.as_bytes().first().is_some_and(u8::is_ascii_digit);
        let is_private = PRIVATE.iter().any(|name| last.eq_ignore_ascii_case(name));
        self.port.is_none_or(|port| matches!(port, "" | "80" | "443"))
            && before.split('.').all(is_label)
            && is_label(last)
            && !is_number
            && !is_private
    }
}

/// What addresses of the same page have in common: no scheme, no fragment, no slash at the end.
#[must_use]
pub fn key(url: &str) -> String {
    let Some(Parts { host, rest, .. }) = parts(url) else {
        return String::new();
    };
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    let mut key = host.to_ascii_lowercase();
    key.push_str(rest.trim_end_matches('/'));
    key
}

/// Whether `domains` allow `url`. An entry is a domain, which has those below it in it, and may have
/// the beginning of a path.
#[must_use]
pub fn allows(domains: &Domains, url: &str) -> bool {
    let is_in = |list: &Vec<String>| list.iter().any(|entry| is_below(url, entry));
    match domains {
        Domains::Any => true,
        Domains::Only(list) => is_in(list),
        Domains::Not(list) => !is_in(list),
    }
}

fn is_below(url: &str, entry: &str) -> bool {
    let entry = entry.split_once("://").map_or(entry, |(_, rest)| rest);
    let entry = entry.strip_prefix("*.").unwrap_or(entry);
    let (domain, path) = entry.split_at(entry.find('/').unwrap_or(entry.len()));
    let path = path.split('*').next().unwrap_or_default();
    let Some(parts) = parts(url).filter(|_| !domain.is_empty()) else {
        return false;
    };
    let host = parts.host.to_ascii_lowercase();
    let before = host.strip_suffix(domain.to_ascii_lowercase().as_str());
    let is_domain = before.is_some_and(|before| before.is_empty() || before.ends_with('.'));
    let rest = if parts.rest.starts_with('/') { parts.rest } else { "/" };
    let after = rest.strip_prefix(path.trim_end_matches('/'));
    is_domain && after.is_some_and(|after| after.is_empty() || after.starts_with(['/', '?', '#']))
}

/// Calls `each` with the http(s) addresses that `text` names, and where they begin, in bytes.
pub fn addresses<'t>(text: &'t str, each: &mut dyn FnMut(usize, &'t str)) {
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("://")) {
        let middle = at + found;
        at = middle + 3;
        let start = ["https", "http"].into_iter().find_map(|scheme| {
            let start = middle.checked_sub(scheme.len())?;
            text.get(start..middle)?.eq_ignore_ascii_case(scheme).then_some(start)
        });
        if let Some(start) = start {
            let rest = text.get(at..).unwrap_or_default();
            at += length(rest);
            if let Some(url) = text.get(start..at) {
                each(start, url);
            }
        }
    }
}

/// How much of `text` belongs to the address in it, the scheme of which stands before it: up to what
/// no address has in it, without the marks that end a sentence or a bracket around it.
fn length(text: &str) -> usize {
    let mut open = 0_usize;
    let ends = |ch: char| {
        match ch {
            '(' => open += 1,
            ')' if open == 0 => return true,
            ')' => open -= 1,
            _ => {}
        }
        let is_mark =
            matches!(ch, '<' | '>' | '"' | '`' | '{' | '}' | '|' | '\\' | '^' | '[' | ']');
        // Those of Chinese and of typographers.
        let is_foreign = matches!(ch, '\u{2018}'..='\u{201f}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}');
        is_mark || is_foreign || ch.is_whitespace() || ch.is_control()
    };
    let whole = text.split(ends).next().unwrap_or_default();
    whole.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~']).len()
}
