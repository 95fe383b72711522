//! The layers that `src/lib.rs` lists are true: a module uses what stands below it,
//! and within a folder no files use each other in a circle.
//!
//! Imports are read as text, without the tests within `src` and without comments.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// A file's path within its crate (`tools/parser.rs`), and its text.
type File = (String, String);

#[test]
fn every_module_uses_what_is_below_it() {
    let found = upward(&layers(), &sources());
    assert!(found.is_empty(), "upward:\n{}", found.join("\n"));
}

#[test]
fn no_files_of_a_folder_use_each_other_in_a_circle() {
    let found = circles(&sources());
    assert!(found.is_empty(), "in a circle:\n{}", found.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    let listed: BTreeSet<String> = layers().into_keys().collect();
    let there: BTreeSet<String> = sources().iter().map(|(path, _)| module(path)).collect();
    let there: BTreeSet<String> = there.into_iter().filter(|name| name != "lib").collect();
    assert_eq!(listed, there);
}

/// They are a crate of their own, and its modules are the lowest.
#[test]
fn the_base_is_below_all_else() {
    let layers = layers();
    let base: BTreeSet<String> = files(BASE).iter().map(|(path, _)| module(path)).collect();
    let (below, above): (Vec<_>, Vec<_>) =
        layers.iter().partition(|(name, _)| base.contains(*name));
    let highest = below.iter().map(|(_, layer)| *layer).max();
    assert!(highest < above.iter().map(|(_, layer)| *layer).min(), "{below:?}");
}

/// A third API is one folder and one row: nobody else goes by the name of one.
#[test]
fn only_the_dialects_know_their_names() {
    let found = by_name(&sources());
    assert!(found.is_empty(), "by name:\n{}", found.join("\n"));
}

#[test]
fn what_is_planted_is_found() {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let layers = ["low", "middle", "high"].into_iter().zip(0..);
    let layers: Layers = layers.map(|(name, layer)| (name.to_owned(), layer)).collect();
    let up = [
        file("low.rs", "use crate::{\n    middle::{self, Thing},\n};"),
        file("middle.rs", "use crate::low::Thing; // crate::high\nfn f() { crate::high::go() }"),
        file(
            "high/mod.rs",
            "use crate::{low, middle};\n#[cfg(test)]\nmod tests { use crate::high; }",
        ),
    ];
    let found = upward(&layers, &up);
    assert_eq!(found, ["low.rs uses crate::middle", "middle.rs uses crate::high"]);

    let ring = [
        file("a/mod.rs", "mod one;\nmod two;\nmod three;\npub use one::Thing;"),
        file("a/one.rs", "use super::two::Other;"),
        file("a/two.rs", "use super::{three::go, Thing};"),
        file("a/three.rs", "use crate::a::one::Thing;"),
        file("b/mod.rs", "mod one;\nuse one::go;"),
        file("b/one.rs", "use super::*;"),
    ];
    assert_eq!(circles(&ring), ["a: one, three, two"]);

    let named = [
        file("gateway.rs", "match api { x if x == &dialect::openai::API => {} }"),
        file("dialect/mod.rs", "pub static ALL: Table = &[&openai::API];"),
        file("edge/mod.rs", "gateway::handle(dialect::ALL)"),
        file("relay.rs", "if api.name == \"Anthropic\" {}"),
        file("route.rs", "match dialect { Dialect::OpenAi => {} }"),
    ];
    assert_eq!(
        by_name(&named),
        ["gateway.rs: openai::", "relay.rs: .name ==", "route.rs: Dialect::"]
    );
}

/// The layer of each module, from 0, the lowest.
type Layers = BTreeMap<String, usize>;

/// Those of the list in `lib.rs`: lines like ``//! 3. `json`, `sse`: …``.
fn layers() -> Layers {
    let map = include_str!("../../src/lib.rs");
    let mut layers = Layers::new();
    for line in map.lines() {
        let Some((number, rest)) = line.strip_prefix("//! ").and_then(|line| line.split_once(". "))
        else {
            continue;
        };
        let Ok(number) = number.parse() else {
            continue;
        };
        let names = rest.split(": ").next().unwrap_or_default();
        let names = names.split(", ").map(|name| name.trim_matches(['`', '[', ']']));
        layers.extend(names.map(|name| (name.to_owned(), number)));
    }
    assert!(layers.len() > 10, "no list of layers in src/lib.rs");
    layers
}

fn upward(layers: &Layers, files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files {
        let own = module(path);
        let Some(&layer) = layers.get(&own) else {
            continue;
        };
        let used = names_after(&code(text), "crate::");
        for name in used.into_iter().filter(|name| *name != own) {
            if layers.get(&name).is_some_and(|&other| other >= layer) {
                found.push(format!("{path} uses crate::{name}"));
            }
        }
    }
    found
}

/// The circles among the files of each folder: its name, and the files of one circle.
fn circles(files: &[File]) -> Vec<String> {
    let folder_of = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    let mut folders: BTreeMap<String, Vec<(String, BTreeSet<String>)>> = BTreeMap::new();
    for (path, text) in files {
        let Some(folder) = folder_of(path) else {
            continue;
        };
        let name = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        let code = code(text);
        let here = format!("crate::{}::", folder.replace('/', "::"));
        let mut used = names_after(&code, &here);
        if name != "mod" {
            used.extend(names_after(&code, "super::"));
        }
        folders.entry(folder).or_default().push((name, used));
    }
    let mut found = Vec::new();
    for (folder, mut files) in folders {
        // What uses nothing that is left, or is used by nothing that is left, is in no circle.
        loop {
            let left: BTreeSet<String> = files.iter().map(|(name, _)| name.clone()).collect();
            let used: BTreeSet<String> = files.iter().flat_map(|(_, used)| used.clone()).collect();
            let before = files.len();
            files.retain(|(name, uses)| {
                used.contains(name) && uses.iter().any(|use_| use_ != name && left.contains(use_))
            });
            if files.len() == before {
                break;
            }
        }
        if !files.is_empty() {
            let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
            let names: BTreeSet<&str> = names.into_iter().collect();
            let names: Vec<&str> = names.into_iter().collect();
            found.push(format!("{folder}: {}", names.join(", ")));
        }
    }
    found
}

fn by_name(files: &[File]) -> Vec<String> {
    let forms = ["openai::", "anthropic::", "Dialect::", ".name =="];
    let outside = files.iter().filter(|(path, _)| !path.starts_with("dialect/"));
    outside
        .flat_map(|(path, text)| {
            let code = code(text);
            let found = forms.into_iter().filter(move |form| code.contains(form));
            found.map(move |form| format!("{path}: {form}"))
        })
        .collect()
}

/// The names that follow `prefix`, also as a list in braces.
fn names_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (place, _) in code.match_indices(prefix) {
        // `crate::tools::` does not end in a `super::`'s prefix, but `xsuper::` could.
        let before = code.get(..place).and_then(|text| text.chars().next_back());
        if before.is_some_and(|ch| ch.is_alphanumeric() || ch == '_' || ch == ':') {
            continue;
        }
        let rest = code.get(place + prefix.len()..).unwrap_or_default();
        match rest.strip_prefix('{') {
            Some(list) => names.extend(items(list).map(first_name)),
            None => {
                names.insert(first_name(rest));
            }
        }
    }
    names.remove("");
    names
}

/// The items of a list in braces whose opening brace has been read.
fn items(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    let end = list.char_indices().find(|(_, ch)| match ch {
        '{' => {
            depth += 1;
            false
        }
        '}' if depth == 0 => true,
        '}' => {
            depth -= 1;
            false
        }
        _ => false,
    });
    let list = list.get(..end.map_or(list.len(), |(place, _)| place)).unwrap_or_default();
    let mut depth = 0_usize;
    list.split(move |ch| {
        match ch {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        ch == ',' && depth == 0
    })
}

fn first_name(text: &str) -> String {
    let name = |ch: &char| ch.is_alphanumeric() || *ch == '_';
    text.trim_start().chars().take_while(name).collect()
}

/// `text` without comments, without the tests that are a module at its end, and
/// without what is imported for the documentation alone.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "#[cfg(doc)]" {
            let _ = lines.find(|line| line.ends_with(';'));
            continue;
        }
        let line = line.split("//").next().unwrap_or_default();
        code.push_str(line);
        code.push('\n');
    }
    code
}

/// The top-level module that a file belongs to.
fn module(path: &str) -> String {
    let top = path.split('/').next().unwrap_or_default();
    top.trim_end_matches(".rs").to_owned()
}

/// The folder of the crate with the lowest layers.
const BASE: &str = "src/base";

/// Those of both crates: the paths within each.
fn sources() -> Vec<File> {
    let mut all = files("src");
    all.retain(|(path, _)| !path.starts_with("base/"));
    all.extend(files(BASE));
    assert!(all.len() > 50, "no sources");
    all
}

fn files(folder: &str) -> Vec<File> {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), "", &mut files);
    files.retain(|(path, _)| path != "build.rs");
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{path}/"), files);
        } else if entry.path().extension().is_some_and(|extension| extension == "rs")
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            files.push((path, text));
        }
    }
    files.sort();
}
