//! Which models take which images and files.
//!
//! What a provider refuses, DeGPT answers with a fake success. So it is decided here, by what the
//! families are known to take: Claude four formats of pictures, and PDFs; GPT the same pictures,
//! and files only by their address; the others pictures of any format.

use std::rc::Rc;

use super::{Catalog, Fault, Images, Model};
use crate::{
    chat::{Data, Part, Prompt, Source},
    error::Error,
};

/// What a model must take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A picture that all models with eyes take: JPEG, PNG, GIF or WebP, or one at an address.
    Picture,
    /// A picture in another format.
    OddPicture,
    /// The data of a PDF.
    Pdf,
    /// The address of what seems to be a PDF.
    PdfAddress,
    /// The address of another file.
    FileAddress,
}

/// What the images and files of `prompt` need, in order, each with its field.
#[must_use]
pub fn needs<'p>(prompt: &'p Prompt<'_>) -> Vec<(Need, &'p str)> {
    let mut needs = Vec::new();
    for turn in &prompt.turns {
        add(&turn.parts, &mut needs);
    }
    needs
}

fn add<'p>(parts: &'p [Part<'_>], needs: &mut Vec<(Need, &'p str)>) {
    for part in parts {
        match part {
            Part::Image(source) => needs.push((of_image(source), &source.field)),
            Part::File { name, source } => {
                needs.push((of_file(name.as_deref(), source), &source.field));
            }
            Part::ToolResult { parts, .. } => add(parts, needs),
            Part::Text(_) | Part::ToolCall { .. } => {}
        }
    }
}

fn of_image(source: &Source<'_>) -> Need {
    match source.data {
        Data::Base64 { media_type, .. } if !EASY.contains(&media_type) => Need::OddPicture,
        _ => Need::Picture,
    }
}

/// The pictures that all models with eyes take.
const EASY: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/// One at an address is a PDF, unless its name or its address ends like that of another.
fn of_file(name: Option<&str>, source: &Source<'_>) -> Need {
    let Data::Address(url) = &source.data else {
        return Need::Pdf;
    };
    match name.and_then(ending).or_else(|| ending(path_of(url))) {
        Some(ending) if !ending.eq_ignore_ascii_case("pdf") => Need::FileAddress,
        _ => Need::PdfAddress,
    }
}

/// The path of a URL, without its first slash.
fn path_of(url: &str) -> &str {
    let url = url
        .split_at(url.bytes().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(url.len()))
        .0;
    let mut slashes = url.bytes().enumerate().filter(|(_, byte)| *byte == b'/');
    // Two stand before the host.
    let start = slashes.nth(2).map_or(url.len(), |(place, _)| place + 1);
    url.get(start..).unwrap_or_default()
}

/// What stands after the last point of a file's name.
fn ending(path: &str) -> Option<&str> {
    let place = path.bytes().rposition(|byte| matches!(byte, b'/' | b'.'))?;
    path.get(place..)?.strip_prefix('.')
}

/// How the names of GPT models begin.
const GPT: [&str; 5] = ["gpt", "chatgpt", "o1", "o3", "o4"];

impl Model {
    /// Whether it takes all that is needed.
    pub(super) fn takes_all(&self, needs: &[(Need, &str)]) -> bool {
        needs.iter().all(|(need, _)| self.takes(*need))
    }

    fn takes(&self, need: Need) -> bool {
        let is_claude = self.images == Images::Anthropic;
        let is_gpt = GPT.iter().any(|name| self.image_model.starts_with(name));
        self.images != Images::None
            && match need {
                Need::Picture => true,
                Need::OddPicture => !is_claude && !is_gpt,
                Need::Pdf => is_claude,
                Need::PdfAddress => is_claude || is_gpt,
                Need::FileAddress => is_gpt && !is_claude,
            }
    }
}

/// What `need` is for, in words.
fn name_of(need: Need) -> &'static str {
    match need {
        Need::Picture => "pictures",
        Need::OddPicture => {
            "pictures of this format (of those that take any, all take JPEG, PNG, GIF and WebP)"
        }
        Need::Pdf => "PDFs",
        Need::PdfAddress => "PDFs by their address",
        Need::FileAddress => "files of this kind by their address",
    }
}

impl Catalog {
    /// The same, where the entry `id` answers if there is a PDF that the model asked for does not
    /// take; `off`: none does.
    ///
    /// # Errors
    /// [`Fault::Document`].
    pub fn with_documents(mut self, id: &str) -> Result<Self, Fault> {
        if id != "off" && !self.model(id).is_some_and(|model| model.takes(Need::Pdf)) {
            return Err(Fault::Document);
        }
        self.document = (id != "off").then(|| id.to_owned());
        Ok(self)
    }

    /// The entry that answers instead of `model`, if that does not take all that is needed: `model`
    /// itself, the one for documents, or the one for pictures.
    ///
    /// # Errors
    /// [`Error::Invalid`] at the field of the first that is not taken.
    pub(super) fn taker<'a>(
        &'a self,
        model: &'a Rc<Model>,
        needs: &[(Need, &str)],
    ) -> Result<&'a Rc<Model>, Error> {
        let unmet = |model: &Model| needs.iter().find(|(need, _)| !model.takes(*need));
        let Some(first) = unmet(model) else {
            return Ok(model);
        };
        let is_pdf = |(need, _): &(Need, &str)| matches!(need, Need::Pdf | Need::PdfAddress);
        let other = match (needs.iter().any(is_pdf), model.images) {
            (true, _) => self.document.as_deref(),
            (false, Images::None) => self.vision.as_deref(),
            (false, _) => None,
        };
        match other.and_then(|id| self.model(id)) {
            Some(other) => match unmet(other) {
                None => Ok(other),
                Some(need) => Err(self.refusal(other, *need, needs)),
            },
            None => Err(self.refusal(model, *first, needs)),
        }
    }

    #[cold]
    fn refusal(&self, model: &Model, (need, field): (Need, &str), all: &[(Need, &str)]) -> Error {
        let takers = self.models.iter().filter(|model| model.takes_all(all));
        let takers: Vec<String> = takers.map(|model| format!("`{}`", model.id)).collect();
        let end = if takers.is_empty() {
            "No model takes all that this conversation has.".to_owned()
        } else {
            format!("These do: {}.", crate::text::joined(&takers, ", "))
        };
        let message = format!("The model `{}` takes no {}. {end}", model.id, name_of(need));
        Error::invalid(field, message)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Catalog, Fault,
        Need::{self, FileAddress, OddPicture, Pdf, PdfAddress, Picture},
        ending, path_of,
    };
    use crate::chat::Thinking;

    #[test]
    fn an_address_is_told_by_how_its_file_ends() {
        let table = [
            ("https://a.example", None),
            ("https://a.example/", None),
            ("https://a.example/b", None),
            ("https://a.example/b.c/d", None),
            ("https://a.example/b.pdf", Some("pdf")),
            ("https://a.example/b.c/d.PDF?e=f.txt#g/h.i", Some("PDF")),
            ("https://a.example?b/c.d/e.f", None),
            ("https://模/型.docx", Some("docx")),
        ];
        for (url, expected) in table {
            assert_eq!(ending(path_of(url)), expected, "{url}");
        }
    }

    const VISION: &str = "doubao-seed-1-6-250615";
    const CLAUDE: &str = "claude-sonnet-4-5-20250929";

    fn catalog(document: &str) -> Catalog {
        let catalog = Catalog::new("", "", "deepseek-chat", VISION);
        catalog.and_then(|catalog| catalog.with_documents(document)).unwrap()
    }

    /// Who answers; or which of the needs is refused, and whether the message has that word.
    fn answers(catalog: &Catalog, model: &str, needs: &[Need]) -> Result<String, (usize, String)> {
        let fields: Vec<String> = (0..needs.len()).map(|place| place.to_string()).collect();
        let needs: Vec<(Need, &str)> =
            needs.iter().copied().zip(fields.iter().map(String::as_str)).collect();
        let target = catalog.resolve(Some(model), Thinking::Unsaid, &needs);
        target.map(|target| target.model.id.clone()).map_err(|error| {
            (error.param().unwrap_or_default().parse().unwrap_or(99), error.message())
        })
    }

    #[test]
    fn an_attachment_goes_to_a_model_that_takes_it() {
        let catalog = catalog(CLAUDE);
        let opus = "claude-opus-4-20250514";
        let table: [(&str, &[Need], &str); 18] = [
            ("deepseek-chat", &[], "deepseek-chat"),
            ("deepseek-chat", &[Picture], VISION),
            ("deepseek-chat", &[OddPicture], VISION),
            ("deepseek-chat", &[Pdf], CLAUDE),
            ("deepseek-chat", &[Picture, Pdf], CLAUDE),
            ("deepseek-chat", &[PdfAddress], CLAUDE),
            (opus, &[Picture, Pdf, PdfAddress], opus),
            ("gpt-4o", &[Picture, FileAddress], "gpt-4o"),
            ("gpt-4o", &[PdfAddress], "gpt-4o"),
            ("gpt-4o", &[Pdf], CLAUDE),
            ("gpt-4o", &[Pdf, PdfAddress], CLAUDE),
            ("o3", &[FileAddress], "o3"),
            ("o4-mini", &[FileAddress], "o4-mini"),
            ("qwen3-235b-a22b", &[OddPicture], "qwen3-235b-a22b"),
            ("qwen3-235b-a22b", &[Pdf], CLAUDE),
            ("gemini-2.5-pro", &[PdfAddress], CLAUDE),
            ("grok-4-0709", &[Pdf], CLAUDE),
            (VISION, &[Picture, Pdf], CLAUDE),
        ];
        for (model, needs, expected) in table {
            assert_eq!(
                answers(&catalog, model, needs).as_deref(),
                Ok(expected),
                "{model} {needs:?}"
            );
        }
    }

    #[test]
    fn what_is_not_taken_is_refused_by_its_field_with_those_that_take_it() {
        let on = catalog(CLAUDE);
        let off = catalog("off");
        let opus = "claude-opus-4-20250514";
        let table: [(&Catalog, &str, &[Need], usize, &str); 9] = [
            (&on, opus, &[Picture, OddPicture], 1, VISION),
            (&on, "gpt-4o", &[OddPicture], 0, VISION),
            (&on, opus, &[FileAddress], 0, "`gpt-4o`"),
            (&on, "deepseek-chat", &[FileAddress], 0, "`gpt-4o`"),
            (&on, "deepseek-chat", &[Picture, OddPicture, Pdf], 1, "No model takes all"),
            (&on, "gpt-4o", &[FileAddress, Pdf], 0, "No model takes all"),
            (&off, "deepseek-chat", &[Pdf], 0, opus),
            (&off, "gpt-4o", &[Picture, Pdf], 1, opus),
            (&off, "gemini-2.5-pro", &[PdfAddress], 0, "`gpt-4o`"),
        ];
        for (catalog, model, needs, field, word) in table {
            let (refused, message) = answers(catalog, model, needs).unwrap_err();
            assert_eq!(refused, field, "{model} {needs:?}");
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn only_a_model_that_takes_pdfs_is_for_documents() {
        for id in ["gpt-4o", "deepseek-chat", "nobody", ""] {
            let catalog = Catalog::new("", "", "deepseek-chat", VISION);
            let with = catalog.and_then(|catalog| catalog.with_documents(id));
            assert_eq!(with.err(), Some(Fault::Document), "{id}");
        }
    }
}
