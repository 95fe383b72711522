//! Anthropic's list of models, in pages.

use crate::{
    calendar,
    catalog::{Listed, Model, Service},
    error::Error,
    json::Writer,
};

/// One page of the list. `query` is the URL's query string: `limit` (1 to 1000, 20 if
/// absent), `after_id` and `before_id`.
///
/// # Errors
/// [`Error::Invalid`] for a limit out of range or an id that is not in the list.
pub(super) fn page(models: &[Listed], query: &str, _service: &Service) -> Result<String, Error> {
    let mut limit = 20;
    let mut after_id = None;
    let mut before_id = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "limit" => {
                let number = value.parse().ok().filter(|number| (1..=1000).contains(number));
                let rule = "Must be a whole number from 1 to 1000.";
                limit = number.ok_or_else(|| Error::invalid("limit", rule))?;
            }
            "after_id" => after_id = Some(value),
            "before_id" => before_id = Some(value),
            _ => {}
        }
    }
    let place = |name: &str, id: &str| {
        let found = models.iter().position(|listed| listed.model.id == id);
        found.ok_or_else(|| Error::invalid(name, "No model in the list has this id."))
    };
    // `after_id` takes the models that follow it, `before_id` the last ones before it.
    let (rest, page, has_more);
    if let Some(id) = before_id.filter(|_| after_id.is_none()) {
        rest = models.get(..place("before_id", &id)?).unwrap_or_default();
        page = rest.get(rest.len().saturating_sub(limit)..).unwrap_or_default();
        has_more = page.len() < rest.len();
    } else {
        let start = match after_id {
            Some(id) => place("after_id", &id)? + 1,
            None => 0,
        };
        rest = models.get(start..).unwrap_or_default();
        page = rest.get(..limit.min(rest.len())).unwrap_or_default();
        has_more = page.len() < rest.len();
    }
    let data = |mut out: Vec<u8>| {
        let mut separator = b'[';
        for listed in page {
            out.push(separator);
            out = written(&listed.model, out);
            separator = b',';
        }
        if page.is_empty() {
            out.push(b'[');
        }
        out.push(b']');
        out
    };
    Ok(Writer::after(Vec::new())
        .written("data", data)
        .raw("has_more", if has_more { "true" } else { "false" })
        .maybe("first_id", page.first().map(|listed| listed.model.id.as_str()))
        .maybe("last_id", page.last().map(|listed| listed.model.id.as_str()))
        .end())
}

/// One entry of the list.
pub(super) fn entry(listed: &Listed) -> String {
    String::from_utf8(written(&listed.model, Vec::new())).unwrap_or_default()
}

/// Appends an entry.
fn written(model: &Model, out: Vec<u8>) -> Vec<u8> {
    let mut entry = Writer::after(out)
        .field("type", "model")
        .field("id", &model.id)
        .field("display_name", &model.display_name)
        .field("created_at", &calendar::rfc3339(model.created))
        .field("lifecycle", "active");
    // Unknown for DeGPT's models, but required by the clients' types.
    let unknown =
        ["capabilities", "deprecated_at", "line", "max_input_tokens", "max_tokens", "retires_at"];
    for name in unknown {
        entry = entry.raw(name, "null");
    }
    entry.end_bytes()
}

#[cfg(test)]
mod tests {
    use crate::catalog::{Catalog, Service};

    fn ids(query: &str) -> Option<(Vec<String>, bool)> {
        let catalog = Catalog::new("", "", "deepseek-chat", "off").ok()?;
        let page: serde_json::Value = serde_json::from_str(
            &super::page(&catalog.listing(None), query, &Service::default()).ok()?,
        )
        .ok()?;
        let ids = page.get("data")?.as_array()?.iter();
        let ids: Vec<_> =
            ids.filter_map(|model| Some(model.get("id")?.as_str()?.to_owned())).collect();
        assert_eq!(page.get("first_id")?.as_str(), ids.first().map(String::as_str), "{query}");
        assert_eq!(page.get("last_id")?.as_str(), ids.last().map(String::as_str), "{query}");
        Some((ids, page.get("has_more")?.as_bool()?))
    }

    #[test]
    fn pages_follow_each_other_and_end() {
        let (all, more) = ids("limit=1000").unwrap_or_default();
        assert_eq!((all.len(), more), (26, false));
        for limit in [1, 7, 20, 26] {
            let mut seen = Vec::new();
            let mut query = format!("limit={limit}");
            loop {
                let (page, more) = ids(&query).unwrap_or_default();
                assert!(page.len() <= limit && !page.is_empty(), "{query}");
                seen.extend(page);
                if !more {
                    break;
                }
                query =
                    format!("limit={limit}&after_id={}", seen.last().cloned().unwrap_or_default());
            }
            assert_eq!(seen, all, "by {limit}");
        }
        let (before, more) =
            ids(&format!("limit=3&before_id={}", all.get(5).cloned().unwrap_or_default()))
                .unwrap_or_default();
        assert_eq!((before.as_slice(), more), (all.get(2..5).unwrap_or_default(), true));
        let after_last = format!("after_id={}", all.last().cloned().unwrap_or_default());
        assert_eq!(ids(&after_last), Some((Vec::new(), false)));
    }

    #[test]
    fn bad_queries_are_errors() {
        for query in ["limit=0", "limit=x", "limit=1001", "after_id=nobody", "before_id=nobody"] {
            assert_eq!(ids(query), None, "{query}");
        }
    }
}
