//! The tools of a request, which of them must be called, and the format of the answer.

use std::borrow::Cow;

use super::{
    encode::CallForm,
    tool_choice::{AllowedTools, ToolChoiceObject, ToolChoiceParam},
    wire,
};
use crate::{
    chat::{Calls, Format, Quotes, Tool, ToolChoice, Tools},
    dialect::{rules, tool_rules},
    error::Error,
    json::Text,
    names::Names,
};

/// Takes the tools out of `request`; `None` if there are none, or none may be called.
/// Also gives the form of the calls in the answer.
///
/// # Errors
/// [`Error::Invalid`] for a tool that is not a function, and for a choice that is unknown
/// or that no tool can fulfil.
pub(super) fn read<'a>(
    request: &mut wire::Request<'a>,
) -> Result<(Option<Tools<'a>>, CallForm), Error> {
    let tools = request.tools.take().unwrap_or_default();
    let functions = request.functions.take().unwrap_or_default();
    tool_rules::check_number(tools.len(), "tools")?;
    tool_rules::check_number(functions.len(), "functions")?;
    let (mut list, choice, form) = if tools.is_empty() && !functions.is_empty() {
        let list = functions
            .into_iter()
            .enumerate()
            .map(|(index, spec)| function(spec, &|| format!("functions[{index}]")));
        (list.collect::<Result<Vec<_>, _>>()?, request.function_call.take(), CallForm::Legacy)
    } else {
        let list = tools.into_iter().enumerate().map(tool).collect::<Result<_, _>>()?;
        (list, request.tool_choice.take(), CallForm::Current)
    };
    let (declared, param) = match form {
        CallForm::Current => ("tools", "tool_choice"),
        CallForm::Legacy => ("functions", "function_call"),
    };
    tool_rules::check_size(&list, declared)?;
    let choice = match choice {
        None => ToolChoice::Auto,
        Some(ToolChoiceParam::Mode(mode)) if mode.as_str() == "none" => return Ok((None, form)),
        Some(ToolChoiceParam::Mode(mode)) => read_mode(&mode, param)?,
        Some(ToolChoiceParam::Object(chosen)) => choose(chosen, param, declared, &mut list)?,
    };
    if list.is_empty() {
        return match choice {
            ToolChoice::Auto => Ok((None, form)),
            ToolChoice::Required => Err(Error::invalid(
                param,
                format!("Must not require a call: `{declared}` is empty."),
            )),
        };
    }
    let calls = if request.parallel_tool_calls == Some(false) || form == CallForm::Legacy {
        Calls::One
    } else {
        Calls::Many
    };
    Ok((Some(Tools { list, choice, calls, quotes: Quotes::default() }), form))
}

fn read_mode(mode: &Text<'_>, param: &str) -> Result<ToolChoice, Error> {
    match mode.as_str() {
        "auto" => Ok(ToolChoice::Auto),
        // LiteLLM and others send `any`.
        "required" | "any" => Ok(ToolChoice::Required),
        _ => Err(rules::must_be(param, &["auto", "none", "required"])),
    }
}

/// Whether a tool must be called. Leaves in `list` those that `chosen` allows.
fn choose(
    chosen: ToolChoiceObject<'_>,
    param: &str,
    declared: &str,
    list: &mut Vec<Tool<'_>>,
) -> Result<ToolChoice, Error> {
    let kind = chosen.kind.as_ref().map_or("", Text::as_str);
    if kind == "allowed_tools" {
        let Some(allowed) = chosen.allowed_tools else {
            let allowed = AllowedTools { mode: chosen.mode, tools: chosen.tools };
            return allow(allowed, param, declared, list);
        };
        return allow(allowed, &format!("{param}.allowed_tools"), declared, list);
    }
    let Some(name) = chosen.function.map(|function| function.name).or(chosen.name) else {
        let message = "Must name a function, or have the type `allowed_tools`.";
        return Err(Error::invalid(param, message));
    };
    tool_rules::choose(list, name.as_str(), declared, param)
}

fn allow(
    allowed: AllowedTools<'_>,
    param: &str,
    declared: &str,
    list: &mut Vec<Tool<'_>>,
) -> Result<ToolChoice, Error> {
    let choice = match allowed.mode.as_ref().map(Text::as_str) {
        Some("auto") => ToolChoice::Auto,
        Some("required") => ToolChoice::Required,
        _ => return Err(rules::must_be(format!("{param}.mode"), &["auto", "required"])),
    };
    let tools = allowed.tools.unwrap_or_default();
    if tools.is_empty() {
        return Err(Error::invalid(format!("{param}.tools"), "Must have at least one tool."));
    }
    let names = Names::of(list.iter().map(|tool| Cow::Borrowed(tool.name.as_ref())));
    let mut kept = Names::default();
    for (index, tool) in tools.into_iter().enumerate() {
        let name = tool.function.map(|function| function.name).or(tool.name);
        let known = name.filter(|name| names.has(name.as_str()));
        let Some(Text(name)) = known else {
            let param = format!("{param}.tools[{index}]");
            return Err(tool_rules::no_such_tool(declared, param));
        };
        if !kept.has(&name) {
            kept.insert(name, index);
        }
    }
    list.retain(|tool| kept.has(&tool.name));
    Ok(choice)
}

fn tool((index, tool): (usize, wire::Tool<'_>)) -> Result<Tool<'_>, Error> {
    match (tool.kind.as_ref().map(Text::as_str), tool.function) {
        (Some("function") | None, Some(spec)) => {
            function(spec, &|| format!("tools[{index}].function"))
        }
        (Some("function") | None, None) => {
            Err(rules::missing(&format!("tools[{index}]"), "function"))
        }
        (Some(other), _) => {
            let param = format!("tools[{index}].type");
            Err(rules::unknown(param, "tool type", other, &["function"]))
        }
    }
}

fn function<'a>(
    spec: wire::FunctionSpec<'a>,
    path: &dyn Fn() -> String,
) -> Result<Tool<'a>, Error> {
    Ok(Tool {
        name: tool_rules::name(spec.name, path)?,
        description: spec.description.map(|text| text.0),
        schema: spec.parameters.map(|schema| schema.0),
        examples: None,
        deferred: false,
    })
}

/// The format of the answer; `None` for plain text.
///
/// # Errors
/// [`Error::Invalid`] for an unknown type, and for a missing schema.
pub(super) fn read_format<'a>(
    format: Option<&wire::ResponseFormat<'a>>,
) -> Result<Option<Format<'a>>, Error> {
    let Some(format) = format else {
        return Ok(None);
    };
    match format.kind.as_ref().map(Text::as_str) {
        Some("text") => Ok(None),
        Some("json_object") => Ok(Some(Format { schema: None, description: None })),
        Some("json_schema") => {
            let given = format.json_schema.as_ref();
            let schema = given.and_then(|given| given.schema);
            let description = given.and_then(|given| given.description);
            let path = "response_format.json_schema";
            rules::schema_format(schema, description, path).map(Some)
        }
        _ => {
            let types = ["text", "json_object", "json_schema"];
            Err(rules::must_be("response_format.type", &types))
        }
    }
}
