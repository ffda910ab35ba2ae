//! An MQTT Server as the standard wants it: it keeps a session, takes its time, and answers in any order that is
//! allowed to a Server. (The rules of 4.6 about the order of acknowledgements are for Clients.)

use std::collections::BTreeMap;

use crate::kit::{acknowledgement, publish_packet};
use crate::ledger::Ledger;
use crate::orders::{byte, number};
use crate::packets::{Packet, packet};
use crate::random::Random;

pub(crate) const PUBACK: u8 = 0x40;
pub(crate) const PUBREC: u8 = 0x50;
pub(crate) const PUBREL: u8 = 0x62;
pub(crate) const PUBCOMP: u8 = 0x70;
pub(crate) const SUBACK: u8 = 0x90;
pub(crate) const UNSUBACK: u8 = 0xB0;

/// Packet identifiers from here on are in no exchange.
const UNKNOWN: u16 = 1000;

/// A packet to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Down {
    Connack {
        session_present: bool,
        return_code: u8,
    },
    Message {
        message: usize,
        identifier: Option<u16>,
        dup: bool,
    },
    /// PUBREL for a message of the Server's own, or for none.
    Release {
        identifier: u16,
    },
    /// An acknowledgement that is due, with its return codes.
    Ack {
        first_byte: u8,
        identifier: u16,
        codes: Vec<u8>,
    },
    /// An acknowledgement that nothing waits for.
    Stray {
        first_byte: u8,
        identifier: u16,
    },
    Pingresp,
}

impl Down {
    pub(crate) fn bytes(&self, ledger: &Ledger) -> Vec<u8> {
        match *self {
            Self::Connack { session_present, return_code } => packet(0x20, &[session_present.into(), return_code]),
            Self::Message { message, identifier, dup } => {
                let message = &ledger.messages[message];
                let first_byte = 0x30 | u8::from(dup) << 3 | message.qos << 1 | u8::from(message.retain);
                publish_packet(first_byte, &message.topic, identifier, &message.payload)
            }
            Self::Release { identifier } => acknowledgement(PUBREL, identifier),
            Self::Ack { first_byte, identifier, ref codes } => {
                packet(first_byte, &[&identifier.to_be_bytes(), &codes[..]].concat())
            }
            Self::Stray { first_byte, identifier } => {
                let codes: &[u8] = if first_byte == SUBACK { &[0] } else { &[] };
                packet(first_byte, &[&identifier.to_be_bytes(), codes].concat())
            }
            Self::Pingresp => packet(0xD0, &[]),
        }
    }
}

/// A message of the Server's own, with QoS 1 or 2, that is not yet acknowledged for good.
pub(crate) struct Outgoing {
    pub(crate) message: usize,
    pub(crate) identifier: u16,
    pub(crate) qos: u8,
    /// PUBREC has come, PUBREL goes next.
    released: bool,
    /// It was sent on any connection: DUP `[MQTT-3.3.1-1]`.
    sent: bool,
    /// Its next packet was not sent on this connection.
    due: bool,
}

/// Session state of a Server (3.1.2.4).
#[derive(Default)]
pub(crate) struct Session {
    /// The client asked for one that stays.
    stays: bool,
    /// The client has shown that it knows of this session. A Server that loses its state before would leave the client
    /// with a Session Present that is about another session than the client thinks: MQTT 3.1.1 has no remedy.
    known: bool,
    /// Messages with QoS 2 that were delivered, and not released, by packet identifier: method B of figure 4.3.
    held: BTreeMap<u16, usize>,
    pub(crate) outgoing: Vec<Outgoing>,
}

/// An exchange that the client has begun on this connection, and that it cannot take for ended: the last acknowledgement
/// has not been sent.
struct Open {
    /// The first acknowledgement that it waits for.
    first: u8,
    /// PUBREC was sent.
    received: bool,
    /// PUBREL has come.
    released: bool,
}

/// A connection as the Server sees it, from CONNECT on.
#[derive(Default)]
struct Connection {
    /// CONNACK was sent, and takes the connection.
    accepted: bool,
    replies: Vec<(Option<u16>, Down)>,
    open: BTreeMap<u16, Open>,
}

#[derive(Default)]
pub(crate) struct Server {
    pub(crate) session: Option<Session>,
    connection: Option<Connection>,
}

impl Server {
    /// A packet has come.
    pub(crate) fn receive(&mut self, packet: &Packet, ledger: &mut Ledger, random: &mut Random) {
        let first_byte = packet.first_byte();
        let mut body = packet.body();
        if first_byte == 0x10 {
            body.skip(7);
            self.connect(body.u8() & 0x02 != 0, random);
            return;
        }
        let (Some(connection), Some(session)) = (&mut self.connection, &mut self.session) else {
            // Behind DISCONNECT, or a CONNECT that was refused: the ledger looks at that.
            return;
        };
        session.known = true;
        let mut reply = |identifier, first_byte, codes| {
            connection.replies.push((Some(identifier), Down::Ack { first_byte, identifier, codes }));
        };
        let open = |first| Open { first, received: false, released: false };
        match first_byte >> 4 {
            3 => {
                let command = number(body.string());
                match first_byte >> 1 & 0x03 {
                    0 => ledger.delivered(command),
                    1 => {
                        ledger.delivered(command);
                        let identifier = body.u16();
                        reply(identifier, PUBACK, vec![]);
                        connection.open.insert(identifier, open(PUBACK));
                    }
                    _ => {
                        let identifier = body.u16();
                        let held = *session.held.entry(identifier).or_insert_with(|| {
                            ledger.delivered(command);
                            command
                        });
                        assert_eq!(
                            held, command,
                            "command {command} is lost: the Server takes it for another one with the same packet \
                             identifier {identifier}, which was not released"
                        );
                        reply(identifier, PUBREC, vec![]);
                        connection.open.insert(identifier, open(PUBREC));
                    }
                }
            }
            6 => {
                let identifier = body.u16();
                session.held.remove(&identifier);
                reply(identifier, PUBCOMP, vec![]);
                if let Some(open) = connection.open.get_mut(&identifier) {
                    open.released = true;
                }
            }
            8 => {
                let identifier = body.u16();
                let mut codes = Vec::new();
                while !body.is_empty() {
                    body.string();
                    body.u8();
                    codes.push(random.pick(&[0, 1, 2, 0x80]));
                }
                reply(identifier, SUBACK, codes);
                connection.open.insert(identifier, open(SUBACK));
            }
            10 => {
                let identifier = body.u16();
                reply(identifier, UNSUBACK, vec![]);
                connection.open.insert(identifier, open(UNSUBACK));
            }
            12 => connection.replies.push((None, Down::Pingresp)),
            14 => self.end(),
            4 | 5 | 7 => {
                let identifier = body.u16();
                let place = session.outgoing.iter().position(|outgoing| outgoing.identifier == identifier);
                let Some(place) = place else {
                    assert!(first_byte == PUBCOMP && identifier >= UNKNOWN, "acknowledges nothing: {identifier}");
                    return;
                };
                let outgoing = &mut session.outgoing[place];
                let expected = match (outgoing.qos, outgoing.released) {
                    (1, _) => PUBACK,
                    (_, false) => PUBREC,
                    (_, true) => PUBCOMP,
                };
                assert_eq!(first_byte, expected, "acknowledges {identifier} in a wrong way");
                if first_byte == PUBREC {
                    (outgoing.released, outgoing.due) = (true, true);
                } else {
                    session.outgoing.remove(place);
                }
            }
            _ => panic!("a client must not send {first_byte:#X}"),
        }
    }

    fn connect(&mut self, clean: bool, random: &mut Random) {
        let mut connection = Connection::default();
        if random.once_in(20) {
            let return_code = 1 + random.below(5) as u8;
            connection.replies.push((None, Down::Connack { session_present: false, return_code }));
        } else {
            if clean {
                self.session = None;
            }
            let session_present = self.session.is_some();
            let session = self.session.get_or_insert_default();
            session.stays = !clean;
            // [MQTT-4.4.0-1]
            session.outgoing.iter_mut().for_each(|outgoing| outgoing.due = true);
            connection.replies.push((None, Down::Connack { session_present, return_code: 0 }));
        }
        self.connection = Some(connection);
    }

    /// The connection is over.
    pub(crate) fn end(&mut self) {
        self.connection = None;
        self.session.take_if(|session| !session.stays || !session.known);
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.accepted)
    }

    /// Begins to send a message of its own. It goes out with one of the next packets.
    pub(crate) fn publish(&mut self, message: usize, qos: u8, random: &mut Random) {
        let (Some(connection), Some(session)) = (&mut self.connection, &mut self.session) else { return };
        if !connection.accepted {
            return;
        }
        if qos == 0 {
            connection.replies.push((None, Down::Message { message, identifier: None, dup: false }));
            return;
        }
        let in_use = |identifier: &u16| session.outgoing.iter().any(|outgoing| outgoing.identifier == *identifier);
        let free: Vec<u16> = (1..=6).filter(|identifier| !in_use(identifier)).collect();
        if !free.is_empty() {
            let identifier = random.pick(&free);
            let outgoing = Outgoing { message, identifier, qos, released: false, sent: false, due: true };
            session.outgoing.push(outgoing);
        }
    }

    /// One of the packets that it can send now, if there is any.
    pub(crate) fn speak(&mut self, random: &mut Random) -> Option<Down> {
        let (connection, session) = (self.connection.as_mut()?, self.session.as_mut());
        // Any reply that is not behind another one of the same exchange.
        let is_first = |&index: &usize| {
            let identifier = connection.replies[index].0;
            connection.replies[..index].iter().all(|(other, _)| *other != identifier)
        };
        let replies: Vec<usize> = (0..connection.replies.len()).filter(is_first).collect();
        // After CONNACK: the first PUBLISH that is due, or any PUBREL.
        let mut due = Vec::new();
        if let (true, Some(session)) = (connection.accepted, &session) {
            let publish = session.outgoing.iter().position(|outgoing| outgoing.due && !outgoing.released);
            due.extend(publish);
            due.extend((0..session.outgoing.len()).filter(|&place| {
                let Outgoing { due, released, .. } = session.outgoing[place];
                due && released
            }));
        }
        if replies.is_empty() && due.is_empty() {
            return None;
        }
        let choice = random.below(replies.len() + due.len());
        let Some(&index) = replies.get(choice) else {
            let outgoing = &mut session?.outgoing[due[choice - replies.len()]];
            outgoing.due = false;
            let (identifier, dup) = (outgoing.identifier, outgoing.sent);
            outgoing.sent = true;
            return Some(if outgoing.released {
                Down::Release { identifier }
            } else {
                Down::Message { message: outgoing.message, identifier: Some(identifier), dup }
            });
        };
        let (_, down) = connection.replies.remove(index);
        match &down {
            Down::Connack { return_code, .. } => connection.accepted = *return_code == 0,
            Down::Ack { first_byte: PUBREC, identifier, .. } => {
                if let Some(open) = connection.open.get_mut(identifier) {
                    open.received = true;
                }
            }
            Down::Ack { identifier, .. } => {
                connection.open.remove(identifier);
            }
            _ => {}
        }
        Some(down)
    }

    /// An acknowledgement that nothing waits for: of an exchange that is not there, or of another type than the exchange
    /// waits for, or once more the same.
    ///
    /// Only while the exchange waits for one that was not sent: else the client may already use the packet identifier
    /// again, and no client could tell.
    pub(crate) fn stray(&mut self, random: &mut Random) -> Option<Down> {
        let connection = self.connection.as_mut().filter(|connection| connection.accepted)?;
        let open: Vec<u16> = connection.open.keys().copied().collect();
        if open.is_empty() || random.once_in(3) {
            let identifier = UNKNOWN + random.below(20) as u16;
            let first_byte = random.pick(&[PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK]);
            if first_byte == PUBREL {
                return Some(Down::Release { identifier });
            }
            return Some(Down::Stray { first_byte, identifier });
        }
        let identifier = random.pick(&open);
        let exchange = &connection.open[&identifier];
        let mut wrong = vec![PUBACK, PUBREC, PUBCOMP, SUBACK, UNSUBACK];
        wrong.retain(|&first_byte| first_byte != exchange.first);
        if exchange.first == PUBREC {
            // PUBREC again before PUBREL; PUBCOMP before PUBREC.
            if exchange.received {
                wrong.retain(|&first_byte| first_byte != PUBCOMP);
                if !exchange.released {
                    wrong.push(PUBREC);
                }
            }
        }
        Some(Down::Stray { first_byte: random.pick(&wrong), identifier })
    }

    /// Gives up messages that the client can never receive.
    pub(crate) fn discard(&mut self, is_hopeless: impl Fn(usize) -> bool) {
        if let Some(session) = &mut self.session {
            session.outgoing.retain(|outgoing| !is_hopeless(outgoing.message));
        }
    }
}

/// The payload of one of the Server's messages.
pub(crate) fn payload(message: usize, length: usize) -> Vec<u8> {
    (0..length).map(|offset| byte(message + 7, offset)).collect()
}
