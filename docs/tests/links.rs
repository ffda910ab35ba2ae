//! What a document leads to is there.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use slimqtt_docs::{Document, root};

/// Where a link of a document leads to: a file or folder, and a heading in it. Nothing for what is not in the repository,
/// and for names of Rust, which rustdoc looks at.
fn target(document: &Document, link: &str) -> Option<(PathBuf, Option<String>)> {
    if link.contains("://") || link.contains("::") || link.contains('@') {
        return None;
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor.to_owned())));
    let file = root().join(&document.path);
    let folder = file.parent()?;
    Some((if path.is_empty() { file.clone() } else { folder.join(path) }, anchor))
}

fn mistakes(documents: &[Document]) -> Vec<String> {
    let anchors: HashMap<PathBuf, _> = documents
        .iter()
        .filter_map(|document| Some((fs::canonicalize(root().join(&document.path)).ok()?, document.anchors())))
        .collect();
    let mut mistakes = Vec::new();
    for document in documents {
        for (link, offset) in document.links() {
            let Some((path, anchor)) = target(document, &link) else { continue };
            let found = fs::canonicalize(&path);
            let is_there = match (&found, anchor) {
                (Ok(path), Some(anchor)) => anchors.get(path).is_none_or(|anchors| anchors.contains(&anchor)),
                (found, _) => found.is_ok(),
            };
            if !is_there {
                mistakes.push(format!("{}: {link}", document.place(offset)));
            }
        }
    }
    mistakes
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let mistakes = mistakes(&Document::all());
    assert!(mistakes.is_empty(), "these lead nowhere:\n{}", mistakes.join("\n"));
}

#[test]
fn links_that_lead_nowhere_are_found() {
    let path = PathBuf::from("README.md");
    let text =
        "# A `heading`, once\n[a](no.md) [b](#a-heading-once) [c](#no) [d](LICENSE-MIT) [e](https://a.b/c)".to_owned();
    let document = Document { path, text };
    // Of the file that is on the disk, other headings are known: ask for those of this one.
    assert!(document.anchors().contains("a-heading-once"));
    let found = mistakes(&[document]);
    assert_eq!(found, ["README.md:2: no.md", "README.md:2: #no"]);
}

#[test]
fn every_chapter_of_the_guide_is_in_its_table_of_contents() {
    let documents = Document::all();
    let guide = Path::new("docs/guide");
    let contents = documents.iter().find(|document| document.path == guide.join("README.md")).expect("a guide");
    let links: Vec<String> = contents.links().into_iter().map(|(link, _)| link).collect();
    for chapter in documents.iter().filter(|document| document.path.parent() == Some(guide)) {
        let name = chapter.path.file_name().expect("a file").to_string_lossy().into_owned();
        assert!(name == "README.md" || links.contains(&name), "{name}");
    }
}
