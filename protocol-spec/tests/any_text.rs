//! Whatever the text, the loader answers, and what it points at is there.

mod common;

use common::without_spans;
use proptest::prelude::*;
use slimqtt_spec::{MQTT_3_1_1, MQTT_5_0, Source, load};

fn check(text: String) -> Result<(), TestCaseError> {
    let source = Source::new("any text", text);
    match load(&source) {
        Ok(protocol) => {
            let printed = Source::new("printed", protocol.to_string());
            let again = load(&printed).map_err(|report| TestCaseError::fail(report.to_string()))?;
            prop_assert_eq!(without_spans(&again), without_spans(&protocol));
            prop_assert_eq!(again.to_string(), printed.text);
        }
        Err(report) => {
            prop_assert!(!report.diagnostics().is_empty());
            for mistake in report.diagnostics() {
                let secondary = mistake.secondary.iter().map(|(span, _)| span);
                for span in secondary.chain([&mistake.span]) {
                    prop_assert!(source.text.get(span.clone()).is_some(), "{:?} of {:?}", span, mistake);
                }
            }
            prop_assert!(!report.to_string().is_empty());
            prop_assert!(!report.styled().is_empty());
            prop_assert_eq!(report.summary().lines().count(), 1);
        }
    }
    Ok(())
}

/// Text in the words of the language, in no order.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "protocol \"MQTT\" level 4\n",
        "protocol",
        "enum",
        "packet",
        "X",
        "CONNECT",
        "QoS",
        "x",
        "will",
        "=",
        "= 4",
        "from client",
        "{",
        "}",
        "{\n",
        "}\n",
        "\n",
        "flags {",
        "variable {",
        "payload {",
        "optional",
        "has",
        "reserved",
        ":",
        ": u8",
        ": utf8",
        ": rest",
        "= \"",
        "as QoS",
        "bit 1",
        "bits 2..1",
        "bits",
        "..",
        ".",
        "if x > 0",
        "requires x",
        "requires x = 0",
        "empty",
        "one or more",
        "one or more x {",
        ": topic_filter",
        "or protocol error",
        "empty requires x",
        "requires unshared x",
        "property x = 0x01: u8\n",
        "property",
        "properties {",
        "properties",
        "required",
        "any number of",
        "from server",
        "default X",
        "default none",
        ": utf8_pair",
        ": shareable_topic_filter",
        "0x0F",
        "0b",
        "section 3",
        "[MQTT-1-1]",
        "[",
        "]",
        "# c\n",
        "/// d\n",
        "///",
        "é",
        "\t",
        "\r\n",
        "99999999999999999999",
    ]);
    prop::collection::vec(word, 0..60).prop_map(|words| words.join(" "))
}

/// A shipped spec, with some of its characters replaced by other text.
fn mutated() -> impl Strategy<Value = String> {
    let piece = prop_oneof![Just(String::new()), "[ -~]", "\\PC", words()];
    let spec = prop::sample::select(vec![MQTT_3_1_1, MQTT_5_0]);
    let change = (any::<prop::sample::Index>(), 0..40_usize, piece);
    (spec, prop::collection::vec(change, 1..6)).prop_map(|(spec, changes)| {
        let mut text: Vec<char> = spec.text.chars().collect();
        for (at, length, piece) in changes {
            let start = at.index(text.len() + 1);
            let end = (start + length).min(text.len());
            text.splice(start..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn mutated_specs(text in mutated()) {
        check(text)?;
    }

    #[test]
    fn words_of_the_language(text in words()) {
        check(text)?;
    }

    #[test]
    fn bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(String::from_utf8_lossy(&bytes).into_owned())?;
    }
}

#[test]
fn deep_and_long_texts_are_no_trouble() {
    let start = "protocol \"MQTT\" level 4\npacket CONNECT = 1 from client {\n payload {\n";
    for piece in [
        "optional x {\n",
        "x: flags {\n",
        "properties {\n",
        "{",
        "}\n",
        "/// d\n",
        "[",
        "[MQTT-1-1]\n",
        "\n",
        "packet X {\n",
    ] {
        let source = Source::new("long", format!("{start}{}", piece.repeat(5_000)));
        load(&source).expect_err(piece);
    }
}
