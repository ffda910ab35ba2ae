//! An image as a treemap of two levels.

use super::{Svg, at, memory_name};
use crate::attribution::{Image, Memory};
use crate::docs;
use crate::palette::{self, LINE};
use crate::render::number;
use crate::report::Report;
use crate::treemap::{self, Paths, Rectangle, View, squarify};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write;

const HEIGHT: f64 = 520.0;
/// The height of the title, and of a group's name.
const TITLE: f64 = 26.0;
const HEADER: f64 = 17.0;
const GAP: f64 = 1.0;
/// The least area of a tile: smaller ones share one.
const TILE: f64 = 60.0;
/// The least width and height of a group that shows what is in it.
const GROUP: (f64, f64) = (50.0, HEADER + 20.0);
/// About the width of a letter, in most fonts of this size.
const LETTER: f64 = 6.7;

/// Draws an image of the report: the outermost groups of a view, and what is innermost. Without a name it is the last
/// profile.
pub fn image(report: &Report, name: Option<&str>, memory: Memory, view: View) -> Result<String> {
    let (name, image) = find(report, name)?;
    let tree = nested(image, memory, view);
    let total: u64 = tree.iter().map(|group| group.bytes).sum();
    let title = format!("{name}: {} bytes of {}", number(total as i64), memory_name(memory));
    let mut svg = Svg::new(HEIGHT, &title, &palette::fills(&[("frame", "stroke", LINE)]));
    svg.describe(&docs::toolchain(&report.toolchain));
    svg.label("text strong", 6.0, 17.0, &title);
    let area = Rectangle { x: 4.0, y: TITLE, width: Svg::WIDTH - 8.0, height: HEIGHT - TITLE - 4.0 };
    for (rank, (group, area)) in divided(&tree, area).into_iter().enumerate() {
        let colour = palette::GROUPS.get(rank).map_or(palette::OTHERS.name, |colour| colour.name);
        svg.group(&group, area.within(GAP, 0.0), colour);
    }
    Ok(svg.end())
}

fn find<'a>(report: &'a Report, name: Option<&'a str>) -> Result<(&'a str, &'a Image)> {
    let profile = match name {
        Some("baseline") => return Ok(("baseline", &report.baseline.image)),
        Some(name) => report.profiles.iter().find(|profile| profile.name == name),
        None => report.profiles.last(),
    };
    let names = || report.profiles.iter().fold("baseline".to_owned(), |names, profile| names + ", " + &profile.name);
    let profile = profile
        .with_context(|| format!("the report has no image `{}`, but {}", name.unwrap_or("of a profile"), names()))?;
    Ok((&profile.name, &profile.image))
}

/// A name, its bytes, and what it consists of, the largest first.
#[derive(Clone)]
struct Node {
    name: String,
    bytes: u64,
    inner: Vec<Self>,
}

fn nested(image: &Image, memory: Memory, view: View) -> Vec<Node> {
    let paths = Paths::new(image);
    let mut groups: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for row in image.rows.iter().filter(|row| row.memory == memory) {
        let path = paths.path(view, row);
        // Of four levels the second says more than the first: packets, not the one spec.
        let outer = path[path.len().saturating_sub(3).min(1)];
        let inner = path[path.len() - 1 - usize::from(path.len() == 4)];
        *groups.entry(outer).or_default().entry(inner).or_default() += row.bytes;
    }
    let groups = groups.into_iter().map(|(name, inner)| {
        let inner = inner.into_iter().map(|(name, bytes)| Node { name: treemap::short(name), bytes, inner: vec![] });
        let inner = largest_first(inner.collect());
        let bytes = inner.iter().map(|node| node.bytes).sum();
        // A group of itself alone is no group.
        let is_one = inner.len() == 1 && inner[0].name == name;
        Node { name: name.to_owned(), bytes, inner: if is_one { vec![] } else { inner } }
    });
    largest_first(groups.collect())
}

fn largest_first(mut nodes: Vec<Node>) -> Vec<Node> {
    nodes.sort_by(|one, other| other.bytes.cmp(&one.bytes).then_with(|| one.name.cmp(&other.name)));
    nodes
}

/// Divides an area among nodes. Those that would be too small become one.
fn divided(nodes: &[Node], area: Rectangle) -> Vec<(Node, Rectangle)> {
    let total: u64 = nodes.iter().map(|node| node.bytes).sum();
    let least = TILE * total as f64 / (area.width * area.height);
    let large = nodes.iter().take_while(|node| node.bytes as f64 >= least).count();
    let (large, small) = nodes.split_at(if large + 1 >= nodes.len() { nodes.len() } else { large });
    let mut shown = large.to_vec();
    if !small.is_empty() {
        let bytes = small.iter().map(|node| node.bytes).sum();
        let place = shown.partition_point(|node| node.bytes >= bytes);
        shown.insert(place, Node { name: format!("{} smaller", small.len()), bytes, inner: vec![] });
    }
    let weights: Vec<f64> = shown.iter().map(|node| node.bytes as f64).collect();
    let pieces = squarify(&weights, area);
    shown.into_iter().zip(pieces).collect()
}

impl Svg {
    fn group(&mut self, group: &Node, area: Rectangle, colour: &str) {
        if group.inner.is_empty() || area.width < GROUP.0 || area.height < GROUP.1 {
            return self.tile(group, area, colour);
        }
        let figure = number(group.bytes as i64);
        // Bold letters are wider.
        let room = (area.width - 14.0 - figure.chars().count() as f64 * LETTER) * 0.84;
        let Some(name) = fitting(&group.name, room) else { return self.tile(group, area, colour) };
        self.rectangle("frame", "fill=\"none\" rx=\"3\"", area);
        self.label("text strong", area.x + 5.0, area.y + 13.0, &name);
        self.label("text end", area.x + area.width - 5.0, area.y + 13.0, &figure);
        for (node, area) in divided(&group.inner, area.within(GAP + 1.0, HEADER - 1.0)) {
            self.tile(&node, area.within(GAP / 2.0, 0.0), colour);
        }
    }

    fn tile(&mut self, node: &Node, area: Rectangle, colour: &str) {
        self.rectangle(colour, "rx=\"2\"", area);
        // One line for the name, or two, then one for the figure.
        let (lines, room) = (((area.height - 3.0) / 13.0) as usize, area.width - 8.0);
        let broken = node.name.rsplit_once("::").map(|(outer, inner)| [format!("{outer}::"), inner.to_owned()]);
        let one_fits = node.name.chars().count() as f64 * LETTER <= room;
        let name = match broken {
            Some(broken) if !one_fits && lines >= 2 => broken.iter().filter_map(|part| fitting(part, room)).collect(),
            _ => Vec::from_iter(fitting(&node.name, room)),
        };
        let figure = number(node.bytes as i64);
        let figure = (!name.is_empty() && figure.chars().count() as f64 * LETTER <= room).then_some(figure);
        for (line, text) in name.into_iter().chain(figure).take(lines).enumerate() {
            self.label("text small", area.x + 4.0, area.y + 12.0 + 13.0 * line as f64, &text);
        }
    }

    fn rectangle(&mut self, class: &str, more: &str, Rectangle { x, y, width, height }: Rectangle) {
        let (x, y, width, height) = (at(x), at(y), at(width), at(height));
        let _ = writeln!(
            self.text,
            "<rect class=\"{class}\" {more} x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
        );
    }
}

/// As much of a name as there is room for; nothing, if that would say too little.
fn fitting(name: &str, width: f64) -> Option<String> {
    let room = (width / LETTER).max(0.0) as usize;
    if name.chars().count() <= room {
        return Some(name.to_owned());
    }
    (room >= 5).then(|| name.chars().take(room - 1).chain(['…']).collect())
}
