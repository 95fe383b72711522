//! Images and files in a request: what they are, by their bytes.
//!
//! DeGPT hands them on as they are, and tells nothing of what a provider refuses: so what it would
//! is refused or put right here. The bytes tell the media type, whatever the client calls it. A text
//! document becomes text, which every model takes. Whether the model takes the others is decided in
//! [`catalog`](crate::catalog).

use std::borrow::Cow;

use super::rules;
use crate::{
    base64,
    chat::{Data, Part, Source},
    error::Error,
    json,
};

/// An image or a file as it is given.
pub(super) enum Given<'a> {
    /// An http(s) address.
    Address(Cow<'a, str>),
    /// Base64, and the media type that it is said to have.
    Base64(Cow<'a, str>, Cow<'a, str>),
}

impl<'a> Given<'a> {
    /// The one that a URL leads to.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `field` for one that DeGPT cannot load. It would not report that.
    pub(super) fn by_url(url: Cow<'a, str>, field: &dyn Fn() -> String) -> Result<Self, Error> {
        if rules::is_address(&url) {
            return Ok(Self::Address(url));
        }
        let message = "Must be an http(s) URL or a data URL like `data:image/png;base64,…`.";
        let wrong = || Error::invalid(field(), message);
        let (media_type, start) = data_url(&url).ok_or_else(wrong)?;
        let media_type = media_type.to_owned().into();
        let data = match url {
            Cow::Borrowed(url) => Cow::Borrowed(url.get(start..).unwrap_or_default()),
            Cow::Owned(mut url) => {
                url.drain(..start);
                Cow::Owned(url)
            }
        };
        Ok(Self::Base64(data, media_type))
    }

    /// An image.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `field` for what is no base64, and no picture.
    pub(super) fn image(self, field: &dyn Fn() -> String) -> Result<Part<'a>, Error> {
        self.part(Is::Image, field)
    }

    /// A file. A picture among files is an image, and a text is told as text.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `field` for what is no base64, and what no model takes.
    pub(super) fn file(
        self,
        name: Option<Cow<'a, str>>,
        field: &dyn Fn() -> String,
    ) -> Result<Part<'a>, Error> {
        self.part(Is::File(name), field)
    }

    fn part(self, is: Is<'a>, field: &dyn Fn() -> String) -> Result<Part<'a>, Error> {
        let wrong = |message: &str| Error::invalid(field(), message);
        let (data, is) = match self {
            Self::Address(url) => (Data::Address(url), is),
            Self::Base64(text, said) => {
                let text = base64::normal(text);
                let text = text.ok_or_else(|| wrong("Must be base64, and not empty."))?;
                let head = base64::head(&text, HEAD_BYTES);
                // Some PDFs have other bytes before their first.
                let is_pdf = said.ends_with("/pdf") && head.windows(5).any(|five| five == b"%PDF-");
                match (media_type(&head).or(is_pdf.then_some(PDF)), is) {
                    (Some(PDF), Is::Image) => {
                        return Err(wrong("Is a PDF, not a picture: send it as a file."));
                    }
                    (None, Is::Image) => {
                        return Err(wrong(
                            "Must be a picture: JPEG, PNG, GIF or WebP. Its first bytes are of none.",
                        ));
                    }
                    (None, Is::File(name)) => {
                        let text = text_of(base64::decode(text)).ok_or_else(|| {
                            wrong(
                                "Must be a PDF, a picture or a text in UTF-8: models take no other \
                                 files. Send what it says as text.",
                            )
                        })?;
                        return Ok(Part::Text(marked(name.as_deref(), text).into()));
                    }
                    (Some(media_type), is) => {
                        let is = if media_type == PDF { is } else { Is::Image };
                        (Data::Base64 { media_type, text }, is)
                    }
                }
            }
        };
        let source = Source { field: field().into(), data };
        Ok(match is {
            Is::Image => Part::Image(source),
            Is::File(name) => Part::File { name, source },
        })
    }
}

/// What it is said to be.
enum Is<'a> {
    Image,
    /// With its name.
    File(Option<Cow<'a, str>>),
}

/// The media type of a `data:` URL (RFC 2397) that holds base64, and where that begins.
fn data_url(url: &str) -> Option<(&str, usize)> {
    let comma = url.bytes().position(|byte| byte == b',')?;
    let (scheme, rest) = url.get(..comma)?.split_at_checked("data:".len())?;
    let (rest, encoding) = rest.split_at_checked(rest.len().checked_sub(";base64".len())?)?;
    let end = rest.bytes().position(|byte| byte == b';').unwrap_or(rest.len());
    let media_type = rest.get(..end)?;
    let is_it = scheme.eq_ignore_ascii_case("data:") && encoding.eq_ignore_ascii_case(";base64");
    (is_it && rules::is_media_type(media_type)).then_some((media_type, comma + 1))
}

const PDF: &str = "application/pdf";

/// Where a PDF begins, at the latest.
const HEAD_BYTES: usize = 1_024;

/// The media types of what is not told as text, each with bytes that it has at a place.
static SIGNATURES: [(usize, &[u8], &str); 14] = [
    (0, b"\x89PNG", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", PDF),
    // The reserved bytes of a header that begins with `BM`.
    (6, b"\0\0\0\0", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftyphev", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypmsf1", "image/heic"),
];

/// The media type of what begins with `head`; `None` if it is not known.
fn media_type(head: &[u8]) -> Option<&'static str> {
    let is_of = |(place, bytes, name): &&(usize, &[u8], &str)| {
        let start: &[u8] = match *name {
            "image/bmp" => b"BM",
            "image/webp" => b"RIFF",
            _ => b"",
        };
        head.starts_with(start) && head.get(*place..).is_some_and(|head| head.starts_with(bytes))
    };
    SIGNATURES.iter().find(is_of).map(|(_, _, name)| *name)
}

/// The text in UTF-8, with a byte order mark or without, or in UTF-16 with one. `None` for what is
/// not text.
fn text_of(mut bytes: Vec<u8>) -> Option<String> {
    let wide: Option<fn([u8; 2]) -> u16> = match bytes.as_slice() {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        _ => None,
    };
    let text = if let Some(wide) = wide {
        let (units, []) = bytes.as_chunks() else {
            return None;
        };
        let mut text = String::new();
        let mut first = None;
        for unit in units.iter().skip(1).map(|unit| wide(*unit)) {
            match first.take() {
                Some(high) => text.push(json::joined(high, unit)?),
                None if matches!(unit, 0xd800..0xdc00) => first = Some(unit),
                None => text.push(char::from_u32(unit.into())?),
            }
        }
        if first.is_some() {
            return None;
        }
        text
    } else {
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        String::from_utf8(bytes).ok()?
    };
    (!text.as_bytes().contains(&0)).then_some(text)
}

/// `text` between marks with its name. The text cannot hold the mark that ends it.
fn marked(name: Option<&str>, mut text: String) -> String {
    let mut tag = "document".to_owned();
    let mut rest = text.as_str();
    while let Some(place) = rest.find('<') {
        rest = rest.get(place + 1..).unwrap_or_default();
        // One more than follow the tag here.
        while rest.strip_prefix('/').is_some_and(|rest| rest.starts_with(&tag)) {
            tag.push('_');
        }
    }
    let mut opening = "<".to_owned();
    opening.push_str(&tag);
    if let Some(name) = name {
        opening.push_str(" name=\"");
        for ch in name.chars() {
            let is_plain = !ch.is_control() && !matches!(ch, '"' | '<' | '>');
            opening.push(if is_plain { ch } else { '_' });
        }
        opening.push('"');
    }
    opening.push_str(">\n");
    // It may be megabytes, and must not be copied as it grows.
    text.reserve_exact(opening.len() + tag.len() + 4);
    text.insert_str(0, &opening);
    for end in ["\n</", &tag, ">"] {
        text.push_str(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Given, PDF, data_url, marked, media_type, text_of};
    use crate::chat::{Data, Part, Source};

    fn type_of<'s>(source: &'s Source<'_>) -> &'s str {
        match &source.data {
            Data::Base64 { media_type, .. } => media_type,
            Data::Address(_) => "",
        }
    }

    #[test]
    fn the_first_bytes_tell_the_media_type() {
        let table: [(&[u8], Option<&str>); 12] = [
            (b"\x89PNG\r\n\x1a\n", Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a\x01", Some("image/gif")),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x01\x02\x03\x04WAVEfmt ", None),
            (b"BM\x01\x02\x03\x04\0\0\0\0\x36", Some("image/bmp")),
            (b"BMW is a text", None),
            (b"II*\0", Some("image/tiff")),
            (b"\0\0\0\x18ftypheic", Some("image/heic")),
            (b"\0\0\0\x18ftypisom", None),
            (b"%PDF-1.7", Some("application/pdf")),
            (b"", None),
        ];
        for (head, expected) in table {
            assert_eq!(media_type(head), expected, "{head:?}");
        }
    }

    #[test]
    fn data_urls_may_have_parameters() {
        let table = [
            ("data:image/png;base64,AA==", Some(("image/png", 22))),
            ("DATA:image/png;charset=utf-8;name=\"a;b\";BASE64,A", Some(("image/png", 47))),
            ("data:image/png,AA", None),
            ("data:;base64,AA==", None),
            ("data:image/;base64,AA==", None),
            ("data:image/png;base64", None),
            ("date:image/png;base64,AA", None),
        ];
        for (url, expected) in table {
            assert_eq!(data_url(url), expected, "{url}");
        }
    }

    #[test]
    fn texts_are_read_in_their_encoding() {
        let table: [(&[u8], Option<&str>); 10] = [
            (b"a,b\n", Some("a,b\n")),
            ("\u{feff}模型".as_bytes(), Some("模型")),
            (b"\xff\xfea\0,\0", Some("a,")),
            (b"\xfe\xff\0a\0,", Some("a,")),
            (b"\xff\xfea\0,", None),
            (b"\xff\xfe\x00\xd8", None),
            (b"\xff\xfe\x3d\xd8\x0a\xde", Some("😊")),
            (b"caf\xe9", None),
            (b"a\0b", None),
            (b"PK\x03\x04\x14\0", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(text_of(bytes.to_vec()).as_deref(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_text_cannot_end_its_document() {
        let table = [
            (None, "a", "<document>\na\n</document>"),
            (Some("a.csv"), "a", "<document name=\"a.csv\">\na\n</document>"),
            (Some("a\"\n><b"), "a", "<document name=\"a____b\">\na\n</document>"),
            (None, "</document>", "<document_>\n</document>\n</document_>"),
            (
                None,
                "</document_</document__x",
                "<document___>\n</document_</document__x\n</document___>",
            ),
        ];
        for (name, text, expected) in table {
            assert_eq!(marked(name, text.to_owned()), expected);
        }
    }

    proptest! {
        #[test]
        fn any_data_is_something_or_a_400(
            data in prop_oneof!["[A-Za-z0-9+/]{0,60}", "(iVBORw0K|JVBERi0x|/9j/4AAQ)[A-Za-z0-9+/]{0,40}={0,2}", any::<String>()],
            said in prop_oneof![Just("application/pdf"), Just("text/plain"), Just("image/png")],
            name in prop::option::of(any::<String>()),
        ) {
            let at = &|| "field".to_owned();
            let given = || Given::Base64(data.as_str().into(), said.into());
            let image = given().image(at);
            let file = given().file(name.map(Into::into), at);
            for (made, is_image) in [(&image, true), (&file, false)] {
                let is_it = match made {
                    Ok(Part::Text(text)) => {
                        !is_image && text.starts_with("<document") && text.ends_with('>')
                    }
                    Ok(Part::Image(source)) => type_of(source).starts_with("image/"),
                    Ok(Part::File { source, .. }) => !is_image && type_of(source) == PDF,
                    Ok(_) => false,
                    Err(error) => error.param() == Some("field"),
                };
                prop_assert!(is_it, "{:?}", made);
            }
        }
    }
}
