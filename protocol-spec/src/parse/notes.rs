//! What the parsers write down while they run.

use super::Input;
use super::found::found;
use crate::suggest::list;
use crate::{Code, Diagnostic};
use std::cell::{Ref, RefCell};

/// The mistakes so far, and what would have been right at the furthest place that was reached.
///
/// The furthest place is the best guess at where a declaration goes wrong: up to it, all made sense to some parser.
#[derive(Debug, Default)]
pub(super) struct Notes {
    mistakes: RefCell<Vec<Diagnostic>>,
    expected: RefCell<Expected>,
}

#[derive(Debug, Default)]
struct Expected {
    at: usize,
    what: Vec<String>,
}

impl Notes {
    /// Starts a declaration: what was expected before it does not matter any more.
    pub(super) fn forget(&self) {
        self.expected.take();
    }

    /// Notes that `what` would have been right at a byte of the text.
    pub(super) fn expected(&self, at: usize, what: &str) {
        let mut expected = self.expected.borrow_mut();
        if at > expected.at {
            *expected = Expected { at, what: Vec::new() };
        }
        if at == expected.at && !expected.what.iter().any(|known| known == what) {
            expected.what.push(what.to_owned());
        }
    }

    pub(super) fn mistake(&self, mistake: Diagnostic) {
        self.mistakes.borrow_mut().push(mistake);
    }

    pub(super) fn mistakes(&self) -> Ref<'_, Vec<Diagnostic>> {
        self.mistakes.borrow()
    }

    pub(super) fn into_mistakes(self) -> Vec<Diagnostic> {
        self.mistakes.into_inner()
    }

    /// Turns a failed declaration into a mistake, unless that has happened already.
    pub(super) fn report(&self, error: &nom::Err<()>, declaration: Input<'_>) {
        if matches!(error, nom::Err::Failure(())) {
            return;
        }
        let Expected { at, what } = self.expected.take();
        let found = found(declaration, at);
        let label = match what.as_slice() {
            [only] => format!("expected {only}"),
            _ => "not expected here".to_owned(),
        };
        let message = format!("expected {}, found {}", list(what, "or"), found.what);
        self.mistake(Diagnostic::new(Code::Syntax, &found.span, message).label(label).help(found.help));
    }
}
