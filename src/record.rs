//! What one request did: the one value that knows how its answer ended.
//!
//! Each part of a request that may still add to it holds a clone of its [`Record`]. When the last of
//! them is dropped, the request is over: at the answer's end, after an error, or when the client has
//! left. Then the record is closed, and whoever opened it gets the [`Notes`].
//!
//! It has no content of a request: names that are known here, numbers, and codes.

use std::{
    cell::{RefCell, RefMut},
    fmt,
    rc::Rc,
};

use crate::{
    chat::{Finish, Usage},
    error::{Error, Facts, Kind},
};

/// The record of one request.
#[derive(Clone)]
pub struct Record(Rc<Sheet>);

struct Sheet {
    notes: RefCell<Notes>,
    close: Box<dyn Fn(&Notes)>,
    also: RefCell<Option<AtEnd>>,
}

/// What gets the notes, at the end.
type AtEnd = Box<dyn FnOnce(&Notes)>;

/// What is known of one request.
#[derive(Debug, Default)]
pub struct Notes {
    /// When it came, in milliseconds of the runtime's clock.
    pub since_ms: u64,
    /// What it asks for.
    pub question: Question,
    /// The status that the client got; 0 if it left before.
    pub status: u16,
    /// What the client was told is wrong, in the response or in its stream.
    pub error: Option<Facts>,
    /// The id of the model that was asked last, if any was.
    pub entry: String,
    /// Who answered, if anybody did: the last one.
    pub answered: Option<Asked>,
    /// How often DeGPT was asked for an answer.
    pub attempts: u32,
    /// What did not answer, and why: at most [`MOST_FAILURES`].
    pub failed: Vec<(Asked, Why)>,
    /// When the answer began, in milliseconds of the runtime's clock.
    pub begun_ms: Option<u64>,
    /// The tokens of the prompt and of all answers, as far as the client got them. `None` if they
    /// were not counted.
    pub usage: Option<Usage>,
    /// Who is asked, and has not answered yet.
    asking: Option<Asked>,
    is_broken: bool,
    is_cut: bool,
    is_left: bool,
}

/// What a request asks for. `None` is what is not known, or does not apply.
#[derive(Debug, Default)]
pub struct Question {
    /// The name of the client's key.
    pub key: Option<String>,
    /// The client API.
    pub dialect: &'static str,
    /// The route.
    pub route: Option<&'static str>,
    /// Whether the answer is to be streamed.
    pub is_stream: Option<bool>,
    /// The model: the id of an entry, `auto`, or `unknown`. Never the client's own text.
    pub model: Option<String>,
}

/// How many failures are noted.
pub const MOST_FAILURES: usize = 16;

/// Who is asked for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The model's name at DeGPT.
    pub model: String,
    /// Which of `DEGPT_ORIGINS`, counted from 1.
    pub origin: usize,
    /// Which of `DEGPT_API_KEY`, counted from 1. `None` if it was another credential.
    pub account: Option<usize>,
}

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The visitor could not sign in.
    SignIn(Kind),
    /// It had this status.
    Status(u16),
    /// No answer came, or it broke.
    Failed(Kind),
}

impl Why {
    /// Its word in the log.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::SignIn(kind) => format!("sign_in_{}", kind.code()),
            Self::Status(status) => status.to_string(),
            Self::Failed(kind) => kind.code().to_owned(),
        }
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// In order.
    Complete,
    /// In order, at a limit of tokens.
    Limit,
    /// The client left before the end.
    ClientLeft,
    /// The answer broke after its first word.
    UpstreamBroke,
    /// With an error in place of an answer.
    Failed,
}

impl Record {
    /// A new record of a request that came at `since_ms`. `close` gets what was noted, at the end.
    #[must_use]
    pub fn open(since_ms: u64, close: Box<dyn Fn(&Notes)>) -> Self {
        let notes = RefCell::new(Notes { since_ms, ..Notes::default() });
        Self(Rc::new(Sheet { notes, close, also: RefCell::default() }))
    }

    /// Gives what was noted to `also`, too, at the end.
    pub fn at_end(&self, also: AtEnd) {
        self.0.also.replace(Some(also));
    }

    /// What the request asks for, to be filled in. Let go of it at once.
    #[must_use]
    pub fn question(&self) -> RefMut<'_, Question> {
        RefMut::map(self.0.notes.borrow_mut(), |notes| &mut notes.question)
    }

    /// Notes what the client gets: a response of this status.
    pub fn replies(&self, status: u16) {
        self.0.notes.borrow_mut().status = status;
    }

    /// Notes that the client is told `error`.
    pub fn fails(&self, error: &Error) {
        self.0.notes.borrow_mut().error = Some(error.facts());
    }

    /// Notes that the model of this id is to answer.
    pub fn is_for(&self, entry: &str) {
        entry.clone_into(&mut self.0.notes.borrow_mut().entry);
    }

    /// Notes who is asked next, once the credential is there.
    pub fn asks(&self, asked: Asked) {
        self.0.notes.borrow_mut().asking = Some(asked);
    }

    /// Notes an attempt.
    pub fn tries(&self, asked: Asked) {
        let mut notes = self.0.notes.borrow_mut();
        notes.asking = Some(asked);
        notes.attempts += 1;
    }

    /// Notes that an attempt failed.
    pub fn tried(&self, asked: Asked, why: Why) {
        self.0.notes.borrow_mut().fail(asked, why);
    }

    /// Notes who answers.
    pub fn answered(&self, asked: Asked) {
        let mut notes = self.0.notes.borrow_mut();
        notes.asking = None;
        notes.answered = Some(asked);
    }

    /// Notes that the answer has begun, the first time.
    pub fn begins(&self, now_ms: u64) {
        self.0.notes.borrow_mut().begun_ms.get_or_insert(now_ms);
    }

    /// Notes that the answer broke after its first word.
    pub fn breaks(&self) {
        self.0.notes.borrow_mut().is_broken = true;
    }

    /// Notes how an answer ended.
    pub fn ends(&self, finish: &Finish) {
        self.0.notes.borrow_mut().is_cut |= *finish == Finish::Length;
    }

    /// Notes that a part of the answer will not be sent: the client has left, if nothing is wrong.
    pub fn leaves(&self) {
        self.0.notes.borrow_mut().is_left = true;
    }

    /// Adds what an answer took. Several answers to one request share its prompt.
    pub fn add(&self, usage: Usage) {
        let mut notes = self.0.notes.borrow_mut();
        let sum = notes.usage.get_or_insert_default();
        sum.prompt_tokens = sum.prompt_tokens.max(usage.prompt_tokens);
        sum.completion_tokens += usage.completion_tokens;
        sum.reasoning_tokens += usage.reasoning_tokens;
    }
}

impl Drop for Sheet {
    fn drop(&mut self) {
        let notes = self.notes.get_mut();
        // An attempt may have been given up by who minds the time.
        if let (Some(asked), Some(error)) = (notes.asking.take(), notes.error) {
            notes.fail(asked, Why::Failed(error.kind));
        }
        (self.close)(notes);
        if let Some(also) = self.also.take() {
            also(notes);
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Record")
    }
}

impl Notes {
    fn fail(&mut self, asked: Asked, why: Why) {
        self.asking = None;
        if self.failed.len() < MOST_FAILURES {
            self.failed.push((asked, why));
        }
    }

    /// How the request ended.
    #[must_use]
    pub fn ending(&self) -> Ending {
        match self {
            Self { error: Some(_), is_broken: true, .. } => Ending::UpstreamBroke,
            Self { error: Some(_), .. } => Ending::Failed,
            Self { status: 0, .. } | Self { is_left: true, .. } => Ending::ClientLeft,
            Self { is_cut: true, .. } => Ending::Limit,
            _ => Ending::Complete,
        }
    }
}

impl Ending {
    /// Its word in the log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Limit => "limit",
            Self::ClientLeft => "client_left",
            Self::UpstreamBroke => "upstream_broke",
            Self::Failed => "failed",
        }
    }
}
