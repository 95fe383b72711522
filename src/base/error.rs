//! Every error that the gateway can report.
//!
//! There is one enum, one table ([`Error::facts`]) and one message for each error
//! ([`Error::message`]). The worker returns no other errors. Each dialect encodes them in its own
//! form. Text written by DeGPT, keys and prompts never enter a message. The statuses are those
//! that the official clients act upon.

use std::borrow::Cow;

/// Why a request could not be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The body is not JSON, or a field has the wrong type or value.
    Invalid {
        /// The path in the body, like `messages[0].content`; `None` for the whole body.
        param: Option<String>,
        /// What is wrong, in one sentence.
        message: String,
    },
    /// The body broke off before its end, or cannot be decompressed.
    BodyUnreadable,
    /// The body has this `content-encoding`, which cannot be decoded.
    UnknownEncoding(String),
    /// The body is larger than `MAX_BODY_BYTES`.
    BodyTooLarge {
        /// The limit, in bytes.
        limit_bytes: usize,
    },
    /// The body stalled, or took too long.
    BodyTimeout,
    /// The requests of this isolate hold as much memory as they may, or memory is exhausted.
    Overloaded,
    /// No key came with the request.
    MissingKey,
    /// A key came with the request, but it is not in `API_KEYS`.
    WrongKey,
    /// The deployment has no `API_KEYS`, so no key can be valid.
    NoKeysConfigured,
    /// The policy of the key says that it has expired.
    KeyExpired,
    /// The policy of the key does not allow the model of this id.
    ModelForbidden(String),
    /// The key has reached a limit of its policy.
    OverLimit {
        /// What is limited, as it follows the limit: `requests per minute`.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// How long to wait, in seconds; `None` if the request is larger than the limit.
        wait_s: Option<u64>,
    },
    /// The ledger of the key cannot be reached, and nothing is answered without it.
    LedgerFailed,
    /// No model or alias of this name.
    UnknownModel {
        /// The name.
        name: String,
        /// The ids that are most like it, each in backticks; empty if none is.
        nearest: String,
    },
    /// No route at this path.
    UnknownPath(String),
    /// The route exists, but not for this method.
    WrongMethod {
        /// The allowed methods, in the form of an `Allow` header.
        allow: &'static str,
    },
    /// A variable of the deployment has an invalid value.
    Config {
        /// The variable's name.
        name: &'static str,
        /// What a valid value looks like, or what is wrong with it.
        rule: Cow<'static, str>,
    },
    /// DeGPT refused the client's own key.
    ClientKeyRefused,
    /// DeGPT refused the key or the visitor of this deployment.
    DeploymentKeyRefused,
    /// DeGPT knows the key but does not allow the request.
    UpstreamForbids,
    /// DeGPT has no such chat endpoint or model.
    UpstreamLacks,
    /// DeGPT rejected the request as too large.
    UpstreamTooLarge,
    /// DeGPT rejected the conversation as longer than the model accepts.
    PromptTooLong,
    /// DeGPT did not accept the request as valid.
    UpstreamRejects,
    /// DeGPT limits the rate.
    RateLimited {
        /// DeGPT's `retry-after`, if it is valid.
        retry_after: Option<String>,
    },
    /// The visitor has had all the chats with the model that DeGPT gives it in a day.
    UsedUp {
        /// How long until the next day, in seconds.
        retry_after_s: u64,
    },
    /// DeGPT could not be reached, or answered 5xx.
    Unavailable,
    /// DeGPT declined: it sent its fixed refusal instead of an answer, an error in its stream, or
    /// an empty answer.
    Declined,
    /// Several models were asked, and none answered.
    NoneAnswers {
        /// How many.
        asked: u32,
        /// What was wrong with one of them. The client is told this.
        first: Box<Error>,
    },
    /// DeGPT sent nothing in time.
    Timeout,
    /// DeGPT stopped sending in the middle of its answer.
    Stalled,
    /// DeGPT's answer goes on for longer than `MAX_ANSWER_MS`.
    Overdue,
    /// DeGPT's answer ended before its end mark.
    Truncated,
    /// DeGPT's response does not follow its protocol.
    Garbled,
    /// The client asked the server to store the conversation. With this error, Anthropic's SDK
    /// sends the whole conversation each time. With the field that asks for it.
    NoThreads(&'static str),
    /// DeGPT's answer is over the limit.
    AnswerTooLarge,
    /// An internal error of the gateway.
    Internal,
}

/// What the dialects and their clients need to know of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The HTTP status, if it has not been sent yet.
    pub status: u16,
    /// The kind of error. Each dialect has its own name for it.
    pub kind: Kind,
    /// Whether official clients should retry, where that differs from what they conclude from
    /// the status (they retry on 408, 409, 429 and 5xx).
    pub should_retry: Option<bool>,
}

/// The kinds of errors that a dialect may have its own name for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request is not valid.
    BadRequest,
    /// Conversations are not stored here.
    NoThreads,
    /// DeGPT did not accept the request.
    Rejected,
    /// The conversation is longer than the model accepts.
    ContextTooLong,
    /// No key, or a wrong one.
    Authentication,
    /// The account may not do this.
    Permission,
    /// No such model.
    UnknownModel,
    /// No such path.
    UnknownPath,
    /// This method is not allowed.
    WrongMethod,
    /// The request did not come in time.
    BodyTimeout,
    /// The request is too large.
    TooLarge,
    /// Too many requests.
    RateLimit,
    /// The deployment's variables are not valid.
    Configuration,
    /// A fault of the gateway.
    Internal,
    /// DeGPT refused the deployment's credential.
    UpstreamKey,
    /// DeGPT declined.
    Declined,
    /// DeGPT's answer is too large.
    AnswerTooLarge,
    /// DeGPT cannot be reached.
    Unavailable,
    /// DeGPT's answer broke off.
    Truncated,
    /// DeGPT's answer does not follow its protocol.
    Garbled,
    /// DeGPT stopped sending.
    Stalled,
    /// There is no memory for the request.
    Overloaded,
    /// The ledger cannot be reached.
    Ledger,
    /// DeGPT did not begin in time.
    Timeout,
}

impl Kind {
    /// Its code: what OpenAI's clients and the log see.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::NoThreads => "previous_response_not_found",
            Self::Rejected => "upstream_rejected",
            Self::ContextTooLong => "context_length_exceeded",
            Self::Authentication => "invalid_api_key",
            Self::Permission => "insufficient_permissions",
            Self::UnknownModel => "model_not_found",
            Self::UnknownPath => "unknown_url",
            Self::WrongMethod => "method_not_allowed",
            Self::BodyTimeout => "request_timeout",
            Self::TooLarge => "request_too_large",
            Self::RateLimit => "rate_limit_exceeded",
            Self::Configuration => "configuration_error",
            Self::Internal => "internal_error",
            Self::UpstreamKey => "upstream_key_refused",
            Self::Declined => "upstream_declined",
            Self::AnswerTooLarge => "upstream_answer_too_large",
            Self::Unavailable => "upstream_unavailable",
            Self::Truncated => "upstream_truncated",
            Self::Garbled => "upstream_garbled",
            Self::Stalled => "upstream_stalled",
            Self::Overloaded => "overloaded",
            Self::Ledger => "ledger_unavailable",
            Self::Timeout => "upstream_timeout",
        }
    }
}

impl Error {
    /// An [`Error::Invalid`] for one field.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { param: Some(param.into()), message: message.into() }
    }

    /// The one table of statuses and kinds.
    #[must_use]
    pub fn facts(&self) -> Facts {
        const NO: Option<bool> = Some(false);
        let (status, kind, should_retry) = match self {
            Self::NoneAnswers { first, .. } => return first.facts(),
            Self::Invalid { .. } | Self::BodyUnreadable => (400, Kind::BadRequest, None),
            Self::NoThreads(_) => (400, Kind::NoThreads, None),
            Self::UpstreamRejects => (400, Kind::Rejected, None),
            Self::PromptTooLong => (400, Kind::ContextTooLong, None),
            Self::MissingKey
            | Self::WrongKey
            | Self::NoKeysConfigured
            | Self::KeyExpired
            | Self::ClientKeyRefused => (401, Kind::Authentication, None),
            Self::UpstreamForbids | Self::ModelForbidden(_) => (403, Kind::Permission, None),
            Self::UnknownModel { .. } | Self::UpstreamLacks => (404, Kind::UnknownModel, None),
            Self::UnknownPath(_) => (404, Kind::UnknownPath, None),
            Self::WrongMethod { .. } => (405, Kind::WrongMethod, None),
            Self::BodyTimeout => (408, Kind::BodyTimeout, None),
            Self::UnknownEncoding(_) => (415, Kind::BadRequest, None),
            Self::BodyTooLarge { .. } | Self::UpstreamTooLarge => (413, Kind::TooLarge, None),
            Self::RateLimited { .. } => (429, Kind::RateLimit, None),
            // Clients give up sooner than they would have to wait.
            Self::OverLimit { wait_s, .. } => {
                let is_soon = wait_s.is_some_and(|wait_s| wait_s <= LONGEST_WAIT_S);
                (429, Kind::RateLimit, if is_soon { None } else { NO })
            }
            // It takes hours to help.
            Self::UsedUp { .. } => (429, Kind::RateLimit, NO),
            Self::Config { .. } => (500, Kind::Configuration, NO),
            Self::Internal => (500, Kind::Internal, None),
            Self::DeploymentKeyRefused => (502, Kind::UpstreamKey, NO),
            Self::Declined => (502, Kind::Declined, NO),
            Self::AnswerTooLarge => (502, Kind::AnswerTooLarge, NO),
            Self::Unavailable => (502, Kind::Unavailable, None),
            Self::Truncated => (502, Kind::Truncated, None),
            Self::Garbled => (502, Kind::Garbled, None),
            Self::Stalled => (502, Kind::Stalled, None),
            Self::Overloaded => (503, Kind::Overloaded, None),
            Self::LedgerFailed => (503, Kind::Ledger, None),
            Self::Timeout => (504, Kind::Timeout, None),
            // A retry would take as long again.
            Self::Overdue => (504, Kind::Timeout, NO),
        };
        Facts { status, kind, should_retry }
    }

    /// The error itself; of several models, that of one.
    #[must_use]
    pub fn cause(&self) -> &Self {
        match self {
            Self::NoneAnswers { first, .. } => first,
            error => error,
        }
    }

    /// The path of the request's field that the error is about, if it is about one.
    #[must_use]
    pub fn param(&self) -> Option<&str> {
        match self {
            Self::Invalid { param, .. } => param.as_deref(),
            Self::UnknownModel { .. } | Self::ModelForbidden(_) => Some("model"),
            Self::NoThreads(field) => Some(field),
            _ => None,
        }
    }

    /// The message for the caller: what is wrong, and, where possible, what to do.
    #[must_use]
    pub fn message(&self) -> String {
        let fixed = match self {
            Self::Invalid { message, .. } => return clip(message),
            Self::NoneAnswers { asked, first } => {
                let message = first.message();
                return format!("None of {asked} models answered. The first to fail: {message}");
            }
            Self::BodyTooLarge { limit_bytes } => {
                return format!("The request body is larger than {limit_bytes} bytes.");
            }
            Self::UnknownModel { name, nearest } => {
                let (near, end) = if nearest.is_empty() { ("", "") } else { (" Near it: ", ".") };
                let name = name.get(..name.floor_char_boundary(100)).unwrap_or_default();
                return clip(&format!(
                    "The model `{name}` does not exist.{near}{nearest}{end} GET /api/v1/models \
                     lists those that do, and the variable MODEL_ALIASES can give them other names."
                ));
            }
            Self::UnknownPath(path) => {
                return clip(&format!(
                    "There is nothing at `{}`. No answer is kept here. Try /api/v1/models, \
                     /api/v1/chat/completions, /api/v1/responses or /api/v1/messages.",
                    clip(path)
                ));
            }
            Self::WrongMethod { allow } => {
                return format!("This method is not allowed here. Allowed: {allow}.");
            }
            Self::Config { name, rule } => {
                return format!("The variable {name} of this deployment is not valid: {rule}.");
            }
            Self::ModelForbidden(model) => {
                return clip(&format!(
                    "The policy of this key does not allow the model `{model}`."
                ));
            }
            Self::OverLimit { what, limit, wait_s } => return over_limit(what, *limit, *wait_s),
            Self::NoThreads(field) => {
                return format!(
                    "No conversation is kept here. Send all of it each time, without `{field}`."
                );
            }
            Self::UnknownEncoding(name) => {
                return clip(&format!(
                    "Send the request body as gzip or deflate, or as it is: `{name}` cannot be decoded."
                ));
            }
            Self::BodyUnreadable => {
                "The request body broke off, or is not what its `content-encoding` says."
            }
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
                "This deployment has no API keys yet, so it accepts no key. Set the secret \
                 API_KEYS (`npx wrangler secret put API_KEYS`; locally in .dev.vars)."
            }
            Self::KeyExpired => "The API key has expired.",
            Self::LedgerFailed => "This key's limits cannot be checked at the moment. Try again.",
            Self::ClientKeyRefused => "DeGPT refused the DeGPT key that came with the request.",
            Self::DeploymentKeyRefused => {
                "DeGPT refused the credential of this deployment. Its operator has to check \
                 DEGPT_API_KEY or DEGPT_VISITOR_ID."
            }
            Self::UpstreamForbids => "DeGPT does not let this account use the model.",
            Self::UpstreamLacks => "DeGPT has no such model at the moment.",
            Self::UpstreamTooLarge => "DeGPT found the request too large.",
            // Anthropic's agents shorten their history if, and only if, the message contains this
            // phrase.
            Self::PromptTooLong => "prompt is too long: it exceeds what the model can take",
            Self::UpstreamRejects => "DeGPT did not accept the request as valid.",
            // Codex waits as long as it finds in these words.
            Self::RateLimited { retry_after: Some(wait) }
                if wait.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                return format!("DeGPT limits the rate of requests. Please try again in {wait}s.");
            }
            Self::RateLimited { .. } => "DeGPT limits the rate of requests. Try again later.",
            Self::UsedUp { .. } => {
                "The chats with this model that DeGPT gives a visitor in a day are used up. They \
                 begin anew at 00:00 UTC. A DEGPT_API_KEY of this deployment's operator has others."
            }
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
            Self::AnswerTooLarge => "DeGPT's answer is larger than this deployment allows.",
            Self::Internal => "The gateway failed. The request id helps its operator to find out.",
        };
        fixed.to_owned()
    }
}

/// The message for a key that has reached a limit. Codex waits as long as it finds in these words.
fn over_limit(what: &str, limit: u64, wait_s: Option<u64>) -> String {
    match wait_s {
        Some(wait_s) => format!(
            "This key has reached its limit of {limit} {what}. Please try again in {wait_s}s."
        ),
        None => format!(
            "This request may take more than this key's limit of {limit} {what}. Shorten it, or \
             lower `max_tokens`."
        ),
    }
}

/// The longest wait that the official clients obey, in seconds.
const LONGEST_WAIT_S: u64 = 60;

/// Limits the caller's text in a message to a readable length.
fn clip(text: &str) -> String {
    const MOST_CHARS: usize = 400;
    match text.char_indices().nth(MOST_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}
