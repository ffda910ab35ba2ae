//! What the client is told to do.

use std::cell::{Cell, RefCell};
use std::sync::LazyLock;

use slimqtt_agent::request::{Publish, Request};
use slimqtt_agent::wire::QoS;
use slimqtt_agent::{Answer, CommandError, Completion, FnPayload, Outcome, Payload};

use crate::kit::{Complete, publish_packet};
use crate::packets::{packet, string};
use crate::random::Random;

/// Bytes of a slot.
pub(crate) const PACKET: usize = 40;

/// A command, and all that it takes to know its packets.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// All names in its packet begin with it, so that the packet can be told from those of other commands.
    pub(crate) number: usize,
    pub(crate) kind: Kind,
    /// The topic name, or topic filters.
    names: Vec<String>,
    payload: Vec<u8>,
}

/// The names of an order, as a request borrows them.
pub(crate) struct Names<'a> {
    alone: Vec<&'a str>,
    with_qos: Vec<(&'a str, QoS)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Publish {
        qos: u8,
        retain: bool,
        /// Which of the [`SOURCES`] has the payload, if it is not in the slot.
        source: Option<usize>,
    },
    Subscribe,
    Unsubscribe,
    Ping,
    Disconnect,
}

/// The byte at this place of the payload of a command, or of a source, or of the Server's message with this number.
pub(crate) fn byte(number: usize, offset: usize) -> u8 {
    (number * 37 + offset * 11 + offset / 256) as u8
}

pub(crate) fn content(number: usize, length: usize) -> Vec<u8> {
    (0..length).map(|offset| byte(number, offset)).collect()
}

impl Order {
    pub(crate) fn any(number: usize, random: &mut Random) -> Self {
        let publish = |qos, random: &mut Random| Kind::Publish {
            qos,
            retain: random.once_in(3),
            source: random.once_in(4).then(|| random.below(SOURCES.len())),
        };
        let kind = match random.below(40) {
            0..9 => publish(0, random),
            9..19 => publish(1, random),
            19..32 => publish(2, random),
            32..35 => Kind::Subscribe,
            35..37 => Kind::Unsubscribe,
            37..39 => Kind::Ping,
            _ => Kind::Disconnect,
        };
        Self::new(number, kind, random)
    }

    pub(crate) fn new(number: usize, kind: Kind, random: &mut Random) -> Self {
        let names = match kind {
            Kind::Publish { .. } => vec![format!("c{number}{}", random.pick(&["", "/", "/abc"]))],
            _ => (0..=random.below(3)).map(|index| format!("c{number}/{index}")).collect(),
        };
        let payload = match kind {
            Kind::Publish { source: Some(source), .. } => content(source, SOURCES[source].length()),
            // At most as many bytes as the slot has.
            Kind::Publish { qos, .. } => {
                let most = PACKET - 5 - 2 - names[0].len() - if qos > 0 { 2 } else { 0 };
                let any = random.below(most);
                content(number, random.pick(&[0, 1, any, most]))
            }
            _ => Vec::new(),
        };
        Self { number, kind, names, payload }
    }

    /// One whose arguments are wrong.
    pub(crate) fn invalid(number: usize, random: &mut Random) -> Self {
        let kind = match random.below(4) {
            0 => Kind::Subscribe,
            1 => Kind::Unsubscribe,
            _ => Kind::Publish { qos: random.below(3) as u8, retain: false, source: None },
        };
        let mut order = Self::new(number, kind, random);
        match kind {
            Kind::Publish { .. } if random.once_in(2) => order.payload = content(number, PACKET),
            _ => *order.names.last_mut().unwrap() = random.pick(&["", "a+", "a#b", "\0"]).to_owned(),
        }
        order
    }

    pub(crate) fn names(&self) -> Names<'_> {
        Names {
            alone: self.names.iter().map(String::as_str).collect(),
            with_qos: self.names.iter().zip(0..).map(|(name, level)| (&name[..], qos(level))).collect(),
        }
    }

    /// The command; `names` are those of this order.
    pub(crate) fn request<'a>(&'a self, names: &'a Names<'a>) -> Request<'a, Complete> {
        match self.kind {
            Kind::Publish { qos: level, retain, source } => {
                let publish = Publish { qos: qos(level), retain, topic: &self.names[0] };
                match source {
                    Some(source) => Request::PublishFrom(publish, &*SOURCES[source]),
                    None => Request::Publish(publish, &self.payload),
                }
            }
            Kind::Subscribe => Request::Subscribe(&names.with_qos),
            Kind::Unsubscribe => Request::Unsubscribe(&names.alone),
            Kind::Ping => Request::Ping,
            Kind::Disconnect => Request::Disconnect,
        }
    }

    /// Its first packet, as the standard wants it.
    pub(crate) fn packet(&self, dup: bool, identifier: u16) -> Vec<u8> {
        let mut body = identifier.to_be_bytes().to_vec();
        match self.kind {
            Kind::Publish { qos, retain, .. } => {
                let first_byte = 0x30 | u8::from(dup) << 3 | qos << 1 | u8::from(retain);
                publish_packet(first_byte, &self.names[0], (qos > 0).then_some(identifier), &self.payload)
            }
            Kind::Subscribe => {
                for (name, qos) in self.names.iter().zip(0..) {
                    body.extend(string(name));
                    body.push(qos);
                }
                packet(0x82, &body)
            }
            Kind::Unsubscribe => {
                self.names.iter().for_each(|name| body.extend(string(name)));
                packet(0xA2, &body)
            }
            Kind::Ping => packet(0xC0, &[]),
            Kind::Disconnect => packet(0xE0, &[]),
        }
    }

    /// Whether its message is acknowledged, and survives the connection.
    pub(crate) fn outlives_connections(&self) -> bool {
        matches!(self.kind, Kind::Publish { qos: 1.., .. })
    }

    /// Whether its packet tells which command it belongs to.
    pub(crate) fn has_name(&self) -> bool {
        !matches!(self.kind, Kind::Ping | Kind::Disconnect)
    }
}

/// The number of the command, or of the Server's message, that this name belongs to.
pub(crate) fn number(name: &str) -> usize {
    let digits = name[1..].split('/').next().unwrap();
    digits.parse().unwrap()
}

fn qos(level: u8) -> QoS {
    QoS::from_u8(level).unwrap()
}

/// Whatever a slot has kept; for SUBSCRIBE, its return codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Codes(pub(crate) Vec<u8>);

impl Answer for Codes {
    const NONE: Self = Self(Vec::new());

    fn read(&mut self, codes: &[u8]) {
        self.0 = codes.to_vec();
    }
}

/// What a command has come to.
pub(crate) type Result = std::result::Result<Codes, CommandError>;

/// Payloads that are read when they are sent. Those of [`FAILING`] may end early.
pub(crate) static SOURCES: LazyLock<[Box<dyn Payload + Send>; 6]> = LazyLock::new(|| {
    [
        Box::new(FnPayload::new(0, |_, _: &mut [u8]| unreachable!("nothing to read"))),
        Box::new(&*content(1, 300).leak()),
        Box::new(FnPayload::new(70, |offset, buffer: &mut [u8]| fill(2, 70, offset, buffer, 3))),
        Box::new(FnPayload::new(500, |offset, buffer: &mut [u8]| fill(3, 500, offset, buffer, 500))),
        Box::new(FnPayload::new(60, |offset, buffer: &mut [u8]| fill(4, 25, offset, buffer, 60))),
        Box::new(FnPayload::new(90, |offset, buffer: &mut [u8]| {
            fill(5, if SOURCE_FAILS.get() { 40 } else { 90 }, offset, buffer, 8)
        })),
    ]
});

/// The first of the [`SOURCES`] that may end early.
pub(crate) const FAILING: usize = 4;

thread_local! {
    /// Whether the last source ends early.
    pub(crate) static SOURCE_FAILS: Cell<bool> = const { Cell::new(false) };
    /// Called by each completion: it may give a command.
    pub(crate) static IN_COMPLETION: RefCell<Option<Box<dyn FnMut()>>> = const { RefCell::new(None) };
    /// The calls of completions since the model looked last.
    pub(crate) static CALLS: RefCell<Vec<(usize, Result)>> = const { RefCell::new(Vec::new()) };
}

fn fill(source: usize, end: usize, offset: usize, buffer: &mut [u8], most: usize) -> usize {
    let count = end.saturating_sub(offset).min(most).min(buffer.len());
    for (index, place) in buffer[..count].iter_mut().enumerate() {
        *place = byte(source, offset + index);
    }
    count
}

/// Functions that are told outcomes, each by its place.
pub(crate) static COMPLETIONS: LazyLock<Vec<Completion>> =
    LazyLock::new(|| (0..32).map(|place| Completion::new(called, place)).collect());

fn called(place: usize, outcome: Outcome<'_>) {
    let result = outcome.map(|codes| Codes(codes.iter().map(|code| code as u8).collect()));
    CALLS.with_borrow_mut(|calls| calls.push((place, result)));
    IN_COMPLETION.with_borrow_mut(|call| call.iter_mut().for_each(|call| call()));
}
