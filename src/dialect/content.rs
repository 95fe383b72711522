//! The content of messages in OpenAI's APIs: texts, images and files.

use super::{fields, files::Given, rules};
use crate::{
    chat::{self, Role},
    error::Error,
    json::{
        Asks::{Nothing, NothingIf},
        Content, Kind, Known, Outcome, Read, Reader, Row, Seen, Text, fields,
    },
    notes::Notes,
};

/// A part of any type: the fields of all types, each optional.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    pub(super) kind: Option<Text<'a>>,
    pub(super) text: Option<Text<'a>>,
    pub(super) refusal: Option<Text<'a>>,
    pub(super) image_url: Option<ImageUrl<'a>>,
    pub(super) file: Option<File<'a>>,
    /// A file in the part itself.
    pub(super) flat: File<'a>,
}

fields!(
    Part<'a> { kind = "type", text, refusal, image_url, file }
        in flat: File + fields::PART, PART => check
);

const PART: &[Row] = &[
    // In answers, which clients send back as they came.
    ("annotations", Nothing),
    ("logprobs", Nothing),
    ("detail", NothingIf(&["\"auto\""])),
];

/// What a part is, by its type.
#[derive(Debug, Clone, Copy)]
enum Is {
    Text,
    Refusal,
    /// With the path of its URL.
    Image(&'static str),
    File,
    /// A file in the part itself.
    FlatFile,
    /// What only the provider's servers can read.
    Sealed,
}

impl Is {
    /// The types of Chat Completions, then those of Responses.
    fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "text" | "input_text" | "output_text" | "summary_text" | "reasoning_text" => Self::Text,
            "refusal" => Self::Refusal,
            "image_url" => Self::Image("image_url.url"),
            "input_image" => Self::Image("image_url"),
            "file" => Self::File,
            "input_file" => Self::FlatFile,
            "encrypted_content" => Self::Sealed,
            _ => return None,
        })
    }

    /// The fields that it has, beside its type.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["type", "text"],
            Self::Refusal => &["type", "refusal"],
            Self::Image(_) => &["type", "image_url"],
            Self::File => &["type", "file"],
            Self::FlatFile => &["type", "filename", "file_data", "file_url"],
            Self::Sealed => &["type"],
        }
    }
}

impl Part<'_> {
    fn check(&self, reader: &mut Reader<'_>, seen: Seen) {
        if let Some(is) = self.kind.as_ref().and_then(|kind| Is::of(kind.as_str())) {
            reader.note_others(seen, Self::NAMES, is.fields());
        }
        self.flat.note_second(reader, seen, Self::NAMES);
    }
}

/// `{"url": …}`; some clients send the bare string.
#[derive(Debug)]
pub(super) struct ImageUrl<'a> {
    pub(super) url: Text<'a>,
}

#[derive(Default)]
pub(super) struct ImageObject<'a> {
    url: Option<Text<'a>>,
}

fields!(ImageObject<'a> { url } + IMAGE);

const IMAGE: &[Row] = &[("detail", NothingIf(&["\"auto\""]))];

impl<'a> Read<'a> for ImageUrl<'a> {
    fn read(reader: &mut Reader<'a>) -> Outcome<Self> {
        reader.shape("an object with a string `url`, or a string", |reader| {
            if reader.kind() != Kind::Object {
                return Text::read(reader).map(|url| Some(Self { url }));
            }
            Ok(ImageObject::read(reader)?.url.map(|url| Self { url }))
        })
    }
}

#[derive(Debug, Default)]
pub(super) struct File<'a> {
    pub(super) filename: Option<Text<'a>>,
    /// A `data:` URL.
    pub(super) data: Option<Text<'a>>,
    /// A `file_id` is in a store that this gateway does not have.
    pub(super) url: Option<Text<'a>>,
}

fields!(File<'a> { filename, data = "file_data", url = "file_url" } => check);

impl File<'_> {
    fn check(&self, reader: &mut Reader<'_>, seen: Seen) {
        self.note_second(reader, seen, Self::NAMES);
    }

    /// Takes a note on `file_url` in the object with the fields `names`, if it has the data, too.
    fn note_second(&self, reader: &mut Reader<'_>, seen: Seen, names: &[&str]) {
        if self.data.is_some() {
            reader.note_these(seen, names, &["file_url"]);
        }
    }
}

/// The parts of the content at `path` in a message of `role`.
pub(super) fn read<'a>(
    content: Content<'a, Part<'a>>,
    role: Role,
    path: &dyn Fn() -> String,
    notes: &mut Notes,
) -> Result<Vec<chat::Part<'a>>, Error> {
    let list = match content {
        Content::Text(text) => return Ok(vec![chat::Part::Text(text)]),
        Content::Parts(list) => list,
    };
    let mut parts = Vec::with_capacity(list.len());
    for (place, mut part) in list.into_iter().enumerate() {
        let path = || format!("{}[{place}]", path());
        let kind = part.kind.take().ok_or_else(|| rules::missing(&path(), "type"))?;
        let is = Is::of(kind.as_str()).ok_or_else(|| unknown(kind.as_str(), &path))?;
        let is_attached = matches!(is, Is::Image(_) | Is::File | Is::FlatFile);
        if (!is_attached || rules::keeps_attachment(role, kind.as_str(), &path, notes))
            && let Some(part) = read_part(part, is, &path)?
        {
            parts.push(part);
        }
    }
    Ok(parts)
}

#[cold]
fn unknown(kind: &str, path: &dyn Fn() -> String) -> Error {
    let field = format!("{}.type", path());
    if SOUNDS.contains(&kind) {
        return Error::invalid(field, "No model takes sound here. Send what it says as text.");
    }
    rules::unknown(field, "part type", kind, &["text", "image_url", "file", "refusal"])
}

/// Sound, in OpenAI's APIs and in what others made of them. DeGPT has a form for it, which
/// `docs/files.md` says why not to use.
const SOUNDS: [&str; 3] = ["input_audio", "audio", "audio_url"];

/// `None` for a part that nobody here can read.
fn read_part<'a>(
    part: Part<'a>,
    is: Is,
    path: &dyn Fn() -> String,
) -> Result<Option<chat::Part<'a>>, Error> {
    let missing = |field: &str| rules::missing(&path(), field);
    Ok(Some(match is {
        Is::Text => chat::Part::Text(part.text.ok_or_else(|| missing("text"))?.0),
        Is::Refusal => chat::Part::Text(part.refusal.ok_or_else(|| missing("refusal"))?.0),
        Is::Image(step) => {
            let url = part.image_url.ok_or_else(|| lacks_data(path, "image_url"))?.url.0;
            let field = || format!("{}.{step}", path());
            Given::by_url(url, &field)?.image(&field)?
        }
        Is::File => {
            let file = part.file.ok_or_else(|| missing("file"))?;
            read_file(file, &|| format!("{}.file", path()))?
        }
        Is::FlatFile => read_file(part.flat, path)?,
        Is::Sealed => return Ok(None),
    }))
}

fn read_file<'a>(file: File<'a>, path: &dyn Fn() -> String) -> Result<chat::Part<'a>, Error> {
    let (step, data) = match (file.data, file.url) {
        (Some(data), _) => ("file_data", data.0),
        (None, Some(url)) => ("file_url", url.0),
        (None, None) => return Err(lacks_data(path, "file_data")),
    };
    let field = || format!("{}.{step}", path());
    Given::by_url(data, &field)?.file(file.filename.map(|name| name.0), &field)
}

/// The error of an image or a file that is perhaps in a store, which this gateway does not have.
#[cold]
fn lacks_data(path: &dyn Fn() -> String, field: &str) -> Error {
    let message = format!(
        "`{field}` is missing. No files are kept here, so a `file_id` leads to none: send the file \
         itself as a data URL, or its address."
    );
    Error::invalid(format!("{}.{field}", path()), message)
}
