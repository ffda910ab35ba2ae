//! `profiles.toml`: the profiles, what each promises, and the firmware that they are measured in.

use crate::attribution::Parts;
use crate::budget::Budget;
use crate::docs::Docs;
use crate::forbidden::Pattern;
use crate::future;
use crate::instructions::Budgets;
use crate::options::Options;
use crate::stack;
use anyhow::{Context, Result, bail};
use indexmap::IndexMap;
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// All of `profiles.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    /// What every profile has in common.
    pub firmware: Firmware,
    /// The profiles by name, in the file's order.
    pub profiles: IndexMap<String, Profile>,
    /// What is run, to count instructions.
    pub instructions: Option<Instructions>,
    /// What the options of an agent are, to measure what each of them costs.
    pub options: Option<Options>,
    /// The documents with tables of figures.
    #[serde(default)]
    pub docs: Docs,
    /// Which part of an MQTT client each file is.
    #[serde(default)]
    pub parts: Parts,
    /// Of whom the stack is told, and what calls through pointers reach.
    #[serde(default)]
    pub stack: stack::Rules,
    /// Of which futures the size is told.
    #[serde(default)]
    pub futures: future::Rules,
}

/// The `[firmware]` table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Firmware {
    /// The package with the binaries to measure.
    pub package: String,
    /// The target to build them for.
    pub target: String,
    /// The binary without MQTT, which all others are measured against. Without it, their whole size counts.
    pub baseline: Option<String>,
    /// Symbols that no profile's image may contain.
    #[serde(default)]
    pub forbid: Vec<Pattern>,
}

/// A `[profiles.NAME]` table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The binary that uses the profile.
    pub binary: String,
    /// The features of the firmware package that it is built with.
    #[serde(default)]
    pub features: Vec<String>,
    /// What it may add to the baseline.
    pub budget: Budget,
    /// By how much one change may make it grow. Without it, by nothing.
    #[serde(default)]
    pub growth: Budget,
    /// How much of the stack its entries may take, by their names in `[stack.entries]`.
    #[serde(default)]
    pub stack: stack::Budget,
    /// How large its futures may be, by their names in `[futures]`.
    #[serde(default)]
    pub future: future::Budget,
}

/// The `[instructions]` table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instructions {
    /// The binary that is run.
    pub binary: String,
    /// The features of the firmware package that it is built with.
    #[serde(default)]
    pub features: Vec<String>,
    /// How many instructions each operation may take.
    pub budget: Budgets,
}

impl Profiles {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read {}: name another file with --profiles", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is not as it should be", path.display()))
    }

    /// Reads the text of a `profiles.toml`; the errors say where in it they are.
    pub fn parse(text: &str) -> Result<Self> {
        let profiles: Self = toml::from_str(text)?;
        let target = &profiles.firmware.target;
        if !["thumb", "arm"].iter().any(|arm| target.starts_with(arm)) {
            bail!(
                "`target = \"{target}\"`: only images for a 32-bit ARM are read, such as those for `thumbv6m-none-eabi`"
            );
        }
        for (name, profile) in &profiles.profiles {
            if let Some(entry) = profile.stack.keys().find(|entry| !profiles.stack.entries.contains_key(*entry)) {
                bail!("profile `{name}` has a budget for the stack of `{entry}`, which is no name in [stack.entries]");
            }
            if let Some(future) = profile.future.keys().find(|future| !profiles.futures.contains_key(*future)) {
                bail!("profile `{name}` has a budget for the future `{future}`, which is no name in [futures]");
            }
        }
        if profiles.profiles.is_empty() {
            bail!("no profile to measure: add a `[profiles.NAME]` table");
        }
        if let Some(options) = &profiles.options {
            options.check()?;
        }
        Ok(profiles)
    }

    /// The binary of a profile or of the baseline, and the features to build it with.
    pub fn image(&self, name: &str) -> Result<(&str, &[String])> {
        if let Some(profile) = self.profiles.get(name) {
            return Ok((&profile.binary, &profile.features));
        }
        let baseline = self.firmware.baseline.as_deref();
        if let Some(baseline) = baseline.filter(|_| name == "baseline") {
            return Ok((baseline, &[]));
        }
        let names: Vec<_> =
            baseline.map(|_| "baseline").into_iter().chain(self.profiles.keys().map(String::as_str)).collect();
        bail!("`{name}` is neither a file nor a profile: there are {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
[firmware]
package  = "slimqtt-firmware"
target   = "thumbv6m-none-eabi"
baseline = "baseline"
forbid   = ["core::fmt", "alloc::", "__aeabi_uldivmod"]

[profiles.sensor]
binary   = "sensor"
features = ["publish", "qos1"]
budget   = { flash = 4096, ram = 512 }

[profiles.beacon]
binary   = "beacon"
budget   = { flash = 2600, ram = 700 }
growth   = { flash = 16, ram = 4 }
"#;

    fn error(change: (&str, &str)) -> String {
        assert!(SAMPLE.contains(change.0));
        format!("{:#}", Profiles::parse(&SAMPLE.replacen(change.0, change.1, 1)).unwrap_err())
    }

    #[test]
    fn the_sample_is_read_in_its_own_order() {
        let profiles = Profiles::parse(SAMPLE).unwrap();
        assert_eq!(profiles.profiles.keys().collect::<Vec<_>>(), ["sensor", "beacon"]);
        assert_eq!(profiles.profiles["sensor"].features, ["publish", "qos1"]);
        assert_eq!(profiles.profiles["beacon"].budget, Budget { flash: 2600, ram: 700 });
        assert_eq!(profiles.profiles["beacon"].growth, Budget { flash: 16, ram: 4 });
        assert_eq!(profiles.profiles["sensor"].growth, Budget::default());
        assert_eq!(profiles.firmware.forbid.len(), 3);
    }

    #[test]
    fn images_go_by_the_names_of_profiles() {
        let profiles = Profiles::parse(SAMPLE).unwrap();
        let features = ["publish".to_owned(), "qos1".to_owned()];
        assert_eq!(profiles.image("sensor").unwrap(), ("sensor", &features[..]));
        assert_eq!(profiles.image("baseline").unwrap(), ("baseline", &[][..]));
        let error = profiles.image("bacon").unwrap_err().to_string();
        assert_eq!(error, "`bacon` is neither a file nor a profile: there are baseline, sensor, beacon");
        let alone = Profiles::parse(&SAMPLE.replace("baseline =", "# baseline =")).unwrap();
        assert!(alone.image("baseline").unwrap_err().to_string().ends_with("there are sensor, beacon"));
    }

    #[test]
    fn an_unknown_key_is_located() {
        let expected = "TOML parse error at line 10, column 1
   |
10 | feature = [\"publish\", \"qos1\"]
   | ^^^^^^^
unknown field `feature`, expected one of `binary`, `features`, `budget`, `growth`, `stack`, `future`
";
        assert_eq!(error(("features =", "feature =")), expected);
    }

    #[test]
    fn a_budget_below_zero_is_located() {
        let expected = "TOML parse error at line 11, column 22
   |
11 | budget   = { flash = -1, ram = 512 }
   |                      ^^
invalid value: integer `-1`, expected u32
";
        assert_eq!(error(("4096", "-1")), expected);
    }

    #[test]
    fn a_missing_budget_is_located() {
        let message = error(("budget   = { flash = 2600, ram = 700 }", ""));
        assert!(message.starts_with("TOML parse error at line 13, column 1\n"), "{message}");
        assert!(message.ends_with("missing field `budget`\n"), "{message}");
    }

    #[test]
    fn a_bad_pattern_is_located() {
        let message = error(("\"alloc::\"", "\"alloc::*\""));
        assert!(message.starts_with("TOML parse error at line 6, column "), "{message}");
        assert!(message.contains("`alloc::*` is neither a Rust path"), "{message}");
    }

    const INSTRUCTIONS: &str = r#"
[instructions]
binary = "instructions"

[instructions.budget]
publish_qos_0 = 800
publish_qos_1 = 1500
idle_poll = 100
message_qos_0 = 400
message_qos_1 = 700
topic_match = 300
critical_section = 90
"#;

    #[test]
    fn budgets_of_instructions_are_read() {
        assert_eq!(Profiles::parse(SAMPLE).unwrap().instructions, None);
        let instructions = Profiles::parse(&[SAMPLE, INSTRUCTIONS].concat()).unwrap().instructions.unwrap();
        assert_eq!((instructions.binary.as_str(), instructions.features.len()), ("instructions", 0));
        assert_eq!((instructions.budget.publish_qos_1, instructions.budget.critical_section), (1500, 90));
    }

    #[test]
    fn a_wrong_budget_of_instructions_is_located() {
        let error = |from: &str, to: &str| {
            let text = [SAMPLE, &INSTRUCTIONS.replacen(from, to, 1)].concat();
            format!("{:#}", Profiles::parse(&text).unwrap_err())
        };
        let misspelled = error("idle_poll", "idel_poll");
        assert!(misspelled.starts_with("TOML parse error at line 24, column 1\n"), "{misspelled}");
        assert!(misspelled.contains("unknown field `idel_poll`, expected one of `publish_qos_0`"), "{misspelled}");
        assert!(error("idle_poll = 100", "").contains("missing field `idle_poll`"));
        assert!(error("= 100", "= -1").contains("invalid value: integer `-1`, expected u32"));
    }

    const STACK: &str = r#"
[stack.entries]
"agent task" = "<*::TaskStorage<*>>::poll"

[[stack.pointers]]
from = ["*"]
to = ["*::waker::*"]
"#;

    #[test]
    fn what_is_told_of_the_stack_is_read() {
        let text = SAMPLE.replacen("ram = 512 }", "ram = 512 }\nstack = { \"agent task\" = 300 }", 1);
        let profiles = Profiles::parse(&[&text, STACK].concat()).unwrap();
        assert_eq!(profiles.profiles["sensor"].stack["agent task"], 300);
        assert!(profiles.profiles["beacon"].stack.is_empty());
        assert!(profiles.stack.pointers[0].from[0].fits("embassy_executor::raw::waker::wake"));

        let message = format!("{:#}", Profiles::parse(&text).unwrap_err());
        assert!(message.contains("profile `sensor` has a budget for the stack of `agent task`, which is no name in"));
        let message = format!("{:#}", Profiles::parse(&[SAMPLE, &STACK.replace("from", "form")].concat()).unwrap_err());
        assert!(
            message.contains("line 22") && message.contains("unknown field `form`, expected one of `from`"),
            "{message}"
        );
    }

    #[test]
    fn what_is_told_of_futures_is_read() {
        let text = SAMPLE.replacen("ram = 512 }", "ram = 512 }\nfuture = { publish = 28 }", 1);
        let profiles = Profiles::parse(&[&text, "[futures]\npublish = \"*::Submission<*\""].concat()).unwrap();
        assert_eq!(profiles.profiles["sensor"].future["publish"], 28);
        assert!(profiles.futures["publish"].fits("slimqtt_agent::Submission<P>"));
        let message = format!("{:#}", Profiles::parse(&text).unwrap_err());
        assert_eq!(message, "profile `sensor` has a budget for the future `publish`, which is no name in [futures]");
    }

    #[test]
    fn images_for_other_chips_are_not_read() {
        let message =
            Profiles::parse(&SAMPLE.replace("thumbv6m-none-eabi", "riscv32imc-unknown-none-elf")).unwrap_err();
        assert_eq!(
            message.to_string(),
            "`target = \"riscv32imc-unknown-none-elf\"`: only images for a 32-bit ARM are read, such as those for \
             `thumbv6m-none-eabi`"
        );
    }

    #[test]
    fn options_are_checked_where_they_are_read() {
        let options = "[options]\npackage = \"o\"\nsmallest = []\ncomplete = [\"ping\"]\n";
        let read = |each: &str| Profiles::parse(&[SAMPLE, options, each].concat());
        let profiles = read("[options.each.ping]\nname = \"`Ping`\"\n").unwrap();
        assert_eq!(profiles.options.unwrap().each["ping"].name, "`Ping`");
        let error = read("[options.each]\n").unwrap_err().to_string();
        assert!(error.contains("the feature `ping` is named"), "{error}");
    }

    #[test]
    fn documents_are_named() {
        let read = |docs: &str| Profiles::parse(&[SAMPLE, "[docs]\n", docs].concat());
        assert_eq!(read("options = \"a.md\"").unwrap().docs.options, Some("a.md".into()));
        let error = format!("{:#}", read("option = \"a.md\"").unwrap_err());
        assert!(error.contains("unknown field `option`"), "{error}");
    }

    #[test]
    fn a_file_without_profiles_is_an_error() {
        let text = "profiles = {}\n[firmware]\npackage = \"p\"\ntarget = \"thumbv6m-none-eabi\"\nbaseline = \"b\"\n";
        assert!(Profiles::parse(text).unwrap_err().to_string().starts_with("no profile to measure"));
    }
}
