//! Drawings for a README. They are as they are on each machine: their fonts are generic ones, and no text depends on its
//! exact width.

mod history;
mod image;

pub use history::history;
pub use image::image;

use crate::attribution::Memory;
use std::fmt::Write;

/// A drawing that is being made.
struct Svg {
    text: String,
}

impl Svg {
    /// The width of a drawing, about that of a README.
    const WIDTH: f64 = 880.0;

    /// An empty drawing with a title for those who do not see it. `more` are rules for classes of its own.
    fn new(height: f64, title: &str, style: &str) -> Self {
        let (width, title) = (Self::WIDTH, escape(title));
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n<style>\n\
             text{{font:12px system-ui,sans-serif}}.small{{font-size:11px}}.strong{{font-weight:600}}.end{{text-anchor:end}}.middle{{text-anchor:middle}}\n{style}\n</style>\n"
        );
        let _ = writeln!(text, "<rect class=\"background\" width=\"{width}\" height=\"{height}\"/>");
        Self { text }
    }

    /// Says more of it, to those who do not see it, and to programs.
    fn describe(&mut self, text: &str) {
        let _ = writeln!(self.text, "<desc>{}</desc>", escape(text));
    }

    fn label(&mut self, class: &str, x: f64, y: f64, label: &str) {
        let _ = writeln!(self.text, "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>", at(x), at(y), escape(label));
    }

    fn end(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

/// A coordinate, to a tenth.
fn at(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn memory_name(memory: Memory) -> &'static str {
    match memory {
        Memory::Flash => "flash",
        Memory::Ram => "RAM",
    }
}
