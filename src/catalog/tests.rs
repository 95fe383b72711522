use proptest::prelude::*;

use super::{Attachments, Attachments as A, Catalog, Fault};
use crate::{
    chat::{Thinking, Thinking as T},
    error::Error,
};

const VISION: &str = "doubao-seed-1-6-250615";

fn catalog(extra: &str, aliases: &str) -> Result<Catalog, Fault> {
    Catalog::new(extra, aliases, "deepseek-chat", VISION)
}

#[test]
fn ids_are_unique() {
    let catalog = catalog("", "").unwrap_or_else(|fault| unreachable!("{fault:?}"));
    let mut ids: Vec<_> = catalog.models().iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids.len(), 32);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 32);
}

#[test]
fn names_lead_to_the_model_that_answers() {
    let aliases = "gpt-5.2 = o3, claude-*=claude-sonnet-4-5-20250929, claude-3-*=gpt-4o";
    let catalog = catalog("", aliases).unwrap_or_else(|fault| unreachable!("{fault:?}"));
    let table = [
        // name, thinking, attachment -> id, upstream
        (None, T::Off, A::Absent, "deepseek-chat", "deepseek-chat"),
        (Some("auto"), T::Off, A::Absent, "deepseek-chat", "deepseek-chat"),
        (Some(""), T::Off, A::Absent, "deepseek-chat", "deepseek-chat"),
        (Some("auto"), T::Off, A::Present, VISION, VISION),
        (Some("qwen3-235b-a22b"), T::Off, A::Absent, "qwen3-235b-a22b", "qwen3-235b-a22b"),
        (Some("qwen3-235b-a22b"), T::On, A::Absent, "qwen3-235b-a22b-think", "qwen3-235b-a22b"),
        (Some("qwen3-235b-a22b-think"), T::Off, A::Absent, "qwen3-235b-a22b", "qwen3-235b-a22b"),
        // There is no variant that does not reason.
        (Some("o3"), T::Off, A::Absent, "o3", "o3"),
        (Some("qwen3-235b-a22b"), T::Off, A::Present, "qwen3-235b-a22b", "qwen-vl-plus"),
        (Some("qwen3-235b-a22b"), T::On, A::Present, "qwen3-235b-a22b-think", "qvq-max"),
        (
            Some("qwen3-235b-a22b-think"),
            T::Unsaid,
            A::Absent,
            "qwen3-235b-a22b-think",
            "qwen3-235b-a22b",
        ),
        // There is no reasoning variant: the model itself answers.
        (Some("gpt-4o"), T::On, A::Absent, "gpt-4o", "gpt-4o"),
        (Some("o3"), T::On, A::Absent, "o3", "o3"),
        // Order of precedence: an exact alias, an id, a long prefix, a short prefix.
        (Some("gpt-5.2"), T::Off, A::Absent, "o3", "o3"),
        (
            Some("claude-opus-4-20250514"),
            T::Off,
            A::Absent,
            "claude-opus-4-20250514",
            "claude-opus-4-20250514",
        ),
        (
            Some("claude-haiku-9"),
            T::Off,
            A::Absent,
            "claude-sonnet-4-5-20250929",
            "claude-sonnet-4-5-20250929",
        ),
        (Some("claude-3-5-sonnet"), T::Off, A::Absent, "gpt-4o", "gpt-4o"),
    ];
    for (name, thinking, attachment, id, upstream) in table {
        let target = catalog.resolve(name, thinking, attachment);
        let found =
            target.as_ref().map(|target| (target.model.id.as_str(), target.upstream.as_str()));
        assert_eq!(found, Ok((id, upstream)), "{name:?} {thinking:?} {attachment:?}");
    }
    let nowhere = catalog.resolve(Some("deepsek/deep"), T::Off, A::Absent);
    let nearest = "`deepseek-chat`, `deepseek-reasoner`";
    assert!(
        matches!(&nowhere, Err(Error::UnknownModel { name, nearest: near })
            if name == "deepsek/deep" && near.starts_with(nearest)),
        "{nowhere:?}"
    );
}

proptest! {
    #[test]
    fn an_id_is_found_in_whatever_clients_put_around_it(
        place in 0..32_usize,
        capitals in any::<u64>(),
        provider in "( ?[a-z-]{1,9}/){0,2}",
        suffix in "(\\[1[mM]\\])?[ \n]?",
    ) {
        let catalog = catalog("", "*=o3").unwrap_or_else(|fault| unreachable!("{fault:?}"));
        let id = catalog.models().get(place).map(|model| model.id.clone()).unwrap_or_default();
        let shout = |(place, ch): (usize, char)| {
            if capitals >> (place % 64) & 1 == 1 { ch.to_ascii_uppercase() } else { ch }
        };
        let name: String = id.chars().enumerate().map(shout).collect();
        let name = format!("{provider}{name}{suffix}");
        let found = catalog.find(Some(&name), None).map(|model| model.id.clone());
        prop_assert_eq!(found, Ok(id));
    }

    #[test]
    fn any_name_leads_somewhere_or_to_three_ids_at_most(name in any::<String>()) {
        let catalog = catalog("", "").unwrap_or_else(|fault| unreachable!("{fault:?}"));
        if let Err(error) = catalog.find(Some(&name), None) {
            let Error::UnknownModel { nearest, .. } = error else {
                unreachable!("{error:?}");
            };
            let ids: Vec<&str> = nearest.split('`').skip(1).step_by(2).collect();
            prop_assert!(ids.len() <= 3 && ids.iter().all(|id| catalog.model(id).is_some()));
        }
    }
}

#[test]
fn without_a_vision_model_a_picture_for_a_blind_one_is_refused_by_name() {
    let catalog = Catalog::new("", "", "deepseek-chat", "off");
    let catalog = catalog.unwrap_or_else(|fault| unreachable!("{fault:?}"));
    let error = catalog.resolve(None, Thinking::Off, Attachments::Present);
    let message = error.map(|_| ()).map_err(|error| error.message());
    assert_eq!(message, Err("The model `deepseek-chat` takes no pictures or files.".into()));
}

#[test]
fn extra_entries_replace_and_add() {
    let extra =
        r#"[{"id":"gpt-4o","text_model":"gpt-4o-new"},{"id":"kimi-think","images":"openai"}]"#;
    let catalog = catalog(extra, "k*=kimi-think").unwrap_or_else(|fault| unreachable!("{fault:?}"));
    assert_eq!(catalog.models().len(), 33);
    let replaced = catalog.model("gpt-4o").map(|model| model.text_model.as_str());
    assert_eq!(replaced, Some("gpt-4o-new"));
    let added = catalog.find(Some("k2"), None);
    let added = added.as_ref().map(|model| (model.text_model.as_str(), model.think));
    assert_eq!(added, Ok(("kimi", true)));
}

#[test]
fn bad_values_are_told_apart() {
    let table = [
        (("{}", "", "deepseek-chat", VISION), Fault::Extra),
        ((r#"[{"id":""}]"#, "", "deepseek-chat", VISION), Fault::Extra),
        ((r#"[{"id":"a","imges":"openai"}]"#, "", "deepseek-chat", VISION), Fault::Extra),
        ((r#"[{"id":"a\nb","text_model":"a"}]"#, "", "deepseek-chat", VISION), Fault::Extra),
        ((r#"[{"id":"a","text_model":"a\nb"}]"#, "", "deepseek-chat", VISION), Fault::Extra),
        ((r#"[{"id":"a","image_model":"模"}]"#, "", "deepseek-chat", VISION), Fault::Extra),
        (("", "a", "deepseek-chat", VISION), Fault::Aliases),
        (("", "a=nobody", "deepseek-chat", VISION), Fault::Aliases),
        (("", "=o3", "deepseek-chat", VISION), Fault::Aliases),
        (("", "a*b=o3", "deepseek-chat", VISION), Fault::Aliases),
        (("", "**=o3", "deepseek-chat", VISION), Fault::Aliases),
        (("", "*a*=o3", "deepseek-chat", VISION), Fault::Aliases),
        (("", "", "nobody", VISION), Fault::Default),
        (("", "", "deepseek-chat", "nobody"), Fault::Vision),
        (("", "", "deepseek-chat", "deepseek-chat"), Fault::Vision),
    ];
    for ((extra, aliases, default, vision), fault) in table {
        assert_eq!(Catalog::new(extra, aliases, default, vision), Err(fault), "{extra}{aliases}");
    }
}
