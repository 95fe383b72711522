//! The tools of a request, and the older functions.

use super::{encode::CallForm, wire};
use crate::{
    chat::{Calls, Tools},
    dialect::{
        tool_rules,
        tools::{self, Choice, Collected, Untyped},
    },
    error::Error,
    notes::Notes,
};

/// Takes the tools out of `request`; `None` if there are none, or none may be called.
/// Also gives the form of the calls in the answer. Takes notes on what has no effect.
///
/// # Errors
/// [`Error::Invalid`] for an unknown tool, and for a choice that is unknown or that no tool
/// can fulfil.
pub(super) fn read<'a>(
    request: &mut wire::Request<'a>,
    notes: &mut Notes,
) -> Result<(Option<Tools<'a>>, CallForm), Error> {
    let list = request.common.tools.take().unwrap_or_default().0;
    let functions = request.functions.take().unwrap_or_default();
    let choice = request.common.tool_choice.take();
    let function_call = request.function_call.take();
    tool_rules::check_number(list.len(), "tools")?;
    tool_rules::check_number(functions.len(), "functions")?;
    let mut collected = Collected::default();
    let (form, choice) = if list.is_empty() && !functions.is_empty() {
        if choice.is_some() {
            notes.ignore("tool_choice");
        }
        for (index, spec) in functions.into_iter().enumerate() {
            let path = || format!("functions[{index}]");
            collected.callable.push(tools::read_function(spec, &path)?);
        }
        let given = function_call;
        let choice =
            Choice { given, param: "function_call", declared: "functions", calls: Calls::One };
        (CallForm::Legacy, choice)
    } else {
        if !functions.is_empty() {
            notes.ignore("functions");
        }
        if function_call.is_some() {
            notes.ignore("function_call");
        }
        for (index, tool) in list.into_iter().enumerate() {
            let path = || format!("tools[{index}]");
            collected.add(tools::read(tool, Untyped::Function, &path)?);
        }
        let calls = tools::calls(request.common.parallel_tool_calls);
        let choice = Choice { given: choice, param: "tool_choice", declared: "tools", calls };
        (CallForm::Current, choice)
    };
    collected.add_search(request.common.web_search_options.take())?;
    Ok((choice.among(collected, notes)?, form))
}
