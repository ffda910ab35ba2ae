//! What each option of an agent costs: two images for each of them, which differ in it alone.

use crate::budget::Added;
use anyhow::{Result, bail};
use indexmap::IndexMap;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The `[options]` table of `profiles.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The package with the image. It has a feature for each option.
    pub package: String,
    /// The features of the smallest agent, to which options are added.
    pub smallest: Vec<String>,
    /// The features of the agent from which options are taken. Those that it does not have are added to it.
    pub complete: Vec<String>,
    /// The options by the features that turn them on, in the order in which they are shown.
    pub each: IndexMap<String, Choice>,
}

/// An option of the agent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What to call it, in Markdown.
    pub name: String,
    /// The features of the options without which it cannot be.
    #[serde(default)]
    pub needs: Vec<String>,
}

/// The sizes of an image, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Bytes of flash.
    pub flash: u64,
    /// Bytes of RAM, of static variables.
    pub ram: u64,
}

/// What an option costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// What to call the option, in Markdown.
    pub name: String,
    /// What it adds to the smallest agent that can have it.
    pub smallest: Added,
    /// What the complete agent has for it. For an option that others need, those are left out with it and without it.
    pub complete: Added,
}

impl Options {
    /// Whether all features that are named are options, and whether both agents can be.
    pub fn check(&self) -> Result<()> {
        let known = |features: &[String]| features.iter().find(|feature| !self.each.contains_key(*feature)).cloned();
        let named = self.each.values().map(|choice| &choice.needs).chain([&self.smallest, &self.complete]);
        if let Some(feature) = named.into_iter().find_map(|features| known(features)) {
            bail!("`options`: the feature `{feature}` is named, but there is no `[options.each.{feature}]`");
        }
        for (feature, choice) in &self.each {
            if self.needs(feature).contains(feature) {
                bail!("`options.each.{feature}` needs itself");
            }
            for agent in [&self.smallest, &self.complete] {
                let missing = choice.needs.iter().find(|need| agent.contains(feature) && !agent.contains(need));
                if let Some(missing) = missing {
                    bail!("`options`: an agent has `{feature}`, which needs `{missing}`, but not that");
                }
            }
        }
        Ok(())
    }

    /// What each option costs. `size` tells the sizes of the image with some features, and is asked once for each image;
    /// without any feature there is no agent in it.
    pub fn measure(&self, mut size: impl FnMut(&[String]) -> Result<Size>) -> Result<Vec<Cost>> {
        let mut sizes: BTreeMap<Vec<String>, Size> = BTreeMap::new();
        let mut size_of = |features: Vec<String>| -> Result<Size> {
            if let Some(known) = sizes.get(&features) {
                return Ok(*known);
            }
            let size = size(&features)?;
            sizes.insert(features, size);
            Ok(size)
        };
        let mut cost = |agent: &[String], feature: &str| -> Result<Added> {
            let (without, with) = self.pair(agent, feature);
            let (without, with) = (size_of(without)?, size_of(with)?);
            Ok(Added { flash: with.flash as i64 - without.flash as i64, ram: with.ram as i64 - without.ram as i64 })
        };
        let costs = self.each.iter().map(|(feature, choice)| {
            let name = choice.name.clone();
            Ok(Cost { name, smallest: cost(&self.smallest, feature)?, complete: cost(&self.complete, feature)? })
        });
        costs.collect()
    }

    /// The features of an agent without an option, and with it: with all that the option needs, and without all that needs
    /// the option.
    fn pair(&self, agent: &[String], feature: &str) -> (Vec<String>, Vec<String>) {
        let needs = self.needs(feature);
        let is_on = |other: &String| {
            let is_wanted = agent.contains(other) || needs.contains(other);
            is_wanted && other != feature && !self.needs(other).iter().any(|need| *need == feature)
        };
        let without: Vec<String> = self.each.keys().filter(|other| is_on(other)).cloned().collect();
        let is_on = |other: &&String| *other == feature || without.contains(other);
        let with = self.each.keys().filter(is_on).cloned().collect();
        (without, with)
    }

    /// All that an option needs, and what that needs.
    fn needs(&self, feature: &str) -> BTreeSet<&String> {
        let direct = |feature: &str| self.each.get(feature).map(|choice| choice.needs.as_slice()).unwrap_or_default();
        let mut all = BTreeSet::new();
        let mut open: Vec<&String> = direct(feature).iter().collect();
        while let Some(next) = open.pop() {
            if all.insert(next) {
                open.extend(direct(next));
            }
        }
        all
    }
}

impl Cost {
    /// In which agents, and by how many bytes of what, an image becomes larger when the option is turned off.
    pub fn faults(&self) -> Vec<String> {
        let agents = [("smallest", self.smallest), ("complete", self.complete)];
        let memories = agents.into_iter().flat_map(|(agent, Added { flash, ram })| {
            [(agent, "flash", flash), (agent, "RAM", ram)].into_iter().filter(|(.., bytes)| *bytes < 0)
        });
        memories.map(|(agent, memory, bytes)| format!("the {agent} agent by {} bytes of {memory}", -bytes)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
package  = "options"
smallest = ["publish"]
complete = ["publish", "qos_1", "ping"]

[each]
publish = { name = "`Publish`" }
qos_1   = { name = "QoS 1", needs = ["publish"] }
ping    = { name = "`Ping`" }
large   = { name = "large messages at QoS 1", needs = ["qos_1"] }
"#;

    fn sample() -> Options {
        toml::from_str(SAMPLE).unwrap()
    }

    fn pair(agent: &[String], feature: &str) -> (String, String) {
        let (without, with) = sample().pair(agent, feature);
        (without.join(" "), with.join(" "))
    }

    #[test]
    fn options_are_taken_from_the_complete_agent() {
        let complete = sample().complete;
        assert_eq!(pair(&complete, "ping"), ("publish qos_1".into(), "publish qos_1 ping".into()));
    }

    #[test]
    fn what_needs_an_option_is_in_neither_image() {
        let complete = sample().complete;
        assert_eq!(pair(&complete, "publish"), ("ping".into(), "publish ping".into()));
    }

    #[test]
    fn what_an_option_needs_is_in_both_images() {
        let smallest = sample().smallest;
        assert_eq!(pair(&smallest, "large"), ("publish qos_1".into(), "publish qos_1 large".into()));
        assert_eq!(pair(&smallest, "publish"), (String::new(), "publish".into()));
    }

    #[test]
    fn an_option_that_even_the_complete_agent_does_not_have_is_added_to_it() {
        let complete = sample().complete;
        assert_eq!(pair(&complete, "large"), ("publish qos_1 ping".into(), "publish qos_1 ping large".into()));
    }

    #[test]
    fn an_option_costs_what_two_images_differ_by() {
        let mut asked = Vec::new();
        let costs = sample().measure(|features| {
            asked.push(features.join(" "));
            let is_on = |feature: &str| u64::from(features.iter().any(|other| other == feature));
            // Larger without than with it: what is to be found.
            let flash = 1000 + 300 * is_on("publish") + 40 * is_on("qos_1") - 2 * is_on("ping") + 5 * is_on("large");
            Ok(Size { flash, ram: 64 * is_on("publish") + 8 * is_on("large") })
        });
        let costs = costs.unwrap();
        let added: Vec<_> = costs.iter().map(|cost| (cost.smallest.flash, cost.complete.flash)).collect();
        assert_eq!(added, [(300, 300), (40, 40), (-2, -2), (5, 5)]);
        assert_eq!((costs[0].complete.ram, costs[3].smallest.ram), (64, 8));
        assert!(costs[0].faults().is_empty() && costs[1].faults().is_empty() && costs[3].faults().is_empty());
        let faults = ["the smallest agent by 2 bytes of flash", "the complete agent by 2 bytes of flash"];
        assert_eq!(costs[2].faults(), faults);
        let images = asked.len();
        asked.sort();
        asked.dedup();
        assert_eq!(asked.len(), images, "each image is built once");
    }

    #[test]
    fn ram_is_judged_as_well() {
        let cost =
            Cost { name: String::new(), smallest: Added { flash: 0, ram: -4 }, complete: Added { flash: 0, ram: 0 } };
        assert_eq!(cost.faults(), ["the smallest agent by 4 bytes of RAM"]);
    }

    #[test]
    fn an_image_that_cannot_be_built_is_an_error() {
        let error = sample().measure(|_| bail!("cargo's message is above")).unwrap_err();
        assert_eq!(error.to_string(), "cargo's message is above");
    }

    fn error(from: &str, to: &str) -> String {
        assert!(SAMPLE.contains(from));
        let options: Options = toml::from_str(&SAMPLE.replacen(from, to, 1)).unwrap();
        options.check().unwrap_err().to_string()
    }

    #[test]
    fn the_sample_is_well() {
        sample().check().unwrap();
    }

    #[test]
    fn features_have_to_be_options() {
        let expected = "`options`: the feature `pong` is named, but there is no `[options.each.pong]`";
        assert_eq!(error("\"ping\"]", "\"pong\"]"), expected);
        assert_eq!(error("[\"qos_1\"]", "[\"pong\"]"), expected);
    }

    #[test]
    fn no_option_needs_itself() {
        let expected = "`options.each.publish` needs itself";
        assert_eq!(error("name = \"`Publish`\"", "name = \"\", needs = [\"large\"]"), expected);
    }

    #[test]
    fn agents_have_what_their_options_need() {
        let expected = "`options`: an agent has `qos_1`, which needs `publish`, but not that";
        assert_eq!(error("complete = [\"publish\", ", "complete = ["), expected);
    }
}
