//! One HTML page of a report, with all in it: it loads nothing, and can be opened from a disk. What it shows and how is
//! in the folder `page`; here the report becomes its data.

use crate::attribution::{Image, Memory};
use crate::budget::Budget;
use crate::palette;
use crate::report::{Identity, Report};
use crate::toolchain::Library;
use crate::treemap::{self, Paths, View};
use anyhow::{Context, Result};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// The page of a report, with the differences from an older one if there is one.
pub fn html(report: &Report, older: Option<&Report>) -> Result<String> {
    let data = serde_json::to_string(&Data::new(report, older)).context("cannot write the page's data as JSON")?;
    Ok(format!(
        include_str!("../page/page.html"),
        colours = palette::css(),
        style = include_str!("../page/page.css"),
        // In JSON the sign is in strings only. So no name can end the element that the data is in.
        data = data.replace('<', "\\u003c"),
        tree = include_str!("../page/tree.js"),
        squarify = include_str!("../page/squarify.js"),
        map = include_str!("../page/map.js"),
        table = include_str!("../page/table.js"),
        script = include_str!("../page/page.js"),
    ))
}

/// What the page is told. Nodes are what bytes nest in, those of all images and views in one list, each after its parent;
/// the first ones are the roots of the views, in the order of [`View::ALL`].
#[derive(Serialize)]
struct Data {
    toolchain: String,
    /// What the older report's images were built with: null where there is no older report.
    older: Option<String>,
    /// Whether that was the same toolchain, with the same settings.
    same_toolchain: bool,
    names: Names,
    nodes: Nodes,
    images: Vec<Sizes>,
}

/// The names of nodes and their locations; the first is empty.
#[derive(Default, Serialize)]
struct Names {
    full: Vec<String>,
    /// Shorter ones for tiles, empty where they are the same.
    short: Vec<String>,
    #[serde(skip)]
    known: HashMap<String, usize>,
}

#[derive(Default, Serialize)]
struct Nodes {
    parent: Vec<usize>,
    name: Vec<usize>,
    location: Vec<usize>,
    #[serde(skip)]
    known: HashMap<(usize, usize, bool), usize>,
}

#[derive(Serialize)]
struct Sizes {
    name: String,
    /// Of flash and of RAM.
    memories: [Size; 2],
    /// The memory (0: flash, 1: RAM), the bytes now and before, and the node in each view.
    rows: Vec<[u64; 3 + View::ALL.len()]>,
}

#[derive(Serialize)]
struct Size {
    bytes: u64,
    /// In the older report, if it has this image.
    before: Option<u64>,
    /// Over the baseline, and in the older report.
    added: Option<i64>,
    added_before: Option<i64>,
    budget: Option<u32>,
}

/// An image of the report, or of the older one.
#[derive(Clone, Copy)]
struct Measured<'a> {
    name: &'a str,
    image: &'a Image,
    added: Option<[i64; 2]>,
    budget: Option<Budget>,
}

fn images(report: &Report) -> impl Iterator<Item = Measured<'_>> {
    let profiles = report.profiles.iter().map(|profile| Measured {
        name: &profile.name,
        image: &profile.image,
        added: Some([profile.added.flash, profile.added.ram]),
        budget: Some(profile.budget),
    });
    // The largest images tend to be the last ones: the baseline is what they are compared with, and comes after them.
    profiles.chain([Measured { name: "baseline", image: &report.baseline.image, added: None, budget: None }])
}

impl Data {
    fn new(report: &Report, older: Option<&Report>) -> Self {
        let (mut names, mut nodes) = (Names::default(), Nodes::default());
        names.index("");
        for _ in View::ALL {
            nodes.new_one(0, 0);
        }
        let images = images(report)
            .map(|now| {
                let before = older.and_then(|older| images(older).find(|image| image.name == now.name));
                Sizes {
                    name: now.name.to_owned(),
                    memories: sizes(now, before),
                    rows: rows(now, before, &mut names, &mut nodes),
                }
            })
            .collect();
        Self {
            toolchain: toolchain(&report.toolchain),
            older: older.map(|older| toolchain(&older.toolchain)),
            same_toolchain: older.is_none_or(|older| older.toolchain == report.toolchain),
            names,
            nodes,
            images,
        }
    }
}

fn sizes(now: Measured, before: Option<Measured>) -> [Size; 2] {
    let bytes = |image: &Image| [image.flash, image.ram];
    [0, 1].map(|memory| Size {
        bytes: bytes(now.image)[memory],
        before: before.map(|before| bytes(before.image)[memory]),
        added: now.added.map(|added| added[memory]),
        added_before: before.and_then(|before| before.added).map(|added| added[memory]),
        budget: now.budget.map(|budget| [budget.flash, budget.ram][memory]),
    })
}

/// The rows of an image, and of the older one beside them: those in the same place in all views are one.
fn rows(
    now: Measured,
    before: Option<Measured>,
    names: &mut Names,
    nodes: &mut Nodes,
) -> Vec<[u64; 3 + View::ALL.len()]> {
    let mut sums: BTreeMap<(u64, [u64; View::ALL.len()]), [u64; 2]> = BTreeMap::new();
    for (index, image) in [Some(now), before].into_iter().flatten().map(|measured| measured.image).enumerate() {
        let paths = Paths::new(image);
        for row in &image.rows {
            let places = View::ALL.map(|view| {
                let path = paths.path(view, row);
                let node = path.iter().enumerate().fold(view as usize, |parent, (index, name)| {
                    nodes.index(parent, names.index(name), index + 1 == path.len())
                });
                // Where it is now, rather than where it was.
                if nodes.location[node] == 0 {
                    nodes.location[node] = paths.location(view, row).map_or(0, |location| names.index(&location));
                }
                node as u64
            });
            let memory = match row.memory {
                Memory::Flash => 0,
                Memory::Ram => 1,
            };
            sums.entry((memory, places)).or_default()[index] += row.bytes;
        }
    }
    let sums = sums.into_iter();
    sums.map(|((memory, [a, b, c, d, e]), [now, before])| [memory, now, before, a, b, c, d, e]).collect()
}

impl Names {
    fn index(&mut self, name: &str) -> usize {
        if let Some(index) = self.known.get(name) {
            return *index;
        }
        let short = treemap::short(name);
        self.known.insert(name.to_owned(), self.full.len());
        self.full.push(name.to_owned());
        self.short.push(if short == name { String::new() } else { short });
        self.full.len() - 1
    }
}

impl Nodes {
    /// The node of a name within a parent. What bytes are in is never what other nodes are in, though of the same name.
    fn index(&mut self, parent: usize, name: usize, is_leaf: bool) -> usize {
        if let Some(index) = self.known.get(&(parent, name, is_leaf)) {
            return *index;
        }
        let node = self.new_one(parent, name);
        self.known.insert((parent, name, is_leaf), node);
        node
    }

    fn new_one(&mut self, parent: usize, name: usize) -> usize {
        self.parent.push(parent);
        self.name.push(name);
        self.location.push(0);
        self.parent.len() - 1
    }
}

fn toolchain(identity: &Identity) -> String {
    let library = match identity.library {
        Library::Prebuilt => "prebuilt core",
        Library::BuildStd => "core built from source",
    };
    // What a linker says of where it was built is of no interest.
    let linker = identity.linker.split(" (").next().unwrap_or_default();
    format!("{}, {}, {library}, {linker}", identity.target, identity.rustc)
}
