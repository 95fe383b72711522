//! Finds the route for a path.
//!
//! Clients are configured with base URLs that end in `/v1`, in `/api/v1`, in a slash, or in
//! nothing, and append paths with or without `/v1`. All of these reach the same route. There
//! is no redirect: clients lose the body or the method on one.

use percent_encoding::percent_decode_str;

use crate::{
    config::Config,
    dialect::{Api, Table},
};

/// What a request asks for.
#[derive(Debug, Clone)]
pub(super) enum Route {
    /// `GET /api/v1/models`.
    Models,
    /// `GET /api/v1/models/{id}`, the id percent-decoded.
    Model(String),
    /// `POST` to this API's path for answers.
    Answer(&'static Api),
    /// `POST` to this API's path for counting tokens.
    Count(&'static Api),
    /// `/api/v1/admin/keys`, or the key of an id there.
    Keys(Option<String>),
    /// `GET` of this report.
    Report(Report),
    /// `GET /` and `GET /api/hello`: clients use them as a health check.
    Hello,
    /// `GET /health`: whether DeGPT answers.
    Health,
    /// `GET /favicon.ico`: browsers ask for it.
    Icon,
    /// `GET /robots.txt`.
    Robots,
}

/// What is told of the ledgers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// `GET /api/v1/usage`.
    Usage,
    /// `GET /api/v1/dashboard/billing/usage`, as OpenAI had it.
    Bill,
    /// `GET /api/v1/dashboard/billing/subscription`.
    Subscription,
    /// `GET /metrics`.
    Metrics,
}

impl Route {
    /// The route at `path`, for any method; `None` if there is none.
    #[must_use]
    pub(super) fn at(path: &str, apis: Table) -> Option<Self> {
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let mut segments = segments.as_slice();
        if let ["api", rest @ ..] = segments {
            segments = rest;
        }
        while let ["v1", rest @ ..] = segments {
            segments = rest;
        }
        match segments {
            // Claude Code appends `/api/hello` to a base URL that may end in `/api`.
            [] | ["hello"] | ["api", "hello"] => return Some(Self::Hello),
            ["health"] => return Some(Self::Health),
            ["favicon.ico"] => return Some(Self::Icon),
            ["robots.txt"] => return Some(Self::Robots),
            ["models"] => return Some(Self::Models),
            // An id with a slash may arrive as one segment (`a%2Fb`) or as several.
            ["models", id @ ..] => {
                let id = crate::text::joined(id, "/");
                let id = percent_decode_str(&id).decode_utf8_lossy();
                return Some(Self::Model(id.into_owned()));
            }
            ["usage"] => return Some(Self::Report(Report::Usage)),
            ["metrics"] => return Some(Self::Report(Report::Metrics)),
            ["dashboard", "billing", "usage"] => return Some(Self::Report(Report::Bill)),
            ["dashboard", "billing", "subscription"] => {
                return Some(Self::Report(Report::Subscription));
            }
            ["admin", "keys"] => return Some(Self::Keys(None)),
            ["admin", "keys", id] => return Some(Self::Keys(Some((*id).to_owned()))),
            _ => {}
        }
        let is_here = |path: &str| path.split('/').eq(segments.iter().copied());
        apis.iter().find_map(|api| {
            if is_here(api.path) {
                Some(Self::Answer(api))
            } else {
                let counts = api.count.as_ref().is_some_and(|count| is_here(count.path));
                counts.then_some(Self::Count(api))
            }
        })
    }

    /// Whether it is there in this deployment.
    pub(super) fn is_served(&self, config: &Config) -> bool {
        match self {
            route if route.is_operators() => config.admin_key.is_some(),
            Self::Report(_) => config.has_ledgers(),
            _ => true,
        }
    }

    /// Whether it takes the operator's key alone.
    pub(super) fn is_operators(&self) -> bool {
        matches!(self, Self::Keys(_) | Self::Report(Report::Metrics))
    }

    /// The methods that this route allows, in the form of an `Allow` header.
    #[must_use]
    pub(super) fn allow(&self) -> &'static str {
        match self {
            Self::Answer(_) | Self::Count(_) => "POST, OPTIONS",
            Self::Keys(None) => "GET, HEAD, POST, OPTIONS",
            Self::Keys(Some(_)) => "GET, HEAD, PATCH, DELETE, OPTIONS",
            _ => "GET, HEAD, OPTIONS",
        }
    }

    /// Its name in the log.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Models => "models",
            Self::Model(_) => "model",
            Self::Answer(_) => "answer",
            Self::Count(_) => "count",
            Self::Hello => "hello",
            Self::Health => "health",
            Self::Icon => "icon",
            Self::Robots => "robots",
            Self::Keys(_) => "keys",
            Self::Report(Report::Usage) => "usage",
            Self::Report(Report::Bill) => "bill",
            Self::Report(Report::Subscription) => "subscription",
            Self::Report(Report::Metrics) => "metrics",
        }
    }

    /// The API that this route belongs to; `None` if several APIs share it.
    #[must_use]
    pub(super) fn api(&self) -> Option<&'static Api> {
        match self {
            Self::Answer(api) | Self::Count(api) => Some(api),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Route;
    use crate::dialect::ALL;

    #[test]
    fn paths_are_read_forgivingly() {
        let table = [
            ("/api/v1/models", "models"),
            ("/v1/models", "models"),
            ("/v1/models/", "models"),
            ("//v1//models", "models"),
            ("/models", "models"),
            ("/api/v1/v1/messages", "Anthropic answers"),
            ("/v1/v1/chat/completions", "OpenAI answers"),
            ("/api/v1/messages/count_tokens", "Anthropic counts"),
            ("/api/v1/models/gpt-4o", "model gpt-4o"),
            ("/v1/models/a%2Fb", "model a/b"),
            ("/v1/models/a/b", "model a/b"),
            ("/v1/models/100%", "model 100%"),
            ("/v1/models/%E6%A8%A1", "model 模"),
            ("/", "hello"),
            ("/api/hello", "hello"),
            ("/api/api/hello", "hello"),
            ("/api/v1/api/hello", "hello"),
            ("/api/v1", "hello"),
            ("/health", "health"),
            ("/api/v1/health", "health"),
            ("/favicon.ico", "icon"),
            ("/robots.txt", "robots"),
            ("/api/v1/embeddings", "nothing"),
            ("/api/v1/admin/keys/", "keys None"),
            ("/v1/admin/keys/0f", "keys Some(\"0f\")"),
            ("/api/v1/usage", "usage"),
            ("/metrics", "metrics"),
            ("/v1/dashboard/billing/usage", "bill"),
            ("/api/v1/dashboard/billing/subscription", "subscription"),
            ("/v1/dashboard/billing", "nothing"),
            ("/v1/admin", "nothing"),
            ("/v1/admin/keys/0f/1", "nothing"),
            ("/chat", "nothing"),
            ("/v2/models", "nothing"),
            ("/api/api/v1/models", "nothing"),
        ];
        for (path, expected) in table {
            let found = match Route::at(path, ALL) {
                None => "nothing".to_owned(),
                Some(Route::Model(id)) => format!("model {id}"),
                Some(Route::Keys(id)) => format!("keys {id:?}"),
                Some(Route::Answer(api)) => format!("{} answers", api.name),
                Some(Route::Count(api)) => format!("{} counts", api.name),
                Some(other) => other.name().to_owned(),
            };
            assert_eq!(found, expected, "{path}");
        }
    }
}
