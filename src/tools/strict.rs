//! Tools whose arguments must fit their schemas (`strict: true`).

use super::fit::{Fit, Judgement};
use crate::{chat::Prompt, json};

/// The names and schemas of the strict tools of a request.
#[derive(Debug, Clone, Default)]
pub struct Strict(Vec<(String, String)>);

impl Strict {
    /// The strict tools of `prompt`.
    #[must_use]
    pub fn by(prompt: &Prompt<'_>) -> Self {
        let mut list = Vec::new();
        for tool in prompt.tools.iter().flat_map(|tools| &tools.list) {
            if let (true, Some(schema)) = (tool.strict, tool.schema) {
                list.push((tool.name.clone().into_owned(), schema.to_owned()));
            }
        }
        Self(list)
    }

    /// How much memory it holds, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.0.iter().map(|(name, schema)| name.capacity() + schema.capacity()).sum()
    }

    /// How the arguments of a call fit. `judge` says whether a text, its second argument, fits a
    /// schema. A call that was cut off is not judged.
    pub fn fit(&self, name: &str, arguments: &str, judge: &dyn Fn(&str, &str) -> Judgement) -> Fit {
        let schema = self.0.iter().find(|(tool, _)| tool == name).map(|(_, schema)| schema);
        match schema.filter(|_| json::is_valid(arguments)).map(|schema| judge(schema, arguments)) {
            None | Some(Judgement::Fits) => Fit::Fits,
            Some(Judgement::Misfit(why)) => Fit::MisfitCall(format!("{name}: {why}")),
            Some(Judgement::Unknown) => Fit::UnjudgedCall,
        }
    }
}
