//! The ways to nest the bytes of an image.

use crate::attribution::{Image, Row};
use std::collections::HashMap;

/// A way to nest bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum View {
    /// Linked functions, with all that was inlined into them: crate, file, function.
    Symbol,
    /// Functions as they were written, wherever they were inlined: crate, file, function.
    Origin,
    /// What generated code is for: spec, packet, field, function.
    Spec,
    /// The parts of the reference: part, file, function.
    Part,
    /// What bytes are there for: kind, crate, function.
    Kind,
}

impl View {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Symbol, Self::Origin, Self::Spec, Self::Part, Self::Kind];
}

/// Where the rows of one image are in each view.
#[derive(Clone, Debug)]
pub struct Paths<'a> {
    homes: HashMap<&'a str, &'a Row>,
}

impl<'a> Paths<'a> {
    /// Those of an image.
    pub fn new(image: &'a Image) -> Self {
        let mut homes: HashMap<&str, &Row> = HashMap::new();
        for row in image.rows.iter().filter(|row| row.origin == row.symbol) {
            let home = homes.entry(&row.symbol).or_insert(row);
            // What knows its file knows better; of several the largest, and of equal ones the first.
            if (row.file.is_some(), row.bytes) > (home.file.is_some(), home.bytes) {
                *home = row;
            }
        }
        Self { homes }
    }

    /// Where a row of the image is in a view, from the outside to the inside: at least one name.
    pub fn path(&self, view: View, row: &'a Row) -> Vec<&'a str> {
        if row.symbol.starts_with('[') && view != View::Kind {
            return vec![&row.symbol];
        }
        let file = row.file.as_deref();
        match view {
            View::Symbol => match self.homes.get(row.symbol.as_str()) {
                Some(home) => place(&home.crate_name, home.file.as_deref(), &row.symbol),
                None => vec![crate_of(&row.symbol).unwrap_or(&row.crate_name), &row.symbol],
            },
            View::Origin => place(&row.crate_name, file, &row.origin),
            View::Spec => match row.spec.as_deref().and_then(spec) {
                Some((spec, _, packet, field)) => vec![spec, packet, field, &row.origin],
                None => vec!["[not generated]", &row.crate_name, &row.origin],
            },
            View::Part => {
                let part = row.part.as_deref().unwrap_or("[no part]");
                place(part, Some(file.unwrap_or(&row.crate_name)), &row.origin)
            }
            View::Kind => vec![row.kind.name(), &row.crate_name, &row.origin],
        }
    }

    /// The file and line where the last name of a row's path is, if they are known: `agent/src/queue.rs:120`.
    pub fn location(&self, view: View, row: &Row) -> Option<String> {
        let row = match view {
            View::Symbol => *self.homes.get(row.symbol.as_str())?,
            _ => row,
        };
        let file = row.file.as_deref()?;
        Some(row.line.map_or(file.to_owned(), |line| format!("{file}:{line}")))
    }
}

fn place<'a>(outer: &'a str, file: Option<&'a str>, function: &'a str) -> Vec<&'a str> {
    [Some(outer), file, Some(function)].into_iter().flatten().collect()
}

/// Of `mqtt-3.1.1:111 PUBLISH.topic_name` the spec, the line, the packet and the field. A line of a packet's own has no field.
fn spec(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (line, name) = text.split_once(' ')?;
    let (spec, line) = line.rsplit_once(':')?;
    let (packet, field) = name.split_once('.').unwrap_or((name, "the packet itself"));
    Some((spec, line, packet, field))
}

/// The crate that a path begins with.
fn crate_of(name: &str) -> Option<&str> {
    let (start, _) = name.split_once("::")?;
    let start = start.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_').next()?;
    (!start.is_empty()).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::{Kind, Memory};

    fn row(symbol: &str, origin: &str, file: Option<&str>) -> Row {
        Row {
            bytes: 4,
            memory: Memory::Flash,
            kind: Kind::Code,
            symbol: symbol.to_owned(),
            origin: origin.to_owned(),
            crate_name: origin.split("::").next().unwrap_or_default().to_owned(),
            file: file.map(str::to_owned),
            line: Some(7),
            part: None,
            spec: None,
        }
    }

    #[test]
    fn what_was_inlined_is_with_the_function_or_at_home() {
        let rows = [
            row("agent::step", "agent::step", Some("agent/src/lib.rs")),
            row("agent::step", "core::mem::take", Some("core/src/mem.rs")),
        ];
        let image = Image::new(rows.clone());
        let paths = Paths::new(&image);
        let inlined = &rows[1];
        assert_eq!(paths.path(View::Symbol, inlined), ["agent", "agent/src/lib.rs", "agent::step"]);
        assert_eq!(paths.location(View::Symbol, inlined).as_deref(), Some("agent/src/lib.rs:7"));
        assert_eq!(paths.path(View::Origin, inlined), ["core", "core/src/mem.rs", "core::mem::take"]);
        assert_eq!(paths.location(View::Origin, inlined).as_deref(), Some("core/src/mem.rs:7"));
        assert_eq!(paths.path(View::Part, inlined), ["[no part]", "core/src/mem.rs", "core::mem::take"]);
        assert_eq!(paths.path(View::Kind, inlined), ["code", "core", "core::mem::take"]);
    }

    #[test]
    fn a_function_of_inlined_ones_alone_is_in_the_crate_of_its_name() {
        let image =
            Image::new([row("<app::Task<agent::Run>>::poll", "core::mem::take", None), row("__start", "x", None)]);
        let paths = Paths::new(&image);
        let path = |symbol: &str| {
            let row = image.rows.iter().find(|row| row.symbol == symbol).unwrap();
            (paths.path(View::Symbol, row), paths.location(View::Symbol, row))
        };
        let task = "<app::Task<agent::Run>>::poll";
        assert_eq!(path(task), (vec!["app", task], None));
        assert_eq!(path("__start"), (vec!["x", "__start"], None));
    }

    #[test]
    fn generated_code_is_with_its_line_of_the_spec() {
        let mut generated = row("agent::step", "agent::wire::publish", Some("generated/mqtt.rs"));
        generated.part = Some("core_mqtt_serializer.c".to_owned());
        generated.spec = Some("mqtt-3.1.1:111 PUBLISH.topic_name".to_owned());
        let image = Image::new([generated]);
        let row = &image.rows[0];
        let paths = Paths::new(&image);
        assert_eq!(paths.path(View::Spec, row), ["mqtt-3.1.1", "PUBLISH", "topic_name", "agent::wire::publish"]);
        assert_eq!(
            paths.path(View::Part, row),
            ["core_mqtt_serializer.c", "generated/mqtt.rs", "agent::wire::publish"]
        );
        assert_eq!(spec("mqtt-3.1.1:9 PUBLISH"), Some(("mqtt-3.1.1", "9", "PUBLISH", "the packet itself")));
        assert_eq!(spec("PUBLISH"), None);
    }

    #[test]
    fn what_has_no_function_stands_by_itself() {
        let mut padding = row("[padding]", "[padding]", None);
        padding.kind = Kind::Padding;
        let image = Image::new([padding]);
        let paths = Paths::new(&image);
        assert_eq!(paths.path(View::Symbol, &image.rows[0]), ["[padding]"]);
        assert_eq!(paths.path(View::Kind, &image.rows[0]), ["padding", "[padding]", "[padding]"]);
    }
}
