//! The tools of a request, with the changes in its conversation.

use super::{
    stock::Stock,
    tool_changes::{self, Offer},
    wire,
};
use crate::{
    chat::{Tool, Tools},
    dialect::{
        request::Common,
        tool_rules, tool_wire,
        tools::{self, Choice, Collected, Declared, Untyped},
    },
    error::Error,
    notes::Notes,
};

/// Takes the tools and the choice out of a request, as they are at the end of `messages`;
/// `None` if there are none, or none may be called. Takes notes on what has no effect.
///
/// # Errors
/// [`Error::Invalid`] for an unknown tool, and for a choice that is unknown or that no
/// tool can fulfil.
pub(super) fn read<'a>(
    common: &mut Common<'a>,
    messages: &[wire::Message<'a>],
    notes: &mut Notes,
) -> Result<Option<Tools<'a>>, Error> {
    let mut collected = collect(common.tools.take().unwrap_or_default().0, messages)?;
    collected.add_search(common.web_search_options.take())?;
    let calls = tools::calls(common.parallel_tool_calls);
    let given = common.tool_choice.take();
    Choice { given, param: "tool_choice", declared: "tools", calls }.among(collected, notes)
}

/// Reads the tools that the request declares, then what its conversation changes.
fn collect<'a>(
    tools: Vec<tool_wire::Tool<'a>>,
    messages: &[wire::Message<'a>],
) -> Result<Collected<'a>, Error> {
    tool_rules::check_number(tools.len(), "tools")?;
    let mut collected = Collected::default();
    for (index, tool) in tools.into_iter().enumerate() {
        collected.add(tools::read(tool, Untyped::Custom, &|| format!("tools[{index}]"))?);
    }
    let mut stock = Stock::of(std::mem::take(&mut collected.callable));
    for ([index, place], offer) in tool_changes::all(messages) {
        match offer {
            Offer::Load(name) => stock.load(name),
            Offer::Add(tool) => {
                let path = || format!("messages[{index}].content[{place}].tool.definition");
                match tools::read(tool.clone(), Untyped::Custom, &path)? {
                    Declared::Callable(tool) => stock.add(Tool { deferred: false, ..tool }),
                    server => collected.add(server),
                }
            }
            Offer::Remove(name) => stock.remove(name),
        }
        tool_rules::check_number(stock.len(), "tools")?;
    }
    collected.callable = stock.into_list();
    Ok(collected)
}
