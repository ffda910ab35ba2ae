//! An image seen from one side: what its bytes come to by crate, by file, by function and so on.

use crate::attribution::{Image, Memory, Row};
use clap::ValueEnum;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The side to see an image from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// The crates that code was written in.
    Crate,
    /// The files that it was written in.
    File,
    /// The linked functions and variables, with all that was inlined into them.
    #[value(alias = "function")]
    Symbol,
    /// The functions that it was written in, wherever those were inlined.
    Origin,
    /// The parts of an MQTT client.
    Part,
    /// The lines of the spec that generated code is for.
    Spec,
    /// Code, literals, constants, variables, padding.
    Kind,
}

/// What has something in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What it is.
    pub name: String,
    /// Its file and line, where all of it has the same.
    pub place: Option<String>,
    /// Bytes of flash.
    pub flash: u64,
    /// Bytes of RAM.
    pub ram: u64,
}

impl By {
    /// The name of what a row belongs to. None: to nothing of this kind.
    pub fn name(self, row: &Row) -> Option<String> {
        match self {
            Self::Crate => Some(row.crate_name.clone()),
            Self::File => row.file.clone(),
            Self::Symbol => Some(row.symbol.clone()),
            Self::Origin => Some(row.origin.clone()),
            Self::Part => row.part.clone(),
            Self::Spec => row.spec.clone(),
            Self::Kind => Some(row.kind.name().to_owned()),
        }
    }

    /// What to call the rows that belong to nothing of this kind.
    fn rest(self) -> &'static str {
        match self {
            Self::File => "[no file]",
            Self::Part => "[no part]",
            Self::Spec => "[not generated]",
            Self::Crate | Self::Symbol | Self::Origin | Self::Kind => "[unknown]",
        }
    }
}

/// An image's groups, the largest first: those that take flash, then those that only take RAM.
pub fn groups(image: &Image, by: By) -> Vec<Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for row in &image.rows {
        let name = by.name(row).unwrap_or_else(|| by.rest().to_owned());
        let place = place(row).filter(|_| by == By::Origin);
        let new = || Group { name: name.clone(), place: place.clone(), flash: 0, ram: 0 };
        let group = groups.entry(name.clone()).or_insert_with(new);
        match row.memory {
            Memory::Flash => group.flash += row.bytes,
            Memory::Ram => group.ram += row.bytes,
        }
        if group.place != place {
            group.place = None;
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|group| (Reverse(group.flash), Reverse(group.ram)));
    groups
}

fn place(row: &Row) -> Option<String> {
    let file = row.file.as_ref()?;
    Some(row.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::Kind;

    fn row(bytes: u64, memory: Memory, origin: &str, file: Option<&str>, spec: Option<&str>) -> Row {
        Row {
            bytes,
            memory,
            kind: if memory == Memory::Ram { Kind::Bss } else { Kind::Code },
            symbol: "main".to_owned(),
            origin: origin.to_owned(),
            crate_name: "app".to_owned(),
            file: file.map(str::to_owned),
            line: Some(7),
            part: None,
            spec: spec.map(str::to_owned),
        }
    }

    fn seen(by: By) -> Vec<(String, u64, u64)> {
        let image = Image::new([
            row(6, Memory::Flash, "encode", Some("a.rs"), Some("mqtt-3.1.1:9 PUBLISH.topic_name")),
            row(10, Memory::Flash, "main", Some("a.rs"), None),
            row(2, Memory::Flash, "encode", Some("a.rs"), None),
            row(40, Memory::Ram, "BUFFER", None, None),
        ]);
        groups(&image, by).into_iter().map(|group| (group.name, group.flash, group.ram)).collect()
    }

    fn is(seen: Vec<(String, u64, u64)>, expected: &[(&str, u64, u64)]) {
        let expected: Vec<_> = expected.iter().map(|&(name, flash, ram)| (name.to_owned(), flash, ram)).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn an_image_has_several_sides_of_one_size() {
        is(seen(By::Symbol), &[("main", 18, 40)]);
        is(seen(By::Crate), &[("app", 18, 40)]);
        is(seen(By::Origin), &[("main", 10, 0), ("encode", 8, 0), ("BUFFER", 0, 40)]);
        is(seen(By::File), &[("a.rs", 18, 0), ("[no file]", 0, 40)]);
        is(seen(By::Part), &[("[no part]", 18, 40)]);
        is(seen(By::Spec), &[("[not generated]", 12, 40), ("mqtt-3.1.1:9 PUBLISH.topic_name", 6, 0)]);
        is(seen(By::Kind), &[("code", 18, 0), ("bss", 0, 40)]);
    }

    #[test]
    fn functions_have_a_place_if_it_is_one() {
        let rows = ["a.rs", "b.rs"].map(|file| row(1, Memory::Flash, "new", Some(file), None));
        let place = |rows: &[Row]| groups(&Image::new(rows.to_vec()), By::Origin)[0].place.clone();
        assert_eq!(place(&rows[..1]), Some("a.rs:7".to_owned()));
        assert_eq!(place(&rows), None);
    }
}
