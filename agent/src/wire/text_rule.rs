//! Rules that text keeps to besides being text, as types: they tell lists of text apart.

use super::{Notes, Reader};

/// A rule for each text of a [`List`](super::List).
pub trait TextRule {
    /// Reads a text that keeps to the rule. If the next one does not, the reader notes it.
    fn read<'a, N: Notes>(reader: &mut Reader<'a, N>) -> &'a str;
}

/// It names a topic: [`Reader::topic_name`].
#[derive(Debug, Clone, Copy)]
pub enum TopicName {}

/// It selects topics: [`Reader::topic_filter`].
#[derive(Debug, Clone, Copy)]
pub enum TopicFilter {}

/// It selects topics, perhaps for a shared subscription: [`Reader::shareable_topic_filter`].
#[derive(Debug, Clone, Copy)]
pub enum ShareableTopicFilter {}

impl TextRule for TopicName {
    fn read<'a, N: Notes>(reader: &mut Reader<'a, N>) -> &'a str {
        reader.topic_name()
    }
}

impl TextRule for TopicFilter {
    fn read<'a, N: Notes>(reader: &mut Reader<'a, N>) -> &'a str {
        reader.topic_filter()
    }
}

impl TextRule for ShareableTopicFilter {
    fn read<'a, N: Notes>(reader: &mut Reader<'a, N>) -> &'a str {
        reader.shareable_topic_filter()
    }
}
