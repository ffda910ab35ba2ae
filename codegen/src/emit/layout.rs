//! Blank lines, which tokens do not have.

/// Sets the items of a file and of its `impl` blocks apart.
pub(super) fn set_apart(rust: &str) -> String {
    let mut out = String::with_capacity(rust.len());
    let mut after_item = false;
    for line in rust.lines() {
        if after_item && line.trim_start() != "}" {
            out.push('\n');
        }
        after_item = ends_item(line);
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Statements are indented further than items, fields and variants end with a comma.
fn ends_item(line: &str) -> bool {
    let code = line.trim_start();
    line.len() - code.len() <= 4 && !code.starts_with("//") && (code.ends_with('}') || code.ends_with(';'))
}

#[cfg(test)]
mod tests {
    use super::set_apart;

    #[test]
    fn only_items_are_set_apart() {
        let dense = "/// Ends with a;\nstruct A;\nimpl A {\n    const B: u8 = 1;\n    /// One {of}\n    fn c() {\n        d();\n        e();\n    }\n}\nstruct F {\n    g: u8,\n    h: u8,\n}\n";
        let loose = "/// Ends with a;\nstruct A;\n\nimpl A {\n    const B: u8 = 1;\n\n    /// One {of}\n    fn c() {\n        d();\n        e();\n    }\n}\n\nstruct F {\n    g: u8,\n    h: u8,\n}\n";
        assert_eq!(set_apart(dense), loose);
    }
}
