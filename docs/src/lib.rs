//! The documents of this repository, as their tests read them: their code, their links, and the commands in them.
#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use toml::Table;

/// Code in a document is compiled, and run, as an example of an item that has the document for documentation.
macro_rules! compiled {
    ($($name:ident: $document:literal)*) => {$(
        #[cfg(doctest)]
        #[doc = include_str!($document)]
        mod $name {}
    )*};
}

compiled! {
    readme: "../../README.md"
    profiles: "../guide/profiles.md"
    sizing: "../guide/sizing.md"
    delivery: "../guide/delivery.md"
    keep_alive: "../guide/keep-alive.md"
    reconnecting: "../guide/reconnecting.md"
    testing: "../guide/testing.md"
    from_coremqtt_agent: "../guide/from-coremqtt-agent.md"
}

/// The folder of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in the repository")
}

/// A document.
pub struct Document {
    /// Where it is, from the root of the repository.
    pub path: PathBuf,
    /// All of it, in Markdown.
    pub text: String,
}

/// A block of code.
pub struct Block {
    /// What stands behind the three backticks.
    pub language: String,
    /// The code.
    pub text: String,
    /// Where it is in the document.
    pub place: Range<usize>,
}

impl Document {
    /// All of the repository, without those that were built or installed.
    pub fn all() -> Vec<Self> {
        let document = |path: PathBuf| {
            let text = read(&path);
            Self { path: path.strip_prefix(root()).expect("it was found there").to_owned(), text }
        };
        files("md").into_iter().map(document).collect()
    }

    fn events(&self) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
        Parser::new(&self.text).into_offset_iter()
    }

    /// Where something in it is, for who reads of it.
    pub fn place(&self, offset: usize) -> String {
        format!("{}:{}", self.path.display(), 1 + self.text[..offset].matches('\n').count())
    }

    /// Its blocks of code.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut is_inside = false;
        for (event, place) in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(language) => language.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    blocks.push(Block { language, text: String::new(), place });
                    is_inside = true;
                }
                Event::End(TagEnd::CodeBlock) => is_inside = false,
                Event::Text(text) if is_inside => {
                    if let Some(block) = blocks.last_mut() {
                        block.text += &text;
                    }
                }
                _ => {}
            }
        }
        blocks
    }

    /// Pieces of code within its sentences.
    pub fn words(&self) -> Vec<(String, usize)> {
        let code = self.events().filter_map(|(event, place)| match event {
            Event::Code(text) => Some((text.into_string(), place.start)),
            _ => None,
        });
        code.collect()
    }

    /// Where its links and pictures lead.
    pub fn links(&self) -> Vec<(String, usize)> {
        let links = self.events().filter_map(|(event, place)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some((dest_url.into_string(), place.start))
            }
            _ => None,
        });
        links.collect()
    }

    /// What can stand behind `#` in a link to it: its headings, as GitHub writes them.
    pub fn anchors(&self) -> HashSet<String> {
        let mut anchors = HashSet::new();
        let mut heading: Option<String> = None;
        for (event, _) in self.events() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        *heading += &text;
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let again = (1..).map(|number| format!("{anchor}-{number}"));
                    let free = [anchor.clone()].into_iter().chain(again).find(|anchor| !anchors.contains(anchor));
                    anchors.extend(free);
                }
                _ => {}
            }
        }
        anchors
    }
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|character| if character == ' ' { '-' } else { character }).collect()
}

/// All files with this extension, in the order of their paths.
pub fn files(extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The text of a file.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A TOML file.
pub fn toml(path: impl AsRef<Path>) -> Table {
    let path = path.as_ref();
    read(path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What is in a folder, but nothing hidden, built or installed.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let names = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        !name.starts_with('.') && name != "target" && name != "node_modules"
    });
    names.map(|entry| entry.path()).collect()
}
