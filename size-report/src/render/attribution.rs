//! What an image is made of, as text.

use super::{new_table, number, shortened};
use crate::attribution::{Attribution, Helper};
use crate::views::{By, Group, groups};

/// An image from one side, the `top` largest groups first; then who calls the compiler's runtime.
pub fn attribution(attribution: &Attribution, by: By, top: usize) -> String {
    let image = &attribution.image;
    let title = format!(
        "{} bytes of flash and {} of RAM, by {}",
        number(image.flash as i64),
        number(image.ram as i64),
        match by {
            By::Crate => "the crate that they were written in",
            By::File => "the file that they were written in",
            By::Symbol => "linked function or variable, with all that was inlined into it",
            By::Origin => "the function that they were written in, wherever it was inlined",
            By::Part => "part; what was inlined from Rust's library is for its user",
            By::Spec => "the line of the spec that they are for",
            By::Kind => "kind",
        }
    );
    let mut sections = vec![title, table(groups(image, by), by, top, image.flash)];
    if !attribution.runtime.is_empty() {
        sections.push(format!("Of the compiler's runtime, and who calls it\n\n{}", runtime(&attribution.runtime, top)));
    }
    sections.join("\n\n") + "\n"
}

fn table(mut groups: Vec<Group>, by: By, top: usize, flash: u64) -> String {
    let others = groups.split_off(top.min(groups.len()));
    if !others.is_empty() {
        let sum = |bytes: fn(&Group) -> u64| others.iter().map(bytes).sum();
        let name = format!("[{} others]", others.len());
        groups.push(Group { name, place: None, flash: sum(|group| group.flash), ram: sum(|group| group.ram) });
    }
    let with_places = by == By::Origin;
    let name = format!("{by:?}").to_lowercase();
    let mut header = vec!["flash", "", "RAM", &name];
    if with_places {
        header.push("begins at");
    }
    let mut table = new_table(&header, &[3, 4]);
    for group in groups {
        let share = format!("{:.1}%", group.flash as f64 * 100.0 / flash.max(1) as f64);
        let mut cells = vec![number(group.flash as i64), share, number(group.ram as i64), shortened(&group.name)];
        if with_places {
            cells.push(group.place.unwrap_or_default());
        }
        table.add_row(cells);
    }
    table.trim_fmt()
}

fn runtime(helpers: &[Helper], top: usize) -> String {
    let mut table = new_table(&["flash", "function", "calls", "from", "written in"], &[1, 3, 4]);
    for helper in helpers {
        let mut first = [number(helper.bytes as i64), helper.symbol.clone()];
        if helper.callers.is_empty() {
            let [bytes, symbol] = first.clone();
            table.add_row([bytes, symbol, String::new(), "(nobody calls it by name)".to_owned(), String::new()]);
        }
        let (callers, others) = helper.callers.split_at(top.min(helper.callers.len()));
        for caller in callers {
            let origin = if caller.origin == caller.symbol { String::new() } else { caller.origin.clone() };
            let [bytes, symbol] = std::mem::take(&mut first);
            table.add_row([bytes, symbol, number(caller.calls as i64), shortened(&caller.symbol), shortened(&origin)]);
        }
        if !others.is_empty() {
            let [bytes, symbol] = std::mem::take(&mut first);
            let calls = others.iter().map(|caller| caller.calls as i64).sum();
            table.add_row([bytes, symbol, number(calls), format!("[{} others]", others.len()), String::new()]);
        }
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::runtime;
    use crate::attribution::{Caller, Helper};

    #[test]
    fn of_many_callers_few_are_named() {
        let caller = |name: &str, calls| Caller { symbol: name.to_owned(), origin: name.to_owned(), calls };
        let helper = Helper {
            symbol: "memcpy".to_owned(),
            bytes: 334,
            callers: vec![caller("first", 3), caller("second", 2), caller("third", 1)],
        };
        let text = runtime(&[helper], 1);
        let names = ["first", "second", "third", "[2 others]"].map(|name| text.contains(name));
        assert_eq!(names, [true, false, false, true], "{text}");
    }
}
