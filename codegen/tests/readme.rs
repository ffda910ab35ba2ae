//! The README says what is so.
//!
//! `BLESS=1 cargo test` puts the spec and the code of today side by side.

use std::path::Path;
use std::{env, fs};

use slimqtt_codegen::Generator;
use slimqtt_spec::MQTT_3_1_1;

/// The part of a text from one place up to another one.
fn part<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from}"));
    let length = text[start..].find(to).unwrap_or_else(|| panic!("no {to}"));
    &text[start..start + length]
}

/// Part of an `impl`, as it would stand alone.
fn outdented(rust: &str) -> String {
    rust.trim_end().lines().map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line))).collect()
}

fn side_by_side() -> String {
    let rust = Generator::new(&MQTT_3_1_1).packets(["CONNACK"]).generate().unwrap();
    let spec = part(&MQTT_3_1_1.text, "/// Acknowledge connection request.", "\n\n");
    let structure = part(&rust, "/// CONNACK", "\n\n");
    let encode = outdented(part(&rust, "    /// Writes the packet", "    /// Reads the packet"));
    let decode = outdented(part(&rust, "    /// Reads the packet", "}\n\nimpl Encode"));
    format!(
        "# Side by side

A packet in the spec of MQTT 3.1.1:

```mqtt
{spec}
```

What it stores is a struct:

```rust,ignore
{structure}
```

What is on the wire is written and read in the same order:

```rust,ignore
{encode}```

```rust,ignore
{decode}```

"
    )
}

#[test]
fn spec_and_code_stand_side_by_side() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let section = part(&readme, "# Side by side\n", "# At the command line\n");
    let expected = side_by_side();
    if env::var_os("BLESS").is_some() {
        fs::write(path, readme.replace(section, &expected)).unwrap();
    } else {
        assert!(section == expected, "not as in README.md, BLESS=1 accepts it:\n\n{expected}");
    }
}

#[test]
fn every_mistake_is_in_the_table() {
    let readme = include_str!("../README.md");
    for report in [include_str!("reject/same-name.stderr"), include_str!("reject/taken-name.stderr")] {
        let code = part(report, "codegen::", "]");
        assert!(readme.contains(&format!("| `{code}`")), "{code}");
    }
}
