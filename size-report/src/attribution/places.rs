//! Where source is: paths of the machine that built an image, as a reader anywhere knows them.

use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The crate of what is in no crate.
pub(crate) const NO_CRATE: &str = "[no crate]";

/// A source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The package it is in.
    pub(crate) crate_name: String,
    /// What to call it: in the workspace, or below the folder of its crate and version.
    pub(crate) file: String,
    /// The same on each machine and in each version: the crate, and the path in it.
    pub(crate) path: String,
    /// Whether it is of Rust's own library.
    pub(crate) is_library: bool,
}

impl Place {
    fn new(crate_name: &str, file: String, path: &str) -> Self {
        let is_library = LIBRARY.contains(&crate_name);
        Self { crate_name: crate_name.to_owned(), file, path: format!("{crate_name}/{path}"), is_library }
    }
}

/// The crates of Rust's own library.
const LIBRARY: [&str; 4] = ["core", "alloc", "std", "compiler_builtins"];

/// Finds places, and remembers the packages that it met on the way.
#[derive(Debug, Default)]
pub(crate) struct Places {
    root: PathBuf,
    packages: HashMap<PathBuf, Option<Package>>,
    crates: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
struct Package {
    folder: PathBuf,
    name: String,
    version: Option<String>,
}

impl Places {
    /// Those of a workspace and of all that it is built from.
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), ..Self::default() }
    }

    /// The crates of all places, by how Rust spells them: with underscores.
    pub(crate) fn crates(&self) -> BTreeMap<String, String> {
        self.crates.clone()
    }

    /// The place of a path as debug information has it.
    pub(crate) fn find(&mut self, path: &Path) -> Place {
        let place = self.look_up(path);
        self.crates.entry(place.crate_name.replace('-', "_")).or_insert_with(|| place.crate_name.clone());
        place
    }

    fn look_up(&mut self, path: &Path) -> Place {
        let path = normal(path);
        let text = path.to_string_lossy().replace('\\', "/");
        if let Some(place) = generated(&text) {
            return place;
        }
        let inside = path.strip_prefix(&self.root).ok().filter(|_| self.root.is_absolute()).map(Path::to_owned);
        if inside.is_none()
            && let Some(place) = library(&text)
        {
            return place;
        }
        if path.is_absolute()
            && let Some(package) = path.parent().and_then(|folder| self.package(folder))
        {
            let rest = slashed(path.strip_prefix(&package.folder).unwrap_or(&path));
            let file = match (&inside, &package.version) {
                (Some(inside), _) => slashed(inside),
                (None, Some(version)) => format!("{}-{version}/{rest}", package.name),
                (None, None) => format!("{}/{rest}", package.name),
            };
            return Place::new(&package.name, file, &rest);
        }
        if let Some(place) = registered(&text) {
            return place;
        }
        let file = match inside {
            Some(inside) => slashed(&inside),
            None if path.is_relative() => text,
            // Of a folder elsewhere, no more than tells files apart.
            None => text.rsplitn(3, '/').take(2).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("/"),
        };
        Place::new(NO_CRATE, file.clone(), &file)
    }

    /// The package around a folder, if it is on this machine.
    fn package(&mut self, folder: &Path) -> Option<Package> {
        if let Some(known) = self.packages.get(folder) {
            return known.clone();
        }
        let package = manifest(folder).or_else(|| self.package(folder.parent()?));
        self.packages.insert(folder.to_owned(), package.clone());
        package
    }
}

fn manifest(folder: &Path) -> Option<Package> {
    #[derive(Deserialize)]
    struct Manifest {
        package: Named,
    }
    #[derive(Deserialize)]
    struct Named {
        name: String,
        version: Option<toml::Value>,
    }
    let text = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    let Named { name, version } = toml::from_str::<Manifest>(&text).ok()?.package;
    let version = version.and_then(|version| version.as_str().map(str::to_owned));
    Some(Package { folder: folder.to_owned(), name, version })
}

/// `.../build/PACKAGE-HASH/out/FILE`: what a build script wrote.
fn generated(path: &str) -> Option<Place> {
    let (before, file) = path.rsplit_once("/out/")?;
    let (parent, folder) = before.rsplit_once('/')?;
    let (name, hash) = folder.rsplit_once('-')?;
    let is_hash = hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let file = format!("OUT_DIR/{file}");
    (is_hash && parent.ends_with("/build")).then(|| Place::new(name, format!("{name}/{file}"), &file))
}

/// `.../library/core/src/option.rs`: where it is differs between compilers, and what it is called does not.
fn library(path: &str) -> Option<Place> {
    let (_, path) = path.rsplit_once("/library/")?;
    let (folder, rest) = path.split_once('/')?;
    match folder {
        "core" | "alloc" | "std" => Some(Place::new(folder, path.to_owned(), rest)),
        "compiler-builtins" => {
            let rest = rest.strip_prefix("compiler-builtins/").unwrap_or(rest);
            Some(Place::new("compiler_builtins", format!("compiler_builtins/{rest}"), rest))
        }
        _ => None,
    }
}

/// `.../registry/src/HOST/NAME-VERSION/FILE`, on a machine that does not have it.
fn registered(path: &str) -> Option<Place> {
    let (_, path) = path.split_once("/registry/src/")?;
    let (folder, rest) = path.split_once('/')?.1.split_once('/')?;
    let version = folder.match_indices('-').find(|(at, _)| folder[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    let name = &folder[..version?.0];
    Some(Place::new(name, format!("{folder}/{rest}"), rest))
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if normal.file_name().is_some() => {
                normal.pop();
            }
            component => normal.push(component),
        }
    }
    normal
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(path: &str) -> (String, String, String) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let Place { crate_name, file, path, .. } = Places::new(root).find(&root.join(path));
        (crate_name, file, path)
    }

    fn place(crate_name: &str, file: &str, path: &str) -> (String, String, String) {
        (crate_name.to_owned(), file.to_owned(), path.to_owned())
    }

    #[test]
    fn files_of_the_workspace_are_relative() {
        let expected = place("slimqtt-agent", "agent/src/queue.rs", "slimqtt-agent/src/queue.rs");
        assert_eq!(find("agent/src/queue.rs"), expected);
        assert_eq!(find("agent/src/./wire/../queue.rs"), expected);
    }

    #[test]
    fn generated_files_have_the_name_of_their_package() {
        let path = "/t/release/build/slimqtt-agent-0a572eda0dac20bc/out/mqtt-3.1.1.rs";
        let file = "slimqtt-agent/OUT_DIR/mqtt-3.1.1.rs";
        assert_eq!(find(path), place("slimqtt-agent", file, file));
    }

    #[test]
    fn the_library_is_the_same_wherever_it_is() {
        let expected = place("core", "core/src/option.rs", "core/src/option.rs");
        assert_eq!(find("/rustc/5980/library/core/src/option.rs"), expected);
        assert_eq!(find("/usr/lib/rustlib/src/rust/library/core/src/option.rs"), expected);
        let expected = "compiler_builtins/src/mem/mod.rs";
        let path = "/rustc/5980/library/compiler-builtins/compiler-builtins/src/mem/mod.rs";
        assert_eq!(find(path), place("compiler_builtins", expected, expected));
        assert!(Places::default().find(Path::new(path)).is_library);
    }

    #[test]
    fn crates_of_a_registry_have_their_version() {
        let path = "/nowhere/registry/src/host-1949cf8c6b5b557f/cortex-m-rt-0.7.7/src/lib.rs";
        assert_eq!(find(path), place("cortex-m-rt", "cortex-m-rt-0.7.7/src/lib.rs", "cortex-m-rt/src/lib.rs"));
    }

    #[test]
    fn of_other_files_little_is_told() {
        assert_eq!(
            find("/build/secret/newlib/string/memcpy.c"),
            place(NO_CRATE, "string/memcpy.c", "[no crate]/string/memcpy.c")
        );
        let place = Places::default().find(Path::new("src/main.c"));
        assert_eq!((place.file.as_str(), place.is_library), ("src/main.c", false));
    }
}
