//! Mistakes in a spec, and how they are shown.

#[cfg(doc)]
use crate::Code;
use crate::Source;
use crate::defs::Span;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule that is broken, as reports show it: a [`Code`], or one of whoever else has rules for specs.
    pub code: &'static str,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Where it is wrong.
    pub span: Span,
    /// What to say right there; empty where the message says it all.
    pub label: String,
    /// Other places that matter, and why.
    pub secondary: Vec<(Span, String)>,
    /// How to put it right.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake at this place, without label and help yet.
    pub fn new(code: impl Into<&'static str>, span: &Span, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            span: span.clone(),
            label: String::new(),
            secondary: Vec::new(),
            help: None,
        }
    }

    /// Says something right at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Shows another place.
    #[must_use]
    pub fn also(mut self, span: &Span, label: impl Into<String>) -> Self {
        self.secondary.push((span.clone(), label.into()));
        self
    }

    /// Says how to put it right.
    #[must_use]
    pub fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }

    fn groups<'a>(&'a self, source: &'a Source) -> Vec<Group<'a>> {
        let primary = AnnotationKind::Primary.span(self.span.clone());
        let primary = match self.label.as_str() {
            "" => primary,
            label => primary.label(label),
        };
        let secondary = self.secondary.iter();
        let secondary = secondary.map(|(span, label)| AnnotationKind::Context.span(span.clone()).label(label.as_str()));
        let snippet = Snippet::source(&*source.text).path(&*source.name).annotation(primary).annotations(secondary);
        let group = Level::ERROR.primary_title(self.message.as_str()).id(self.code).element(snippet);
        match &self.help {
            Some(help) => vec![group.element(Level::HELP.message(help.as_str()))],
            None => vec![group],
        }
    }
}

/// All mistakes of a spec, in the order of its text. There is at least one.
///
/// `Display` renders them for a build log or a test, [`Report::styled`] for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    source: Source,
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// A report of these mistakes; there must be one at least.
    pub fn new(source: Source, mut diagnostics: Vec<Diagnostic>) -> Self {
        diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
        diagnostics.dedup();
        Self { source, diagnostics }
    }

    /// The spec with the mistakes.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The mistakes.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The mistakes with their places in the spec, in colour.
    pub fn styled(&self) -> String {
        self.render(&Renderer::styled())
    }

    /// The first mistake on one line, `file:line:column: message`, and how many more there are.
    pub fn summary(&self) -> String {
        let Some(first) = self.diagnostics.first() else {
            return self.source.name.to_string();
        };
        let (line, column) = self.source.line_column(first.span.start);
        let more = match self.diagnostics.len() - 1 {
            0 => String::new(),
            1 => " (and 1 more mistake)".to_owned(),
            more => format!(" (and {more} more mistakes)"),
        };
        format!("{}:{line}:{column}: {}{more}", self.source.name, first.message)
    }

    fn render(&self, renderer: &Renderer) -> String {
        let rendered = self.diagnostics.iter().map(|diagnostic| renderer.render(&diagnostic.groups(&self.source)));
        rendered.collect::<Vec<_>>().join("\n\n")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

impl std::error::Error for Report {}
