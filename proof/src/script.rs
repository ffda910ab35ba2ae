//! Scripts: what a Server sends, what users ask for, how the line behaves, and when time passes.

use std::cell::RefCell;

use arbitrary::{Arbitrary, Unstructured};
use slimqtt::complete::{Agent, QoS, RequestedQoS};
use slimqtt::{Completion, FnPayload, Payload};

use crate::ledger::{Asked, Ledger, Tally};
use crate::line::End;
use crate::packets::{
    self, PINGRESP, PUBACK, PUBCOMP, PUBREC, PUBREL, Sent, UNSUBACK, connack, publish, short, suback,
};
use crate::world::{Outcome, World};

/// As many tasks as sleep while they wait: one more than the agent has slots.
const TASKS: usize = 5;

/// A story, step by step.
#[derive(Debug, Clone)]
pub struct Script {
    steps: Vec<(Step, Pause)>,
}

/// As many steps as there are bytes for. (A `Vec` would toss a coin behind each.)
impl<'a> Arbitrary<'a> for Script {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let mut steps = Vec::new();
        while !bytes.is_empty() {
            steps.push(bytes.arbitrary()?);
        }
        Ok(Self { steps })
    }
}

/// What happens between two steps.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Pause {
    /// All come to rest.
    Rest,
    /// A Server that keeps to the standard answers what was sent.
    Serve,
    /// Nothing.
    None,
}

#[derive(Debug, Clone, Arbitrary)]
enum Step {
    // The line.
    Connect { clean: bool, keep_alive: u8 },
    Resume,
    DropConnection,
    Split { reads: u8, writes: u8 },
    Take { bytes: Option<u8> },
    HoldFlushes { holds: bool },
    EndReads { resets: bool },
    EndWrites { resets: bool },
    Pass { ms: u16 },
    PassLong { seconds: u8 },
    // A Server that keeps to the standard.
    Serve,
    Answer { which: u8 },
    Forget,
    // One that does not, or may not.
    Connack { session_present: bool, code: u8 },
    Message { flags: u8, identifier: u8, length: u16 },
    Burst { exactly_once: bool, identifier: u8, count: u8 },
    Topic { flags: u8, identifier: u8, length: u8 },
    Short { kind: u8, identifier: u8 },
    Suback { identifier: u8, codes: Vec<u8> },
    Pingresp,
    Raw { bytes: Vec<u8> },
    Damaged { kind: u8, identifier: u8, at: u8, flip: u8 },
    // Users.
    Publish { qos: u8, length: u8 },
    TryPublish { qos: u8, length: u8 },
    PublishThen { qos: u8, length: u8 },
    PublishFrom { qos: u8, source: u8 },
    Subscribe { both: bool },
    Unsubscribe,
    Ping,
    Disconnect,
    TryDisconnect,
    DropCommand { which: u8 },
    Stop,
}

fn quality(qos: u8) -> QoS {
    match qos {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        _ => QoS::ExactlyOnce,
    }
}

const COMPLETIONS: usize = 32;

thread_local! {
    /// What completions were told, and how often.
    static TOLD: RefCell<[Vec<Outcome>; COMPLETIONS]> = const { RefCell::new([const { Vec::new() }; COMPLETIONS]) };
}

const fn completion(number: usize) -> Completion {
    Completion::new(
        |number, outcome| {
            let outcome = outcome.map(|codes| codes.into_iter().collect());
            TOLD.with_borrow_mut(|told| told[number].push(outcome));
        },
        number,
    )
}

static TOLD_BY: [Completion; COMPLETIONS] = {
    let mut completions = [const { completion(0) }; COMPLETIONS];
    let mut number = 0;
    while number < COMPLETIONS {
        completions[number] = completion(number);
        number += 1;
    }
    completions
};

type Source = FnPayload<fn(usize, &mut [u8]) -> usize>;

fn fill(offset: usize, buffer: &mut [u8]) -> usize {
    for (place, number) in buffer.iter_mut().zip(offset..) {
        *place = number as u8;
    }
    buffer.len()
}

static EMPTY: Source = FnPayload::new(0, fill);
static SHORT: Source = FnPayload::new(1, fill);
static LONG: Source = FnPayload::new(700, fill);
static HUGE: Source = FnPayload::new(300_000_000, fill);
static STORED: [u8; 300] = [7; 300];
static LIAR: Source = FnPayload::new(700, |offset, buffer| if offset < 200 { fill(offset, buffer).min(50) } else { 0 });
static SOURCES: [&dyn Payload; 6] = [&EMPTY, &SHORT, &LONG, &HUGE, &STORED, &LIAR];

/// A script while it is played.
struct Play<'a> {
    world: World<'a>,
    ledger: Ledger,
    /// What users have asked for, and whether they have been told.
    asked: Vec<(usize, Asked, bool)>,
    /// The same of completions.
    completions: Vec<(Asked, bool)>,
    commands: usize,
    /// What the Server has received and not answered.
    unanswered: Vec<Sent>,
    has_session: bool,
    clean: bool,
}

impl Script {
    /// Plays it, with an honest end, and judges all that happens.
    ///
    /// # Panics
    /// Where the agent does what it must not.
    pub fn play(&self) -> Tally {
        TOLD.with_borrow_mut(|told| told.iter_mut().for_each(Vec::clear));
        let agent = Agent::new();
        let mut play = Play {
            world: World::new(&agent),
            ledger: Ledger::new(),
            asked: Vec::new(),
            completions: Vec::new(),
            commands: 0,
            unanswered: Vec::new(),
            has_session: false,
            clean: false,
        };
        // Most have a connection to begin with.
        play.connect(false, 10);
        play.serve();
        for (step, pause) in &self.steps {
            play.step(step);
            match pause {
                Pause::None => {}
                Pause::Rest => play.look(),
                Pause::Serve => play.serve(),
            }
        }
        play.end();
        play.ledger.tally
    }
}

impl<'a> Play<'a> {
    fn connect(&mut self, clean: bool, keep_alive: u16) {
        self.judge();
        self.world.connect(clean, keep_alive);
        self.ledger.connects(clean);
        self.unanswered.clear();
        self.clean = clean;
    }

    /// All come to rest, and what has happened is judged.
    fn look(&mut self) {
        self.world.settle();
        self.judge();
    }

    fn judge(&mut self) {
        let honest = self.ledger.is_honest();
        for part in self.world.taken_messages() {
            let identifier = part.topic.split('/').nth(1).and_then(|identifier| identifier.parse().ok());
            let is_pattern = part.payload.iter().zip(part.offset..).all(|(byte, offset)| *byte == offset as u8);
            assert!(!honest || is_pattern, "{part:?}");
            self.ledger.handed_over(part, identifier);
        }
        let sent = self.world.taken();
        self.unanswered.extend(sent.iter().cloned());
        self.ledger.sends(sent);
        self.ledger.ends(self.world.ended());
        for (command, asked, told) in self.asked.iter_mut().filter(|(_, _, told)| !told) {
            if let Some(outcome) = self.world.outcome(*command) {
                *told = true;
                self.ledger.completed(asked, &outcome);
            }
        }
        TOLD.with_borrow(|outcomes| {
            for ((asked, told), outcomes) in self.completions.iter_mut().zip(outcomes) {
                assert!(outcomes.len() < 2, "told twice: {asked:?}");
                if let (false, [outcome]) = (*told, outcomes.as_slice()) {
                    *told = true;
                    self.ledger.completed(asked, outcome);
                }
            }
        });
    }

    fn send(&mut self, bytes: &[u8], hostile: bool) {
        self.ledger.serves(bytes, hostile);
        self.world.line.send(bytes);
    }

    fn answer(&mut self, sent: &Sent) {
        let session_present = self.has_session && !self.clean;
        if let Sent::Connect { clean_session } = sent {
            self.has_session = !clean_session;
        }
        self.send(&packets::answer(sent, session_present), false);
    }

    /// A Server that keeps to the standard answers until all is said.
    fn serve(&mut self) {
        loop {
            self.look();
            if self.unanswered.is_empty() {
                return;
            }
            for sent in std::mem::take(&mut self.unanswered) {
                self.answer(&sent);
            }
        }
    }

    fn topic(&mut self) -> String {
        self.commands += 1;
        format!("p/{}", self.commands)
    }

    fn ask(&mut self, asked: Asked, ask: impl FnOnce(&mut World<'a>) -> usize) {
        if self.world.waiting() < TASKS {
            let command = ask(&mut self.world);
            self.asked.push((command, asked, false));
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Connect { clean, keep_alive } => self.connect(clean, keep_alive.into()),
            Step::Resume => {
                self.connect(false, 10);
                self.serve();
            }
            Step::DropConnection => {
                self.judge();
                self.world.drop_connection();
            }
            Step::Split { reads, writes } => self.world.line.split(reads.into(), writes.into()),
            Step::Take { bytes } => self.world.line.take(bytes.map_or(usize::MAX, usize::from)),
            Step::HoldFlushes { holds } => self.world.line.hold_flushes(holds),
            Step::EndReads { resets } => {
                self.ledger.line_ends();
                self.world.line.end_reads(if resets { End::Reset } else { End::Closed });
            }
            Step::EndWrites { resets } => {
                self.ledger.line_ends();
                self.world.line.end_writes(if resets { End::Reset } else { End::Closed });
            }
            Step::Pass { ms } => self.pass(ms.into()),
            Step::PassLong { seconds } => self.pass(u32::from(seconds) * 1_000),
            Step::Serve => self.serve(),
            Step::Answer { which } => {
                self.look();
                if !self.unanswered.is_empty() {
                    let sent = self.unanswered.remove(usize::from(which) % self.unanswered.len());
                    self.answer(&sent);
                }
            }
            Step::Forget => self.has_session = false,
            Step::Connack { session_present, code } => self.send(&connack(session_present, code % 8), true),
            Step::Message { flags, identifier, length } => {
                let qos = flags >> 1 & 3;
                let identifier = u16::from(identifier % 12);
                let topic = format!("m/{identifier}");
                let payload: Vec<u8> = (0..length % 2_000).map(|number| number as u8).collect();
                let hostile = qos == 3 || qos == 0 && flags & 8 != 0 || identifier == 0;
                let identifier = (qos > 0).then_some(identifier);
                self.send(&publish(flags & 0x0F, topic.as_bytes(), identifier, &payload), hostile);
            }
            Step::Burst { exactly_once, identifier, count } => {
                let flags = if exactly_once { 0x04 } else { 0x02 };
                for number in 0..u16::from(count % 32) {
                    let identifier = 1 + (u16::from(identifier) + number) % 20;
                    let topic = format!("m/{identifier}");
                    self.send(&publish(flags, topic.as_bytes(), Some(identifier), b"\0\x01"), false);
                }
            }
            Step::Topic { flags, identifier, length } => {
                let qos = flags >> 1 & 3;
                let identifier = u16::from(identifier % 12);
                let topic = format!("m/{identifier}/{}", "t".repeat(length.into()));
                let identifier = (qos > 0).then_some(identifier);
                self.send(&publish(flags & 0x0F, topic.as_bytes(), identifier, b"\0\x01\x02"), true);
            }
            Step::Short { kind, identifier } => {
                let kind = [PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK][usize::from(kind) % 5];
                self.send(&short(kind, u16::from(identifier % 6)), identifier % 6 == 0);
            }
            Step::Suback { identifier, ref codes } => {
                let codes: Vec<u8> = codes.iter().take(6).map(|code| code & 0x83).collect();
                self.send(&suback(u16::from(identifier % 6), &codes), true);
            }
            Step::Pingresp => self.send(&PINGRESP, true),
            Step::Raw { ref bytes } => {
                self.ledger.is_readable = false;
                self.send(bytes, true);
            }
            Step::Damaged { kind, identifier, at, flip } => {
                let identifier = u16::from(identifier % 6);
                let mut packet = match kind % 6 {
                    0 => short(PUBACK, identifier),
                    1 => short(PUBREC, identifier),
                    2 => short(PUBREL, identifier),
                    3 => suback(identifier, &[0, 1]),
                    4 => connack(false, 0),
                    _ => publish(0x02, b"m/1", Some(identifier), b"\0\x01\x02"),
                };
                let at = usize::from(at) % packet.len();
                packet[at] ^= flip;
                self.ledger.is_readable = false;
                self.send(&packet, true);
            }
            Step::Publish { qos, length } => {
                let qos = qos % 3;
                let topic = self.topic();
                let asked = Asked::Publish { qos, topic: topic.clone() };
                self.ask(asked, |world| world.publish(quality(qos), topic, vec![0; usize::from(length) % 140]));
            }
            Step::TryPublish { qos, length } => {
                let qos = qos % 3;
                let topic = self.topic();
                // Nobody is told: a full line is all that can be wrong.
                let _ = self.world.agent().try_publish(quality(qos), &topic, &vec![0; usize::from(length) % 140]);
            }
            Step::PublishThen { qos, length } => {
                let qos = qos % 3;
                let (topic, payload) = (self.topic(), vec![0; usize::from(length) % 140]);
                if let Some(completion) = TOLD_BY.get(self.completions.len())
                    && self.world.agent().publish_then(quality(qos), &topic, &payload, completion).is_ok()
                {
                    self.completions.push((Asked::Publish { qos, topic }, false));
                }
            }
            Step::PublishFrom { qos, source } => {
                let qos = qos % 3;
                let topic = self.topic();
                let source = usize::from(source) % SOURCES.len();
                self.ledger.has_liar |= source == SOURCES.len() - 1;
                let asked = Asked::Publish { qos, topic: topic.clone() };
                self.ask(asked, |world| world.publish_from(quality(qos), topic, SOURCES[source]));
            }
            Step::Subscribe { both } => {
                let filter = |name| (name, RequestedQoS::ExactlyOnce);
                let asked = Asked::Subscribe { filters: if both { 2 } else { 1 } };
                self.ask(asked, |world| {
                    if both { world.subscribe([filter("m/#"), filter("a")]) } else { world.subscribe([filter("a")]) }
                });
            }
            Step::Unsubscribe => self.ask(Asked::Unsubscribe, |world| world.unsubscribe(["a"])),
            Step::Ping => self.ask(Asked::Ping, World::ping),
            Step::Disconnect => self.ask(Asked::Disconnect, World::disconnect),
            Step::TryDisconnect => {
                let _ = self.world.agent().try_disconnect();
            }
            Step::DropCommand { which } => {
                if !self.asked.is_empty() {
                    // What it was told before counts.
                    self.judge();
                    let index = usize::from(which) % self.asked.len();
                    self.world.drop_command(self.asked[index].0);
                }
            }
            Step::Stop => {
                self.ledger.stops();
                self.world.agent().stop();
            }
        }
    }

    fn pass(&mut self, ms: u32) {
        self.ledger.time_passes();
        self.world.pass(ms);
    }

    /// With a Server that keeps to the standard all is told, and all slots are free.
    fn end(&mut self) {
        self.look();
        // Each DISCONNECT that is in line ends one, and so does each source that lies.
        for _ in 0..20 {
            self.connect(true, 0);
            self.serve();
            if self.world.ended().is_none() {
                break;
            }
        }
        assert_eq!(self.world.ended(), None, "nothing is left that could end it");
        assert_eq!(self.world.waiting(), 0, "somebody was never told");
        assert!(self.completions.iter().all(|(_, told)| *told), "some completion was never called");
        self.world.assert_all_slots_are_free();
    }
}
