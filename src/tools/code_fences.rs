//! Code fences and inline code in Markdown: what is quoted in them is not a call.

/// Whether the end of a text is in a code fence or in inline code.
#[derive(Debug, Clone, Default)]
pub(super) struct CodeFences {
    line: LineSoFar,
    /// The mark and the length of the fence that is open.
    fence: Option<(char, usize)>,
    /// Between backticks within a line.
    in_inline_code: bool,
    after_backtick: bool,
}

/// What the line so far may become.
#[derive(Debug, Clone, Copy)]
enum LineSoFar {
    /// This many spaces, three at most: a fence may begin.
    Indent(usize),
    /// This many marks of a fence.
    Marks(char, usize),
    /// The line of a fence, with more after its marks. Only spaces may follow the marks
    /// of a closing fence.
    Fence { mark: char, length: usize, only_spaces: bool },
    /// Code, indented by four spaces or a tab.
    IndentedCode,
    /// Anything else.
    Other,
}

impl Default for LineSoFar {
    fn default() -> Self {
        Self::Indent(0)
    }
}

impl CodeFences {
    /// Whether a code fence is open.
    pub(super) fn in_fence(&self) -> bool {
        self.fence.is_some()
    }

    /// Whether the end of the text is in inline or indented code.
    pub(super) fn in_code(&self) -> bool {
        self.in_inline_code || matches!(self.line, LineSoFar::IndentedCode)
    }

    /// Whether a fence could begin here.
    pub(super) fn at_line_start(&self) -> bool {
        matches!(self.line, LineSoFar::Indent(_))
    }

    /// Takes one more character.
    pub(super) fn step(&mut self, ch: char) {
        let starts_run = ch == '`' && !self.after_backtick;
        self.in_inline_code = ch != '\n' && self.in_inline_code != starts_run;
        self.after_backtick = ch == '`';
        if ch == '\n' {
            self.end_line();
        } else {
            self.line = self.line.with(ch);
        }
    }

    /// Opens or closes a fence, if the line was one.
    fn end_line(&mut self) {
        let (mark, length, may_close) = match self.line {
            LineSoFar::Marks(mark, length) => (mark, length, true),
            LineSoFar::Fence { mark, length, only_spaces } => (mark, length, only_spaces),
            LineSoFar::Indent(_) | LineSoFar::IndentedCode | LineSoFar::Other => (' ', 0, false),
        };
        match self.fence {
            None if length >= 3 => self.fence = Some((mark, length)),
            Some((open, least)) if open == mark && length >= least && may_close => {
                self.fence = None;
            }
            _ => {}
        }
        self.line = LineSoFar::default();
    }
}

impl LineSoFar {
    /// The line with one more character.
    fn with(self, ch: char) -> Self {
        match (self, ch) {
            (Self::Indent(3), ' ') | (Self::Indent(_), '\t') | (Self::IndentedCode, _) => {
                Self::IndentedCode
            }
            (Self::Indent(width), ' ') => Self::Indent(width + 1),
            (Self::Indent(_), '`' | '~') => Self::Marks(ch, 1),
            (Self::Marks(mark, length), _) if mark == ch => Self::Marks(mark, length + 1),
            (Self::Marks(mark, length @ 3..), _) if mark != '`' || ch != '`' => {
                Self::Fence { mark, length, only_spaces: ch.is_ascii_whitespace() }
            }
            // Backticks later in the line make it inline code.
            (Self::Fence { mark: '`', .. }, '`') => Self::Other,
            (Self::Fence { mark, length, only_spaces }, _) => {
                Self::Fence { mark, length, only_spaces: only_spaces && ch.is_ascii_whitespace() }
            }
            _ => Self::Other,
        }
    }
}
