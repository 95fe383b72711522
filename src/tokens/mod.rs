//! temp
/// temp
#[derive(Debug, Default)]
pub struct Counter(u64);
impl Counter {
    /// temp
    #[must_use]
    pub fn new() -> Self {
        Self(0)
    }
    /// temp
    pub fn push(&mut self, t: &str) {
        self.0 += t.len() as u64;
    }
    /// temp
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0
    }
}
/// temp
#[must_use]
pub fn count(t: &str) -> u64 {
    t.len() as u64
}
