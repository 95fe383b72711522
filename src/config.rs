//! The deployment's variables, validated once.
//!
//! An invalid [`Config`] cannot exist. The first bad value is reported by its variable's name and
//! the rule it breaks, never by its content. docs/configuration.md lists the variables; `NAMES` is
//! the same list for tests.

mod values;

use std::{borrow::Cow, time::Duration};

use crate::{
    catalog::{self, Catalog, Fault},
    error::Error,
    policy::{self, Policies},
    secret::{ApiKey, Secret},
};
pub use values::Value;
use values::{Variables, bad};

/// All variables, in the order of the tables in README.md and docs/configuration.md.
pub const NAMES: [&str; 31] = [
    "API_KEYS",
    "KEY_POLICIES",
    "ADMIN_KEY",
    "DEGPT_API_KEY",
    "DEGPT_VISITOR_ID",
    "DEGPT_DAILY",
    "DEGPT_ORIGINS",
    "DEFAULT_MODEL",
    "AUTO_MODELS",
    "VISION_MODEL",
    "DOCUMENT_MODEL",
    "MODEL_ALIASES",
    "MODEL_FALLBACKS",
    "MODELS_EXTRA",
    "MODELS_LIVE",
    "MAX_BODY_BYTES",
    "MAX_IN_FLIGHT_BYTES",
    "CORS_ORIGINS",
    "CLIENT_DEGPT_KEYS",
    "COMMIT_AFTER_MS",
    "FIRST_BYTE_TIMEOUT_MS",
    "IDLE_TIMEOUT_MS",
    "KEEP_ALIVE_MS",
    "MAX_ANSWER_MS",
    "MAX_ANSWER_BYTES",
    "GATHER_MS",
    "WEB_SEARCH",
    "LOG_PANICS",
    "LOG_REQUESTS",
    "RESERVE_TOKENS",
    "LEDGER_FAILS",
];

/// The configuration of a deployment.
#[derive(Debug, Clone)]
pub struct Config {
    /// The keys that clients may use. May be empty: then no client is a member.
    pub api_keys: Vec<ApiKey>,
    /// Their labels, in the same order. Several keys may have one label. A key without one is named
    /// after its position, from 1: `key2`.
    pub labels: Vec<String>,
    /// What the keys of each label may do.
    pub policies: Policies,
    /// The deployment's own credentials at DeGPT, none of them twice. May be empty: then it is a
    /// visitor.
    pub degpt_keys: Vec<Secret>,
    /// The key of who may make keys and see what all of them used, if there is one.
    pub admin_key: Option<ApiKey>,
    /// The positions, counted from 1, of the keys that are shorter than
    /// [`Config::GOOD_KEY_LENGTH`].
    pub short_keys: Vec<usize>,
    /// The id by which the deployment signs in as a visitor.
    pub visitor_id: VisitorId,
    /// Whether the visitor's daily number is asked for before a chat.
    pub daily: Daily,
    /// DeGPT's origins, like `https://www.degpt.ai`: never empty, no slash at the end.
    pub origins: Vec<String>,
    /// The models.
    pub catalog: Catalog,
    /// Whether DeGPT's own list of models counts.
    pub live_models: LiveModels,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// How many bytes all requests of an isolate may hold at the same time.
    pub max_in_flight_bytes: usize,
    /// Which web pages may call.
    pub cors: Cors,
    /// What is done with a client's own `degpt-…` key.
    pub client_keys: ClientKeys,
    /// How long things may take.
    pub timing: Timing,
    /// The largest answer of DeGPT, in bytes of its stream.
    pub max_answer_bytes: usize,
    /// How far apart, at most, the pieces of a streamed answer are sent once it has flowed for a
    /// while, in milliseconds from 0 to 250. With 0, only what comes within the same millisecond
    /// is sent together.
    pub gather_ms: u32,
    /// Whether the tools of the web are carried out.
    pub web_search: WebSearch,
    /// What is logged of a panic.
    pub log_panics: LogPanics,
    /// Which requests are logged.
    pub log_requests: LogRequests,
    /// How many tokens are reserved for an answer whose request has no limit.
    pub reserve_tokens: u64,
    /// What becomes of requests while the ledger cannot be reached.
    pub ledger_fails: LedgerFails,
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// The time after which a streamed answer sends its headers, whatever DeGPT does.
    pub commit_after: Duration,
    /// The time within which the first event of an answer must arrive.
    pub first_byte: Duration,
    /// The longest silence of DeGPT within an answer. Only events count, not comments.
    pub idle: Duration,
    /// The longest silence towards a client after its headers are sent.
    pub keep_alive: Duration,
    /// The longest time for an answer, counted from its request.
    pub max_answer: Duration,
}

/// The id by which the deployment signs in as a visitor. It is stable, because each new id
/// creates an account at DeGPT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VisitorId {
    /// `DEGPT_VISITOR_ID`.
    Set(String),
    /// Derived, slowly, from the API keys. They are sorted here, one per line.
    OfKeys(Secret),
}

/// Whether the visitor's daily number is asked for before a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Daily {
    /// It is.
    Ask,
    /// It is not.
    Off,
}

/// Which web pages may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cors {
    /// All.
    Any,
    /// Those of these origins.
    Only(Vec<String>),
}

/// What is done with a client's own `degpt-…` key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientKeys {
    /// It is treated like any other key.
    Off,
    /// It admits the client, and is used at DeGPT.
    Pass,
}

/// What becomes of requests with a policy while the ledger cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerFails {
    /// They are answered: no limit holds.
    Open,
    /// They are refused.
    Closed,
}

/// Whether DeGPT's own list of models counts: for what is listed, and for names that nobody
/// else knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveModels {
    /// It does.
    On,
    /// It does not.
    Off,
}

/// Whether the gateway carries out the tools of the web.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebSearch {
    /// It does.
    On,
    /// They have no effect.
    Off,
}

/// What is logged of a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPanics {
    /// File and line alone.
    Place,
    /// The message, which may contain parts of a request, and the stack too.
    Full,
}

/// Which requests have a line in the log. One whose status is from 500 on always has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogRequests {
    /// All.
    All,
    /// Those with an error.
    Errors,
    /// No others.
    Off,
}

impl Config {
    /// There is a warning for keys with fewer characters than this: they can be guessed.
    pub const GOOD_KEY_LENGTH: usize = 20;

    /// Reads variables that are all text with `lookup`; see [`Config::from_values`].
    ///
    /// # Errors
    /// [`Error::Config`] for the first bad value.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        Self::from_values(&|name| lookup(name).map(Value::Text))
    }

    /// Reads the variables with `lookup`. A blank variable counts as missing.
    ///
    /// # Errors
    /// [`Error::Config`] for the first bad value.
    pub fn from_values(lookup: &dyn Fn(&str) -> Option<Value>) -> Result<Self, Error> {
        let variables = Variables(lookup);
        let milliseconds = |name, default| {
            let number = variables.number(name, default, 1..=3_600_000)?;
            Ok(Duration::from_millis(number.into()))
        };
        let bytes = |name, default| {
            let number = variables.number(name, default, 1024..=104_857_600)?;
            Ok(number as usize)
        };

        let items = variables.text("API_KEYS", "")?;
        let (mut keys, mut labels) = (Vec::new(), Vec::new());
        for (item, number) in values::list(&items).zip(1..) {
            let (label, key) = policy::label_and_key(item);
            keys.push(key);
            labels.push(label.map_or_else(|| format!("key{number}"), str::to_owned));
        }
        if !keys.iter().all(|key| values::is_credential(key)) {
            return Err(bad("API_KEYS"));
        }
        let degpt_keys = variables.text("DEGPT_API_KEY", "")?;
        let degpt_keys = values::credentials(&degpt_keys).ok_or(bad("DEGPT_API_KEY"))?;
        let admin_key = variables.credential("ADMIN_KEY")?;
        if let Some(key) = admin_key.as_deref()
            && (key.len() < Self::GOOD_KEY_LENGTH || keys.contains(&key))
        {
            return Err(bad("ADMIN_KEY"));
        }
        let numbered = keys.iter().zip(1..);
        let short_keys = numbered.filter(|(key, _)| key.len() < Self::GOOD_KEY_LENGTH);
        let catalog = catalog(&variables)?;
        Ok(Self {
            api_keys: keys.iter().map(|key| ApiKey::of(key)).collect(),
            labels,
            policies: policies(&variables.json("KEY_POLICIES", ""))?,
            short_keys: short_keys.map(|(_, number)| number).collect(),
            degpt_keys: each_once(&degpt_keys)?,
            visitor_id: match variables.credential("DEGPT_VISITOR_ID")? {
                Some(id) => VisitorId::Set(id),
                None => VisitorId::OfKeys(Secret::new(visitor_secret(&keys, admin_key.as_deref()))),
            },
            daily: match variables.text("DEGPT_DAILY", "ask")?.as_str() {
                "ask" => Daily::Ask,
                "off" => Daily::Off,
                _ => return Err(bad("DEGPT_DAILY")),
            },
            admin_key: admin_key.as_deref().map(ApiKey::of),
            origins: origins(&variables.text("DEGPT_ORIGINS", "https://www.degpt.ai")?)?,
            catalog,
            live_models: match variables.text("MODELS_LIVE", "on")?.as_str() {
                "on" => LiveModels::On,
                "off" => LiveModels::Off,
                _ => return Err(bad("MODELS_LIVE")),
            },
            max_body_bytes: bytes("MAX_BODY_BYTES", "20971520")?,
            max_in_flight_bytes: bytes("MAX_IN_FLIGHT_BYTES", "50331648")?,
            cors: cors(&variables.text("CORS_ORIGINS", "*")?)?,
            client_keys: match variables.text("CLIENT_DEGPT_KEYS", "off")?.as_str() {
                "off" => ClientKeys::Off,
                "pass" => ClientKeys::Pass,
                _ => return Err(bad("CLIENT_DEGPT_KEYS")),
            },
            timing: Timing {
                commit_after: milliseconds("COMMIT_AFTER_MS", "10000")?,
                first_byte: milliseconds("FIRST_BYTE_TIMEOUT_MS", "120000")?,
                idle: milliseconds("IDLE_TIMEOUT_MS", "60000")?,
                keep_alive: milliseconds("KEEP_ALIVE_MS", "15000")?,
                max_answer: milliseconds("MAX_ANSWER_MS", "900000")?,
            },
            max_answer_bytes: bytes("MAX_ANSWER_BYTES", "16777216")?,
            gather_ms: variables.number("GATHER_MS", "40", 0..=250)?,
            web_search: match variables.text("WEB_SEARCH", "on")?.as_str() {
                "on" => WebSearch::On,
                "off" => WebSearch::Off,
                _ => return Err(bad("WEB_SEARCH")),
            },
            log_panics: match variables.text("LOG_PANICS", "place")?.as_str() {
                "place" => LogPanics::Place,
                "full" => LogPanics::Full,
                _ => return Err(bad("LOG_PANICS")),
            },
            log_requests: match variables.text("LOG_REQUESTS", "all")?.as_str() {
                "all" => LogRequests::All,
                "errors" => LogRequests::Errors,
                "off" => LogRequests::Off,
                _ => return Err(bad("LOG_REQUESTS")),
            },
            reserve_tokens: variables.number("RESERVE_TOKENS", "1000", 1..=1_000_000)?.into(),
            ledger_fails: match variables.text("LEDGER_FAILS", "open")?.as_str() {
                "open" => LedgerFails::Open,
                "closed" => LedgerFails::Closed,
                _ => return Err(bad("LEDGER_FAILS")),
            },
        })
    }

    /// Whether the keys of each label have a ledger.
    #[must_use]
    pub fn has_ledgers(&self) -> bool {
        self.admin_key.is_some() || !self.policies.is_empty()
    }

    /// A one-line warning for the operator about a configuration that is valid but weak. It names
    /// keys only by their position.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let start = format!(
            "API_KEYS: shorter than {} characters, so that they can be guessed: number",
            Self::GOOD_KEY_LENGTH
        );
        let add = |line: String, number: &usize| format!("{line} {number}");
        (!self.short_keys.is_empty()).then(|| self.short_keys.iter().fold(start, add))
    }
}

/// What the visitor's id is derived from. It must be a secret: a guess of it is a guess of the visitor.
fn visitor_secret(keys: &[&str], admin_key: Option<&str>) -> String {
    match admin_key {
        Some(admin_key) if keys.is_empty() => admin_key.to_owned(),
        _ => crate::text::joined(&sorted(keys), "\n"),
    }
}

fn policies(json: &str) -> Result<Policies, Error> {
    let wrong = |wrong| Error::Config { name: "KEY_POLICIES", rule: Cow::Owned(wrong) };
    Policies::new(json).map_err(wrong)
}

fn catalog(variables: &Variables<'_>) -> Result<Catalog, Error> {
    let auto = variables.text("AUTO_MODELS", catalog::AUTO)?;
    let auto = if auto == "off" { "" } else { &auto };
    // The default model leads the list. If none is set, it is the first of the list.
    let first = values::list(auto).next().unwrap_or("deepseek-chat");
    let default = variables.text("DEFAULT_MODEL", "")?;
    let extra = variables.json("MODELS_EXTRA", "");
    let aliases = variables.text("MODEL_ALIASES", "")?;
    let vision = variables.text("VISION_MODEL", "doubao-seed-1-6-250615")?;
    let document = variables.text("DOCUMENT_MODEL", "claude-sonnet-4-5-20250929")?;
    let fallbacks = variables.text("MODEL_FALLBACKS", "")?;
    let leads = if default.is_empty() { first } else { &default };
    let catalog = Catalog::new(&extra, &aliases, leads, &vision);
    let catalog = catalog.and_then(|catalog| catalog.with_documents(&document));
    let catalog = catalog.and_then(|catalog| catalog.with_others(auto, &fallbacks));
    catalog.map_err(|fault| match fault {
        Fault::Default if default.is_empty() => bad("AUTO_MODELS"),
        fault => catalog_error(fault),
    })
}

fn catalog_error(fault: Fault) -> Error {
    bad(match fault {
        Fault::Extra => "MODELS_EXTRA",
        Fault::Aliases => "MODEL_ALIASES",
        Fault::Default => "DEFAULT_MODEL",
        Fault::Vision => "VISION_MODEL",
        Fault::Auto => "AUTO_MODELS",
        Fault::Fallbacks => "MODEL_FALLBACKS",
        Fault::Document => "DOCUMENT_MODEL",
    })
}

#[inline(never)]
fn each_once(keys: &[&str]) -> Result<Vec<Secret>, Error> {
    let is_double = |(place, key)| keys.iter().take(place).any(|other| other == key);
    if keys.iter().enumerate().any(is_double) {
        return Err(bad("DEGPT_API_KEY"));
    }
    Ok(keys.iter().map(|key| Secret::new(*key)).collect())
}

fn origins(text: &str) -> Result<Vec<String>, Error> {
    let origins: Option<Vec<_>> = values::list(text).map(values::upstream_origin).collect();
    origins.filter(|origins| !origins.is_empty()).ok_or(bad("DEGPT_ORIGINS"))
}

fn cors(text: &str) -> Result<Cors, Error> {
    if text == "*" {
        return Ok(Cors::Any);
    }
    let origins: Option<Vec<_>> = values::list(text).map(values::page_origin).collect();
    origins.map(Cors::Only).ok_or(bad("CORS_ORIGINS"))
}

fn sorted<'a>(keys: &[&'a str]) -> Vec<&'a str> {
    let mut sorted = Vec::with_capacity(keys.len());
    for key in keys {
        // The list is short, and the standard library's sort would add 7 KB.
        sorted.insert(sorted.partition_point(|other| other < key), *key);
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::{Config, Cors, LogPanics, NAMES, Value, VisitorId};
    use crate::{error::Error, secret::Secret};

    fn with(name: &str, value: &str) -> Result<Config, Error> {
        Config::from_lookup(|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn nothing_set_is_a_good_configuration() {
        let asked = std::cell::RefCell::new(Vec::new());
        let config = Config::from_lookup(|name| {
            asked.borrow_mut().push(name.to_owned());
            None
        });
        let config = config.unwrap_or_else(|error| unreachable!("{error:?}"));
        assert_eq!(config.origins, ["https://www.degpt.ai"]);
        assert_eq!(config.max_body_bytes, 20 << 20);
        assert_eq!(config.max_in_flight_bytes, 48 << 20);
        assert_eq!(config.cors, Cors::Any);
        assert_eq!(config.gather_ms, 40);
        assert_eq!(config.log_panics, LogPanics::Place);
        assert!(config.api_keys.is_empty());
        let mut asked = asked.into_inner();
        let mut names = NAMES.map(str::to_owned).to_vec();
        asked.sort_unstable();
        names.sort_unstable();
        assert_eq!(asked, names);
    }

    #[test]
    fn bad_values_are_reported_by_name_and_never_shown() {
        let table = [
            ("API_KEYS", "[]"),
            ("API_KEYS", "[\"secret\"]"),
            ("API_KEYS", "good,\"secret\""),
            ("API_KEYS", "good,secret\nsecret"),
            ("API_KEYS", "sécret"),
            ("API_KEYS", "null"),
            ("API_KEYS", "alice=sec ret"),
            ("API_KEYS", "alice=\"secret\""),
            ("KEY_POLICIES", "secret"),
            ("KEY_POLICIES", "[\"secret\"]"),
            ("KEY_POLICIES", r#"{"alice":{"expires":"secret"}}"#),
            ("KEY_POLICIES", r#"{"alice":{"models":"secret"}}"#),
            ("KEY_POLICIES", r#"{"alice":{"concurrent":0}}"#),
            ("ADMIN_KEY", "secret"),
            ("ADMIN_KEY", "a secret of many characters"),
            ("RESERVE_TOKENS", "0"),
            ("RESERVE_TOKENS", "secret"),
            ("LEDGER_FAILS", "secret"),
            ("DEGPT_API_KEY", "degpt-se cret"),
            ("DEGPT_API_KEY", "[]"),
            ("DEGPT_API_KEY", "good, secret secret"),
            ("DEGPT_API_KEY", "good, \"secret\""),
            ("DEGPT_API_KEY", "secret, good, secret"),
            ("DEGPT_DAILY", "secret"),
            ("DEGPT_DAILY", "[\"off\"]"),
            ("DEGPT_API_KEY", "degpt-secret\r\nx-secret: 1"),
            ("DEGPT_VISITOR_ID", "undefined"),
            ("DEGPT_VISITOR_ID", "sécret"),
            ("DEGPT_ORIGINS", "secret"),
            ("DEGPT_ORIGINS", "https://secret/path"),
            ("DEGPT_ORIGINS", "https://user@secret"),
            ("DEGPT_ORIGINS", ","),
            ("DEGPT_ORIGINS", "https://a:secret"),
            ("DEGPT_ORIGINS", "https://a\nsecret"),
            ("DEGPT_ORIGINS", "[\"https://secret\"]"),
            ("DEFAULT_MODEL", "secret"),
            ("AUTO_MODELS", "secret"),
            ("AUTO_MODELS", "deepseek-chat,secret"),
            ("MODEL_FALLBACKS", "secret"),
            ("MODEL_FALLBACKS", "o3=secret"),
            ("MODEL_FALLBACKS", "o3=gpt-5;secret"),
            ("MODEL_FALLBACKS", "o3="),
            ("MODELS_LIVE", "secret"),
            ("VISION_MODEL", "secret"),
            ("DOCUMENT_MODEL", "secret"),
            ("MODEL_ALIASES", "secret"),
            ("MODELS_EXTRA", "secret"),
            ("MODELS_EXTRA", r#"[{"id":"a","text_model":"sec\nret"}]"#),
            ("MODELS_EXTRA", r#"[{"id":"a","image_model":"secrét"}]"#),
            ("MODELS_EXTRA", r#"[{"id":"sec\u0000ret","text_model":"a"}]"#),
            ("MAX_BODY_BYTES", "secret"),
            ("MAX_BODY_BYTES", "0"),
            ("MAX_BODY_BYTES", "1e6"),
            ("MAX_IN_FLIGHT_BYTES", "-1"),
            ("CORS_ORIGINS", "secret"),
            ("CORS_ORIGINS", "https://a.example, *"),
            ("CORS_ORIGINS", "https://a\r\nx-secret: 1"),
            ("CORS_ORIGINS", "[\"https://secret\"]"),
            ("CORS_ORIGINS", "https://sécret.example"),
            ("CLIENT_DEGPT_KEYS", "secret"),
            ("COMMIT_AFTER_MS", "-1"),
            ("FIRST_BYTE_TIMEOUT_MS", "0"),
            ("IDLE_TIMEOUT_MS", "secret"),
            ("KEEP_ALIVE_MS", "99999999999999999999"),
            ("MAX_ANSWER_MS", "3600001"),
            ("MAX_ANSWER_BYTES", "1"),
            ("GATHER_MS", "-1"),
            ("GATHER_MS", "251"),
            ("GATHER_MS", "2.5"),
            ("GATHER_MS", "secret"),
            ("WEB_SEARCH", "secret"),
            ("LOG_PANICS", "secret"),
            ("LOG_PANICS", "Full"),
            ("LOG_PANICS", "true"),
            ("LOG_REQUESTS", "some"),
        ];
        for (name, value) in table {
            let error = with(name, value).map(|_| ());
            let message = error.as_ref().err().map(Error::message).unwrap_or_default();
            assert!(matches!(error, Err(Error::Config { .. })), "{name}={value}: {error:?}");
            assert!(message.contains(name) && !message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn pieces_of_an_answer_are_sent_up_to_a_quarter_of_a_second_apart() {
        for (value, gap) in [("0", 0), (" 40 ", 40), ("250", 250), ("", 40)] {
            assert_eq!(with("GATHER_MS", value).map(|config| config.gather_ms), Ok(gap), "{value}");
        }
    }

    #[test]
    fn panics_are_logged_in_full_where_that_is_asked_for() {
        for (value, what) in
            [("", LogPanics::Place), ("place", LogPanics::Place), (" full\n", LogPanics::Full)]
        {
            assert_eq!(
                with("LOG_PANICS", value).map(|config| config.log_panics),
                Ok(what),
                "{value}"
            );
        }
    }

    #[test]
    fn the_tables_of_the_documents_have_each_variable_in_its_place() {
        let documents = [
            ("README.md", include_str!("../README.md")),
            ("README.zh-CN.md", include_str!("../README.zh-CN.md")),
            ("docs/configuration.md", include_str!("../docs/configuration.md")),
            ("docs/zh/configuration.md", include_str!("../docs/zh/configuration.md")),
        ];
        let is_name = |cell: &&str| cell.chars().all(|ch| ch.is_ascii_uppercase() || ch == '_');
        for (name, document) in documents {
            let rows = document.lines().filter_map(|line| line.strip_prefix("| `"));
            let cells = rows.filter_map(|row| row.split('`').next());
            assert_eq!(cells.filter(is_name).collect::<Vec<_>>(), NAMES, "{name}");
        }
    }

    #[test]
    fn lists_are_read_forgivingly() {
        let origins = with("DEGPT_ORIGINS", " https://A.example/ ,, http://127.0.0.1:9 ");
        let origins = origins.map(|config| config.origins).unwrap_or_default();
        assert_eq!(origins, ["https://a.example", "http://127.0.0.1:9"]);
        let cors = with("CORS_ORIGINS", "https://chat.example, app://obsidian.md");
        let expected = vec!["https://chat.example".to_owned(), "app://obsidian.md".to_owned()];
        assert_eq!(cors.map(|config| config.cors), Ok(Cors::Only(expected)));
    }

    #[test]
    fn a_value_of_another_type_than_text_is_bad_where_text_is_wanted() {
        let json = |name: &str, value: &str| {
            let lookup = |asked: &str| (asked == name).then(|| Value::Json(value.to_owned()));
            Config::from_values(&lookup).map(|_| ())
        };
        let is_number =
            |name: &str| ["_MS", "_BYTES", "_TOKENS"].iter().any(|end| name.ends_with(end));
        for name in NAMES {
            for value in ["[]", "{}", "true", "false", "[\"a\"]", "1.5", "", "1e+21"] {
                let is_fine = value.is_empty()
                    || [("MODELS_EXTRA", "[]"), ("KEY_POLICIES", "{}")].contains(&(name, value));
                let is_text_only =
                    !is_number(name) && !["MODELS_EXTRA", "KEY_POLICIES"].contains(&name);
                if is_fine && !is_text_only {
                    assert_eq!(json(name, value), Ok(()), "{name}={value}");
                    continue;
                }
                let Err(Error::Config { name: named, rule }) = json(name, value) else {
                    unreachable!("{name}={value}");
                };
                assert_eq!(named, name, "{name}={value}");
                assert_eq!(rule.contains("milliseconds"), name.ends_with("_MS"), "{name}: {rule}");
            }
            let number = if name == "GATHER_MS" { "250" } else { "5000" };
            assert_eq!(json(name, number).is_ok(), is_number(name), "{name}");
        }
        assert_eq!(json("MODELS_EXTRA", r#"[{"id":"a"}]"#), Ok(()));
    }

    #[test]
    fn the_visitor_id_follows_the_keys_and_not_their_order() {
        let id = |keys: &str| with("API_KEYS", keys).map(|config| config.visitor_id);
        assert_eq!(id("a,b"), id(" b , a"));
        assert_eq!(id("b,a"), Ok(VisitorId::OfKeys(Secret::new("a\nb"))));
        let alone = with("ADMIN_KEY", "a-key-of-the-operator").map(|config| config.visitor_id);
        assert_eq!(alone, Ok(VisitorId::OfKeys(Secret::new("a-key-of-the-operator"))));
        let set = with("DEGPT_VISITOR_ID", "mine").map(|config| config.visitor_id);
        assert_eq!(set, Ok(VisitorId::Set("mine".to_owned())));
    }

    #[test]
    fn keys_have_labels_of_their_own_or_by_their_numbers() {
        let labels = |keys: &str| with("API_KEYS", keys).map(|config| config.labels);
        let expected = ["alice", "key2", "bob", "alice", "key5"].map(str::to_owned).to_vec();
        assert_eq!(labels("alice=a, b, bob=c==,alice=d,ZQ=="), Ok(expected));
        // A label changes nothing about the visitor.
        let id = |keys: &str| with("API_KEYS", keys).map(|config| config.visitor_id);
        assert_eq!(id("alice=a,bob=b"), id("b,a"));
    }

    #[test]
    fn short_keys_are_warned_of_by_their_numbers_alone() {
        let warning = |keys: &str| with("API_KEYS", keys).map(|config| config.warning());
        let (short, long) = ("nineteen-characters", "twenty-characters-ok");
        let expected =
            "API_KEYS: shorter than 20 characters, so that they can be guessed: number 1 3";
        assert_eq!(warning(&format!("{short},{long}, , x")), Ok(Some(expected.to_owned())));
        assert_eq!(warning(long), Ok(None));
        assert_eq!(warning(""), Ok(None));
    }
}
