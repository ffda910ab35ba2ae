//! A profile beside the reference, part by part, at the two levels of optimization that the reference is published for.

use crate::attribution::{Image, Memory};
use crate::reference::{FILES, File, TOTAL};
use crate::report::Identity;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The levels of optimization, each as the release profile has it.
pub const LEVELS: [&str; 2] = ["1", "\"z\""];

/// A profile, at each of the [`LEVELS`].
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The profile's name.
    pub profile: String,
    /// First the parts that the reference has as a file, in its order, and their total; then all others, and all together.
    pub rows: Vec<Row>,
    /// What the images were built with.
    pub identity: Identity,
}

/// A part of the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// The file of the reference that does the same.
    pub file: Option<File>,
    /// Bytes of flash that the part adds to the baseline, at each of the [`LEVELS`]: negative where the baseline has more.
    pub flash: [i64; 2],
}

impl Beside {
    /// Compares a profile's images, each with the baseline's image of its level.
    pub fn new(profile: &str, images: [(&Image, &Image); 2], identity: Identity) -> Self {
        let parts = images.map(|(image, baseline)| parts_added(image, baseline));
        let flash = |name: &str| parts.each_ref().map(|parts| parts.get(name).copied().unwrap_or_default());
        let sum = |rows: &[Row]| [0, 1].map(|level: usize| rows.iter().filter_map(|row| row.flash.get(level)).sum());
        let row = |name: &str, file, flash| Row { name: name.to_owned(), file, flash };
        let mut rows: Vec<_> = FILES.into_iter().map(|file| row(file.name, Some(file), flash(file.name))).collect();
        let total = row(TOTAL.name, Some(TOTAL), sum(&rows));
        let others: BTreeSet<&str> = parts.iter().flat_map(BTreeMap::keys).copied().collect();
        let others = others.into_iter().filter(|name| FILES.iter().all(|file| file.name != *name));
        let mut others: Vec<_> = others.map(|name| row(name, None, flash(name))).collect();
        others.sort_by_key(|row| Reverse(row.flash));
        rows.extend(others);
        let all = row("all that is linked", None, sum(&rows));
        rows.insert(FILES.len(), total);
        rows.push(all);
        Self { profile: profile.to_owned(), rows, identity }
    }
}

/// What an image adds to each part of the baseline, in bytes of flash: negative where the baseline has more.
pub fn parts_added<'a>(image: &'a Image, baseline: &'a Image) -> BTreeMap<&'a str, i64> {
    let mut parts: BTreeMap<&str, i64> = BTreeMap::new();
    for (image, sign) in [(image, 1), (baseline, -1)] {
        for row in image.rows.iter().filter(|row| row.memory == Memory::Flash) {
            *parts.entry(row.part.as_deref().unwrap_or("[no part]")).or_default() += sign * row.bytes as i64;
        }
    }
    parts.retain(|_, bytes| *bytes != 0);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::{self, Kind};
    use crate::toolchain::Library;

    fn image(parts: &[(Option<&str>, u64)]) -> Image {
        let row = |(part, bytes): &(Option<&str>, u64)| attribution::Row {
            bytes: *bytes,
            memory: Memory::Flash,
            kind: Kind::Code,
            symbol: "f".to_owned(),
            origin: "f".to_owned(),
            crate_name: "app".to_owned(),
            file: None,
            line: None,
            part: part.map(str::to_owned),
            spec: None,
        };
        Image::new(parts.iter().map(row))
    }

    #[test]
    fn parts_are_what_an_image_has_over_the_baseline() {
        let baselines =
            [image(&[(Some("board"), 500), (None, 20)]), image(&[(Some("board"), 400), (Some("core_mqtt.c"), 4)])];
        let images = [
            image(&[(Some("core_mqtt.c"), 3000), (Some("board"), 510), (Some("core"), 90), (None, 20)]),
            image(&[(Some("core_mqtt.c"), 2004), (Some("board"), 395), (Some("core"), 80)]),
        ];
        let identity = Identity {
            rustc: String::new(),
            cargo: String::new(),
            library: Library::Prebuilt,
            linker: String::new(),
            target: String::new(),
            rustflags: vec![],
            profile: BTreeMap::new(),
        };
        let beside = Beside::new("complete", [(&images[0], &baselines[0]), (&images[1], &baselines[1])], identity);
        let rows: Vec<_> = beside.rows.iter().map(|row| (row.name.as_str(), row.flash)).collect();
        let expected = [
            ("core_mqtt_agent.c", [0, 0]),
            ("core_mqtt_agent_command_functions.c", [0, 0]),
            ("core_mqtt.c", [3000, 2000]),
            ("core_mqtt_state.c", [0, 0]),
            ("core_mqtt_serializer.c", [0, 0]),
            ("total", [3000, 2000]),
            ("core", [90, 80]),
            ("board", [10, -5]),
            ("all that is linked", [3100, 2075]),
        ];
        assert_eq!(rows, expected);
        let files = beside.rows.iter().filter_map(|row| row.file).count();
        assert_eq!(files, FILES.len() + 1);
    }
}
