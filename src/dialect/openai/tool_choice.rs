//! The JSON of `tool_choice`, and of the older `function_call`.

use crate::json::{Kind, Outcome, Read, Reader, Text, fields};

/// Which tools may or must be called.
#[derive(Debug)]
pub(super) enum ToolChoiceParam<'a> {
    /// `"auto"`, `"none"` or `"required"`.
    Mode(Text<'a>),
    Object(ToolChoiceObject<'a>),
}

/// The function to call: `{"type": "function", "function": {"name"}}`, in the older
/// `function_call` `{"name"}`. Or the tools that may be called: `{"type":
/// "allowed_tools", "allowed_tools": {"mode", "tools"}}`; in OpenAI's Responses API
/// `mode` and `tools` stand beside `type`.
#[derive(Debug, Default)]
pub(super) struct ToolChoiceObject<'a> {
    pub(super) kind: Option<Text<'a>>,
    pub(super) function: Option<FunctionName<'a>>,
    pub(super) name: Option<Text<'a>>,
    pub(super) allowed_tools: Option<AllowedTools<'a>>,
    pub(super) mode: Option<Text<'a>>,
    pub(super) tools: Option<Vec<AllowedTool<'a>>>,
}

fields!(ToolChoiceObject<'a> { kind = "type", function, name, allowed_tools, mode, tools });

#[derive(Debug, Default)]
pub(super) struct AllowedTools<'a> {
    pub(super) mode: Option<Text<'a>>,
    pub(super) tools: Option<Vec<AllowedTool<'a>>>,
}

fields!(AllowedTools<'a> { mode, tools });

/// A tool by its name: `{"function": {"name"}}` or `{"name"}`.
#[derive(Debug, Default)]
pub(super) struct AllowedTool<'a> {
    pub(super) function: Option<FunctionName<'a>>,
    pub(super) name: Option<Text<'a>>,
}

fields!(AllowedTool<'a> { function, name });

#[derive(Debug)]
pub(super) struct FunctionName<'a> {
    pub(super) name: Text<'a>,
}

impl<'a> Read<'a> for FunctionName<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        #[derive(Default)]
        struct FunctionName<'a> {
            name: Option<Text<'a>>,
        }
        fields!(FunctionName<'a> { name });
        let name = FunctionName::read(reader)?.name;
        let name = name.ok_or_else(|| reader.wrong("must have a `name`".to_owned()))?;
        Ok(Self { name })
    }
}

impl<'a> Read<'a> for ToolChoiceParam<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        match reader.kind() {
            Kind::Text => Text::read(reader).map(Self::Mode),
            Kind::Object => ToolChoiceObject::read(reader).map(Self::Object),
            _ => Err(reader.other_than("a string or an object")),
        }
    }
}
