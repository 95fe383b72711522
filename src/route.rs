//! From a method and a path to a route, forgivingly.
//!
//! Clients are configured with base URLs that end in `/v1`, in `/api/v1`, in a
//! slash, or in nothing, and append paths that begin with `/v1` or not. All of
//! these arrive at the same route, without a redirect: clients lose the body
//! or the method on one.

use percent_encoding::percent_decode_str;

/// Which family of clients is calling: it decides the shape of answers and errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI's Chat Completions and Models.
    OpenAi,
    /// Anthropic's Messages and Models.
    Anthropic,
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `GET /api/v1/models`.
    Models,
    /// `GET /api/v1/models/{id}`, the id percent-decoded.
    Model(String),
    /// `POST /api/v1/chat/completions`.
    ChatCompletions,
    /// `POST /api/v1/messages`.
    Messages,
    /// `POST /api/v1/messages/count_tokens`.
    CountTokens,
    /// `GET /` and `GET /api/hello`: clients ask them whether anybody is there.
    Hello,
}

impl Route {
    /// The route at `path`, whatever the method; `None` if there is nothing.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let mut segments = segments.as_slice();
        if let ["api", rest @ ..] = segments {
            segments = rest;
        }
        while let ["v1", rest @ ..] = segments {
            segments = rest;
        }
        match segments {
            [] | ["hello"] => Some(Self::Hello),
            ["models"] => Some(Self::Models),
            // An id with a slash in it may come as one segment (`a%2Fb`) or as several.
            ["models", id @ ..] => {
                let id = id.join("/");
                let id = percent_decode_str(&id).decode_utf8_lossy();
                Some(Self::Model(id.into_owned()))
            }
            ["chat", "completions"] => Some(Self::ChatCompletions),
            ["messages"] => Some(Self::Messages),
            ["messages", "count_tokens"] => Some(Self::CountTokens),
            _ => None,
        }
    }

    /// The methods this route answers, as an `Allow` header lists them.
    #[must_use]
    pub fn allow(&self) -> &'static str {
        match self {
            Self::Models | Self::Model(_) | Self::Hello => "GET, HEAD, OPTIONS",
            Self::ChatCompletions | Self::Messages | Self::CountTokens => "POST, OPTIONS",
        }
    }

    /// The dialect of this route's answers. Only the models routes serve both:
    /// there the `anthropic-version` header decides, because a key header does
    /// not (newer Anthropic clients send `Authorization: Bearer`).
    #[must_use]
    pub fn dialect(&self, has_anthropic_version: HasAnthropicVersion) -> Dialect {
        match self {
            Self::Models | Self::Model(_) | Self::Hello => has_anthropic_version.dialect(),
            Self::ChatCompletions => Dialect::OpenAi,
            Self::Messages | Self::CountTokens => Dialect::Anthropic,
        }
    }
}

/// Whether a request carries an `anthropic-version` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HasAnthropicVersion {
    /// It does, with whatever value.
    Yes,
    /// It does not.
    No,
}

impl HasAnthropicVersion {
    /// The dialect of a request whose route does not tell.
    #[must_use]
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Yes => Dialect::Anthropic,
            Self::No => Dialect::OpenAi,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, HasAnthropicVersion, Route};

    #[test]
    fn paths_are_read_forgivingly() {
        let table = [
            ("/api/v1/models", Some(Route::Models)),
            ("/v1/models", Some(Route::Models)),
            ("/v1/models/", Some(Route::Models)),
            ("//v1//models", Some(Route::Models)),
            ("/models", Some(Route::Models)),
            ("/api/v1/v1/messages", Some(Route::Messages)),
            ("/v1/v1/chat/completions", Some(Route::ChatCompletions)),
            ("/api/v1/messages/count_tokens", Some(Route::CountTokens)),
            ("/api/v1/models/gpt-4o", Some(Route::Model("gpt-4o".into()))),
            ("/v1/models/a%2Fb", Some(Route::Model("a/b".into()))),
            ("/v1/models/a/b", Some(Route::Model("a/b".into()))),
            ("/v1/models/100%", Some(Route::Model("100%".into()))),
            ("/v1/models/%E6%A8%A1", Some(Route::Model("模".into()))),
            ("/", Some(Route::Hello)),
            ("/api/hello", Some(Route::Hello)),
            ("/api/v1", Some(Route::Hello)),
            ("/api/v1/embeddings", None),
            ("/chat", None),
            ("/v2/models", None),
        ];
        for (path, route) in table {
            assert_eq!(Route::at(path), route, "{path}");
        }
    }

    #[test]
    fn only_the_models_routes_look_at_the_anthropic_version() {
        use HasAnthropicVersion::{No, Yes};
        assert_eq!(Route::Models.dialect(Yes), Dialect::Anthropic);
        assert_eq!(Route::Models.dialect(No), Dialect::OpenAi);
        assert_eq!(Route::ChatCompletions.dialect(Yes), Dialect::OpenAi);
        assert_eq!(Route::Messages.dialect(No), Dialect::Anthropic);
    }
}
