//! The tools of a request: those it declares, and those that stand in its input.

use std::borrow::Cow;

use super::wire::{Item, Returned};
use crate::{
    chat::{self, Tools},
    dialect::{
        request::Common,
        rules,
        server_tools::ServerTool,
        tool_rules,
        tool_wire::Tool,
        tools::{self, Choice, Collected, Declared, Untyped},
    },
    error::Error,
    json::{Content, Text},
    notes::{self, Notes},
};

/// The type of the tool that finds others.
const SEARCH: &str = "tool_search";

/// A tool whose calls have a form of their own.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Special {
    /// The name that the model knows.
    pub(super) flat: String,
    /// How much of it is the namespace.
    namespace: Option<usize>,
    pub(super) form: CallForm,
}

impl Special {
    pub(super) fn name(&self) -> &str {
        let start = self.namespace.map_or(0, |length| length + 1);
        self.flat.get(start..).unwrap_or_default()
    }

    pub(super) fn namespace(&self) -> Option<&str> {
        self.flat.get(..self.namespace?)
    }
}

/// How a call is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CallForm {
    /// `function_call`.
    Function,
    /// `custom_tool_call`, with a text.
    Custom,
    /// `tool_search_call`, with an object.
    Search,
}

/// The one name of a tool in a namespace. GPT models were trained to write it so.
pub(super) fn flat_name<'a>(namespace: Option<&str>, name: Cow<'a, str>) -> Cow<'a, str> {
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
    for (index, item) in items.iter_mut().enumerate() {
        let is_result = item.kind() == "tool_search_output";
        if !is_result && item.kind() != "additional_tools" {
            continue;
        }
        found.loaded = Some(String::new());
        let list = item.tools.take().unwrap_or_default().0;
        found.add_all(list, None, &|| format!("input[{index}].tools"), notes)?;
        if is_result {
            let text = found.loaded.take().unwrap_or_default();
            item.output = Some(Returned::Content(Content::Text(text.into())));
        }
    }
    let Found { mut collected, special, .. } = found;
    collected.add_search(common.web_search_options.take())?;
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
    /// What the model is told of those that the input brings.
    loaded: Option<String>,
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
            let kind = tool.kind.take();
            let form = match kind.as_ref().map_or("function", Text::as_str) {
                "namespace" if namespace.is_none() => {
                    let name = tool_rules::name(tool.flat.name.take(), &path)?;
                    let tools = tool.tools.take().unwrap_or_default().0;
                    self.add_all(tools, Some(&name), &|| format!("{}.tools", path()), notes)?;
                    continue;
                }
                "function" => CallForm::Function,
                "custom" => CallForm::Custom,
                // The client searches.
                SEARCH if tool.flat.parameters.is_some() => {
                    tool.flat.name = Some(Text(Cow::Borrowed(SEARCH)));
                    CallForm::Search
                }
                kind if ServerTool::find(kind).is_some_and(|server| server.web().is_some()) => {
                    tool.kind = Some(Text(Cow::Owned(kind.to_owned())));
                    self.collected.add(tools::read(tool, Untyped::Function, &path)?);
                    continue;
                }
                // Everything else is the provider's own.
                kind => {
                    notes.ignore(&format!("tools.{}", notes::clean(kind)));
                    continue;
                }
            };
            tool.kind = kind.filter(|_| form != CallForm::Search);
            let is_nested = tool.function.is_some() || tool.custom.is_some();
            if !is_nested && tool.flat.name.is_none() {
                return Err(rules::missing(&path(), "name"));
            }
            if let Declared::Callable(tool) = tools::read(tool, Untyped::Function, &path)? {
                self.add(tool, namespace, form, &path)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        mut tool: chat::Tool<'a>,
        namespace: Option<&str>,
        form: CallForm,
        path: &dyn Fn() -> String,
    ) -> Result<(), Error> {
        tool.name = flat_name(namespace, tool.name);
        let flat = tool.name.clone().into_owned();
        if let Some(loaded) = &mut self.loaded {
            tool.deferred = false;
            for part in ["The tool `", &flat, "` can be called from here on.\n"] {
                loaded.push_str(part);
            }
        }
        let special = Special { flat, namespace: namespace.map(str::len), form };
        let is_plain = namespace.is_none() && form == CallForm::Function;
        let list = &mut self.collected.callable;
        if let Some(known) = list.iter_mut().find(|known| known.name == tool.name) {
            let other = self.special.iter().find(|other| other.flat == special.flat);
            if !other.map_or(is_plain, |other| *other == special) {
                let message = format!("Another tool is called `{}` as well.", special.flat);
                return Err(Error::invalid(format!("{}.name", path()), message));
            }
            // A search may find it again.
            *known = tool;
            return Ok(());
        }
        list.push(tool);
        if !is_plain {
            self.special.push(special);
        }
        Ok(())
    }
}
