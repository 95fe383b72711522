//! How much a key may still take, in the headers that the clients of each vendor read.

use crate::ledger::{Gauge, Standing};

/// Headers of a reply.
pub type Headers = Vec<(&'static str, String)>;

/// The names of the headers for a limit: the limit, what remains of it, and when all of it does.
type Names = [&'static str; 3];

/// OpenAI's headers ("Rate limits in headers" of its guide).
pub(super) fn openai(standing: &Standing, _now_s: u64) -> Headers {
    const REQUESTS: Names = [
        "x-ratelimit-limit-requests",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
    ];
    const TOKENS: Names =
        ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"];
    headers(standing, [REQUESTS, TOKENS], &|reset_s| format!("{reset_s}s"))
}

/// Anthropic's headers ("Response headers" of its page on rate limits). `time` writes a time, in
/// seconds since 1970-01-01 UTC.
pub(super) fn anthropic(standing: &Standing, now_s: u64, time: fn(u64) -> String) -> Headers {
    const REQUESTS: Names = [
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ];
    const TOKENS: Names = [
        "anthropic-ratelimit-tokens-limit",
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset",
    ];
    headers(standing, [REQUESTS, TOKENS], &|reset_s| time(now_s.saturating_add(reset_s)))
}

fn headers(standing: &Standing, names: [Names; 2], reset: &dyn Fn(u64) -> String) -> Headers {
    let mut headers = Vec::new();
    for (gauge, [limit, remaining, when]) in [standing.requests, standing.tokens].iter().zip(names)
    {
        if let Some(Gauge { limit: most, remaining: left, reset_ms }) = gauge {
            headers.push((limit, most.to_string()));
            headers.push((remaining, left.to_string()));
            headers.push((when, reset(reset_ms.div_ceil(1_000))));
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::{anthropic, openai};
    use crate::ledger::{Gauge, Standing};

    #[test]
    fn only_what_is_limited_has_headers() {
        let gauge = Gauge { limit: 60, remaining: 59, reset_ms: 60_001 };
        let standing = Standing { requests: Some(gauge), tokens: None };
        let found = openai(&standing, 0);
        let expected = [
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "61s"),
        ];
        assert_eq!(found, expected.map(|(name, value)| (name, value.to_owned())));
        let found = anthropic(&standing, 1_000, |unix_s| format!("at {unix_s}"));
        assert_eq!(
            found.last(),
            Some(&("anthropic-ratelimit-requests-reset", "at 1061".to_owned()))
        );
        assert_eq!(found.len(), 3);
        assert!(openai(&Standing::default(), 0).is_empty());
    }
}
