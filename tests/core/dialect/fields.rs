//! The tables of `docs/fields.md` are those of the code.
//!
//! `UPDATE_GOLDEN=1 cargo test --test core fields` writes them anew.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::{fmt::Write, fs};

use crate::support::{
    apis,
    requests::{Parse, body},
};
use degpt_edge::dialect::{Fields, SPELLINGS, anthropic, openai, responses};
use serde_json::{Value, json};

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/fields.md");

#[test]
fn the_documentation_has_the_tables_of_the_code() {
    let text = fs::read_to_string(DOCS).unwrap();
    let mut expected = text.clone();
    for (name, table) in [
        ("spellings", spellings()),
        ("openai", table(&openai::known())),
        ("anthropic", table(&anthropic::known())),
        ("responses", table(&responses::known())),
    ] {
        let begin = format!("<!-- {name} -->\n");
        let (head, rest) = expected.split_once(&begin).unwrap();
        let (_, tail) = rest.split_once("<!-- end -->").unwrap();
        expected = format!("{head}{begin}{table}<!-- end -->{tail}");
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(DOCS, &expected).unwrap();
    } else {
        assert!(text == expected, "docs/fields.md is out of date: UPDATE_GOLDEN=1 writes it");
    }
}

fn spellings() -> String {
    let rows =
        SPELLINGS.iter().map(|(what, paths)| format!("| {what} | `{}` |\n", paths.join("`, `")));
    format!("| what | fields |\n|---|---|\n{}", rows.collect::<String>())
}

/// A row for each object.
fn table(fields: &Fields) -> String {
    let mut rows: Vec<(&str, [Vec<String>; 4])> = Vec::new();
    for (path, fate) in fields.all() {
        let (object, name) = path.rsplit_once('.').unwrap_or(("the request", path));
        let column = ["obeyed", "named", "asks nothing", "refused"]
            .iter()
            .position(|column| fate.starts_with(column));
        let text = match fate.split_once(", ") {
            Some((_, but_for)) => format!("`{name}` ({but_for})"),
            None => format!("`{name}`"),
        };
        if rows.last().is_none_or(|(last, _)| *last != object) {
            rows.push((object, Default::default()));
        }
        rows.last_mut().unwrap().1.get_mut(column.unwrap()).unwrap().push(text);
    }
    let mut table =
        "| object | obeyed | named | asks nothing | refused |\n|---|---|---|---|---|\n".to_owned();
    for (object, columns) in rows {
        let columns = columns.map(|names| names.join(", ")).join(" | ");
        writeln!(table, "| `{object}` | {columns} |").unwrap();
    }
    table
}

#[test]
fn each_api_obeys_all_spellings() {
    for fields in [openai::known(), anthropic::known(), responses::known()] {
        for path in SPELLINGS.iter().flat_map(|(_, paths)| *paths) {
            let known = fields.all().iter().find(|(known, _)| known == path);
            assert!(known.is_some_and(|(_, fate)| fate == "obeyed"), "{path}: {known:?}");
        }
    }
}

#[test]
fn the_tables_say_what_happens() {
    let odd = json!({"zz": [1]});
    for (known, parse, list) in [
        (openai::known(), apis::openai as Parse, "messages"),
        (anthropic::known(), apis::anthropic, "messages"),
        (responses::known(), apis::responses, "input"),
    ] {
        let outermost = known.all().iter().filter(|(path, _)| !path.contains(['.', '[']));
        for (name, fate) in outermost {
            let ignored = |value: &Value| {
                let mut body: Value = serde_json::from_slice(&body(&json!({}))).unwrap();
                let fields = body.as_object_mut().unwrap();
                let turns = fields.remove("messages").unwrap();
                fields.insert(list.to_owned(), turns);
                if name != list || *value != Value::Null {
                    fields.insert(name.clone(), value.clone());
                }
                let body = body.to_string().into_bytes();
                parse(&body).map(|prompt| prompt.notes.ignored().join(", "))
            };
            assert_eq!(ignored(&Value::Null).as_deref().unwrap_or(""), "", "{name}");
            match fate.as_str() {
                "named" => assert_eq!(ignored(&odd).as_deref(), Ok(name.as_str())),
                "asks nothing" => assert_eq!(ignored(&odd).as_deref(), Ok("")),
                "refused" => assert!(ignored(&odd).is_err(), "{name}"),
                "obeyed" => assert_ne!(ignored(&odd).as_deref(), Ok(name.as_str()), "{name}"),
                but_for => {
                    assert_eq!(ignored(&odd).as_deref(), Ok(name.as_str()));
                    let values = but_for.strip_prefix("named, but for ").unwrap();
                    for value in values.split(", ").map(|value| value.trim_matches('`')) {
                        let value = serde_json::from_str(value).unwrap();
                        assert_eq!(ignored(&value).as_deref(), Ok(""), "{name}");
                    }
                }
            }
        }
    }
}
