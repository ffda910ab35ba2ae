//! Lists: the same fields again and again, up to the end of the packet, or of the properties.

use core::marker::PhantomData;
use core::num::NonZeroU32;
use core::{fmt, iter};

use super::{DecodeError, Notes, PacketIdentifier, Reader, SubscriptionIdentifier};

/// Elements one after another, as the subscriptions of SUBSCRIBE.
///
/// A list to encode borrows its elements. A decoded one borrows the bytes of its packet, which were found well formed,
/// and reads an element when it is asked for: nothing is copied, and there is no limit to the length.
///
/// Two lists are equal if their elements are.
///
/// `Rule` is the [`TextRule`](super::TextRule) that all texts of the list keep to, if there is one. A decoded list is written
/// back as it is, and therefore only goes where the rule is the same; its elements may go elsewhere and are looked at there:
///
/// ```
/// # use slimqtt_agent::wire::{List, Unsubscribe, mqtt_5_0};
/// # fn translate(Unsubscribe { packet_identifier, topic_filters }: Unsubscribe<'_>) {
/// # let properties = mqtt_5_0::Properties::NONE;
/// let topic_filters = Vec::from_iter(topic_filters);
/// mqtt_5_0::Unsubscribe { packet_identifier, properties, topic_filters: List::new(&topic_filters) };
/// # }
/// ```
///
/// ```compile_fail,E0308
/// # use slimqtt_agent::wire::{List, Unsubscribe, mqtt_5_0};
/// # fn translate(Unsubscribe { packet_identifier, topic_filters }: Unsubscribe<'_>) {
/// # let properties = mqtt_5_0::Properties::NONE;
/// mqtt_5_0::Unsubscribe { packet_identifier, properties, topic_filters };
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct List<'a, T, Rule = ()> {
    pub(super) repr: Repr<'a, T>,
    rule: PhantomData<Rule>,
}

/// What a list consists of: elements to encode, or bytes to decode them from.
#[derive(Clone, Copy)]
pub(super) enum Repr<'a, T> {
    Elements(&'a [T]),
    Encoded(&'a [u8]),
}

/// What a list consists of.
pub trait Element<'a>: Copy {
    /// Reads an element. It takes one byte at least.
    ///
    /// # Errors
    /// [`DecodeError`], or a mistake that the reader notes, where it is malformed.
    fn read<N: Notes>(reader: &mut Reader<'a, N>) -> Result<Self, DecodeError>;
}

impl<'a, T, Rule> List<'a, T, Rule> {
    /// A list of these elements. Only properties may be none: other lists of a packet have one element at least.
    pub const fn new(elements: &'a [T]) -> Self {
        Self { repr: Repr::Elements(elements), rule: PhantomData }
    }

    /// The list that these bytes are, all of them.
    pub(crate) const fn encoded(bytes: &'a [u8]) -> Self {
        Self { repr: Repr::Encoded(bytes), rule: PhantomData }
    }

    /// Whether there is no element.
    pub const fn is_empty(&self) -> bool {
        match self.repr {
            Repr::Elements(elements) => elements.is_empty(),
            Repr::Encoded(bytes) => bytes.is_empty(),
        }
    }
}

impl<'a, T: Element<'a>, Rule> List<'a, T, Rule> {
    /// The elements, in the order of the packet.
    pub const fn iter(&self) -> Iter<'a, T> {
        Iter { rest: List { repr: self.repr, rule: PhantomData } }
    }
}

impl<'a, T: Element<'a>, Rule> IntoIterator for List<'a, T, Rule> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<'a, T: Element<'a>, Rule> IntoIterator for &List<'a, T, Rule> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<'a, T: Element<'a> + PartialEq, Rule> PartialEq for List<'a, T, Rule> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a, T: Element<'a> + Eq, Rule> Eq for List<'a, T, Rule> {}

impl<'a, T: Element<'a> + fmt::Debug, Rule> fmt::Debug for List<'a, T, Rule> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The elements of a [`List`].
#[derive(Clone)]
pub struct Iter<'a, T> {
    rest: List<'a, T>,
}

impl<'a, T: Element<'a>> Iterator for Iter<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match &mut self.rest.repr {
            Repr::Elements(elements) => {
                let (first, rest) = elements.split_first()?;
                *elements = rest;
                Some(*first)
            }
            Repr::Encoded([]) => None,
            Repr::Encoded(bytes) => {
                let mut reader = Reader::new(bytes);
                // Never an error: all elements were read when the packet was decoded.
                let element = T::read(&mut reader).ok()?;
                *bytes = reader.rest();
                Some(element)
            }
        }
    }
}

impl<'a, T: Element<'a>> iter::FusedIterator for Iter<'a, T> {}

impl<'a, T: Element<'a> + fmt::Debug> fmt::Debug for Iter<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iter").field(&self.rest).finish()
    }
}

impl Element<'_> for u8 {
    fn read<N: Notes>(reader: &mut Reader<'_, N>) -> Result<Self, DecodeError> {
        Ok(reader.u8())
    }
}

impl Element<'_> for u16 {
    fn read<N: Notes>(reader: &mut Reader<'_, N>) -> Result<Self, DecodeError> {
        Ok(reader.u16())
    }
}

impl Element<'_> for PacketIdentifier {
    fn read<N: Notes>(reader: &mut Reader<'_, N>) -> Result<Self, DecodeError> {
        Ok(reader.packet_identifier())
    }
}

impl Element<'_> for bool {
    fn read<N: Notes>(reader: &mut Reader<'_, N>) -> Result<Self, DecodeError> {
        Ok(reader.bool())
    }
}

impl Element<'_> for u32 {
    fn read<N: Notes>(reader: &mut Reader<'_, N>) -> Result<Self, DecodeError> {
        Ok(reader.u32())
    }
}

impl Element<'_> for NonZeroU32 {
    fn read<N: Notes>(reader: &mut Reader<'_, N>) -> Result<Self, DecodeError> {
        Ok(reader.nonzero_u32())
    }
}

impl Element<'_> for SubscriptionIdentifier {
    fn read<N: Notes>(reader: &mut Reader<'_, N>) -> Result<Self, DecodeError> {
        Ok(reader.subscription_identifier())
    }
}

impl<'a> Element<'a> for (&'a str, &'a str) {
    fn read<N: Notes>(reader: &mut Reader<'a, N>) -> Result<Self, DecodeError> {
        Ok(reader.utf8_pair())
    }
}

/// Any text. Where a rule says more, [`Reader::texts`] has looked.
impl<'a> Element<'a> for &'a str {
    fn read<N: Notes>(reader: &mut Reader<'a, N>) -> Result<Self, DecodeError> {
        Ok(reader.utf8())
    }
}

impl<'a> Element<'a> for &'a [u8] {
    fn read<N: Notes>(reader: &mut Reader<'a, N>) -> Result<Self, DecodeError> {
        Ok(reader.binary())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::vec::Vec;

    use super::*;
    use crate::wire::{EncodeError, ShareableTopicFilter, TextRule, TopicFilter, TopicName, Writer};

    fn decoded(bytes: &[u8]) -> Result<List<'_, &str, TopicFilter>, DecodeError> {
        let mut reader = Reader::new(bytes);
        let list = reader.texts();
        reader.finish(list)
    }

    #[test]
    fn elements_and_bytes_are_the_same_list() {
        let (made, read) = (List::new(&["a", "b/#"]), decoded(&[0, 1, b'a', 0, 3, b'b', b'/', b'#']).unwrap());
        assert_eq!(made, read);
        assert_eq!(format!("{made:?} {read:?}"), r#"["a", "b/#"] ["a", "b/#"]"#);
        assert_eq!(Vec::from_iter(made), Vec::from_iter(&read));
        for other in [&["a"][..], &["a", "b/#", "c"], &["b/#", "a"], &[]] {
            assert_ne!(List::new(other), read);
        }
    }

    #[test]
    fn a_list_has_an_element_and_all_are_well_formed() {
        assert!(decoded(&[0, 1, b'#']).is_ok());
        // None, a broken one, a broken second one, a second one that ends early.
        for bytes in [&[][..], &[0, 0], &[0, 1, b'a', 0, 2, b'#', b'/'], &[0, 1, b'a', 0], &[0, 1, b'a', 0, 2, b'b']] {
            assert!(decoded(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_text_keeps_to_the_rule_of_its_list() {
        fn is_list_of<Rule: TextRule>(text: &str) -> bool {
            let bytes = [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat();
            let mut reader = Reader::new(&bytes);
            let list = reader.texts::<Rule>();
            reader.finish(list).is_ok()
        }
        for (text, name, filter, shareable) in [
            ("a", true, true, true),
            ("a/+", false, true, true),
            ("$share/a/+", false, true, true),
            ("$share/a", true, true, false),
            ("a+", false, false, false),
        ] {
            assert_eq!(is_list_of::<TopicName>(text), name, "{text}");
            assert_eq!(is_list_of::<TopicFilter>(text), filter, "{text}");
            assert_eq!(is_list_of::<ShareableTopicFilter>(text), shareable, "{text}");
        }
    }

    #[test]
    fn whoever_writes_has_an_element_too() {
        let mut buffer = [0; 8];
        let mut writer = Writer::new(&mut buffer);
        assert!(writer.list(&List::<u8>::new(&[])).is_empty());
        assert_eq!(writer.finish(), Err(EncodeError::EmptyList));
    }
}
