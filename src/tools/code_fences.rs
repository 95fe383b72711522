//! Code fences and lines: what is quoted is no call.

/// Where in a text of lines and code fences one is.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// What stands in the line so far; `None` once it cannot be a fence's.
    line: Line,
    /// The mark and the length of the fence that is open.
    fence: Option<(char, usize)>,
    /// Between the backticks of one line.
    in_code: bool,
    after_backtick: bool,
}

#[derive(Debug, Clone, Copy)]
enum Line {
    /// So many spaces, up to three.
    Indent(usize),
    /// So many of a fence's marks.
    Marks(char, usize),
    /// A fence's line: an opening one may go on, a closing one only with spaces.
    Fence(char, usize, bool),
    /// One that is indented by four spaces or a tab: code.
    Code,
    /// Any other.
    Other,
}

impl Default for Line {
    fn default() -> Self {
        Self::Indent(0)
    }
}

impl Place {
    /// Whether a code fence is open.
    pub(super) fn in_fence(&self) -> bool {
        self.fence.is_some()
    }

    /// Whether what comes is quoted within its line, or the line is.
    pub(super) fn in_code(&self) -> bool {
        self.in_code || matches!(self.line, Line::Code)
    }

    /// Whether a fence could begin here.
    pub(super) fn at_line_start(&self) -> bool {
        matches!(self.line, Line::Indent(_))
    }

    /// Goes one character on.
    pub(super) fn step(&mut self, ch: char) {
        let starts_run = ch == '`' && !self.after_backtick;
        self.in_code = ch != '\n' && self.in_code != starts_run;
        self.after_backtick = ch == '`';
        if ch == '\n' {
            let (mark, length, bare) = match self.line {
                Line::Marks(mark, length) => (mark, length, true),
                Line::Fence(mark, length, bare) => (mark, length, bare),
                Line::Indent(_) | Line::Code | Line::Other => (' ', 0, false),
            };
            match self.fence {
                None if length >= 3 => self.fence = Some((mark, length)),
                Some((open, least)) if open == mark && length >= least && bare => {
                    self.fence = None;
                }
                _ => {}
            }
            self.line = Line::default();
            return;
        }
        self.line = match (self.line, ch) {
            (Line::Indent(3), ' ') | (Line::Indent(_), '\t') | (Line::Code, _) => Line::Code,
            (Line::Indent(width), ' ') => Line::Indent(width + 1),
            (Line::Indent(_), '`' | '~') => Line::Marks(ch, 1),
            (Line::Marks(mark, length), _) if mark == ch => Line::Marks(mark, length + 1),
            (Line::Marks(mark, length @ 3..), _) if mark != '`' || ch != '`' => {
                Line::Fence(mark, length, ch.is_ascii_whitespace())
            }
            // Marks within the line: inline code.
            (Line::Fence('`', ..), '`') => Line::Other,
            (Line::Fence(mark, length, bare), _) => {
                Line::Fence(mark, length, bare && ch.is_ascii_whitespace())
            }
            _ => Line::Other,
        };
    }
}
