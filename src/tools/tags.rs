//! The tags around calls, in the spellings of all models: one table, and its reader.
//!
//! A tag is read without regard to case, to `_`, `-` and `▁` in its name, to the bars around
//! it (`|`, `｜`, `‖`) and to a namespace (`antml:`). So one row stands for `<tool_call>`,
//! `<|tool_call|>`, `<TOOL-CALL>` and `<minimax:tool_call>`.

/// What stands in a tag, or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Calls.
    List,
    /// A call, with its name.
    Call,
    /// The arguments of a call, whose name the tag has.
    Named,
    /// The value of an argument, whose name the tag has.
    Argument,
    /// The name of an argument.
    Key,
    /// The value of the argument that was named before.
    Value,
    /// A part of a call that is known by its form.
    Part,
    /// A string begins or ends.
    Quote,
    /// A result.
    Result,
    /// A call in a form that is not read.
    Foreign,
}

/// How a tag has to be dressed, at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dress {
    Any,
    /// With bars: `<|name|>`.
    Bars,
    /// With `DSML` between bars: `<｜DSML｜name>`.
    Dsml,
    /// Between marks: `<|open|>name<|sep|>`.
    Sep,
}

/// Whether it opens or closes what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Open,
    Close,
    /// It does both: `<invoke name="x"/>`.
    Whole,
}
use Dress::{Any, Bars, Dsml, Sep};
use Role::{Argument, Call, Foreign, Key, List, Named, Part, Quote, Result, Value};
use Side::{Close, Open, Whole};

/// All of them. Of two names that begin alike the longer one comes first.
static ROWS: [(&str, Role, Dress, Side); 56] = [
    // Kimi K3's.
    ("tools", List, Sep, Open),
    ("call", Named, Sep, Open),
    ("argument", Argument, Sep, Open),
    // DeepSeek's, from V3 to V4.1.
    ("toolcallsbegin", List, Bars, Open),
    ("toolcallsend", List, Bars, Close),
    ("toolcallbegin", Call, Bars, Open),
    ("toolcallend", Call, Bars, Close),
    ("tooloutputsbegin", Result, Bars, Open),
    ("toolsep", Part, Any, Open),
    ("calls", List, Dsml, Open),
    ("tool", Named, Dsml, Open),
    // Kimi K2's.
    ("toolcallssectionbegin", List, Bars, Open),
    ("toolcallssectionend", List, Bars, Close),
    ("toolcallargumentbegin", Part, Bars, Open),
    // LFM's and Llama's.
    ("toolcallstart", Call, Bars, Open),
    ("pythontag", Call, Bars, Open),
    ("pythonstart", Call, Bars, Open),
    ("pythonend", Call, Bars, Close),
    ("eomid", Call, Bars, Close),
    ("eotid", Call, Bars, Close),
    // This gateway's, Qwen's, OpenAI's, Anthropic's.
    ("toolcalls", List, Any, Open),
    ("toolcall", Call, Any, Open),
    ("tooluse", Call, Any, Open),
    ("toolresponse", Result, Any, Open),
    ("functioncalls", List, Any, Open),
    ("functioncall", Call, Any, Open),
    ("functionresults", Result, Any, Open),
    ("function", Named, Any, Open),
    ("invoke", Named, Any, Open),
    ("parameters", Part, Any, Open),
    ("parameter", Argument, Any, Open),
    ("param", Argument, Any, Open),
    ("toolname", Part, Any, Open),
    ("name", Part, Any, Open),
    ("arguments", Part, Any, Open),
    // GLM's.
    ("argkey", Key, Any, Open),
    ("argvalue", Value, Any, Open),
    // Those of OpenAI's Harmony.
    ("start", Call, Bars, Open),
    ("channel", Call, Bars, Open),
    ("constrain", Part, Bars, Open),
    ("message", Part, Bars, Open),
    ("call", Call, Bars, Close),
    // InternLM's, Command's and Apertus'.
    ("actionstart", Call, Bars, Open),
    ("plugin", Part, Bars, Open),
    ("actionend", Call, Bars, Close),
    ("startaction", Call, Bars, Open),
    ("endaction", Call, Bars, Close),
    ("toolsprefix", Call, Bars, Open),
    ("toolssuffix", Call, Bars, Close),
    // Gemma's.
    ("startfunctioncall", Call, Any, Open),
    ("endfunctioncall", Call, Any, Close),
    ("escape", Quote, Any, Open),
    ("\"", Quote, Bars, Open),
    // MiniMax M3's, Inkling's, PLaMo's.
    ("]minimax[", Foreign, Any, Open),
    ("messagemodel", Foreign, Bars, Open),
    ("plamo:begintoolrequests:plamo", Foreign, Bars, Open),
];

/// What models write before the name: namespaces, and the model's own.
pub(super) static NAMESPACES: [&str; 10] = [
    "antml:", "atml:", "minimax:", "xai:", "seed:", "steptml:", "ifm|", "dots_", "iquest_",
    "longcat_",
];

/// The words between bars before the names of the tags of `DeepSeek` and `GigaChat`.
static DSML: [&str; 2] = ["dsml", "gcml"];

/// The marks before the names of Kimi K3's tags, without their bracket, and whether they close.
static MARKS: [(&str, bool); 2] = [("|open|>", false), ("|close|>", true)];
/// And the one after.
const SEP: &str = "<|sep|>";

/// The longest tag, in bytes.
pub(super) const LONGEST: usize = 512;

/// A tag that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'t> {
    pub(super) role: Role,
    pub(super) side: Side,
    pub(super) dress: Dress,
    /// The name that it has.
    pub(super) name: Option<&'t str>,
    /// Whether it has that as in `<parameter=name>`.
    pub(super) is_assigned: bool,
    /// What it says of its value: whether that is a string.
    pub(super) is_string: Option<bool>,
}

impl Tag<'_> {
    pub(super) fn opens(&self) -> bool {
        self.side == Open
    }

    pub(super) fn closes(&self) -> bool {
        self.side == Close
    }

    /// Whether it belongs to one in this dress: DSML does not mix with others.
    pub(super) fn is_like(&self, dress: Dress) -> bool {
        (self.dress == Dsml) == (dress == Dsml)
    }

    /// Whether a call can begin with it.
    pub(super) fn opens_calls(&self) -> bool {
        !self.closes() && matches!(self.role, List | Call | Named)
    }
}

/// What a text that begins with `<` is, if it has no `>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// The beginning of a tag.
    Open,
    /// A tag with this role up to its attributes, which any text may follow.
    Attributes(Role),
    /// No tag.
    Other,
}

/// A text after the `<` of a tag, without what stands before the name.
struct Undressed<'t> {
    has_slash: bool,
    dress: Dress,
    /// From the name on.
    rest: &'t str,
    /// Whether more may stand before the name, or a part of it does.
    is_open: bool,
}

pub(super) fn is_bar(ch: char) -> bool {
    matches!(ch, '|' | '｜' | '‖')
}

/// Whether `ch` may stand between the letters of a name.
pub(super) fn is_joint(ch: char) -> bool {
    matches!(ch, '_' | '-' | '▁')
}

/// `text` after `prefix`, in any case. `Err` says whether more of it could follow.
pub(super) fn after<'t>(text: &'t str, prefix: &str) -> core::result::Result<&'t str, bool> {
    let length = text.len().min(prefix.len());
    let is_same = |head: &str| prefix.get(..length).is_some_and(|p| p.eq_ignore_ascii_case(head));
    match text.split_at_checked(length) {
        Some((head, rest)) if is_same(head) && length == prefix.len() => Ok(rest),
        Some((head, _)) => Err(is_same(head)),
        None => Err(false),
    }
}

impl<'t> Undressed<'t> {
    fn of(text: &'t str) -> Self {
        let mut this = Self { has_slash: false, dress: Any, rest: text, is_open: false };
        for &(mark, has_slash) in &MARKS {
            this.is_open |= mark.starts_with(text);
            if let Some(rest) = text.strip_prefix(mark) {
                return Self { has_slash, dress: Sep, rest, is_open: rest.is_empty() };
            }
        }
        this.skip();
        for word in &DSML {
            match after(this.rest, word) {
                Ok(rest) if this.dress == Bars => {
                    this.rest = rest;
                    this.dress = Dsml;
                    this.skip();
                }
                Err(true) => this.is_open = true,
                _ => {}
            }
        }
        for namespace in &NAMESPACES {
            match after(this.rest, namespace) {
                Ok(rest) => this.rest = rest,
                Err(is_open) => this.is_open |= is_open,
            }
        }
        this.is_open |= this.rest.is_empty();
        this
    }

    /// Skips what may stand before a name.
    fn skip(&mut self) {
        const MOST: usize = 6;
        for _ in 0..MOST {
            let Some(ch) = self.rest.chars().next() else {
                return;
            };
            self.has_slash |= ch == '/';
            if is_bar(ch) {
                self.dress = self.dress.max(Bars);
            }
            if !is_bar(ch) && !matches!(ch, '/' | ' ') {
                return;
            }
            self.rest = self.rest.get(ch.len_utf8()..).unwrap_or_default();
        }
    }
}

/// What follows the `name` of a tag of this role in `text`. `Err` says whether more of it could
/// follow.
fn after_name<'t>(text: &'t str, name: &str, role: Role) -> core::result::Result<&'t str, bool> {
    // After the names of others their attributes follow.
    let is_joint = |ch: char| is_joint(ch) || ch == ' ' && matches!(role, List | Call | Part);
    let mut rest = text.chars();
    for expected in name.chars() {
        let mut next = rest.next();
        if next.is_some_and(is_joint) {
            next = rest.next();
        }
        match next {
            None => return Err(true),
            Some(ch) if ch.eq_ignore_ascii_case(&expected) => {}
            Some(_) => return Err(false),
        }
    }
    Ok(rest.as_str())
}

/// Whether the attributes of a tag may begin like `text`.
fn may_follow(text: &str) -> bool {
    let name = skip(text, is_space);
    let rest = if name.len() < text.len() {
        skip(name, |ch| ch.is_ascii_alphanumeric() || is_joint(ch))
    } else {
        text
    };
    rest.chars().next().is_none_or(|ch| matches!(ch, '=' | '/' | '<') || is_bar(ch))
}

fn is_space(ch: char) -> bool {
    ch.is_ascii_whitespace()
}

/// What `text` is, which begins with `<` and has no `>`. `opens` says whether only tags with
/// which a call can begin count, or a result.
pub(super) fn look(text: &str, opens: bool) -> Look {
    let undressed = Undressed::of(text.strip_prefix('<').unwrap_or_default());
    if text.len() > LONGEST {
        return Look::Other;
    }
    let mut look = if undressed.is_open { Look::Open } else { Look::Other };
    for &(name, role, dress, _) in &ROWS {
        let counts = !opens || matches!(role, List | Call | Named | Result | Foreign);
        if !counts || undressed.dress < dress {
            continue;
        }
        match after_name(undressed.rest, name, role) {
            Ok(rest) if rest.starts_with('=') || skip(rest, is_space).len() < rest.len() => {
                if may_follow(rest) {
                    return Look::Attributes(role);
                }
            }
            Ok(rest) if may_follow(rest) => look = Look::Open,
            Err(true) => look = Look::Open,
            Ok(_) | Err(false) => {}
        }
    }
    look
}

/// Whether `text` begins with a mark before a tag's name, which has a `>` of its own.
pub(super) fn has_mark(text: &str) -> bool {
    text.strip_prefix('<').is_some_and(|text| MARKS.iter().any(|(mark, _)| text.starts_with(mark)))
}

/// Reads the tag that `text` begins with. Returns it, and what follows it.
pub(super) fn read(text: &str) -> Option<(Tag<'_>, &str)> {
    let inside = text.strip_prefix('<')?;
    // No further than to the next tag: many may begin and none may end.
    let (tag, end) = if has_mark(text) {
        let near = inside.get(..inside.floor_char_boundary(LONGEST))?;
        (near.find(SEP)?, SEP)
    } else {
        (inside.find(['<', '>'])?, ">")
    };
    let (tag, rest) = inside.split_at_checked(tag)?;
    let rest = rest.strip_prefix(end).filter(|_| tag.len() <= LONGEST)?;
    let undressed = Undressed::of(tag);
    let (role, side, attributes) = ROWS.iter().find_map(|&(name, role, dress, side)| {
        let attributes = after_name(undressed.rest, name, role).ok()?;
        (undressed.dress >= dress && may_follow(attributes)).then_some((role, side, attributes))
    })?;
    // Gemma closes with a bar at the other end.
    let is_end = undressed.dress == Any && attributes.ends_with(is_bar);
    let attributes = attributes.trim_end_matches(|ch| ch == ' ' || is_bar(ch));
    let (attributes, side) = match attributes.strip_suffix('/') {
        _ if undressed.has_slash || is_end => (attributes, Close),
        Some(attributes) => (attributes, Whole),
        None => (attributes, side),
    };
    let (name, is_string) = read_attributes(attributes);
    if name.is_none() && side != Close && matches!(role, Named | Argument) {
        return None;
    }
    let is_assigned = attributes.starts_with('=');
    let dress = undressed.dress;
    Some((Tag { role, side, dress, name, is_assigned, is_string }, rest))
}

/// The name among these attributes, which has to be the first, and what they say of a string.
#[inline(never)]
fn read_attributes(text: &str) -> (Option<&str>, Option<bool>) {
    let is_quote = |ch: char| matches!(ch, '"' | '\'');
    let is_before = |ch: char| matches!(ch, '=' | ' ' | '\n' | '\t');
    let (key, value) = split(text, |ch| ch == '=');
    let is_short = key.is_empty();
    let is_name = |name: &&str| name.eq_ignore_ascii_case(key.trim_ascii());
    if value.is_empty() || !is_short && !["name", "tool", "key"].iter().any(is_name) {
        return (None, None);
    }
    let value = skip(value, is_before);
    let quoted = skip(value, is_quote);
    let (name, rest) = match quoted.len() < value.len() {
        true => split(quoted, is_quote),
        false if is_short => (value.trim_ascii_end(), ""),
        false => split(value, is_space),
    };
    let (key, value) = split(rest, |ch| ch == '=');
    let value = skip(skip(value, is_before), is_quote).as_bytes().first();
    let key = key.trim_ascii_end();
    let is_string = match value.map(u8::to_ascii_lowercase) {
        Some(kind) if key.ends_with("type") => Some(kind == b's'),
        _ if !key.ends_with("string") => None,
        Some(b't') => Some(true),
        Some(b'f') => Some(false),
        _ => None,
    };
    (Some(name), is_string)
}

/// `text` up to the first character where it `ends`, and from there on.
#[inline(never)]
pub(super) fn split(text: &str, ends: fn(char) -> bool) -> (&str, &str) {
    let mut rest = text.chars();
    loop {
        let after = rest.as_str();
        if rest.next().is_none_or(ends) {
            return text.split_at_checked(text.len() - after.len()).unwrap_or_default();
        }
    }
}

/// `text` from the first character on that `is` not so.
#[inline(never)]
pub(super) fn skip(text: &str, is: fn(char) -> bool) -> &str {
    let mut rest = text.chars();
    loop {
        let after = rest.as_str();
        if !rest.next().is_some_and(is) {
            return after;
        }
    }
}

/// The names of the tags that are marked where a text quotes them: those with which a call or a
/// result can begin, each with whether it must have bars. A name that ends with `=` is
/// whole with that.
#[inline(never)]
pub(super) fn each_marked(each: &mut dyn FnMut(&str, bool)) {
    // In other texts the first two are words like any other.
    static NAMED: [&str; 7] =
        ["function=", "functionname", "invoke=", "invokename", "dsml", "gcml", "open"];
    for name in &NAMED {
        each(name, name.len() == 4);
    }
    for &(name, role, dress, _) in &ROWS {
        if matches!(role, List | Call | Result) && dress < Dsml {
            each(name, dress == Bars);
        }
    }
}
