//! The switches of the model's reasoning, in all the spellings that clients use.
//!
//! A switch (on or off) wins over an effort or a budget. Of two switches, or two efforts,
//! that disagree, the one for less reasoning wins. What loses has no effect.

use crate::{
    chat::{Reasoning, Thinking},
    json::{
        Asks::{self, Something},
        Kind, Outcome, Raw, Read, Reader, Row, Text, fields,
    },
    notes::{Notes, Wish},
};

/// The switches, in any object that may have some.
pub(super) const SWITCHES: &[Row] = &[
    // Anthropic, DeepSeek, DouBao; a bare `true` or `false` in DeepSeek's templates.
    ("thinking", Asks::Read(thinking)),
    // Qwen.
    ("enable_thinking", Asks::Read(switch)),
    // OpenAI.
    ("reasoning_effort", Asks::Read(effort)),
    // OpenRouter, and OpenAI's Responses API.
    ("reasoning", Asks::Read(|reader| reader.rows(&[REASONING]))),
    ("include_reasoning", Asks::Read(|reader| hide_if(reader, false))),
];

pub(super) const REASONING: &[Row] = &[
    ("effort", Asks::Read(effort)),
    ("enabled", Asks::Read(switch)),
    ("exclude", Asks::Read(|reader| hide_if(reader, true))),
    ("max_tokens", Asks::Read(budget)),
    // An answer has all of its reasoning as the summary.
    ("summary", Asks::Nothing),
    ("generate_summary", Asks::Nothing),
];

#[derive(Default)]
pub(super) struct Mode<'a> {
    kind: Option<Text<'a>>,
}

fields!(Mode<'a> { kind = "type" } + MODE);

const MODE: &[Row] = &[("budget_tokens", Something), ("display", Asks::Read(display))];

fn thinking(reader: &mut Reader<'_>) -> Outcome<()> {
    if reader.kind() == Kind::Bool {
        return switch(reader);
    }
    let Some(kind) = Mode::read(reader)?.kind else {
        return Ok(());
    };
    reader.wish(match kind.as_str() {
        "enabled" | "adaptive" | "auto" => Some(Wish::On),
        "disabled" => Some(Wish::Off),
        _ => None,
    });
    Ok(())
}

fn switch(reader: &mut Reader<'_>) -> Outcome<()> {
    let is_on = bool::read(reader)?;
    reader.wish(Some(if is_on { Wish::On } else { Wish::Off }));
    Ok(())
}

fn effort(reader: &mut Reader<'_>) -> Outcome<()> {
    let effort = Text::read(reader)?;
    let is_none = matches!(effort.as_str(), "none" | "minimal");
    reader.wish(Some(if is_none { Wish::NoEffort } else { Wish::Effort }));
    Ok(())
}

/// It asks for reasoning, or with 0 for none; how much of it there is has no effect.
fn budget(reader: &mut Reader<'_>) -> Outcome<()> {
    let is_none = Raw::read(reader)?.0 == "0";
    reader.note();
    reader.wish(Some(if is_none { Wish::NoEffort } else { Wish::Effort }));
    Ok(())
}

fn display(reader: &mut Reader<'_>) -> Outcome<()> {
    match Text::read(reader)?.as_str() {
        "summarized" => {}
        "omitted" => reader.wish(Some(Wish::Hidden)),
        _ => reader.note(),
    }
    Ok(())
}

fn hide_if(reader: &mut Reader<'_>, value: bool) -> Outcome<()> {
    if bool::read(reader)? == value {
        reader.wish(Some(Wish::Hidden));
    }
    Ok(())
}

/// What the switches of a request come to.
pub(super) fn decide(notes: &mut Notes) -> (Thinking, Reasoning) {
    // Who turns reasoning off does not want it from a model that reasons all the same.
    let is_hidden = notes.ask(Wish::Hidden) || notes.ask(Wish::Off);
    let reasoning = if is_hidden { Reasoning::Hidden } else { Reasoning::Shown };
    notes.settle(&[Wish::Hidden], true);
    // The first that is asked for wins, and these lose.
    let table: [(Wish, Thinking, &[Wish]); 4] = [
        (Wish::Off, Thinking::Off, &[Wish::On, Wish::Effort]),
        (Wish::On, Thinking::On, &[Wish::NoEffort]),
        (Wish::NoEffort, Thinking::Off, &[Wish::Effort]),
        (Wish::Effort, Thinking::On, &[]),
    ];
    let Some((_, thinking, losers)) = table.into_iter().find(|(wish, ..)| notes.ask(*wish)) else {
        return (Thinking::Unsaid, reasoning);
    };
    notes.settle(losers, false);
    (thinking, reasoning)
}
