//! How a message is printed.

use std::fmt::Write as _;
use std::str::FromStr;

use jiff::Zoned;
use jiff::fmt::strtime;
use serde::Serialize;

/// A message that is to be printed.
#[derive(Clone, Copy)]
pub(crate) struct Printed<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a [u8],
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    pub(crate) dup: bool,
}

/// What `-F` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Topic,
    Payload,
    Hexadecimal {
        upper: bool,
    },
    Length,
    QoS,
    Retain,
    Dup,
    Json,
    /// A conversion of strftime.
    Time(String),
    UnixTime,
}

/// What `%j` prints, in the order in which `mosquitto_sub` does.
#[derive(Serialize)]
struct Json<'a> {
    tst: String,
    topic: &'a str,
    qos: u8,
    retain: u8,
    payloadlen: usize,
    payload: &'a str,
}

const ISO_8601: &str = "%Y-%m-%dT%H:%M:%S%z";
const ISO_8601_MICROSECONDS: &str = "%Y-%m-%dT%H:%M:%S.%6f%z";

impl Format {
    /// That of `-v`.
    pub(crate) fn verbose() -> Self {
        Self(vec![Piece::Topic, Piece::Text(" ".to_owned()), Piece::Payload])
    }

    /// The message in this format, behind what is there.
    pub(crate) fn print(&self, message: Printed<'_>, now: &Zoned, out: &mut Vec<u8>) {
        let Printed { topic, payload, qos, retain, dup } = message;
        for piece in &self.0 {
            let text = match piece {
                Piece::Text(text) => text.clone(),
                Piece::Topic => topic.to_owned(),
                Piece::Payload => {
                    out.extend_from_slice(payload);
                    continue;
                }
                Piece::Hexadecimal { upper } => hexadecimal(payload, *upper),
                Piece::Length => payload.len().to_string(),
                Piece::QoS => qos.to_string(),
                Piece::Retain => u8::from(retain).to_string(),
                Piece::Dup => u8::from(dup).to_string(),
                Piece::Json => json(message, now),
                Piece::Time(conversion) => now.strftime(conversion).to_string(),
                Piece::UnixTime => {
                    let now = now.timestamp();
                    format!("{}.{:09}", now.as_second(), now.subsec_nanosecond())
                }
            };
            out.extend_from_slice(text.as_bytes());
        }
    }
}

fn hexadecimal(payload: &[u8], upper: bool) -> String {
    payload.iter().fold(String::with_capacity(2 * payload.len()), |mut text, byte| {
        let _ = if upper { write!(text, "{byte:02X}") } else { write!(text, "{byte:02x}") };
        text
    })
}

fn json(Printed { topic, payload, qos, retain, .. }: Printed<'_>, now: &Zoned) -> String {
    let (tst, text) = (now.strftime(ISO_8601_MICROSECONDS).to_string(), String::from_utf8_lossy(payload));
    let json = Json { tst, topic, qos, retain: retain.into(), payloadlen: payload.len(), payload: &text };
    serde_json::to_string(&json).unwrap_or_default()
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            let piece = match character {
                '%' => parameter(characters.next())?,
                '@' => time(characters.next())?,
                '\\' => Piece::Text(escape(characters.next())?.to_string()),
                _ => Piece::Text(character.to_string()),
            };
            match (&mut pieces[..], piece) {
                ([.., Piece::Text(before)], Piece::Text(text)) => before.push_str(&text),
                (_, piece) => pieces.push(piece),
            }
        }
        Ok(Self(pieces))
    }
}

fn parameter(name: Option<char>) -> Result<Piece, String> {
    Ok(match name {
        Some('%') => Piece::Text("%".to_owned()),
        Some('t') => Piece::Topic,
        Some('p') => Piece::Payload,
        Some('x') => Piece::Hexadecimal { upper: false },
        Some('X') => Piece::Hexadecimal { upper: true },
        Some('l') => Piece::Length,
        Some('q') => Piece::QoS,
        Some('r') => Piece::Retain,
        Some('d') => Piece::Dup,
        Some('j') => Piece::Json,
        Some('I') => Piece::Time(ISO_8601.to_owned()),
        Some('U') => Piece::UnixTime,
        Some(other) => return Err(format!("there is no %{other}: only %t %p %x %X %l %q %r %d %j %I %U %%")),
        None => return Err("a % is the last character: %% is one".to_owned()),
    })
}

fn time(conversion: Option<char>) -> Result<Piece, String> {
    let Some(conversion) = conversion else { return Err("an @ is the last character: @@ is one".to_owned()) };
    if conversion == '@' {
        return Ok(Piece::Text("@".to_owned()));
    }
    let conversion = format!("%{conversion}");
    match strtime::format(&conversion, &Zoned::default()) {
        Ok(_) => Ok(Piece::Time(conversion)),
        Err(error) => Err(format!("there is no {}: {error}", conversion.replace('%', "@"))),
    }
}

fn escape(character: Option<char>) -> Result<char, String> {
    Ok(match character {
        Some('\\') => '\\',
        Some('0') => '\0',
        Some('a') => '\x07',
        Some('e') => '\x1B',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('v') => '\x0B',
        Some(other) => return Err(format!("there is no \\{other}: only \\n \\r \\t \\v \\a \\e \\0 \\\\")),
        None => return Err("a \\ is the last character: \\\\ is one".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::{TimeZone, offset};

    use super::*;

    fn print(format: &str, message: Printed<'_>) -> Vec<u8> {
        // 2001-09-09, a second and a bit after the billionth.
        let now = date(2001, 9, 9).at(3, 46, 41, 20_300).to_zoned(TimeZone::fixed(offset(2))).unwrap();
        let mut out = Vec::new();
        format.parse::<Format>().unwrap_or_else(|error| panic!("{format}: {error}")).print(message, &now, &mut out);
        out
    }

    fn text(format: &str) -> String {
        let message = Printed { topic: "room/1", payload: b"\x00\xFFa\n", qos: 2, retain: true, dup: false };
        String::from_utf8(print(format, message)).unwrap()
    }

    #[test]
    fn each_parameter() {
        for (format, printed) in [
            ("%t", "room/1"),
            ("%x", "00ff610a"),
            ("%X", "00FF610A"),
            ("%l", "4"),
            ("%q", "2"),
            ("%r", "1"),
            ("%d", "0"),
            ("%%", "%"),
            ("%I", "2001-09-09T03:46:41+0200"),
            ("%U", "1000000001.000020300"),
            ("@Y-@m-@d @H:@M:@S", "2001-09-09 03:46:41"),
            ("@N", "000020300"),
            ("@@", "@"),
            ("a\\\\b\\n\\r\\t\\v\\a\\e\\0", "a\\b\n\r\t\x0B\x07\x1B\0"),
            ("", ""),
            ("ä%%t: %t!", "ä%t: room/1!"),
        ] {
            assert_eq!(text(format), printed, "{format}");
        }
    }

    #[test]
    fn payloads_are_bytes() {
        let message = Printed { topic: "a", payload: b"\x00\xFF\n", qos: 0, retain: false, dup: false };
        assert_eq!(print("<%p>", message), b"<\x00\xFF\n>");
        assert_eq!(print("", message), b"");
    }

    #[test]
    fn json() {
        let message = Printed { topic: "a\"b", payload: "ä\n".as_bytes(), qos: 1, retain: false, dup: false };
        let printed = String::from_utf8(print("%j", message)).unwrap();
        let expected = r#"{"tst":"2001-09-09T03:46:41.000020+0200","topic":"a\"b","qos":1,"retain":0,"payloadlen":3,"payload":"ä\n"}"#;
        assert_eq!(printed, expected);
    }

    #[test]
    fn verbose_is_a_format() {
        assert_eq!("%t %p".parse(), Ok(Format::verbose()));
    }

    #[test]
    fn mistakes_are_told() {
        for (format, message) in [
            ("%z", "there is no %z: only %t %p %x %X %l %q %r %d %j %I %U %%"),
            ("%10t", "there is no %1: only %t %p %x %X %l %q %r %d %j %I %U %%"),
            ("100 %", "a % is the last character: %% is one"),
            ("@", "an @ is the last character: @@ is one"),
            ("\\x", "there is no \\x: only \\n \\r \\t \\v \\a \\e \\0 \\\\"),
            ("\\", "a \\ is the last character: \\\\ is one"),
        ] {
            assert_eq!(format.parse::<Format>().unwrap_err(), message, "{format}");
        }
        assert!("@!".parse::<Format>().unwrap_err().starts_with("there is no @!: "));
    }
}
