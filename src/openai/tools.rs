//! The tools of a request, which of them must be called, and the form of the answer.

use std::borrow::Cow;

use super::{
    choice::{AllowedTools, Choose, ChosenTools},
    wire,
};
use crate::{
    chat::{CallForm, Calls, Format, Quotes, Tool, ToolChoice, Tools},
    error::Error,
    json::Text,
    names::Names,
};

/// Takes the tools out of `request`; `None` if there are none, or none may be called.
///
/// # Errors
/// [`Error::Invalid`] for a tool that is not a function, and for a choice that
/// there is not.
pub(super) fn read<'a>(request: &mut wire::Request<'a>) -> Result<Option<Tools<'a>>, Error> {
    let tools = request.tools.take().unwrap_or_default();
    let functions = request.functions.take().unwrap_or_default();
    Tools::check_number(tools.len(), "tools")?;
    Tools::check_number(functions.len(), "functions")?;
    let (mut list, choice, form) = if tools.is_empty() && !functions.is_empty() {
        let list = functions
            .into_iter()
            .enumerate()
            .map(|(index, spec)| function(spec, || format!("functions[{index}].name")));
        (list.collect::<Result<Vec<_>, _>>()?, request.function_call.take(), CallForm::Legacy)
    } else {
        let list = tools.into_iter().enumerate().map(tool).collect::<Result<_, _>>()?;
        (list, request.tool_choice.take(), CallForm::Current)
    };
    let (param, choice_param) = match form {
        CallForm::Current => ("tools", "tool_choice"),
        CallForm::Legacy => ("functions", "function_call"),
    };
    Tools::check_size(&list, param)?;
    let param = choice_param;
    let choice = match choice {
        None => ToolChoice::Auto,
        Some(Choose::Mode(mode)) if mode.as_str() == "none" => return Ok(None),
        Some(Choose::Mode(mode)) => read_mode(&mode, param)?,
        Some(Choose::Object(chosen)) => choose(chosen, param, &mut list)?,
    };
    if list.is_empty() {
        return match choice {
            ToolChoice::Auto => Ok(None),
            ToolChoice::Required => Err(Error::invalid(param, "The request has no tools.")),
        };
    }
    let calls = if request.parallel_tool_calls == Some(false) || form == CallForm::Legacy {
        Calls::One
    } else {
        Calls::Many
    };
    Ok(Some(Tools { list, choice, calls, form, quotes: Quotes::default() }))
}

fn read_mode(mode: &Text<'_>, param: &str) -> Result<ToolChoice, Error> {
    match mode.as_str() {
        "auto" => Ok(ToolChoice::Auto),
        // LiteLLM's and others' name for it.
        "required" | "any" => Ok(ToolChoice::Required),
        _ => Err(Error::invalid(param, "This is none of auto, none and required.")),
    }
}

/// Leaves in `list` what `chosen` lets the model call.
fn choose(
    chosen: ChosenTools<'_>,
    param: &str,
    list: &mut Vec<Tool<'_>>,
) -> Result<ToolChoice, Error> {
    let kind = chosen.kind.as_ref().map_or("", Text::as_str);
    if kind == "allowed_tools" {
        let Some(allowed) = chosen.allowed_tools else {
            let allowed = AllowedTools { mode: chosen.mode, tools: chosen.tools };
            return allow(allowed, param, list);
        };
        return allow(allowed, &format!("{param}.allowed_tools"), list);
    }
    let Some(name) = chosen.function.map(|function| function.name).or(chosen.name) else {
        let message = format!("A choice of type `{kind}` that names no function is not supported.");
        return Err(Error::invalid(param, message));
    };
    list.retain(|tool| tool.name == name.0);
    if list.is_empty() {
        return Err(Error::invalid(param, UNKNOWN));
    }
    Ok(ToolChoice::Required)
}

const UNKNOWN: &str = "No tool of the request has this name.";

fn allow(
    allowed: AllowedTools<'_>,
    param: &str,
    list: &mut Vec<Tool<'_>>,
) -> Result<ToolChoice, Error> {
    let choice = match allowed.mode.as_ref().map(Text::as_str) {
        Some("auto") => ToolChoice::Auto,
        Some("required") => ToolChoice::Required,
        _ => {
            let message = "This is neither auto nor required.";
            return Err(Error::invalid(format!("{param}.mode"), message));
        }
    };
    let tools = allowed.tools.unwrap_or_default();
    if tools.is_empty() {
        return Err(Error::invalid(format!("{param}.tools"), "At least one tool is needed."));
    }
    let names = Names::of(list.iter().map(|tool| Cow::Borrowed(tool.name.as_ref())));
    let mut kept = Names::default();
    for (index, tool) in tools.into_iter().enumerate() {
        let name = tool.function.map(|function| function.name).or(tool.name);
        let known = name.filter(|name| names.has(name.as_str()));
        let Some(Text(name)) = known else {
            return Err(Error::invalid(format!("{param}.tools[{index}]"), UNKNOWN));
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
            function(spec, || format!("tools[{index}].function.name"))
        }
        (Some("function") | None, None) => {
            Err(Error::invalid(format!("tools[{index}].function"), "A tool needs a `function`."))
        }
        (Some(other), _) => Err(Error::invalid(
            format!("tools[{index}].type"),
            format!("Tools of type `{other}` are not supported; function is."),
        )),
    }
}

fn function(spec: wire::FunctionSpec<'_>, path: impl Fn() -> String) -> Result<Tool<'_>, Error> {
    let Some(Text(name)) = spec.name.filter(|name| !name.as_str().is_empty()) else {
        return Err(Error::invalid(path(), "A function needs a name."));
    };
    if name.len() > Tool::LONGEST_NAME {
        return Err(Error::invalid(path(), "A name may have at most 256 bytes."));
    }
    Ok(Tool {
        name,
        description: spec.description.map(|text| text.0),
        schema: spec.parameters.map(|schema| schema.0),
        examples: None,
        deferred: false,
    })
}

/// The form the answer is to have; `None` for plain text.
///
/// # Errors
/// [`Error::Invalid`] for a form that nobody knows, and for a schema that is missing.
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
            let wrapper = format.json_schema.as_ref();
            let schema = wrapper.and_then(|wrapper| wrapper.schema).ok_or_else(|| {
                Error::invalid("response_format.json_schema.schema", "The schema is missing.")
            })?;
            let description = wrapper.and_then(|wrapper| wrapper.description).map(|raw| raw.0);
            Ok(Some(Format { schema: Some(schema.0), description }))
        }
        _ => Err(Error::invalid(
            "response_format.type",
            "This is none of text, json_object and json_schema.",
        )),
    }
}
