//! The tools of a request, and which of them must be called.

use std::borrow::Cow;

use super::{
    builtin_tools, rules,
    server_tools::ServerTool,
    text_tools, tool_rules,
    tool_wire::{self, AllowedTools, Spec, ToolChoiceObject, ToolChoiceParam, WebOptions},
    web_tools,
};
use crate::{
    chat::{Calls, Quotes, Tool, ToolChoice, Tools, Web},
    error::Error,
    json::Text,
    names::Names,
    notes::Notes,
};

/// The tools that need a model which can use a screen, by how their types begin.
const SCREEN_TOOLS: [&str; 4] =
    ["computer_2", "computer_use", "computer_toolset_", "browser_toolset_"];

/// A tool of a request, by who runs it.
pub(super) enum Declared<'a> {
    /// The client runs it: the model may call it.
    Callable(Tool<'a>),
    /// A provider's servers run it: it has no effect here.
    Server(ServerTool),
    /// The gateway runs them.
    Web(ServerTool, Vec<Web>),
}

/// What a tool without a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untyped {
    /// A function, which need not have arguments.
    Function,
    /// A custom tool, which has a schema.
    Custom,
}

/// Reads the tool at `path`.
///
/// # Errors
/// [`Error::Invalid`] for an unknown tool, and for one without a name or a schema.
pub(super) fn read<'a>(
    mut tool: tool_wire::Tool<'a>,
    untyped: Untyped,
    path: &dyn Fn() -> String,
) -> Result<Declared<'a>, Error> {
    if let Some(server) = tool.kind.as_ref().and_then(|kind| ServerTool::find(kind.as_str())) {
        return match (server.web(), tool.kind.take()) {
            (Some(_), Some(kind)) => web_tools::read(server, kind.as_str(), &mut tool, path)
                .map(|web| Declared::Web(server, web)),
            _ => Ok(Declared::Server(server)),
        };
    }
    let tool_wire::Tool { kind, function, custom, flat, input_examples, defer_loading, .. } = tool;
    let default =
        if untyped == Untyped::Function && custom.is_none() { "function" } else { "custom" };
    let kind = kind.as_ref().map_or(default, Text::as_str);
    if SCREEN_TOOLS.iter().any(|prefix| kind.starts_with(prefix)) {
        let message =
            format!("Unsupported tool type `{kind}`: DeGPT's models cannot use a screen.");
        return Err(Error::invalid(format!("{}.type", path()), message));
    }
    let is_nested = function.is_some() || custom.is_some();
    let takes_text = kind == "custom" && (custom.is_some() || untyped == Untyped::Function);
    let step = if function.is_some() { ".function" } else { ".custom" };
    let spec = function.or(custom).unwrap_or(flat);
    let builtin = builtin_tools::find(kind);
    let schema = spec.schema().or(builtin.map(|tool| tool.schema));
    let schema = match kind {
        _ if schema.is_some() => schema,
        _ if takes_text => Some(text_tools::SCHEMA),
        "function" if is_nested => None,
        "function" if untyped == Untyped::Function && spec.name.is_some() => None,
        "function" if untyped == Untyped::Function => {
            return Err(rules::missing(&path(), "function"));
        }
        "function" | "custom" => return Err(rules::missing(&path(), "input_schema")),
        other => {
            let message = format!(
                "Unknown tool type `{other}`. Add `input_schema`, or use `function` or `custom`."
            );
            return Err(Error::invalid(format!("{}.type", path()), message));
        }
    };
    let within = || if is_nested { format!("{}{step}", path()) } else { path() };
    let builtin = builtin.map(|tool| Cow::Borrowed(tool.description));
    let mut description = spec.description.map(|text| text.0).or(builtin);
    if let Some(format) = spec.format.filter(|format| format.0.contains("grammar")) {
        let text = description.as_deref().unwrap_or_default();
        let format = format.0;
        description = Some(format!("{text}\n\nThe form of `input`: {format}").into());
    }
    Ok(Declared::Callable(Tool {
        name: tool_rules::name(spec.name, &within)?,
        description,
        schema,
        examples: input_examples.map(|examples| examples.0),
        deferred: defer_loading == Some(true),
        strict: spec.strict == Some(true),
        takes_text: takes_text && schema == Some(text_tools::SCHEMA),
    }))
}

/// Reads a function of OpenAI's `functions`, which came before `tools`.
///
/// # Errors
/// [`Error::Invalid`] if it has no name.
pub(super) fn read_function<'a>(
    spec: Spec<'a>,
    path: &dyn Fn() -> String,
) -> Result<Tool<'a>, Error> {
    Ok(Tool {
        schema: spec.schema(),
        name: tool_rules::name(spec.name, path)?,
        description: spec.description.map(|text| text.0),
        examples: None,
        deferred: false,
        strict: spec.strict == Some(true),
        takes_text: false,
    })
}

/// The tools of a request, by who runs them.
#[derive(Default)]
pub(super) struct Collected<'a> {
    pub(super) callable: Vec<Tool<'a>>,
    /// Each once.
    pub(super) server: Vec<ServerTool>,
    pub(super) web: Vec<Web>,
}

impl<'a> Collected<'a> {
    /// Adds `tool`.
    pub(super) fn add(&mut self, tool: Declared<'a>) {
        match tool {
            Declared::Callable(tool) => self.callable.push(tool),
            Declared::Server(tool) if self.server.contains(&tool) => {}
            Declared::Server(tool) => self.server.push(tool),
            Declared::Web(server, tools) => {
                self.add_web(tools, &format!("tools.{}", server.name()));
            }
        }
    }

    fn add_web(&mut self, tools: Vec<Web>, field: &str) {
        for tool in tools {
            self.web.push(Web { field: field.to_owned(), ..tool });
        }
    }

    /// Adds the search that a request asks for beside its tools.
    ///
    /// # Errors
    /// [`Error::Invalid`] for options that are not valid.
    pub(super) fn add_search(&mut self, options: Option<WebOptions<'_>>) -> Result<(), Error> {
        const FIELD: &str = "web_search_options";
        if let (Some(options), Some(server)) = (options, ServerTool::find("web_search")) {
            let WebOptions { filters, search_context_size } = options;
            let mut tool = tool_wire::Tool { filters, search_context_size, ..Default::default() };
            let tools = web_tools::read(server, "web_search", &mut tool, &|| FIELD.to_owned())?;
            self.add_web(tools, FIELD);
        }
        Ok(())
    }
}

/// How many calls an answer may make, by `parallel_tool_calls`.
pub(super) fn calls(parallel: Option<bool>) -> Calls {
    if parallel == Some(false) { Calls::One } else { Calls::Many }
}

/// The choice that a request makes, and how its parameters are called.
pub(super) struct Choice<'a> {
    pub(super) given: Option<ToolChoiceParam<'a>>,
    /// `tool_choice`.
    pub(super) param: &'static str,
    /// `tools`.
    pub(super) declared: &'static str,
    pub(super) calls: Calls,
}

impl<'a> Choice<'a> {
    /// Chooses among the tools of a request; `None` if none may be called. Takes notes on
    /// those that have no effect.
    ///
    /// # Errors
    /// [`Error::Invalid`] for tools that are too long, and for a choice that is unknown or
    /// that no tool can fulfil.
    pub(super) fn among(
        self,
        tools: Collected<'a>,
        notes: &mut Notes,
    ) -> Result<Option<Tools<'a>>, Error> {
        let Self { given, param, declared, mut calls } = self;
        let Collected { callable: mut list, server, mut web } = tools;
        tool_rules::check_size(&list, declared)?;
        for tool in &server {
            notes.ignore(&format!("tools.{}", tool.name()));
        }
        // Nothing searches here, so all can be called from the beginning.
        if server.contains(&ServerTool::SEARCH_OF_TOOLS) {
            for tool in &mut list {
                tool.deferred = false;
            }
        }
        web_tools::add(&mut web, &mut list);
        let choice = match given {
            None => Some(ToolChoice::Auto),
            Some(ToolChoiceParam::Word(word)) => read_word(word.as_str(), param)?,
            Some(ToolChoiceParam::Object(chosen)) => {
                if chosen.disable_parallel_tool_use == Some(true) {
                    calls = Calls::One;
                }
                choose(chosen, param, (declared, &web), &mut list)?
            }
        };
        let Some(choice) = choice else {
            return Ok(None);
        };
        if !list.is_empty() {
            web.retain(|web| list.iter().any(|tool| tool.name == web.name));
            return Ok(Some(Tools { list, choice, calls, quotes: Quotes::default(), web }));
        }
        match choice {
            ToolChoice::Auto => Ok(None),
            // Without a server's tool the model would make up what it returns.
            ToolChoice::Required => Err(Error::invalid(
                param,
                format!("Must be `auto` or `none`: `{declared}` has no tool that can be called."),
            )),
        }
    }
}

/// The choice that a word makes; `None` for `none`.
fn read_word(word: &str, param: &str) -> Result<Option<ToolChoice>, Error> {
    match word {
        "auto" => Ok(Some(ToolChoice::Auto)),
        "none" => Ok(None),
        // OpenAI's word, and Anthropic's.
        "required" | "any" => Ok(Some(ToolChoice::Required)),
        _ => Err(rules::must_be(param, &["auto", "none", "required", "any"])),
    }
}

/// The choice that an object makes. Leaves in `list` the tools that it allows.
fn choose(
    chosen: ToolChoiceObject<'_>,
    param: &str,
    (declared, web): (&str, &[Web]),
    list: &mut Vec<Tool<'_>>,
) -> Result<Option<ToolChoice>, Error> {
    let declared_web = (declared, web);
    match chosen.kind.as_ref().map(Text::as_str) {
        Some("allowed_tools") => {
            let choice = match chosen.allowed_tools {
                Some(allowed) => {
                    allow(allowed, &format!("{param}.allowed_tools"), declared_web, list)
                }
                None => allow(chosen.flat, param, declared_web, list),
            };
            choice.map(Some)
        }
        None | Some("function" | "tool" | "custom") => {
            let (step, name) = match (chosen.function, chosen.custom) {
                (Some(function), _) => (".function", function.name),
                (None, Some(custom)) => (".custom", custom.name),
                (None, None) => ("", chosen.name),
            };
            let path = format!("{param}{step}");
            let name = name.ok_or_else(|| rules::missing(&path, "name"))?;
            let path = format!("{path}.name");
            tool_rules::choose(list, name.as_str(), declared, &path).map(Some)
        }
        Some(word) => match web_of(word, web) {
            Some(web) => tool_rules::choose(list, &web.name, declared, param).map(Some),
            None => read_word(word, &format!("{param}.type")),
        },
    }
}

/// The tool of the web that a type names.
fn web_of<'w>(kind: &str, web: &'w [Web]) -> Option<&'w Web> {
    let tool = ServerTool::find(kind)?.web()?;
    web.iter().find(|web| web.tool == tool)
}

fn allow(
    allowed: AllowedTools<'_>,
    param: &str,
    (declared, web): (&str, &[Web]),
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
        if let Some(web) = tool.kind.as_ref().and_then(|kind| web_of(kind.as_str(), web)) {
            kept.insert(web.name.clone().into(), index);
            continue;
        }
        // It has no effect, as a tool has none.
        if tool.kind.as_ref().is_some_and(|kind| ServerTool::find(kind.as_str()).is_some()) {
            continue;
        }
        let inner = tool.function.or(tool.custom);
        let name = inner.map_or(tool.name, |named| named.name);
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
