//! The tools of a request: those it declares, and those that stand in its input.

use std::borrow::Cow;

use super::wire::Item;
use crate::{
    chat::Tools,
    dialect::{
        request::Common,
        rules, tool_rules,
        tool_wire::Tool,
        tools::{self, Choice, Collected, Declared, Untyped},
    },
    error::Error,
    json::Text,
    notes::{self, Notes},
};

/// The type of the tool that finds others.
const SEARCH: &str = "tool_search";

/// A tool whose calls have a form of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Special {
    /// The name that the model knows.
    pub(super) flat: String,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) form: CallForm,
}

/// How a call is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallForm {
    /// `function_call`.
    Function,
    /// `custom_tool_call`, with a text.
    Custom,
    /// `tool_search_call`, with an object.
    Search,
}

/// The one name of a tool in a namespace. GPT models were trained to write it so.
pub(super) fn flat_name<'a>(namespace: Option<Cow<'a, str>>, name: Cow<'a, str>) -> Cow<'a, str> {
    match namespace {
        Some(namespace) => Cow::Owned(format!("{namespace}.{name}")),
        None => name,
    }
}

/// Takes the tools out of a request; `None` if there are none, or none may be called. Also gives
/// those whose calls have a form of their own. Takes notes on what has no effect.
///
/// # Errors
/// [`Error::Invalid`] for a tool without a name, for two of one name, and for a choice that is
/// unknown or that no tool can fulfil.
pub(super) fn read<'a>(
    common: &mut Common<'a>,
    items: &mut [Item<'a>],
    notes: &mut Notes,
) -> Result<(Option<Tools<'a>>, Vec<Special>), Error> {
    let mut found = Found::default();
    let declared = common.tools.take().unwrap_or_default().0;
    found.add_all(declared, None, &|| "tools".to_owned(), notes)?;
    // What a search of the client's has not found is not told to the model.
    let is_searched = found.special.iter().any(|special| special.form == CallForm::Search);
    for tool in &mut found.collected.callable {
        tool.deferred &= is_searched;
    }
    for (index, item) in items.iter().enumerate() {
        let list = item.tools.as_ref().filter(|_| {
            matches!(item.kind(), "additional_tools" | "tool_search_output")
        });
        if let Some(list) = list {
            let path = || format!("input[{index}].tools");
            let before = found.collected.callable.len();
            found.add_all(list.0.clone(), None, &path, notes)?;
            for tool in found.collected.callable.iter_mut().skip(before) {
                tool.deferred = false;
            }
        }
    }
    let Found { collected, special, .. } = found;
    let calls = tools::calls(common.parallel_tool_calls);
    let given = common.tool_choice.take();
    let choice = Choice { given, param: "tool_choice", declared: "tools", calls };
    Ok((choice.among(collected, notes)?, special))
}

#[derive(Default)]
struct Found<'a> {
    collected: Collected<'a>,
    special: Vec<Special>,
    count: usize,
}

impl<'a> Found<'a> {
    fn add_all(
        &mut self,
        list: Vec<Tool<'a>>,
        namespace: Option<&str>,
        path: &dyn Fn() -> String,
        notes: &mut Notes,
    ) -> Result<(), Error> {
        self.count += list.len();
        tool_rules::check_number(self.count, "tools")?;
        for (index, mut tool) in list.into_iter().enumerate() {
            let path = || format!("{}[{index}]", path());
            let kind = tool.kind.clone();
            match kind.as_ref().map_or("function", Text::as_str) {
                "namespace" if namespace.is_none() => {
                    let name = tool_rules::name(tool.flat.name, &path)?;
                    let tools = tool.tools.ok_or_else(|| rules::missing(&path(), "tools"))?;
                    let path = || format!("{}.tools", path());
                    self.add_all(tools, Some(&name), &path, notes)?;
                }
                "function" => self.add(tool, namespace, CallForm::Function, &path)?,
                "custom" => self.add(tool, namespace, CallForm::Custom, &path)?,
                // The client searches.
                SEARCH if tool.flat.parameters.is_some() => {
                    tool.kind = None;
                    tool.flat.name = Some(Text(Cow::Borrowed(SEARCH)));
                    self.add(tool, namespace, CallForm::Search, &path)?;
                }
                // Everything else is the provider's own.
                kind => notes.ignore(&format!("tools.{}", notes::clean(kind))),
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        tool: Tool<'a>,
        namespace: Option<&str>,
        form: CallForm,
        path: &dyn Fn() -> String,
    ) -> Result<(), Error> {
        let Declared::Callable(mut tool) = tools::read(tool, Untyped::Function, path)? else {
            return Ok(());
        };
        let name = std::mem::take(&mut tool.name);
        let namespace = namespace.map(str::to_owned);
        let flat = flat_name(namespace.clone().map(Cow::Owned), name.clone()).into_owned();
        let special = Special { flat, name: name.into_owned(), namespace, form };
        tool.name = Cow::Owned(special.flat.clone());
        let known = self.collected.callable.iter().position(|other| other.name == tool.name);
        let known_form = self.special.iter().find(|other| other.flat == special.flat);
        let is_plain = special.namespace.is_none() && form == CallForm::Function;
        match (known, known_form) {
            (None, _) => self.collected.callable.push(tool),
            // A search may find it again.
            (Some(place), other) if other.map_or(is_plain, |other| *other == special) => {
                self.collected.callable.splice(place..=place, [tool]);
                return Ok(());
            }
            (Some(_), _) => {
                let message = format!("Another tool is called `{}` as well.", special.flat);
                return Err(Error::invalid(format!("{}.name", path()), message));
            }
        }
        if !is_plain {
            self.special.push(special);
        }
        Ok(())
    }
}
