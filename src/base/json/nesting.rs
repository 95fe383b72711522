//! Follows the brackets and strings of JSON, without its grammar.

/// Where in a value a text is.
#[derive(Debug, Clone, Default)]
pub struct Nesting {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Nesting {
    /// Whether it is in no bracket and no string.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.depth == 0 && !self.in_string
    }

    /// Takes a byte. Returns whether it closes the outermost bracket.
    pub fn closes(&mut self, byte: u8) -> bool {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = self.in_string,
            b'"' => self.in_string = !self.in_string,
            _ if self.in_string => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}
