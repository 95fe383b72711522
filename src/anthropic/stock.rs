//! The tools of a request, as its conversation loads, adds and removes them.

use std::borrow::Cow;

use crate::{chat::Tool, names::Names};

/// Tools by their names. Each name keeps its place, so that neither the number of the
/// changes nor that of the tools makes the next change slow.
pub(super) struct Stock<'a> {
    /// Those that are gone have no name.
    tools: Vec<Tool<'a>>,
    names: Names<'a>,
}

impl<'a> Stock<'a> {
    pub(super) fn of(list: Vec<Tool<'a>>) -> Self {
        let names = Names::of(list.iter().map(|tool| tool.name.clone()));
        Self { tools: list, names }
    }

    /// How many names there are or were.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// All of this name are there to be called.
    pub(super) fn load(&mut self, name: &str) {
        for place in self.names.places(name) {
            if let Some(tool) = self.tools.get_mut(place) {
                tool.deferred = false;
            }
        }
    }

    /// Puts `tool` in the place of those that have its name.
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
