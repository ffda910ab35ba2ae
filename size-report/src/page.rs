//! One HTML page of a report, with all in it: it loads nothing, and can be opened from a disk. What it shows and how is
//! in the folder `page`; here the report becomes its data.

use crate::attribution::{Helper, Image, Memory};
use crate::budget::Budget;
use crate::palette;
use crate::report::{Baseline, Identity, Report};
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
    /// For the names of the runtime's functions the names of those that call them, and how often.
    callers: BTreeMap<usize, Vec<(usize, u64)>>,
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
    runtime: &'a [Helper],
    added: Option<[i64; 2]>,
    budget: Option<Budget>,
}

fn images(report: &Report) -> impl Iterator<Item = Measured<'_>> {
    let profiles = report.profiles.iter().map(|profile| Measured {
        name: &profile.name,
        image: &profile.image,
        runtime: &profile.runtime,
        added: Some([profile.added.flash, profile.added.ram]),
        budget: Some(profile.budget),
    });
    // The largest images tend to be the last ones: the baseline is what they are compared with, and comes after them.
    let Baseline { image, runtime, .. } = &report.baseline;
    profiles.chain([Measured { name: "baseline", image, runtime, added: None, budget: None }])
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
                    callers: callers(now.runtime, &mut names),
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

fn callers(runtime: &[Helper], names: &mut Names) -> BTreeMap<usize, Vec<(usize, u64)>> {
    let callers = runtime.iter().map(|helper| {
        let callers = helper.callers.iter().map(|caller| (names.index(&caller.symbol), caller.calls)).collect();
        (names.index(&helper.symbol), callers)
    });
    callers.collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::{Kind, Row};
    use crate::budget::{Added, Verdict};
    use crate::report::{self, SCHEMA};

    fn row(bytes: u64, symbol: &str, origin: &str) -> Row {
        Row {
            bytes,
            memory: Memory::Flash,
            kind: Kind::Code,
            symbol: symbol.to_owned(),
            origin: origin.to_owned(),
            crate_name: "app".to_owned(),
            file: Some("app/src/main.rs".to_owned()),
            line: Some(3),
            part: None,
            spec: None,
        }
    }

    fn report(rows: impl IntoIterator<Item = Row>) -> Report {
        let image = Image::new(rows);
        let added = Added { flash: image.flash as i64, ram: 0 };
        let profile = report::Measured {
            name: "complete".to_owned(),
            added,
            budget: Budget { flash: 100, ram: 10 },
            growth: Budget { flash: 0, ram: 0 },
            verdict: Verdict::Ok,
            forbidden: vec![],
            image,
            runtime: vec![],
            symbols: vec![],
        };
        Report {
            schema: SCHEMA,
            toolchain: Identity {
                rustc: "rustc 1.96.0".to_owned(),
                cargo: "cargo 1.96.0".to_owned(),
                library: Library::Prebuilt,
                linker: "LLD 22.1.2 (/built/here) (compatible with GNU linkers)".to_owned(),
                target: "thumbv6m-none-eabi".to_owned(),
                rustflags: vec![],
                profile: [].into(),
            },
            cargo_lock_sha256: String::new(),
            baseline: Baseline { image: Image::default(), runtime: vec![], symbols: vec![] },
            profiles: vec![profile],
        }
    }

    /// The data, as the page has it.
    fn embedded(page: &str) -> serde_json::Value {
        let (_, data) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
        serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn names_cannot_end_the_data() {
        let evil = "app::</script><script>alert(1)</script><!--";
        let page = html(&report([row(4, evil, evil)]), None).unwrap();
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script").count(), 2);
        let data = embedded(&page);
        assert!(data["names"]["full"].as_array().unwrap().contains(&evil.into()), "{data:#}");
    }

    #[test]
    fn a_page_loads_nothing() {
        let page = html(&report([row(4, "app::main", "app::main")]), None).unwrap();
        for sign in ["http:", "https:", "src=", "@import", "url(", "innerHTML", "fetch("] {
            assert!(!page.contains(sign), "{sign}");
        }
        assert!(page.contains("default-src 'none'"));
    }

    #[test]
    fn rows_add_up_and_those_of_an_older_report_are_beside_them() {
        let now = report([row(40, "app::main", "app::main"), row(8, "app::main", "app::inlined")]);
        let older = report([row(36, "app::main", "app::main"), row(6, "app::gone", "app::gone")]);
        let data = Data::new(&now, Some(&older));
        let complete = &data.images[0];
        let sums = [1, 2].map(|column: usize| complete.rows.iter().map(|row| row[column]).sum::<u64>());
        assert_eq!(sums, [48, 42]);
        let names = |row: &[u64; 8], view: View| {
            let mut node = row[3 + view as usize] as usize;
            let mut names = Vec::new();
            while node >= View::ALL.len() {
                assert!(data.nodes.parent[node] < node, "parents come first");
                names.insert(0, data.names.full[data.nodes.name[node]].as_str());
                node = data.nodes.parent[node];
            }
            assert_eq!(node, view as usize);
            names
        };
        let main = complete.rows.iter().find(|row| row[1..3] == [40, 36]).expect("one row for both");
        assert_eq!(names(main, View::Symbol), ["app", "app/src/main.rs", "app::main"]);
        let inlined = complete.rows.iter().find(|row| row[1..3] == [8, 0]).unwrap();
        assert_eq!(names(inlined, View::Symbol), ["app", "app/src/main.rs", "app::main"]);
        assert_eq!(names(inlined, View::Origin), ["app", "app/src/main.rs", "app::inlined"]);
        let gone = complete.rows.iter().find(|row| row[1..3] == [0, 6]).unwrap();
        assert_eq!(names(gone, View::Origin), ["app", "app/src/main.rs", "app::gone"]);

        let [flash, ram] = &complete.memories;
        assert_eq!((flash.bytes, flash.before, flash.added, flash.added_before), (48, Some(42), Some(48), Some(42)));
        assert_eq!((flash.budget, ram.budget, ram.bytes), (Some(100), Some(10), 0));
        assert_eq!((data.images[1].name.as_str(), data.images[1].memories[0].budget), ("baseline", None));
    }

    #[test]
    fn a_line_that_moved_is_no_change() {
        let mut later = row(40, "app::main", "app::main");
        later.line = Some(9);
        let (now, older) = (report([later]), report([row(40, "app::main", "app::main")]));
        let data = Data::new(&now, Some(&older));
        assert_eq!(data.images[0].rows.len(), 1);
        assert!(data.names.full.contains(&"app/src/main.rs:9".to_owned()));
        assert!(!data.names.full.contains(&"app/src/main.rs:3".to_owned()));
    }

    #[test]
    fn a_new_image_has_no_before() {
        let now = report([row(40, "app::main", "app::main")]);
        let mut older = now.clone();
        older.profiles.clear();
        let data = Data::new(&now, Some(&older));
        assert_eq!((data.images[0].memories[0].before, data.images[0].rows[0][2]), (None, 0));
    }

    #[test]
    fn toolchains_are_named_and_compared() {
        let now = report([]);
        let mut older = now.clone();
        older.toolchain.rustc = "rustc 1.95.0".to_owned();
        let data = Data::new(&now, Some(&older));
        assert_eq!(data.toolchain, "thumbv6m-none-eabi, rustc 1.96.0, prebuilt core, LLD 22.1.2");
        assert!(data.older.unwrap().contains("rustc 1.95.0") && !data.same_toolchain);
        assert!(Data::new(&now, Some(&now)).same_toolchain && Data::new(&now, None).older.is_none());
    }
}
