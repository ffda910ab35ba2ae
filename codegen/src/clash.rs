//! Names that only Rust has trouble with: those of types, which have all to be different, and not those of the runtime.
//!
//! Fields cause no trouble, see [`names`](crate::names).

use std::fmt;

use slimqtt_spec::defs::{Property, Protocol, Spanned};
use slimqtt_spec::{Diagnostic, Report, Source};

use crate::names::{group_type, type_name};
use crate::walk;

/// Types that the generated code uses: of the runtime and of Rust.
const TAKEN: [&str; 30] = [
    "DecodeError",
    "Element",
    "Encode",
    "EncodeError",
    "IntoIterator",
    "Iter",
    "List",
    "Mistake",
    "N",
    "NonZeroU16",
    "NonZeroU32",
    "None",
    "Notes",
    "Ok",
    "Option",
    "PacketIdentifier",
    "Properties",
    "Property",
    "PropertyRules",
    "PropertySet",
    "Reader",
    "Result",
    "Secret",
    "Self",
    "ShareableTopicFilter",
    "Some",
    "SubscriptionIdentifier",
    "TopicFilter",
    "TopicName",
    "Writer",
];

/// A name of a spec, and what it becomes.
struct Name {
    kind: &'static str,
    of: Spanned<String>,
    rust: String,
}

impl Name {
    fn new(kind: &'static str, of: &Spanned<String>, rust: impl fmt::Display) -> Self {
        Self { kind, of: of.clone(), rust: rust.to_string() }
    }

    /// The generated code has the name for something else.
    fn taken(&self) -> Diagnostic {
        let rust = &self.rust;
        Diagnostic::new("codegen::taken-name", &self.of.span, format!("{self} cannot be `{rust}` in Rust"))
            .label("taken")
            .help(format!("rename it: generated code needs `{rust}` for something else"))
    }

    /// An earlier name of the spec becomes the same in Rust.
    fn again(&self, earlier: &Self) -> Diagnostic {
        let rust = &self.rust;
        Diagnostic::new("codegen::same-name", &self.of.span, format!("{earlier} and {self} are both `{rust}` in Rust"))
            .label(format!("`{rust}` again"))
            .also(&earlier.of.span, format!("first `{rust}`"))
            .help("rename one of the two".to_owned())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} `{}`", self.kind, self.of.value)
    }
}

/// Checks the names of a spec that has no mistakes otherwise.
pub(crate) fn check(source: &Source, protocol: &Protocol) -> Result<(), Report> {
    let types = types(protocol);
    let mut clashes = Vec::new();
    for (index, name) in types.iter().enumerate() {
        if TAKEN.contains(&name.rust.as_str()) {
            clashes.push(name.taken());
        } else if let Some(earlier) = types[..index].iter().find(|earlier| earlier.rust == name.rust) {
            clashes.push(name.again(earlier));
        }
    }
    let variants = protocol.enums.iter().flat_map(|declared| &declared.variants);
    for variant in variants.filter(|variant| variant.name.value == "Self") {
        clashes.push(Name::new("variant", &variant.name, "Self").taken());
    }
    clashes.extend(of_properties(protocol));
    if clashes.is_empty() { Ok(()) } else { Err(Report::new(source.clone(), clashes)) }
}

/// Properties become variants of one enum, which has constants for them too.
fn of_properties(protocol: &Protocol) -> Vec<Diagnostic> {
    let variant = |it: &Property| Name::new("property", &it.name, type_name(&it.name.value));
    let variants: Vec<_> = protocol.properties.iter().map(variant).collect();
    let clash = |(index, name): (usize, &Name)| {
        if name.rust == "Self" || name.rust == name.of.value.to_ascii_uppercase() {
            return Some(name.taken());
        }
        variants[..index].iter().find(|earlier| earlier.rust == name.rust).map(|earlier| name.again(earlier))
    };
    variants.iter().enumerate().filter_map(clash).collect()
}

/// Everything that becomes a type, in the order of the spec.
fn types(protocol: &Protocol) -> Vec<Name> {
    let enums = protocol.enums.iter().map(|it| Name::new("enum", &it.name, &it.name.value));
    let packets = protocol.packets.iter().map(|it| Name::new("packet", &it.name, type_name(&it.name.value)));
    let groups = protocol.packets.iter().flat_map(|packet| {
        walk::groups(packet).map(|(group, _)| Name::new("group", &group.name, group_type(packet, &group.name.value)))
    });
    let elements = protocol.packets.iter().flat_map(walk::elements);
    let elements = elements.map(|(_, name, _)| Name::new("element", name, type_name(&name.value)));
    let mut types: Vec<_> = enums.chain(packets).chain(groups).chain(elements).collect();
    types.sort_by_key(|name| name.of.span.start);
    types
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proc_macro2::{TokenStream, TokenTree};
    use slimqtt_spec::{MQTT_3_1_1, MQTT_5_0, Source};

    use super::*;
    use crate::{Generator, senders};

    #[test]
    fn taken_is_what_the_generated_code_uses_but_does_not_declare() {
        // These specs use all there is.
        let specs = [MQTT_3_1_1, MQTT_5_0, Source::new("odd.mqtt", include_str!("../tests/odd.mqtt"))];
        let mut used = BTreeSet::new();
        for spec in specs {
            let mut protocol = slimqtt_spec::load(&spec).unwrap();
            senders::split(&mut protocol);
            let variants = protocol.enums.iter().flat_map(|it| &it.variants).map(|it| it.name.value.clone());
            let properties = protocol.properties.iter().map(|it| type_name(&it.name.value).to_string());
            // A property may be called as its type is.
            let variants = variants.chain(properties).filter(|name| !TAKEN.contains(&name.as_str()));
            let declared: Vec<_> = types(&protocol).into_iter().map(|it| it.rust).chain(variants).collect();
            let names = names(Generator::new(&spec).generate().unwrap().parse().unwrap());
            used.extend(names.into_iter().filter(|name| !declared.contains(name)));
        }
        // Derives, variants and what has a path in front are no types: a type may be called the same.
        for other in ["Clone", "Copy", "Debug", "Eq", "PartialEq", "Contradiction", "Item", "IntoIter", "Formatter"] {
            assert!(used.remove(other), "{other}");
        }
        assert_eq!(Vec::from_iter(used), TAKEN);
    }

    /// All names in camel case.
    fn names(tokens: TokenStream) -> Vec<String> {
        let is_camel =
            |name: &str| name.starts_with(char::is_uppercase) && (name.len() == 1 || name.contains(char::is_lowercase));
        tokens
            .into_iter()
            .flat_map(|token| match token {
                TokenTree::Group(group) => names(group.stream()),
                TokenTree::Ident(ident) => Vec::from_iter(Some(ident.to_string()).filter(|name| is_camel(name))),
                TokenTree::Punct(_) | TokenTree::Literal(_) => Vec::new(),
            })
            .collect()
    }
}
