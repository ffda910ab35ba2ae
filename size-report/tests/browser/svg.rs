//! Drawings, compared with the files in `drawings`. `BLESS=1 cargo test` writes those anew.

use crate::driver::Browser;
use crate::sample;
use slimqtt_size_report::attribution::Memory;
use slimqtt_size_report::budget::{Added, Budget};
use slimqtt_size_report::history::{Entry, Point};
use slimqtt_size_report::svg;
use slimqtt_size_report::treemap::View;
use std::fs;
use std::path::{Path, PathBuf};

fn compare_with_golden(file: &str, drawing: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/drawings").join(file);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, drawing).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == drawing, "{file} differs (BLESS=1 writes it anew):\n{drawing}");
    path
}

fn history() -> Vec<Entry> {
    let point = |name: &str, flash, budget| Point {
        name: name.to_owned(),
        added: Added { flash, ram: 0 },
        budget: Budget { flash: budget, ram: 0 },
    };
    let complete = [1700, 1700, 1768, 1768, 1932, 1932, 1904, 2084].into_iter().enumerate();
    complete
        .map(|(index, flash)| {
            let mut entry = Entry::new(&sample::report(), &format!("v0.{index}"));
            entry.profiles = vec![point("complete", flash, if index < 3 { 1800 } else { 2000 })];
            // A profile that came later and never changed, and one that was there once.
            entry.profiles.extend((index >= 4).then(|| point("small", 614, 1100)));
            entry.profiles.extend((index == 5).then(|| point("<once>", 0, 0)));
            if index < 2 {
                entry.rustc = "rustc 1.95.0 (59807616e 2026-04-14)".to_owned();
            }
            entry
        })
        .collect()
}

#[test]
fn an_image_is_as_it_was() {
    let drawing = svg::image(&sample::report(), Some("complete"), Memory::Flash, View::Origin).unwrap();
    compare_with_golden("image.svg", &drawing);
    assert_eq!(
        drawing,
        svg::image(&sample::report(), None, Memory::Flash, View::Origin).unwrap(),
        "the last by default"
    );
}

#[test]
fn a_history_is_as_it_was() {
    let drawing = svg::history(&history(), Memory::Flash).unwrap();
    compare_with_golden("history.svg", &drawing);
}

#[test]
fn a_large_image_is_a_small_drawing() {
    let drawing = svg::image(&sample::large(), None, Memory::Flash, View::Symbol).unwrap();
    assert!(drawing.len() < 60_000, "{}", drawing.len());
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let image = |name| svg::image(&sample::report(), Some(name), Memory::Flash, View::Symbol);
    let message = image("beacon").unwrap_err().to_string();
    assert_eq!(message, "the report has no image `beacon`, but baseline, small, complete");
    assert!(image("baseline").is_ok());
    let message = svg::history(&[], Memory::Flash).unwrap_err().to_string();
    assert_eq!(message, "the history has no entries yet: `cargo size-report history --append` adds one");
}

/// What is drawn is well-formed, stays within the drawing, and no label runs into another or out of its tile.
#[test]
fn a_browser_shows_drawings_without_collisions() {
    const COLLISIONS: &str = "(() => {
        const texts = [...document.querySelectorAll('text')].map((text) => [text.textContent, text.getBBox()]);
        const { width, height } = document.documentElement.viewBox.baseVal;
        const meet = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y + 2 < b.y + b.height - 2 && b.y + 2 < a.y + a.height - 2;
        const outside = texts.filter(([, box]) => box.x < 0 || box.y < 0 || box.x + box.width > width || box.y + box.height > height);
        const collisions = texts.filter(([, a], index) => texts.slice(index + 1).some(([, b]) => meet(a, b)));
        return [...outside, ...collisions].map(([text]) => text).join('\\n');
    })()";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("svg");
    fs::create_dir_all(&folder).unwrap();
    let drawings = [
        ("image", svg::image(&sample::report(), None, Memory::Flash, View::Origin).unwrap()),
        ("large", svg::image(&sample::large(), None, Memory::Flash, View::Symbol).unwrap()),
        ("history", svg::history(&history(), Memory::Flash).unwrap()),
    ];
    for (name, drawing) in drawings {
        let path = folder.join(name).with_extension("svg");
        fs::write(&path, drawing).unwrap();
        for (dark, shade) in [(false, "light"), (true, "dark")] {
            let mut browser = Browser::open_any(&path, (880, 520), dark);
            assert_eq!(browser.text("document.documentElement.tagName"), "svg", "{name} is not well-formed");
            assert_eq!(browser.text(COLLISIONS), "", "{name}");
            browser.screenshot(&folder.join(format!("{name}-{shade}.png")));
        }
    }
}
