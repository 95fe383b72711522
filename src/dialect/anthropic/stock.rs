//! The tools of a request while its conversation loads, adds and removes some.

use std::borrow::Cow;

use crate::{chat::Tool, names::Names};

/// Tools by name. Each name keeps its place, so that a change stays fast however many
/// tools and changes there are.
pub(super) struct Stock<'a> {
    /// A removed tool has an empty name.
    tools: Vec<Tool<'a>>,
    names: Names<'a>,
}

impl<'a> Stock<'a> {
    pub(super) fn of(list: Vec<Tool<'a>>) -> Self {
        let names = Names::of(list.iter().map(|tool| tool.name.clone()));
        Self { tools: list, names }
    }

    /// How many names there are, with those of removed tools.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Makes the tools of this name callable.
    pub(super) fn load(&mut self, name: &str) {
        for place in self.names.places(name) {
            if let Some(tool) = self.tools.get_mut(place) {
                tool.deferred = false;
            }
        }
    }

    /// Adds `tool` in place of those with its name.
    pub(super) fn add(&mut self, tool: Tool<'a>) {
        self.remove(&tool.name);
        let place = self.names.places(&tool.name).next();
        if let Some(place) = place.and_then(|place| self.tools.get_mut(place)) {
            *place = tool;
        } else {
            self.names.insert(tool.name.clone(), self.tools.len());
            self.tools.push(tool);
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        for place in self.names.places(name) {
            if let Some(tool) = self.tools.get_mut(place) {
                tool.name = Cow::Borrowed("");
            }
        }
    }

    pub(super) fn into_list(self) -> Vec<Tool<'a>> {
        let mut list = self.tools;
        list.retain(|tool| !tool.name.is_empty());
        list
    }
}
