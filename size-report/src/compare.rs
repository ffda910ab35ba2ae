//! What differs between two reports: by how much each image changed, and which functions did that.

use crate::attribution::{Image, Kind, Memory, Row};
use crate::budget::{Added, Budget, Verdict};
use crate::report::{Identity, Report};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Two reports, side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// In what the two were built otherwise: a name, and both values. Empty if they can be compared.
    pub toolchain: Vec<(&'static str, String, String)>,
    /// Whether they were built from the same dependencies.
    pub same_lock: bool,
    /// The baseline, and then the profiles in the order of the new report; those that are gone come last.
    pub images: Vec<Changed>,
}

/// An image in two reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The profile's name, or `baseline`.
    pub name: String,
    /// What it added before, and what it adds now. For the baseline, its size.
    pub sizes: (Option<Added>, Option<Added>),
    /// The promises of a profile that is still there.
    pub promises: Option<Promises>,
    /// By how many bytes its padding changed, in flash and in RAM.
    pub padding: Added,
    /// What grew, shrank, came or went: the largest difference first.
    pub functions: Vec<Function>,
}

/// What a profile promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promises {
    /// What it may add to the baseline.
    pub budget: Budget,
    /// By how much one change may make it grow.
    pub growth: Budget,
    /// Whether it keeps to the budget, and has no forbidden symbols.
    pub verdict: Verdict,
}

/// A function or variable that takes more than before, or less.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Function {
    /// The memory that it takes.
    pub memory: Memory,
    /// Its name.
    pub name: String,
    /// Its file and line.
    pub place: Option<String>,
    /// Bytes before, and now, of its rows that differ: what is the same in both is left out.
    pub bytes: (u64, u64),
    /// The linked functions that it was in before, and those that it is in now.
    pub symbols: (BTreeSet<String>, BTreeSet<String>),
}

impl Function {
    /// By how many bytes it grew; negative if it shrank.
    pub fn delta(&self) -> i64 {
        self.bytes.1 as i64 - self.bytes.0 as i64
    }

    /// What happened to it, in a few words.
    pub fn event(&self) -> String {
        let (before, now) = &self.symbols;
        let only = |symbols: &BTreeSet<String>| symbols.len() == 1 && symbols.contains(&self.name);
        match (self.bytes, before.len(), now.len()) {
            ((0, _), ..) => "new".to_owned(),
            ((_, 0), ..) => "gone".to_owned(),
            _ if only(before) && !only(now) => "was a function of its own, is inlined now".to_owned(),
            _ if only(now) && !only(before) => "was inlined, is a function of its own now".to_owned(),
            (_, before, now) if now != before => format!("in {now} functions, was in {before}"),
            _ if self.delta() > 0 => "grew".to_owned(),
            _ => "shrank".to_owned(),
        }
    }
}

impl Comparison {
    /// Compares two reports.
    pub fn new(old: &Report, new: &Report) -> Self {
        let mut images = vec![Changed::new("baseline", Some(&old.baseline.image), Some(&new.baseline.image))];
        let size = |image: &Image| Added { flash: image.flash as i64, ram: image.ram as i64 };
        images[0].sizes = (Some(size(&old.baseline.image)), Some(size(&new.baseline.image)));
        // What changed in the baseline too is not the profile's doing, and its figure does not show it; but its functions do.
        for profile in &new.profiles {
            let before = old.profiles.iter().find(|before| before.name == profile.name);
            let mut changed = Changed::new(&profile.name, before.map(|before| &before.image), Some(&profile.image));
            changed.sizes = (before.map(|before| before.added), Some(profile.added));
            let (budget, growth, verdict) = (profile.budget, profile.growth, profile.verdict);
            changed.promises = Some(Promises { budget, growth, verdict });
            images.push(changed);
        }
        for before in &old.profiles {
            if !new.profiles.iter().any(|profile| profile.name == before.name) {
                let mut changed = Changed::new(&before.name, Some(&before.image), None);
                changed.sizes = (Some(before.added), None);
                images.push(changed);
            }
        }
        let same_lock = old.cargo_lock_sha256 == new.cargo_lock_sha256;
        Self { toolchain: differences(&old.toolchain, &new.toolchain), same_lock, images }
    }

    /// Whether nothing at all is larger, smaller, or elsewhere.
    pub fn is_empty(&self) -> bool {
        self.images.iter().all(Changed::is_empty)
    }

    /// Whether every profile keeps to its budget and has no forbidden symbols.
    pub fn keeps_budgets(&self) -> bool {
        self.images.iter().filter_map(|image| image.promises).all(|promises| promises.verdict == Verdict::Ok)
    }

    /// Whether no profile grew by more than a change may make it grow.
    pub fn keeps_growth(&self) -> bool {
        self.images.iter().all(|image| image.excess() == Added::default())
    }
}

impl Changed {
    fn new(name: &str, old: Option<&Image>, new: Option<&Image>) -> Self {
        let padding = |memory| padding(new, memory) - padding(old, memory);
        let padding = Added { flash: padding(Memory::Flash), ram: padding(Memory::Ram) };
        // Of an image that comes or goes as a whole, the parts are no news.
        let functions = match (old, new) {
            (Some(old), Some(new)) => functions(old, new),
            _ => Vec::new(),
        };
        Self { name: name.to_owned(), sizes: (None, None), promises: None, padding, functions }
    }

    /// By how much it grew; negative if it shrank. None: it came or went.
    pub fn delta(&self) -> Option<Added> {
        let (old, new) = (self.sizes.0?, self.sizes.1?);
        Some(Added { flash: new.flash - old.flash, ram: new.ram - old.ram })
    }

    /// By how much it grew beyond what a change may make it grow; zero where it did not.
    pub fn excess(&self) -> Added {
        match (self.promises, self.delta()) {
            (Some(promises), Some(delta)) => promises.growth.excess(delta),
            _ => Added::default(),
        }
    }

    /// Whether nothing in it is larger, smaller, or elsewhere.
    pub fn is_empty(&self) -> bool {
        let none = Added::default();
        self.delta() == Some(none) && self.padding == none && self.functions.is_empty()
    }

    /// What grew, the most first.
    pub fn growers(&self) -> impl Iterator<Item = &Function> {
        self.functions.iter().filter(|function| function.delta() > 0)
    }

    /// What shrank, the most first.
    pub fn shrinkers(&self) -> impl Iterator<Item = &Function> {
        self.functions.iter().filter(|function| function.delta() < 0)
    }
}

/// In what two toolchains differ.
fn differences(old: &Identity, new: &Identity) -> Vec<(&'static str, String, String)> {
    let settings = |identity: &Identity| {
        let settings: Vec<_> = identity.profile.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        settings.join(", ")
    };
    let library = |identity: &Identity| identity.library.name().to_owned();
    [
        ("compiler", old.rustc.clone(), new.rustc.clone()),
        ("library", library(old), library(new)),
        ("linker", old.linker.clone(), new.linker.clone()),
        ("target", old.target.clone(), new.target.clone()),
        ("flags", old.rustflags.join(" "), new.rustflags.join(" ")),
        ("profile", settings(old), settings(new)),
    ]
    .into_iter()
    .filter(|(_, old, new)| old != new)
    .collect()
}

fn padding(image: Option<&Image>, memory: Memory) -> i64 {
    let rows = image.into_iter().flat_map(|image| &image.rows);
    rows.filter(|row| row.memory == memory && row.kind == Kind::Padding).map(|row| row.bytes as i64).sum()
}

/// By what rows of two images are taken for the same. Lines are never a part of it: they move when a comment is written.
type Key = (Memory, String, String, String);

/// The ways to tell that two rows are the same, from the surest to the weakest.
const KEYS: [fn(&Row) -> Key; 4] = [
    |row| (row.memory, row.origin.clone(), file(row), row.symbol.clone()),
    // inlined elsewhere
    |row| (row.memory, row.origin.clone(), file(row), String::new()),
    // of other types
    |row| (row.memory, bare(&row.origin), file(row), String::new()),
    // moved to another file
    |row| (row.memory, last(&bare(&row.origin)).to_owned(), row.crate_name.clone(), String::new()),
];

/// Rows of the same function: before, and now.
type Pair<'a> = (Vec<&'a Row>, Vec<&'a Row>);

/// The functions that differ, the largest difference first.
fn functions(old: &Image, new: &Image) -> Vec<Function> {
    let is_owned = |row: &&Row| row.kind != Kind::Padding;
    let mut rest: Pair = (old.rows.iter().filter(is_owned).collect(), new.rows.iter().filter(is_owned).collect());
    let mut pairs: Vec<Pair> = Vec::new();
    for key in KEYS {
        let mut keyed: BTreeMap<Key, Pair> = BTreeMap::new();
        for row in rest.0.drain(..) {
            keyed.entry(key(row)).or_default().0.push(row);
        }
        for row in rest.1.drain(..) {
            keyed.entry(key(row)).or_default().1.push(row);
        }
        for (before, now) in keyed.into_values() {
            if before.is_empty() || now.is_empty() {
                rest.0.extend(before);
                rest.1.extend(now);
            } else {
                pairs.push((before, now));
            }
        }
    }
    pairs.extend(rest.0.into_iter().map(|row| (vec![row], vec![])));
    pairs.extend(rest.1.into_iter().map(|row| (vec![], vec![row])));

    let sum = |rows: &[&Row]| rows.iter().map(|row| row.bytes).sum::<u64>();
    let mut functions: BTreeMap<(Memory, String, String), Function> = BTreeMap::new();
    for (before, now) in pairs.iter().filter(|(before, now)| sum(before) != sum(now)) {
        let Some(row) = now.first().or(before.first()) else { continue };
        let function = functions.entry((row.memory, row.origin.clone(), file(row))).or_insert_with(|| Function {
            memory: row.memory,
            name: row.origin.clone(),
            place: row.file.as_ref().map(|file| row.line.map_or(file.clone(), |line| format!("{file}:{line}"))),
            bytes: (0, 0),
            symbols: Default::default(),
        });
        function.bytes.0 += sum(before);
        function.bytes.1 += sum(now);
        function.symbols.0.extend(before.iter().map(|row| row.symbol.clone()));
        function.symbols.1.extend(now.iter().map(|row| row.symbol.clone()));
    }
    let mut functions: Vec<_> = functions.into_values().filter(|function| function.delta() != 0).collect();
    // A stable sort: equal ones stay in the order of their names.
    functions.sort_by_key(|function| Reverse(function.delta().abs()));
    functions
}

fn file(row: &Row) -> String {
    row.file.clone().unwrap_or_default()
}

/// A name without generic arguments and without the numbers of closures.
fn bare(name: &str) -> String {
    let mut depth = 0;
    let mut bare = String::new();
    let mut last = ' ';
    for c in name.chars() {
        match c {
            // `<T as Trait>::f` begins with one, and its types are what tells it.
            '<' if !bare.is_empty() && bare != "<" => depth += 1,
            '>' if depth > 0 && last != '-' => depth -= 1,
            _ if depth > 0 || last == '#' && c.is_ascii_digit() => {}
            c => bare.push(c),
        }
        if !c.is_ascii_digit() {
            last = c;
        }
    }
    bare.replace("::::", "::").trim_end_matches("::").to_owned()
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(bytes: u64, symbol: &str, origin: &str, file: &str) -> Row {
        Row {
            bytes,
            memory: Memory::Flash,
            kind: if symbol == "[padding]" { Kind::Padding } else { Kind::Code },
            symbol: symbol.to_owned(),
            origin: origin.to_owned(),
            crate_name: "app".to_owned(),
            file: Some(file.to_owned()),
            line: Some(bytes as u32),
            part: None,
            spec: None,
        }
    }

    fn compare(old: &[Row], new: &[Row]) -> Changed {
        let [old, new] = [old, new].map(|rows| Image::new(rows.to_vec()));
        Changed::new("app", Some(&old), Some(&new))
    }

    fn events(old: &[Row], new: &[Row]) -> Vec<(String, i64, String)> {
        let functions = compare(old, new).functions;
        functions.iter().map(|function| (function.name.clone(), function.delta(), function.event())).collect()
    }

    fn event(name: &str, delta: i64, event: &str) -> (String, i64, String) {
        (name.to_owned(), delta, event.to_owned())
    }

    #[test]
    fn what_grew_shrank_came_and_went_is_told() {
        let old =
            [row(10, "a", "a", "a.rs"), row(20, "b", "b", "a.rs"), row(5, "c", "c", "a.rs"), row(7, "d", "d", "a.rs")];
        let new =
            [row(12, "a", "a", "a.rs"), row(11, "b", "b", "a.rs"), row(8, "e", "e", "b.rs"), row(7, "d", "d", "a.rs")];
        let expected = [event("b", -9, "shrank"), event("e", 8, "new"), event("c", -5, "gone"), event("a", 2, "grew")];
        assert_eq!(events(&old, &new), expected);
    }

    #[test]
    fn inlining_is_told_from_growth() {
        let (by_itself, inlined) = ([row(10, "f", "f", "a.rs")], [row(4, "a", "f", "a.rs"), row(9, "b", "f", "a.rs")]);
        let inlined_once = [row(6, "a", "f", "a.rs")];
        assert_eq!(events(&by_itself, &inlined), [event("f", 3, "was a function of its own, is inlined now")]);
        assert_eq!(events(&inlined, &by_itself), [event("f", -3, "was inlined, is a function of its own now")]);
        assert_eq!(
            events(&inlined_once, &[row(10, "b", "f", "a.rs"), row(6, "c", "f", "a.rs")]),
            [event("f", 10, "in 2 functions, was in 1")]
        );
    }

    #[test]
    fn what_only_moved_is_no_change() {
        let moved = |from: Row, to: Row| assert_eq!(events(&[from], &[to]), []);
        moved(row(6, "a", "f", "a.rs"), row(6, "b", "f", "a.rs"));
        moved(row(6, "a", "f::<u8>", "a.rs"), row(6, "a", "f::<u16>", "a.rs"));
        moved(row(6, "a", "f::{closure#0}", "a.rs"), row(6, "a", "f::{closure#12}", "a.rs"));
        moved(row(6, "app::a::f", "app::a::f", "a.rs"), row(6, "app::b::f", "app::b::f", "b.rs"));
    }

    #[test]
    fn padding_is_no_function() {
        let changed = compare(&[row(2, "[padding]", "[padding]", "")], &[row(6, "[padding]", "[padding]", "")]);
        assert_eq!((changed.padding, changed.functions.len()), (Added { flash: 4, ram: 0 }, 0));
        assert!(!changed.is_empty());
    }

    #[test]
    fn names_lose_what_differs_between_builds() {
        assert_eq!(bare("<agent::Queue<app::Command, 4>>::submit::<u8>"), "<agent::Queue>::submit");
        assert_eq!(bare("<u8 as core::fmt::Display>::fmt"), "<u8 as core::fmt::Display>::fmt");
        assert_eq!(bare("run::<fn(u8) -> u8>::{closure#1}"), "run::{closure#}");
    }

    proptest::proptest! {
        /// Whatever is taken for whatever, nothing gets lost on the way.
        #[test]
        fn the_differences_add_up(old in rows(), new in rows()) {
            let [from, to] = [&old, &new].map(|rows| rows.iter().map(|row| row.bytes as i64).sum::<i64>());
            let changed = compare(&old, &new);
            let functions: i64 = changed.functions.iter().map(Function::delta).sum();
            proptest::prop_assert_eq!(functions + changed.padding.flash, to - from);
        }
    }

    fn rows() -> impl proptest::strategy::Strategy<Value = Vec<Row>> {
        use proptest::prelude::*;
        let name = || prop::sample::select(vec!["a", "b", "a::<u8>", "b::{closure#0}", "b::{closure#1}", "[padding]"]);
        let fields = (1u64..50, name(), name(), prop::sample::select(vec!["a.rs", "b.rs"]));
        let row = fields.prop_map(|(bytes, symbol, origin, file)| row(bytes, symbol, origin, file));
        prop::collection::vec(row, 0..12)
    }
}
