//! A spec's text and its name.

use std::borrow::Cow;

/// A named spec text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What to call it in reports, usually its path.
    pub name: Cow<'static, str>,
    /// The spec.
    pub text: Cow<'static, str>,
}

impl Source {
    /// Names a text.
    pub fn new(name: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The line and the column, in characters, of a byte of the text, both counted from 1.
    ///
    /// A byte past the end counts as the end, one inside of a character as the start of it.
    pub fn line_column(&self, byte: usize) -> (usize, usize) {
        let mut end = byte.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn counts_lines_and_characters_from_one() {
        let source = Source::new("test", "ab\nčd\n");
        let places = [0, 1, 2, 3, 4, 5, 6, 7, 99].map(|byte| source.line_column(byte));
        let expected = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 1), (2, 2), (2, 3), (3, 1), (3, 1)];
        assert_eq!(places, expected);
    }
}
