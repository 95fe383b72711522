//! The changes of the tools within a conversation. An agent with many tools defers some
//! (`defer_loading`) until its own search finds them, and may add and remove others.

use std::borrow::Cow;

use super::wire::{Block, Inner, Message};
use crate::{
    dialect::tool_wire::Tool,
    json::{Content, Text},
};

/// A change of the tools.
#[derive(Debug)]
pub(super) enum Offer<'b, 'a> {
    /// The declared tool of this name can be called from now on.
    Load(&'b str),
    /// This tool is new.
    Add(&'b Tool<'a>),
    /// The tool of this name can no longer be called.
    Remove(&'b str),
}

impl<'b, 'a> Offer<'b, 'a> {
    /// The change that `block` makes; `None` if it makes none, or changes a tool of an
    /// MCP server, which this gateway does not call.
    pub(super) fn of(block: &'b Block<'a>) -> Option<Self> {
        let kind = block.kind.as_ref()?.as_str();
        if kind == "tool_reference" {
            return block.tool_name.as_ref().map(Text::as_str).map(Self::Load);
        }
        let tool = block.tool.as_ref()?;
        let of_a_server = tool.kind.as_ref().is_some_and(|kind| kind.as_str().starts_with("mcp_"));
        let name = tool.name.as_ref().filter(|_| !of_a_server).map(Text::as_str);
        match kind {
            "tool_addition" => tool.definition.as_ref().map(Self::Add).or(name.map(Self::Load)),
            "tool_removal" => name.map(Self::Remove),
            _ => None,
        }
    }

    /// The change as a sentence for the model.
    pub(super) fn in_words(&self) -> Cow<'static, str> {
        match self {
            Self::Load(name) => can_be_called(name),
            Self::Add(tool) => can_be_called(tool.spec().name.as_ref().map_or("", Text::as_str)),
            Self::Remove(name) => format!("The tool `{name}` can no longer be called.").into(),
        }
    }
}

fn can_be_called(name: &str) -> Cow<'static, str> {
    format!("The tool `{name}` can be called from here on.").into()
}

/// All changes in order, those in tool results too, each with the indices of its message
/// and of its block.
pub(super) fn all<'b, 'a>(
    messages: &'b [Message<'a>],
) -> impl Iterator<Item = ([usize; 2], Offer<'b, 'a>)> {
    messages.iter().enumerate().flat_map(|(index, message)| {
        list_of(message).iter().enumerate().flat_map(move |(place, block)| {
            let offers = with_inner(block).filter_map(Offer::of);
            offers.map(move |offer| ([index, place], offer))
        })
    })
}

fn list_of<'b, 'a>(message: &'b Message<'a>) -> &'b [Block<'a>] {
    match &message.content {
        Some(Content::Parts(list)) => list,
        Some(Content::Text(_)) | None => &[],
    }
}

fn with_inner<'b, 'a>(block: &'b Block<'a>) -> impl Iterator<Item = &'b Block<'a>> {
    let returned = match &block.content {
        Some(Inner::Blocks(list)) => list.as_slice(),
        Some(Inner::Object(returned)) => returned.tool_references.as_deref().unwrap_or_default(),
        Some(Inner::Text(_)) | None => &[],
    };
    let changes = block.tool_changes.as_deref().unwrap_or_default();
    std::iter::once(block).chain(returned).chain(changes)
}
