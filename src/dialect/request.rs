//! The fields of a request that all APIs have, by each API's name for them.

use super::{fields, rules, thinking, tool_wire};
use crate::{
    chat::{Delivery, Format, Limits, Part, Prompt, Role, Tools, Turn},
    error::Error,
    json::{Content, Known, Raw, Reader, Seen, Text, fields},
    notes::Notes,
};

/// Fields that stand beside each API's own.
#[derive(Debug, Default)]
pub(super) struct Common<'a> {
    pub(super) model: Option<Text<'a>>,
    pub(super) stream: Option<bool>,
    pub(super) max_tokens: Option<u64>,
    pub(super) max_completion_tokens: Option<u64>,
    /// In OpenAI's Responses API, `max_completion_tokens`.
    pub(super) max_output_tokens: Option<u64>,
    pub(super) stop: Option<Content<'a, Text<'a>>>,
    pub(super) stop_sequences: Option<Content<'a, Text<'a>>>,
    /// In OpenAI's Responses API, the system text.
    pub(super) instructions: Option<Text<'a>>,
    pub(super) tools: Option<tool_wire::ToolList<'a>>,
    pub(super) tool_choice: Option<tool_wire::ToolChoiceParam<'a>>,
    pub(super) parallel_tool_calls: Option<bool>,
    pub(super) response_format: Option<FormatParam<'a>>,
    pub(super) output_config: Option<OutputConfig<'a>>,
    /// The older name of `output_config.format`.
    pub(super) output_format: Option<FormatParam<'a>>,
    /// In OpenAI's Responses API, an object with the format.
    pub(super) text: Option<TextParam<'a>>,
    /// Asks for a search of the web.
    pub(super) web_search_options: Option<tool_wire::WebOptions<'a>>,
}

fields!(Common<'a> {
    model, stream, max_tokens, max_completion_tokens, max_output_tokens, stop, stop_sequences,
    instructions, tools, tool_choice, parallel_tool_calls, response_format, output_config,
    output_format, text, web_search_options,
});

#[derive(Debug, Default)]
pub(super) struct TextParam<'a> {
    format: Option<FormatParam<'a>>,
}

fields!(TextParam<'a> { format } + fields::TEXT);

#[derive(Debug, Default)]
pub(super) struct OutputConfig<'a> {
    format: Option<FormatParam<'a>>,
}

fields!(OutputConfig<'a> { format } + fields::OUTPUT);

/// The format of the answer: `text`, `json_object` or `json_schema`.
#[derive(Debug, Default)]
pub(super) struct FormatParam<'a> {
    kind: Option<Text<'a>>,
    json_schema: Option<JsonSchema<'a>>,
    flat: JsonSchema<'a>,
}

fields!(
    FormatParam<'a> { kind = "type", json_schema } in flat: JsonSchema + fields::FORMAT => check
);

impl FormatParam<'_> {
    fn check(&self, reader: &mut Reader<'_>, seen: Seen) {
        let known: &[&str] = match self.kind.as_ref().map(Text::as_str) {
            Some("text") => &["type"],
            Some("json_schema") if self.json_schema.is_some() => &["type", "json_schema"],
            _ => &["type", "description", "schema"],
        };
        reader.note_others(seen, Self::NAMES, known);
    }
}

#[derive(Debug, Default)]
pub(super) struct JsonSchema<'a> {
    description: Option<Raw<'a>>,
    /// Kept as the client wrote it.
    schema: Option<Raw<'a>>,
}

fields!(JsonSchema<'a> { description, schema } + fields::FORMAT);

/// What of a request each API has its own way with.
pub(super) struct Own<'a> {
    pub(super) turns: Vec<Turn<'a>>,
    pub(super) tools: Option<Tools<'a>>,
    pub(super) delivery: Delivery,
    /// The most stop sequences that it allows.
    pub(super) most_stops: usize,
}

impl<'a> Common<'a> {
    /// The turn of the system text, if there is one beside the messages.
    pub(super) fn instructions(&mut self) -> Option<Turn<'a>> {
        let text = self.instructions.take()?;
        Some(Turn { role: Role::System, parts: vec![Part::Text(text.0)] })
    }

    /// The prompt of a request.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a format or a limit that is not valid.
    pub(super) fn into_prompt(self, own: Own<'a>, mut notes: Notes) -> Result<Prompt<'a>, Error> {
        let Own { mut turns, tools, delivery, most_stops } = own;
        let formats = [
            ("response_format", self.response_format),
            ("output_config.format", self.output_config.and_then(|config| config.format)),
            ("output_format", self.output_format),
            ("text.format", self.text.and_then(|text| text.format)),
        ];
        let format = read_format(formats, &mut notes)?;
        let mut stop = Vec::new();
        for (param, given) in [("stop", self.stop), ("stop_sequences", self.stop_sequences)] {
            rules::add_stop_sequences(&mut stop, given, most_stops, param, &mut notes)?;
        }
        let totals = [
            rules::token_limit(self.max_completion_tokens, "max_completion_tokens")?,
            rules::token_limit(self.max_output_tokens, "max_output_tokens")?,
        ];
        let limits = Limits {
            stop,
            max_text_tokens: rules::token_limit(self.max_tokens, "max_tokens")?,
            max_total_tokens: totals.into_iter().flatten().min(),
        };
        rules::drop_billing_lines(&mut turns);
        let (thinking, reasoning) = thinking::decide(&mut notes);
        Ok(Prompt {
            model: self.model.map(|model| model.0),
            turns,
            thinking,
            reasoning,
            delivery,
            limits,
            tools,
            format,
            notes,
        })
    }
}

/// The format of the answer; `None` for plain text. The first that is given counts.
///
/// # Errors
/// [`Error::Invalid`] for an unknown type, and for a missing schema.
fn read_format<'a>(
    formats: [(&'static str, Option<FormatParam<'a>>); 4],
    notes: &mut Notes,
) -> Result<Option<Format<'a>>, Error> {
    let mut given = formats.into_iter().filter_map(|(param, format)| Some((param, format?)));
    let Some((param, format)) = given.next() else {
        return Ok(None);
    };
    given.for_each(|(param, _)| notes.ignore(param));
    let FormatParam { kind, json_schema, flat } = format;
    match kind.as_ref().map(Text::as_str) {
        Some("text") => Ok(None),
        // Servers of open models take a schema here as well.
        Some("json_object") => Ok(Some(Format {
            schema: flat.schema.map(|schema| schema.0),
            description: flat.description.map(|raw| raw.0),
        })),
        Some("json_schema") => {
            let nested = json_schema.map(|nested| (format!("{param}.json_schema"), nested));
            let (path, JsonSchema { description, schema }) =
                nested.unwrap_or_else(|| (param.to_owned(), flat));
            rules::schema_format(schema, description, &path).map(Some)
        }
        _ => {
            let types = ["text", "json_object", "json_schema"];
            Err(rules::must_be(format!("{param}.type"), &types))
        }
    }
}
