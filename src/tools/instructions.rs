//! The instructions that models get about tools and the format of the answer.

use std::{borrow::Cow, fmt::Write};

use super::{form::Root, quote};
use crate::{
    chat::{Calls, Format, Part, Prompt, Role, Tool, ToolChoice, Tools, Turn},
    json::Writer,
};

/// Adds the tools and the format of a request to the instructions of `prompt`, because DeGPT
/// does not pass them on. Before that it marks the calls and results that the prompt's texts
/// quote: a model that repeats them then calls nothing.
pub fn instruct(prompt: &mut Prompt<'_>) {
    quote::quote(prompt);
    let tools = prompt.tools.as_ref().map(describe_tools);
    let opening = if tools.is_some() { "Unless you call a tool, answer" } else { "Answer" };
    let format = prompt.format.map(|format| describe_format(format, opening));
    let format = format.map(|block| match &tools {
        Some(_) => quote::mark(&block).into_owned(),
        None => block,
    });
    let blocks: Vec<String> = tools.into_iter().chain(format).collect();
    if blocks.is_empty() {
        return;
    }
    let mut block = crate::text::joined(&blocks, "\n\n");
    drop(blocks);
    let first = prompt.turns.iter().position(|turn| turn.role != Role::System);
    let systems = first.unwrap_or(prompt.turns.len());
    let last_system = systems.checked_sub(1).and_then(|index| prompt.turns.get_mut(index));
    match last_system {
        Some(turn) => {
            block.reserve_exact(1);
            block.insert(0, '\n');
            turn.parts.push(Part::Text(Cow::Owned(block)));
        }
        None => prompt
            .turns
            .insert(0, Turn { role: Role::System, parts: vec![Part::Text(Cow::Owned(block))] }),
    }
}

fn describe_tools(tools: &Tools<'_>) -> String {
    let mut block = String::from(
        "# Tools\n\nYou can call the tools below. Each line is one, with the JSON schema of its \
         arguments.\n",
    );
    let all_deferred = tools.list.iter().all(|tool| tool.deferred);
    for tool in tools.list.iter().filter(|tool| all_deferred || !tool.deferred) {
        block.push_str(&quote::mark(&line(tool)));
        block.push('\n');
    }
    block.push_str(
        "\nTo call a tool, write a block of exactly this form, not in a code fence, with \
         arguments that fit its schema, in valid JSON (quotes, backslashes and line breaks \
         within strings escaped):\n\
         <tool_call>\n{\"name\": \"…\", \"arguments\": {…}}\n</tool_call>\n",
    );
    block.push_str(match tools.calls {
        Calls::Many => "For several calls write several blocks, one after the other. ",
        Calls::One => "Make one call at a time. ",
    });
    block.push_str(
        "After your calls, stop: what they return comes in the next message, within \
         <tool_response> tags, and you go on from there. Never write <tool_response> yourself, \
         and never make up a tool or what it returns.\n",
    );
    if tools.quotes.tags {
        block.push_str(
            "Where such tags are only quoted there is a ~ in them, like in <~tool_call>. Leave it \
             in when you quote them.\n",
        );
    }
    match (tools.choice, tools.list.as_slice()) {
        (ToolChoice::Auto, _) => block.push_str(
            "If a tool helps, call it rather than saying that you will; else answer as usual.",
        ),
        (ToolChoice::Required, [only]) => {
            let _ = write!(block, "Now you must call `{}`. Write nothing else.", only.name);
        }
        (ToolChoice::Required, _) => {
            block.push_str("Now you must call at least one tool. Write nothing else.");
        }
    }
    block
}

/// Describes the form of the answer, in words that begin with `opening`.
fn describe_format(format: Format<'_>, opening: &str) -> String {
    let sizes = [format.description, format.schema].map(|text| text.map_or(0, str::len));
    // It may be megabytes, and must not be copied as it grows.
    let mut block = String::with_capacity(512 + sizes.iter().sum::<usize>());
    block.push_str("# Form of the answer\n\n");
    block.push_str(opening);
    let value = Root::of(format).name();
    let _ = write!(block, " with one {value} and nothing else: no words around it, no code fence.");
    if let Some(description) = format.description {
        let _ = write!(block, " What it is: {description}");
    }
    if let Some(schema) = format.schema {
        let _ = write!(block, " It must fit this JSON schema:\n{schema}");
    }
    block
}

/// The line that describes `tool`: a JSON object.
fn line(tool: &Tool<'_>) -> String {
    let mut line = Writer::after(Vec::new()).field("name", &tool.name);
    // With a description, even an empty one, the parser does not take the line for a call.
    line = line.field("description", tool.description.as_deref().unwrap_or_default());
    if let Some(schema) = tool.schema {
        line = line.raw("parameters", &in_one_line(schema));
    }
    if let Some(examples) = tool.examples {
        line = line.raw("examples", &in_one_line(examples));
    }
    line.end()
}

/// The same JSON without the white space between its tokens, if it has several lines.
fn in_one_line(json: &str) -> Cow<'_, str> {
    if !json.contains('\n') {
        return Cow::Borrowed(json);
    }
    let mut quoted = false;
    let mut escaped = false;
    let keep = |ch: &char| {
        quoted ^= *ch == '"' && !escaped;
        escaped = *ch == '\\' && !escaped;
        quoted || !ch.is_ascii_whitespace()
    };
    Cow::Owned(json.chars().filter(keep).collect())
}
