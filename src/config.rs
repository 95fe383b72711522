//! The deployment's variables, checked once.
//!
//! A [`Config`] cannot exist in a bad state: the first bad value is reported by
//! its name and the rule it breaks, never by its content. README lists the
//! variables for people; `NAMES` here is that list for tests.

use std::time::Duration;

use crate::{
    auth::{self, ApiKey, Secret},
    catalog::{Catalog, Fault},
    error::Error,
};

/// All variables, in the order of README's table.
pub const NAMES: [&str; 17] = [
    "API_KEYS",
    "DEGPT_API_KEY",
    "DEGPT_VISITOR_ID",
    "DEGPT_ORIGINS",
    "DEFAULT_MODEL",
    "VISION_MODEL",
    "MODEL_ALIASES",
    "MODELS_EXTRA",
    "MAX_BODY_BYTES",
    "MAX_IN_FLIGHT_BYTES",
    "CORS_ORIGINS",
    "CLIENT_DEGPT_KEYS",
    "COMMIT_AFTER_MS",
    "FIRST_BYTE_TIMEOUT_MS",
    "IDLE_TIMEOUT_MS",
    "KEEP_ALIVE_MS",
    "MAX_ANSWER_BYTES",
];

/// What the deployment has decided.
#[derive(Debug, Clone)]
pub struct Config {
    /// The keys clients may use. May be empty: then nobody is a member.
    pub api_keys: Vec<ApiKey>,
    /// The deployment's own credential at DeGPT, if it has one.
    pub degpt_key: Option<Secret>,
    /// The id by which the deployment signs in as a visitor. Stable, because
    /// each new one makes an account at DeGPT.
    pub visitor_id: String,
    /// Where DeGPT is, like `https://www.degpt.ai`: never empty, no slash at the end.
    pub origins: Vec<String>,
    /// The models.
    pub catalog: Catalog,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// How many bytes all requests of an isolate may hold at once.
    pub max_in_flight_bytes: usize,
    /// Which web pages may call.
    pub cors: Cors,
    /// What is done with a client's own `degpt-…` key.
    pub client_keys: ClientKeys,
    /// How long things may take.
    pub timing: Timing,
    /// The largest answer of DeGPT, in bytes of its stream.
    pub max_answer_bytes: usize,
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// After this a streamed answer sends its headers, whatever DeGPT does.
    pub commit_after: Duration,
    /// Within this the first event of an answer has to come.
    pub first_byte: Duration,
    /// The longest silence of DeGPT within an answer.
    pub idle: Duration,
    /// The longest silence towards a client once its headers are sent.
    pub keep_alive: Duration,
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
    /// It is a key like any other.
    Off,
    /// It admits the client, and is what is used at DeGPT.
    Pass,
}

impl Config {
    /// Reads the variables through `lookup`. Missing and blank are the same.
    ///
    /// # Errors
    /// [`Error::Config`] for the first bad value.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let value = |name: &str, default: &str| {
            let found = lookup(name).map(|value| value.trim().to_owned());
            found.filter(|value| !value.is_empty()).unwrap_or_else(|| default.to_owned())
        };
        let milliseconds = |name, default| {
            let rule = "a whole number of milliseconds from 1 to 3600000";
            whole_number(name, &value(name, default), 1..=3_600_000, rule)
                .map(|number| Duration::from_millis(number as u64))
        };
        let bytes = |name, default| {
            let rule = "a whole number of bytes from 1024 to 104857600";
            whole_number(name, &value(name, default), 1024..=104_857_600, rule)
        };

        let keys = value("API_KEYS", "");
        let keys: Vec<&str> = list(&keys).collect();
        let catalog = Catalog::new(
            &value("MODELS_EXTRA", ""),
            &value("MODEL_ALIASES", ""),
            &value("DEFAULT_MODEL", "deepseek-chat"),
            &value("VISION_MODEL", "doubao-seed-1-6-250615"),
        )
        .map_err(catalog_error)?;
        Ok(Self {
            api_keys: keys.iter().map(|key| ApiKey::of(key)).collect(),
            degpt_key: header_safe("DEGPT_API_KEY", value("DEGPT_API_KEY", ""))?.map(Secret::new),
            visitor_id: header_safe("DEGPT_VISITOR_ID", value("DEGPT_VISITOR_ID", ""))?
                .unwrap_or_else(|| visitor_id(&keys)),
            origins: origins(&value("DEGPT_ORIGINS", "https://www.degpt.ai"))?,
            catalog,
            max_body_bytes: bytes("MAX_BODY_BYTES", "20971520")?,
            max_in_flight_bytes: bytes("MAX_IN_FLIGHT_BYTES", "50331648")?,
            cors: cors(&value("CORS_ORIGINS", "*"))?,
            client_keys: match value("CLIENT_DEGPT_KEYS", "off").as_str() {
                "off" => ClientKeys::Off,
                "pass" => ClientKeys::Pass,
                _ => return Err(bad("CLIENT_DEGPT_KEYS", "`off` or `pass`")),
            },
            timing: Timing {
                commit_after: milliseconds("COMMIT_AFTER_MS", "10000")?,
                first_byte: milliseconds("FIRST_BYTE_TIMEOUT_MS", "120000")?,
                idle: milliseconds("IDLE_TIMEOUT_MS", "60000")?,
                keep_alive: milliseconds("KEEP_ALIVE_MS", "15000")?,
            },
            max_answer_bytes: bytes("MAX_ANSWER_BYTES", "16777216")?,
        })
    }
}

fn bad(name: &'static str, rule: &'static str) -> Error {
    Error::Config { name, rule }
}

fn catalog_error(fault: Fault) -> Error {
    match fault {
        Fault::Extra => bad("MODELS_EXTRA", "a JSON list of catalogue entries, each with an `id`"),
        Fault::Aliases => {
            bad("MODEL_ALIASES", "`from=to`, comma-separated, each `to` an id of the models list")
        }
        Fault::Default => bad("DEFAULT_MODEL", "an id of the models list"),
        Fault::Vision => bad("VISION_MODEL", "`off`, or the id of a model that takes pictures"),
    }
}

/// The items of a comma-separated list, trimmed, without empty ones.
fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn whole_number(
    name: &'static str,
    text: &str,
    range: std::ops::RangeInclusive<usize>,
    rule: &'static str,
) -> Result<usize, Error> {
    text.parse().ok().filter(|number| range.contains(number)).ok_or(bad(name, rule))
}

/// `None` for an empty value; an error for one that cannot stand in a header.
fn header_safe(name: &'static str, value: String) -> Result<Option<String>, Error> {
    if value.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok((!value.is_empty()).then_some(value))
    } else {
        Err(bad(name, "visible ASCII characters without spaces"))
    }
}

fn origins(text: &str) -> Result<Vec<String>, Error> {
    let rule = "origins like `https://www.degpt.ai`, comma-separated, without a path";
    let origins: Option<Vec<_>> = list(text).map(origin).collect();
    origins.filter(|origins| !origins.is_empty()).ok_or(bad("DEGPT_ORIGINS", rule))
}

/// An http(s) origin without the slash at its end.
fn origin(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]_".contains(&byte);
    (!host.is_empty() && host.bytes().all(sound)).then(|| text.to_ascii_lowercase())
}

fn cors(text: &str) -> Result<Cors, Error> {
    if text == "*" {
        return Ok(Cors::Any);
    }
    let rule = "`*`, or origins like `https://chat.example.com`, comma-separated, without a path";
    // Pages of apps have origins of other schemes (`app://…`), so only the form is checked.
    let sound = |item: &str| {
        item.split_once("://").is_some_and(|(scheme, host)| {
            !scheme.is_empty() && !host.is_empty() && !host.contains(['/', '*', ' '])
        })
    };
    list(text)
        .map(|item| sound(item).then(|| item.to_ascii_lowercase()))
        .collect::<Option<Vec<_>>>()
        .map(Cors::Only)
        .ok_or(bad("CORS_ORIGINS", rule))
}

/// A visitor id that stays the same as long as the deployment's keys do, and
/// says nothing about them.
fn visitor_id(keys: &[&str]) -> String {
    let mut sorted: Vec<&str> = Vec::with_capacity(keys.len());
    for key in keys {
        // There are few, and the standard library's sorting is 7 KB.
        sorted.insert(sorted.partition_point(|other| other < key), key);
    }
    let mut id = auth::digest(&format!("degpt-edge visitor\n{}", sorted.join("\n")));
    id.truncate(32);
    id
}

#[cfg(test)]
mod tests {
    use super::{Config, Cors, NAMES};
    use crate::error::Error;

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
            ("DEGPT_API_KEY", "degpt-se cret"),
            ("DEGPT_VISITOR_ID", "sécret"),
            ("DEGPT_ORIGINS", "secret"),
            ("DEGPT_ORIGINS", "https://secret/path"),
            ("DEGPT_ORIGINS", "https://user@secret"),
            ("DEGPT_ORIGINS", ","),
            ("DEFAULT_MODEL", "secret"),
            ("VISION_MODEL", "secret"),
            ("MODEL_ALIASES", "secret"),
            ("MODELS_EXTRA", "secret"),
            ("MAX_BODY_BYTES", "secret"),
            ("MAX_BODY_BYTES", "0"),
            ("MAX_BODY_BYTES", "1e6"),
            ("MAX_IN_FLIGHT_BYTES", "-1"),
            ("CORS_ORIGINS", "secret"),
            ("CORS_ORIGINS", "https://a.example, *"),
            ("CLIENT_DEGPT_KEYS", "secret"),
            ("COMMIT_AFTER_MS", "-1"),
            ("FIRST_BYTE_TIMEOUT_MS", "0"),
            ("IDLE_TIMEOUT_MS", "secret"),
            ("KEEP_ALIVE_MS", "99999999999999999999"),
            ("MAX_ANSWER_BYTES", "1"),
        ];
        for (name, value) in table {
            let error = with(name, value).map(|_| ());
            let message = error.as_ref().err().map(Error::message).unwrap_or_default();
            assert!(matches!(error, Err(Error::Config { .. })), "{name}={value}: {error:?}");
            assert!(message.contains(name) && !message.contains("secret"), "{message}");
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
    fn the_visitor_id_follows_the_keys_and_not_their_order() {
        let id = |keys: &str| with("API_KEYS", keys).map(|config| config.visitor_id);
        assert_eq!(id("a,b"), id(" b , a"));
        assert_ne!(id("a,b"), id("a"));
        assert_eq!(id("a").map(|id| id.len()), Ok(32));
        let set = with("DEGPT_VISITOR_ID", "mine").map(|config| config.visitor_id);
        assert_eq!(set, Ok("mine".to_owned()));
    }
}
