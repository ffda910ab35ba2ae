//! `[parts]` in `profiles.toml`: what part of an MQTT client each file is, so that sizes can be set beside another's.

use indexmap::IndexMap;
use serde::Deserialize;

/// The parts by name, each with what is in it: crates (`core`), folders or files of them (`slimqtt-agent/src/wire`), or
/// symbols that have no file (`Reset`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Parts(pub IndexMap<String, Vec<String>>);

impl Parts {
    /// The part that a path is in. The longest of the paths that it begins with decides.
    pub fn find(&self, path: &str) -> Option<&str> {
        let is_in = |of: &str| path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let paths = self.0.iter().flat_map(|(part, paths)| paths.iter().map(move |path| (path, part)));
        paths.filter(|(of, _)| is_in(of)).max_by_key(|(of, _)| of.len()).map(|(_, part)| part.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_path_decides() {
        let text = "agent = [\"app\", \"Reset\"]\nwire = [\"app/src/wire\", \"app/src/wire.rs\"]";
        let parts: Parts = toml::from_str(text).unwrap();
        let found = ["app/src/main.rs", "app/src/wire/a.rs", "app/src/wire.rs", "app/src/wired.rs", "apple", "Reset"];
        let expected = [Some("agent"), Some("wire"), Some("wire"), Some("agent"), None, Some("agent")];
        assert_eq!(found.map(|path| parts.find(path)), expected);
    }
}
