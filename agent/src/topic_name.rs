//! Topic names of messages that come.

use core::fmt;

use crate::wire::EncodeError;

/// A topic name (4.7), as the Server has sent it: UTF-8 that is known to be well-formed, without U+0000 and wildcards.
///
/// It compares with text as it is. On a chip, that, its bytes, or a table of [routes](crate::topic::Route) cost less flash
/// than [`as_str`](Self::as_str).
///
/// ```
/// use slimqtt_agent::Message;
///
/// fn handle(message: Message<'_>) {
///     if message.topic == "room/1/set" {
///         // ...
///     }
///     match message.topic.as_bytes() {
///         b"room/1/on" => { /* ... */ }
///         b"room/1/off" => { /* ... */ }
///         _ => {}
///     }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TopicName<'a>(&'a [u8]);

impl<'a> TopicName<'a> {
    /// That of a message whose topic is not known.
    pub(crate) const UNKNOWN: Self = Self(&[]);

    /// Checks the bytes of a topic name: one character or more `[MQTT-4.7.3-1]`, well-formed UTF-8 `[MQTT-1.5.3-1]`
    /// without U+0000 `[MQTT-1.5.3-2]`, and no wildcard `[MQTT-3.3.2-2]`.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        // How many bytes the character goes on with, and what the next one of them has to be.
        let (mut more, mut least, mut most) = (0, 0x80, 0xBF);
        for &byte in bytes {
            if more > 0 {
                if byte < least || byte > most {
                    return None;
                }
                more -= 1;
                (least, most) = (0x80, 0xBF);
                continue;
            }
            match byte {
                0 | b'+' | b'#' | 0x80..0xC2 | 0xF5.. => return None,
                0x01..0x80 => continue,
                _ => more = 1 + u8::from(byte >= 0xE0) + u8::from(byte >= 0xF0),
            }
            // Not longer than it needs to be, no surrogate, and nothing above U+10FFFF.
            match byte {
                0xE0 => least = 0xA0,
                0xED => most = 0x9F,
                0xF0 => least = 0x90,
                0xF4 => most = 0x8F,
                _ => {}
            }
        }
        (more == 0 && !bytes.is_empty()).then_some(Self(bytes))
    }

    /// Its bytes.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// It as text. That looks at each character once more, with 300 bytes of flash that the agent does without.
    pub fn as_str(self) -> &'a str {
        core::str::from_utf8(self.0).unwrap_or_default()
    }

    /// Whether the topic was too long for the receive buffer.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// For tests of what is done with messages.
impl<'a> TryFrom<&'a str> for TopicName<'a> {
    type Error = EncodeError;

    fn try_from(text: &'a str) -> Result<Self, EncodeError> {
        Self::new(text.as_bytes()).ok_or(EncodeError::InvalidTopicName)
    }
}

impl AsRef<[u8]> for TopicName<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl PartialEq<str> for TopicName<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for TopicName<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Debug for TopicName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for TopicName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for TopicName<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::TopicName;

    fn expected(bytes: &[u8]) -> bool {
        core::str::from_utf8(bytes).is_ok_and(|text| !text.is_empty() && !text.contains(['\0', '+', '#']))
    }

    /// All that four bytes can be, with bytes from the ends of all ranges that UTF-8 knows.
    #[test]
    fn it_is_well_formed_utf_8_as_the_standard_library_judges_it() {
        let ends = [
            0x00, 0x01, 0x2A, 0x2B, 0x2C, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1,
            0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF, b'#', b'/', b'a',
        ];
        assert!(TopicName::new(&[]).is_none());
        for a in ends {
            assert_eq!(TopicName::new(&[a]).is_some(), expected(&[a]), "{a:X}");
            for b in ends {
                for c in ends {
                    assert_eq!(TopicName::new(&[a, b, c]).is_some(), expected(&[a, b, c]), "{a:X} {b:X} {c:X}");
                    for d in ends {
                        let bytes = [a, b, c, d];
                        assert_eq!(TopicName::new(&bytes).is_some(), expected(&bytes), "{bytes:X?}");
                    }
                }
                assert_eq!(TopicName::new(&[a, b]).is_some(), expected(&[a, b]), "{a:X} {b:X}");
            }
        }
    }

    #[test]
    fn every_character_is_judged_as_the_standard_library_does() {
        for character in char::MIN..=char::MAX {
            let mut buffer = [0; 4];
            let bytes = character.encode_utf8(&mut buffer).as_bytes();
            assert_eq!(TopicName::new(bytes).is_some(), expected(bytes), "{character:?}");
        }
    }
}
