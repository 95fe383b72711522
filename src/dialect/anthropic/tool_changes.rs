//! What a conversation says of its tools: an agent with many of them holds some
//! back (`defer_loading`) until a search of its own finds them, and may add and
//! remove others on the way.

use std::borrow::Cow;

use super::wire::{Block, Inner, Message, Tool};
use crate::json::{Content, Text};

/// What a block says of a tool.
#[derive(Debug)]
pub(super) enum Offer<'b, 'a> {
    /// The one of this name, which the request declares, is there to be called.
    Load(&'b str),
    /// This one is there from now on.
    Add(&'b Tool<'a>),
    /// The one of this name is there no longer.
    Remove(&'b str),
}

impl<'b, 'a> Offer<'b, 'a> {
    /// What `block` says; `None` if it is about something else, or about a tool
    /// on a server that nobody asks here.
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

    /// The same in words, for the model.
    pub(super) fn in_words(&self) -> Cow<'static, str> {
        match self {
            Self::Load(name) => can_be_called(name),
            Self::Add(tool) => can_be_called(tool.name.as_ref().map_or("", Text::as_str)),
            Self::Remove(name) => format!("The tool `{name}` can no longer be called.").into(),
        }
    }
}

fn can_be_called(name: &str) -> Cow<'static, str> {
    format!("The tool `{name}` can be called from here on.").into()
}

/// All that is said of tools, in order, and where: also in what a tool returned.
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

/// The blocks of a message, and those within them.
pub(super) fn blocks_of<'b, 'a>(message: &'b Message<'a>) -> impl Iterator<Item = &'b Block<'a>> {
    list_of(message).iter().flat_map(with_inner)
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
