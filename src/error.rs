//! Every failure the gateway can report, and how each dialect spells it.
//!
//! One enum, one table ([`Error::facts`]), one sentence each ([`Error::message`]):
//! no answer of the worker is an error outside of these. What DeGPT wrote, keys
//! and prompts never enter a message. The shapes are those of the OpenAI and
//! Anthropic API references' error objects, the statuses those their official
//! clients act upon.

use serde::Serialize;

use crate::route::Dialect;

/// Why a request could not be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The body is not JSON, or a field has the wrong type or value.
    Invalid {
        /// Where in the body, like `messages[0].content`; `None` for all of it.
        param: Option<String>,
        /// What is wrong, in a sentence.
        message: String,
    },
    /// The body broke off before its end.
    BodyUnreadable,
    /// The body is larger than `MAX_BODY_BYTES`.
    BodyTooLarge {
        /// The limit, in bytes.
        limit_bytes: usize,
    },
    /// The body stalled, or took too long.
    BodyTimeout,
    /// The requests of this isolate hold as much as they may, or as there is.
    Overloaded,
    /// No key came with the request.
    MissingKey,
    /// A key came, and it is none of `API_KEYS`.
    WrongKey,
    /// The deployment has no `API_KEYS`, so no key can be right.
    NoKeysConfigured,
    /// No model or alias of this name.
    UnknownModel(String),
    /// No route at this path.
    UnknownPath(String),
    /// The route exists, but not for this method.
    WrongMethod {
        /// The methods that exist there, as an `Allow` header lists them.
        allow: &'static str,
    },
    /// A variable of the deployment has a bad value.
    Config {
        /// The variable's name.
        name: &'static str,
        /// What a good value looks like.
        rule: &'static str,
    },
    /// DeGPT refused the key that the client brought.
    ClientKeyRefused,
    /// DeGPT refused the key or the visitor of this deployment.
    DeploymentKeyRefused,
    /// DeGPT knows the key but does not let it do this.
    UpstreamForbids,
    /// DeGPT has no such chat endpoint or model.
    UpstreamLacks,
    /// DeGPT found the request too large.
    UpstreamTooLarge,
    /// DeGPT found the conversation longer than the model can take.
    PromptTooLong,
    /// DeGPT did not accept the request as valid.
    UpstreamRejects,
    /// DeGPT limits the rate.
    RateLimited {
        /// DeGPT's `retry-after`, where it sent a sound one.
        retry_after: Option<String>,
    },
    /// DeGPT could not be reached, or answered 5xx.
    Unavailable,
    /// DeGPT declined: its fixed sentence in place of an answer, an error in its
    /// stream, or an answer with nothing in it.
    Declined,
    /// DeGPT sent nothing in time.
    Timeout,
    /// DeGPT stopped sending in the middle of its answer.
    Stalled,
    /// DeGPT's answer goes on for longer than `MAX_ANSWER_MS`.
    Overdue,
    /// DeGPT's answer ended before its end mark.
    Truncated,
    /// DeGPT sent something that is not its protocol.
    Garbled,
    /// A conversation that the server is to keep. Anthropic's SDK then sends all of
    /// it each time.
    NoThreads,
    /// DeGPT answered without the call that was wanted. It is asked once more, so
    /// no client sees this.
    NoCall,
    /// DeGPT's answer is over the limit.
    AnswerTooLarge,
    /// A fault of the gateway itself.
    Internal,
}

/// What the dialects and their clients need to know of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The HTTP status, while it can still be sent.
    pub status: u16,
    /// `error.type` for OpenAI clients.
    pub openai_type: &'static str,
    /// `error.code` for OpenAI clients.
    pub openai_code: Option<&'static str>,
    /// `error.type` for Anthropic clients.
    pub anthropic_type: &'static str,
    /// Whether official clients should repeat the request, where that differs
    /// from what they conclude from the status (408, 409, 429 and 5xx: yes).
    pub should_retry: Option<bool>,
}

impl Error {
    /// An [`Error::Invalid`] about one field.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { param: Some(param.into()), message: message.into() }
    }

    /// The one table of statuses and types.
    #[must_use]
    pub fn facts(&self) -> Facts {
        const BAD: &str = "invalid_request_error";
        let (status, openai_type, openai_code, anthropic_type, should_retry) = match self {
            Self::Invalid { .. } | Self::BodyUnreadable => (400, BAD, None, BAD, None),
            Self::NoThreads => (400, BAD, Some("thread_unsupported_request"), BAD, None),
            Self::UpstreamRejects => (400, BAD, Some("upstream_rejected"), BAD, None),
            Self::PromptTooLong => (400, BAD, Some("context_length_exceeded"), BAD, None),
            Self::MissingKey | Self::WrongKey | Self::NoKeysConfigured | Self::ClientKeyRefused => {
                (401, BAD, Some("invalid_api_key"), "authentication_error", None)
            }
            Self::UpstreamForbids => {
                (403, BAD, Some("insufficient_permissions"), "permission_error", None)
            }
            Self::UnknownModel(_) | Self::UpstreamLacks => {
                (404, BAD, Some("model_not_found"), "not_found_error", None)
            }
            Self::UnknownPath(_) => (404, BAD, Some("unknown_url"), "not_found_error", None),
            Self::WrongMethod { .. } => (405, BAD, Some("method_not_allowed"), BAD, None),
            Self::BodyTooLarge { .. } | Self::UpstreamTooLarge => {
                (413, BAD, Some("request_too_large"), "request_too_large", None)
            }
            Self::BodyTimeout => (408, BAD, Some("request_timeout"), "timeout_error", None),
            Self::RateLimited { .. } => {
                (429, "rate_limit_exceeded", Some("rate_limit_exceeded"), "rate_limit_error", None)
            }
            Self::Config { .. } => {
                (500, "server_error", Some("configuration_error"), "api_error", Some(false))
            }
            Self::Internal => (500, "server_error", Some("internal_error"), "api_error", None),
            Self::DeploymentKeyRefused => {
                (502, "server_error", Some("upstream_key_refused"), "api_error", Some(false))
            }
            Self::Declined => {
                (502, "server_error", Some("upstream_declined"), "api_error", Some(false))
            }
            Self::AnswerTooLarge => {
                (502, "server_error", Some("upstream_answer_too_large"), "api_error", Some(false))
            }
            Self::Unavailable => {
                (502, "server_error", Some("upstream_unavailable"), "api_error", None)
            }
            Self::Truncated => (502, "server_error", Some("upstream_truncated"), "api_error", None),
            Self::Garbled => (502, "server_error", Some("upstream_garbled"), "api_error", None),
            Self::NoCall => (502, "server_error", Some("upstream_no_call"), "api_error", None),
            Self::Stalled => (502, "server_error", Some("upstream_stalled"), "api_error", None),
            // By its type Anthropic's clients know it, whose own API has it as a 529.
            Self::Overloaded => (503, "server_error", Some("overloaded"), "overloaded_error", None),
            Self::Timeout => (504, "server_error", Some("upstream_timeout"), "timeout_error", None),
            // It would take as long again.
            Self::Overdue => {
                (504, "server_error", Some("upstream_timeout"), "timeout_error", Some(false))
            }
        };
        Facts { status, openai_type, openai_code, anthropic_type, should_retry }
    }

    /// The sentence for the caller: what is wrong, and what to do where that can be said.
    #[must_use]
    pub fn message(&self) -> String {
        let fixed = match self {
            Self::Invalid { message, .. } => return clip(message),
            Self::BodyTooLarge { limit_bytes } => {
                return format!("The request body is larger than {limit_bytes} bytes.");
            }
            Self::UnknownModel(model) => {
                return clip(&format!(
                    "The model `{}` does not exist. GET /api/v1/models lists those that do.",
                    clip(model)
                ));
            }
            Self::UnknownPath(path) => {
                return clip(&format!(
                    "There is nothing at `{}`. Try /api/v1/models, /api/v1/chat/completions or \
                     /api/v1/messages.",
                    clip(path)
                ));
            }
            Self::WrongMethod { allow } => {
                return format!("This method is not allowed here. Allowed: {allow}.");
            }
            Self::Config { name, rule } => {
                return format!("The variable {name} of this deployment is not valid: {rule}.");
            }
            Self::BodyUnreadable => "The request body could not be read to its end.",
            Self::BodyTimeout => "The request body did not come in time.",
            Self::Overloaded => {
                "The gateway holds as many large requests and answers as it can. Try again in a \
                 moment."
            }
            Self::MissingKey => {
                "No API key came with the request. Send it as `Authorization: Bearer …` or \
                 `x-api-key`."
            }
            Self::WrongKey => "The API key is not one of this deployment's.",
            Self::NoKeysConfigured => {
                "This deployment has no API keys yet, so it answers nobody. Set the secret \
                 API_KEYS (`npx wrangler secret put API_KEYS`; locally in .dev.vars)."
            }
            Self::ClientKeyRefused => "DeGPT refused the DeGPT key that came with the request.",
            Self::DeploymentKeyRefused => {
                "DeGPT refused the credential of this deployment. Its operator has to check \
                 DEGPT_API_KEY or DEGPT_VISITOR_ID."
            }
            Self::UpstreamForbids => "DeGPT does not let this account use the model.",
            Self::UpstreamLacks => "DeGPT has no such model at the moment.",
            Self::UpstreamTooLarge => "DeGPT found the request too large.",
            // Anthropic's agents shorten their history when, and only when, the
            // message has this phrase in it.
            Self::PromptTooLong => "prompt is too long: it exceeds what the model can take",
            Self::UpstreamRejects => "DeGPT did not accept the request as valid.",
            Self::RateLimited { .. } => "DeGPT limits the rate of requests. Try again later.",
            Self::Unavailable => "DeGPT cannot be reached at the moment.",
            Self::Declined => {
                "DeGPT gave no answer: the model failed, is not open to this account, or the \
                 quota is used up."
            }
            Self::Timeout => "DeGPT did not begin to answer in time.",
            Self::Stalled => "DeGPT fell silent in the middle of its answer.",
            Self::Overdue => "DeGPT's answer took longer than this deployment allows.",
            Self::Truncated => "DeGPT's answer broke off before its end.",
            Self::Garbled => "DeGPT sent something that could not be understood.",
            Self::NoThreads => {
                "No conversation is kept here. Send all of it each time, without `thread`."
            }
            Self::NoCall => "DeGPT's model called no tool.",
            Self::AnswerTooLarge => "DeGPT's answer is larger than this deployment allows.",
            Self::Internal => "The gateway failed. The request id helps its operator to find out.",
        };
        fixed.to_owned()
    }

    /// The body of an error answer, in the caller's dialect.
    #[must_use]
    pub fn body(&self, dialect: Dialect, request_id: &str) -> String {
        let mut out = Vec::new();
        self.write(dialect, request_id, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    /// Appends the event that ends a stream which can no longer change its status.
    pub fn frame(&self, dialect: Dialect, request_id: &str, out: &mut Vec<u8>) {
        if dialect == Dialect::Anthropic {
            out.extend_from_slice(b"event: error\n");
        }
        out.extend_from_slice(b"data: ");
        self.write(dialect, request_id, out);
        out.extend_from_slice(b"\n\n");
    }

    fn write(&self, dialect: Dialect, request_id: &str, out: &mut Vec<u8>) {
        let facts = self.facts();
        let message = self.message();
        // Writing these shapes to memory cannot fail.
        let _ = match dialect {
            Dialect::OpenAi => {
                let param = match self {
                    Self::Invalid { param, .. } => param.as_deref(),
                    Self::UnknownModel(_) => Some("model"),
                    _ => None,
                };
                let error = OpenAiError {
                    message: &message,
                    kind: facts.openai_type,
                    param,
                    code: facts.openai_code,
                };
                serde_json::to_writer(out, &OpenAiBody { error })
            }
            Dialect::Anthropic => {
                let message = match self {
                    Self::Invalid { param: Some(param), .. }
                        if !message.starts_with(param.as_str()) =>
                    {
                        format!("{param}: {message}")
                    }
                    _ => message,
                };
                // What the SDK looks at to know that it can go on without.
                let details = (*self == Self::NoThreads).then_some(AnthropicDetails {
                    error_code: "thread_unsupported_request",
                    unsupported: [],
                });
                let kind = facts.anthropic_type;
                let error = AnthropicError { kind, message: &message, details };
                serde_json::to_writer(out, &AnthropicBody { kind: "error", error, request_id })
            }
        };
    }
}

#[derive(Serialize)]
struct OpenAiBody<'a> {
    error: OpenAiError<'a>,
}

/// All four keys are required; `param` and `code` may be null.
#[derive(Serialize)]
struct OpenAiError<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

#[derive(Serialize)]
struct AnthropicBody<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    error: AnthropicError<'a>,
    request_id: &'a str,
}

#[derive(Serialize)]
struct AnthropicError<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<AnthropicDetails>,
}

#[derive(Serialize)]
struct AnthropicDetails {
    error_code: &'static str,
    /// Which features cannot be had with threads: none is to blame.
    unsupported: [&'static str; 0],
}

/// Keeps what a message repeats of the caller's own words to a readable length.
fn clip(text: &str) -> String {
    const MOST_CHARS: usize = 400;
    match text.char_indices().nth(MOST_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}
