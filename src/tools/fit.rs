//! How an answer fits what a request wants.

/// What is found of a JSON text that is to fit a JSON schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It fits.
    Fits,
    /// It does not, and this is why, in words for a model.
    Misfit(String),
    /// That cannot be told, or not soon.
    Unknown,
}

/// How the text of an answer fits the form that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Fit {
    /// It does.
    #[default]
    Fits,
    /// It is a value of the right kind, and whether that fits the schema cannot be told.
    Unjudged,
    /// It is a value of the right kind that does not fit the schema, and this is why.
    Misfit(String),
    /// It has values of the right kind in it, and is none itself.
    Several,
    /// It is none.
    NotJson,
    /// A call of a strict tool, of which it cannot be told whether it fits the schema.
    UnjudgedCall,
    /// A call of a strict tool does not fit the schema, and this is why.
    MisfitCall(String),
    /// It has a call that cannot be read, and this is why.
    Unreadable(&'static str),
    /// It has no call.
    NoCall,
}

impl Fit {
    /// Whether it is closer to what is wanted than `other` is.
    #[must_use]
    pub fn is_better_than(&self, other: &Self) -> bool {
        let rank = |fit: &Self| match fit {
            Self::Fits => 0,
            Self::Unjudged | Self::UnjudgedCall => 1,
            Self::Misfit(_) | Self::MisfitCall(_) => 2,
            Self::Several => 3,
            Self::NotJson | Self::Unreadable(_) | Self::NoCall => 4,
        };
        rank(self) < rank(other)
    }

    /// The header that tells a client of it; `None` if there is nothing to tell.
    #[must_use]
    pub fn header(&self) -> Option<(&'static str, &'static str)> {
        let (json, tools) = ("x-degpt-json", "x-degpt-tools");
        match self {
            Self::Fits | Self::NoCall => None,
            Self::Unjudged => Some((json, "unjudged")),
            Self::Misfit(_) | Self::Several | Self::NotJson => Some((json, "invalid")),
            Self::UnjudgedCall => Some((tools, "unjudged")),
            Self::MisfitCall(_) => Some((tools, "invalid")),
            Self::Unreadable(_) => Some((tools, "unreadable")),
        }
    }

    /// Whether there is something better to be had by asking again.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        !matches!(self, Self::Fits | Self::Unjudged | Self::UnjudgedCall)
    }
}
