//! A profile beside the reference, part by part, at the two levels of optimization that the reference is published for.

use crate::attribution::Image;
use crate::reference::{FILES, File, TOTAL};
use crate::report::Identity;
use crate::views::{self, By};
use std::collections::BTreeMap;

/// The levels of optimization, each as the release profile has it.
pub const LEVELS: [&str; 2] = ["1", "\"z\""];

/// A profile, at each of the [`LEVELS`].
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The profile's name.
    pub profile: String,
    /// First the parts that the reference has as a file, in its order, then all others, then the total.
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
        let mut parts: BTreeMap<String, [i64; 2]> = BTreeMap::new();
        for (level, (image, baseline)) in images.into_iter().enumerate() {
            for (image, sign) in [(image, 1), (baseline, -1)] {
                for group in views::groups(image, By::Part) {
                    if let Some(flash) = parts.entry(group.name).or_default().get_mut(level) {
                        *flash += sign * group.flash as i64;
                    }
                }
            }
        }
        let total = parts.values().fold([0, 0], |[o1, os], flash| [o1 + flash[0], os + flash[1]]);
        let row = |name: &str, file, flash| Row { name: name.to_owned(), file, flash };
        let mut rows: Vec<_> = FILES
            .into_iter()
            .map(|file| row(file.name, Some(file), parts.remove(file.name).unwrap_or_default()))
            .collect();
        let mut others: Vec<_> = parts.into_iter().filter(|(_, flash)| *flash != [0, 0]).collect();
        others.sort_by_key(|(_, flash)| -flash[1]);
        rows.extend(others.into_iter().map(|(name, flash)| row(&name, None, flash)));
        rows.push(row(TOTAL.name, Some(TOTAL), total));
        Self { profile: profile.to_owned(), rows, identity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::{self, Kind, Memory};
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
            ("core", [90, 80]),
            ("board", [10, -5]),
            ("total", [3100, 2075]),
        ];
        assert_eq!(rows, expected);
        let files = beside.rows.iter().filter_map(|row| row.file).count();
        assert_eq!(files, FILES.len() + 1);
    }
}
