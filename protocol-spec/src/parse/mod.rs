//! The grammar of the spec language.
//!
//! It builds the [model](crate::defs) and judges nothing that [`resolve`](crate::resolve) can judge. A declaration
//! ends with its line, so that one with a mistake is skipped and the next one read as if nothing had happened.

mod block;
mod field;
mod flag;
mod found;
mod list;
mod notes;
mod property;
mod requirement;
mod token;
mod value;

use crate::defs::*;
use crate::{Code, Diagnostic};
use block::{block, recover};
use field::field;
use flag::flag;
use nom::branch::alt;
use nom::combinator::{eof, opt, peek};
use nom::multi::many0;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};
use nom_locate::LocatedSpan;
use notes::Notes;
use property::property;
use token::{docs, end_of_line, gap, keyword, name, number, section_number, statement, symbol, text, word};

type Input<'a> = LocatedSpan<&'a str, &'a Notes>;

/// `Error` means that the [`Notes`] know what was expected, `Failure` that the mistake is already reported.
type Parsed<'a, T> = IResult<Input<'a>, T, ()>;

/// Reads a spec's text.
///
/// # Errors
///
/// All mistakes in the syntax. After one, reading goes on with the next declaration.
pub fn parse(text: &str) -> Result<Protocol, Vec<Diagnostic>> {
    let notes = Notes::default();
    let input = gap(Input::new_extra(text, &notes));
    let (rest, header) = first_line(input);
    let items = items(rest);

    let mistakes = notes.into_mistakes();
    let Some((name, level)) = header.filter(|_| mistakes.is_empty()) else {
        return Err(mistakes);
    };
    let mut protocol = Protocol { name, level, enums: Vec::new(), properties: Vec::new(), packets: Vec::new() };
    for item in items {
        match item {
            Item::Enum(declared) => protocol.enums.push(declared),
            Item::Property(property) => protocol.properties.push(property),
            Item::Packet(packet) => protocol.packets.push(packet),
        }
    }
    Ok(protocol)
}

enum Item {
    Enum(Enum),
    Property(Property),
    Packet(Packet),
}

/// The name and the level.
type Header = (Spanned<String>, Spanned<u64>);

/// `protocol "MQTT" level 4`
fn protocol(input: Input<'_>) -> Parsed<'_, Header> {
    (preceded(keyword("protocol"), text), preceded(keyword("level"), number)).parse(input)
}

fn first_line(input: Input<'_>) -> (Input<'_>, Option<Header>) {
    input.extra.forget();
    match terminated(protocol, end_of_line).parse(input) {
        Ok((rest, header)) => (rest, Some(header)),
        Err(error) => {
            input.extra.report(&error, input);
            let is_header = peek(word).parse(input).is_ok_and(|(_, word)| word == "protocol");
            (if is_header { recover(input, false) } else { input }, None)
        }
    }
}

fn items(mut input: Input<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    loop {
        input = gap(input);
        if eof::<_, ()>.parse(input).is_ok() {
            return items;
        }
        input.extra.forget();
        let item = alt((enumeration.map(Item::Enum), property.map(Item::Property), packet.map(Item::Packet)));
        match terminated(item, end_of_line).parse(input) {
            Ok((rest, item)) => {
                items.push(item);
                input = rest;
            }
            Err(error) => {
                input.extra.report(&error, input);
                input = recover(input, false);
            }
        }
    }
}

/// `enum QoS section 4.3 {` variants `}`
fn enumeration(input: Input<'_>) -> Parsed<'_, Enum> {
    (docs, keyword("enum"), name("an enum's name"), tail, block(variant))
        .map(|(docs, _, name, tail, (statements, variants))| Enum {
            name,
            about: about(docs, tail, statements),
            variants,
        })
        .parse(input)
}

/// `AtMostOnce = 0`, `ServerBusy = 0x89 from server`
fn variant(input: Input<'_>) -> Parsed<'_, Variant> {
    (docs, name("a variant's name"), preceded(symbol("="), number), opt(from_one), tail)
        .map(|(docs, name, value, sender, tail)| Variant { name, value, sender, about: about(docs, tail, Vec::new()) })
        .parse(input)
}

/// `packet CONNECT = 1 from client section 3.1`, perhaps with `{` parts `}`
fn packet(input: Input<'_>) -> Parsed<'_, Packet> {
    let packet_type = preceded(symbol("="), number);
    let head = (docs, keyword("packet"), name("a packet's name"), packet_type, preceded(keyword("from"), sender), tail);
    let (input, ((docs, _, name, packet_type, sender, tail), body)) = (head, opt(block(part))).parse(input)?;

    let (statements, parts) = body.unwrap_or_default();
    let about = about(docs, tail, statements);
    let (flags, variable, payload) = in_wire_order(parts, input.extra);
    Ok((input, Packet { name, packet_type, sender, about, flags, variable, payload }))
}

fn sender(input: Input<'_>) -> Parsed<'_, Spanned<Sender>> {
    alt(Sender::ALL.map(sent_by)).parse(input)
}

/// `from server`
fn from_one(input: Input<'_>) -> Parsed<'_, Spanned<Sender>> {
    preceded(keyword("from"), alt([Sender::Client, Sender::Server].map(sent_by))).parse(input)
}

fn sent_by<'a>(sender: Sender) -> impl Parser<Input<'a>, Output = Spanned<Sender>, Error = ()> {
    keyword(sender.name()).map(move |word| Spanned { value: sender, span: word.span })
}

enum Part {
    Flags(Vec<Flag>),
    Variable(Vec<Field>),
    Payload(Vec<Field>),
}

/// `flags {` flags `}`, `variable {` fields `}` or `payload {` fields `}`
fn part(input: Input<'_>) -> Parsed<'_, (Spanned<String>, Part)> {
    alt((
        (keyword("flags"), block(flag)).map(|(word, (_, flags))| (word, Part::Flags(flags))),
        (keyword("variable"), block(field)).map(|(word, (_, fields))| (word, Part::Variable(fields))),
        (keyword("payload"), block(field)).map(|(word, (_, fields))| (word, Part::Payload(fields))),
    ))
    .parse(input)
}

fn in_wire_order(parts: Vec<(Spanned<String>, Part)>, notes: &Notes) -> (Vec<Flag>, Vec<Field>, Vec<Field>) {
    let rank = |part: &Part| match part {
        Part::Flags(_) => 0,
        Part::Variable(_) => 1,
        Part::Payload(_) => 2,
    };
    for pair in parts.windows(2) {
        let [(before, earlier), (word, later)] = pair else {
            continue;
        };
        if rank(later) <= rank(earlier) {
            let message = format!("`{}` cannot stand after `{}`", word.value, before.value);
            let mistake = Diagnostic::new(Code::PartOrder, &word.span, message)
                .label("out of order")
                .also(&before.span, "after this part")
                .help("write the parts once each, in the order `flags`, `variable`, `payload`".to_owned());
            notes.mistake(mistake);
        }
    }
    let (mut flags, mut variable, mut payload) = (Vec::new(), Vec::new(), Vec::new());
    for (_, part) in parts {
        match part {
            Part::Flags(part) => flags.extend(part),
            Part::Variable(part) => variable.extend(part),
            Part::Payload(part) => payload.extend(part),
        }
    }
    (flags, variable, payload)
}

struct Tail {
    section: Option<Spanned<String>>,
    statements: Vec<Spanned<String>>,
}

/// `section 3.1 [MQTT-3.1.0-1] [MQTT-3.1.0-2]`, all of it optional
fn tail(input: Input<'_>) -> Parsed<'_, Tail> {
    (opt(preceded(keyword("section"), section_number)), many0(statement))
        .map(|(section, statements)| Tail { section, statements })
        .parse(input)
}

fn about(docs: Vec<String>, tail: Tail, more: Vec<Spanned<String>>) -> About {
    let statements = tail.statements.into_iter().chain(more).collect();
    About { docs, section: tail.section, statements }
}
