//! A story: an agent, its tasks, a Server, time, and a line between them that breaks. What happens next is chance.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use slimqtt_agent::{Agent as AnyAgent, CommandError, Connect, Error, wire};

use crate::kit::{Complete, End, Executor, Fault, Handled, ManualClock, Server as Transport, TIMEOUT, Task};
use crate::ledger::{Figures, Form, Ledger, Message, ROOM};
use crate::orders::{self, CALLS, COMPLETIONS, IN_COMPLETION, Kind, Order, PACKET, SOURCE_FAILS};
use crate::packets::Stream;
use crate::random::Random;
use crate::server::{Down, Server, payload};

pub(crate) type Agent<const COMMANDS: usize, const RECEIVE: usize> = AnyAgent<Complete, COMMANDS, PACKET, RECEIVE>;

/// A command that is given by whatever the agent calls next, handler or completion, and what that was told.
#[derive(Default)]
struct Inside {
    order: Option<Order>,
    told: Vec<(usize, Result<(), CommandError>)>,
}

impl Inside {
    fn call<const COMMANDS: usize, const RECEIVE: usize>(&mut self, agent: &Agent<COMMANDS, RECEIVE>) {
        if let Some(order) = self.order.take() {
            self.told.push((order.number, agent.try_submit(&order.request(&order.names()))));
        }
    }
}

/// A connection: bytes that are in the air, in both directions.
struct Line<'a> {
    run: Task<'a, Result<(), Error>>,
    transport: Transport,
    keep_alive: u16,
    /// The transport keeps bytes until it is told to flush.
    is_lazy: bool,
    /// Broken: the Server knows, the agent may not.
    is_cut: bool,
    /// `stop` was called.
    is_stopped: bool,
    /// How long it has been there, and how long nothing has been sent, in milliseconds.
    age: u32,
    silence: u32,
    up: VecDeque<u8>,
    arrived: usize,
    at_server: Stream,
    down: VecDeque<u8>,
    /// How many bytes were sent to the agent, and how many of them have arrived.
    put: usize,
    delivered: usize,
    /// What the agent has not read as a whole, each with its end in the stream.
    unread: VecDeque<(usize, Down)>,
}

impl Line<'_> {
    /// How many bytes may come to the Server now.
    fn ready(&self) -> usize {
        let there = self.up.len();
        if self.is_lazy { there.min(self.transport.flushed().saturating_sub(self.arrived)) } else { there }
    }
}

pub(crate) struct Episode<'a, const COMMANDS: usize, const RECEIVE: usize> {
    agent: &'a Agent<COMMANDS, RECEIVE>,
    executor: Executor<'a>,
    clock: ManualClock,
    random: Random,
    ledger: Ledger,
    server: Server,
    line: Option<Line<'a>>,
    futures: Vec<(usize, Task<'a, orders::Result>)>,
    /// Which command each function is told about.
    completions: BTreeMap<usize, usize>,
    handled: Rc<RefCell<Vec<Handled>>>,
    inside: Rc<RefCell<Inside>>,
    log: Log,
}

/// The last steps, which are printed if the story ends badly.
struct Log {
    seed: u64,
    steps: VecDeque<String>,
}

impl Log {
    fn add(&mut self, step: String) {
        if self.steps.len() == 60 {
            self.steps.pop_front();
        }
        self.steps.push_back(step);
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("SLIMQTT_MODEL_SEED={}, the last steps:", self.seed);
            self.steps.iter().for_each(|step| eprintln!("  {step}"));
        }
    }
}

impl<'a, const COMMANDS: usize, const RECEIVE: usize> Episode<'a, COMMANDS, RECEIVE> {
    pub(crate) fn new(agent: &'static Agent<COMMANDS, RECEIVE>, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let inside: Rc<RefCell<Inside>> = Rc::default();
        let in_completion = Rc::clone(&inside);
        IN_COMPLETION.set(Some(Box::new(move || in_completion.borrow_mut().call(agent))));
        // Also shortly before the clock begins again at 0.
        let now = random.pick(&[0, 1, u32::MAX - 10_000]);
        Self {
            agent,
            executor: Executor::default(),
            clock: ManualClock::starting_at(now),
            random,
            ledger: Ledger::default(),
            server: Server::default(),
            line: None,
            futures: Vec::new(),
            completions: BTreeMap::new(),
            handled: Rc::default(),
            inside,
            log: Log { seed, steps: VecDeque::new() },
        }
    }

    /// So many steps, and then all comes to rest.
    pub(crate) fn play(mut self, steps: usize) -> Figures {
        SOURCE_FAILS.set(false);
        for step in 0..steps {
            let action = loop {
                if let Some(action) = self.step() {
                    break action;
                }
            };
            self.log.add(format!("{step}: {action}"));
            self.observe();
            if self.random.once_in(250) {
                self.rest();
            }
        }
        self.rest();
        let mut figures = self.ledger.figures();
        figures.add("steps", steps);
        figures
    }

    /// Anything happens. Returns what it is; `None` if it cannot happen now.
    fn step(&mut self) -> Option<String> {
        Some(match self.random.below(1000) {
            0..90 => self.give_any()?,
            90..96 => self.give_invalid()?,
            96..106 => self.give_inside()?,
            106..250 => self.poll()?,
            250..360 => self.poll_all()?,
            360..370 => self.wake_for_no_reason()?,
            370..385 => self.drop_future()?,
            385 => self.stop(),
            386 => self.drop_run()?,
            387 => self.run_twice()?,
            388..530 => self.arrive_at_server()?,
            530..670 => self.arrive_at_agent()?,
            670..850 => self.speak()?,
            850..885 => self.publish()?,
            885..900 => self.stray()?,
            900..925 => self.trouble_transport()?,
            925..931 => self.cut()?,
            931 => self.lose_session()?,
            932..940 => self.pass(),
            940..942 => {
                SOURCE_FAILS.set(self.random.once_in(3));
                format!("the last source fails: {}", SOURCE_FAILS.get())
            }
            _ => self.dial()?,
        })
    }
}

// What the client does.
impl<'a, const COMMANDS: usize, const RECEIVE: usize> Episode<'a, COMMANDS, RECEIVE> {
    fn give_any(&mut self) -> Option<String> {
        // Most commands are to find a slot.
        if self.ledger.commands_on_their_way() >= COMMANDS && !self.random.once_in(10) {
            return None;
        }
        let order = Order::any(self.ledger.records.len(), &mut self.random);
        // There is room for the wakers of one task more than there are slots. More of them may never rest, and that is
        // said, but they work; so there are more of them now and then.
        let crowd = COMMANDS + if self.random.once_in(30) { 3 } else { 0 };
        let form = match self.random.below(3) {
            _ if self.watchers() > crowd => Form::Try,
            0 => Form::Try,
            1 => Form::Completion,
            _ => Form::Future,
        };
        Some(self.give(order, form, true))
    }

    fn give_invalid(&mut self) -> Option<String> {
        let order = Order::invalid(self.ledger.records.len(), &mut self.random);
        let form = match self.random.below(3) {
            _ if self.watchers() > COMMANDS => Form::Try,
            0 => Form::Try,
            1 => Form::Completion,
            _ => Form::Future,
        };
        Some(self.give(order, form, false))
    }

    /// How many wait for an outcome.
    fn watchers(&self) -> usize {
        self.futures.len() + self.completions.len()
    }

    fn give(&mut self, order: Order, form: Form, valid: bool) -> String {
        let number = order.number;
        let what = format!("{form:?} {}{:?} {number}", if valid { "" } else { "invalid " }, order.kind);
        self.ledger.give(order.clone(), form, valid);
        let told = match form {
            Form::Future => {
                let agent = self.agent;
                let command = async move { agent.submit(order.request(&order.names())).await };
                self.futures.push((number, self.executor.spawn("command", command)));
                return what;
            }
            Form::Try => self.agent.try_submit(&order.request(&order.names())),
            Form::Completion => {
                let free = |place: &usize| !self.completions.contains_key(place);
                let place = (0..COMPLETIONS.len()).find(free).expect("more functions than commands");
                let told = self.agent.submit_then(&order.request(&order.names()), &COMPLETIONS[place]);
                if told.is_ok() {
                    self.completions.insert(place, number);
                }
                told
            }
        };
        self.told(number, told, false);
        format!("{what}: {told:?}")
    }

    fn told(&mut self, number: usize, told: Result<(), CommandError>, while_stopping: bool) {
        match told {
            Ok(()) => self.ledger.accepted(number, while_stopping),
            Err(error) => self.ledger.resolved(number, Err(error), COMMANDS),
        }
    }

    /// The handler, or a completion, gives a command when it is called next.
    fn give_inside(&mut self) -> Option<String> {
        let mut inside = self.inside.borrow_mut();
        if inside.order.is_some() {
            return None;
        }
        let order = Order::any(self.ledger.records.len(), &mut self.random);
        let what = format!("the handler or a completion is to give {:?} {}", order.kind, order.number);
        self.ledger.give(order.clone(), Form::Try, true);
        inside.order = Some(order);
        Some(what)
    }

    fn poll(&mut self) -> Option<String> {
        let choice = self.random.below(8);
        self.executor.step_any(choice).then(|| "poll".to_owned())
    }

    /// Polls whoever is awake, one after another.
    fn poll_all(&mut self) -> Option<String> {
        let mut polls = 0;
        while polls < 20 && self.executor.step() {
            self.observe();
            polls += 1;
        }
        (polls > 0).then(|| format!("{polls} polls"))
    }

    fn wake_for_no_reason(&mut self) -> Option<String> {
        let choice = self.random.below(self.futures.len() + 1);
        match (self.futures.get(choice), &self.line) {
            (Some((number, task)), _) => {
                task.wake();
                Some(format!("wake {number}"))
            }
            (None, Some(line)) => {
                line.run.wake();
                Some("wake run".to_owned())
            }
            _ => None,
        }
    }

    fn drop_future(&mut self) -> Option<String> {
        if self.futures.is_empty() {
            return None;
        }
        let (number, task) = self.futures.swap_remove(self.random.below(self.futures.len()));
        task.cancel();
        self.ledger.dropped(number);
        Some(format!("drop {number}"))
    }

    fn stop(&mut self) -> String {
        self.agent.stop();
        match &mut self.line {
            Some(line) if line.run.polls() > 0 => {
                line.is_stopped = true;
                self.ledger.stopping();
            }
            _ => {
                self.ledger.stopped();
                self.observe_inside(true);
            }
        }
        "stop".to_owned()
    }

    fn drop_run(&mut self) -> Option<String> {
        self.line.as_ref()?.run.cancel();
        self.leave();
        Some("drop run".to_owned())
    }

    /// A second task cannot run the agent, and does not disturb the first.
    fn run_twice(&mut self) -> Option<String> {
        self.line.as_ref().filter(|line| line.run.polls() > 0)?;
        let (mut rx, mut tx) = Transport::new().ends();
        let connect = Connect::<64>::new("room-2", 0).unwrap();
        let run = self.agent.run::<64>(&mut rx, &mut tx, &self.clock, &connect, |_| unreachable!());
        let polled = pin!(run).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(Err(Error::Busy)));
        Some("run twice".to_owned())
    }

    /// Connects anew.
    fn dial(&mut self) -> Option<String> {
        if self.line.is_some() {
            return None;
        }
        let clean = self.random.once_in(8);
        let keep_alive = self.random.pick(&[0, 1, 4, 60]);
        let transport = Transport::new();
        if self.random.once_in(4) {
            transport.hesitate();
        }
        let (mut rx, mut tx) = transport.ends();
        let packet = wire::Connect {
            clean_session: clean,
            keep_alive,
            client_identifier: "room-1",
            will: None,
            user_name: None,
            password: None,
        };
        let connect = Connect::<64>::from_packet(&packet).unwrap();
        let (agent, clock) = (self.agent, self.clock.clone());
        let (handled, inside) = (Rc::clone(&self.handled), Rc::clone(&self.inside));
        let handler = move |message: slimqtt_agent::Message<'_>| {
            handled.borrow_mut().push(message.into());
            inside.borrow_mut().call(agent);
        };
        let run = self
            .executor
            .spawn("run", async move { agent.run::<64>(&mut rx, &mut tx, &clock, &connect, handler).await });
        self.ledger.connect(clean, keep_alive);
        self.line = Some(Line {
            run,
            transport,
            keep_alive,
            is_lazy: self.random.once_in(3),
            is_cut: false,
            is_stopped: false,
            age: 0,
            silence: 0,
            up: VecDeque::new(),
            arrived: 0,
            at_server: Stream::default(),
            down: VecDeque::new(),
            put: 0,
            delivered: 0,
            unread: VecDeque::new(),
        });
        Some(format!("dial, clean {clean}, keep alive {keep_alive}"))
    }

    fn pass(&mut self) -> String {
        let ms = self.random.pick(&[0, 1, 50, 500, 500, 1500, 5000]);
        self.advance(ms)
    }

    /// Lets so much time pass, or less, if a timer is set.
    fn advance(&mut self, ms: u32) -> String {
        let ms = self.clock.next_timer().map_or(ms, |left| left.min(ms));
        self.clock.advance(ms);
        if let Some(line) = &mut self.line {
            line.age += ms;
            line.silence += ms;
        }
        format!("{ms} ms")
    }
}

// What the Server does, and what is between it and the agent.
impl<const COMMANDS: usize, const RECEIVE: usize> Episode<'_, COMMANDS, RECEIVE> {
    fn lose_session(&mut self) -> Option<String> {
        // A Server that is connected would have to close the connection.
        self.server.session.take_if(|_| self.line.as_ref().is_none_or(|line| line.is_cut))?;
        Some("the Server loses its session".to_owned())
    }

    fn speak(&mut self) -> Option<String> {
        let down = self.server.speak(&mut self.random)?;
        Some(self.put(down))
    }

    fn stray(&mut self) -> Option<String> {
        let down = self.server.stray(&mut self.random)?;
        Some(self.put(down))
    }

    fn put(&mut self, down: Down) -> String {
        let what = format!("the Server sends {down:?}");
        let bytes = down.bytes(&self.ledger);
        let line = self.line.as_mut().expect("a connection");
        line.down.extend(&bytes);
        line.put += bytes.len();
        self.ledger.put(&down);
        if down == (Down::Connack { session_present: true, return_code: 0 }) {
            let outgoing = self.server.session.iter().flat_map(|session| &session.outgoing);
            self.ledger.resumes(outgoing.map(|outgoing| (outgoing.identifier, outgoing.message)));
        }
        line.unread.push_back((line.put, down));
        what
    }

    fn publish(&mut self) -> Option<String> {
        if !self.server.is_connected() {
            return None;
        }
        let qos = self.random.below(3) as u8;
        let length = self.random.pick(&[0, 1, 3, 8, 20, 130, 400]);
        let is_long = self.random.once_in(25);
        Some(self.publish_message(qos, length, is_long))
    }

    fn publish_message(&mut self, qos: u8, length: usize, is_long: bool) -> String {
        let number = self.ledger.messages.len();
        let topic = if is_long { format!("s{number}/{}", "x".repeat(RECEIVE)) } else { format!("s{number}") };
        let retain = self.random.once_in(3);
        let payload = payload(number, length);
        self.ledger.messages.push(Message { topic, payload, qos, retain, is_hopeless: is_long, handed: 0 });
        self.server.publish(number, qos, &mut self.random);
        format!("the Server has message {number} with QoS {qos}, {length} bytes")
    }

    /// Some of the bytes that the agent has sent come to the Server.
    fn arrive_at_server(&mut self) -> Option<String> {
        let line = self.line.as_ref().filter(|line| !line.is_cut && line.ready() > 0)?;
        let there = line.ready();
        let count = if self.random.once_in(3) { 1 + self.random.below(there) } else { there };
        self.bring_up(count);
        Some(format!("{count} of {there} bytes come up"))
    }

    fn bring_up(&mut self, count: usize) {
        let line = self.line.as_mut().expect("a connection");
        let bytes: Vec<u8> = line.up.drain(..count).collect();
        line.arrived += count;
        line.at_server.push(&bytes);
        while let Some(packet) = line.at_server.next() {
            self.server.receive(&packet, &mut self.ledger, &mut self.random);
        }
    }

    /// Some of the bytes that the Server has sent come to the agent.
    fn arrive_at_agent(&mut self) -> Option<String> {
        let line = self.line.as_ref().filter(|line| !line.down.is_empty())?;
        let there = line.down.len();
        let count = if self.random.once_in(3) { 1 + self.random.below(there) } else { there };
        self.bring_down(count);
        Some(format!("{count} of {there} bytes come down"))
    }

    fn bring_down(&mut self, count: usize) {
        let line = self.line.as_mut().expect("a connection");
        let bytes: Vec<u8> = line.down.drain(..count).collect();
        line.delivered += count;
        if bytes.is_empty() {
        } else if self.random.once_in(4) {
            line.transport.trickle(&bytes);
        } else {
            line.transport.send(&bytes);
        }
    }

    fn trouble_transport(&mut self) -> Option<String> {
        let (transport, on) = (&self.line.as_ref()?.transport, self.random.once_in(3));
        let count = self.random.below(30);
        Some(match self.random.below(8) {
            0 => {
                transport.take(count);
                format!("the transport takes {count} bytes")
            }
            1 => {
                transport.limit_writes(if on { 1 + count / 6 } else { usize::MAX });
                format!("the transport takes few bytes at once: {on}")
            }
            2 => {
                transport.hold_flushes(on);
                format!("flushes pend: {on}")
            }
            3 => {
                transport.hold_writes(on);
                format!("writes pend when they are done: {on}")
            }
            _ => {
                Self::heal(transport);
                "the transport is in order".to_owned()
            }
        })
    }

    fn heal(transport: &Transport) {
        transport.take_all();
        transport.limit_writes(usize::MAX);
        transport.hold_flushes(false);
        transport.hold_writes(false);
    }

    /// The connection breaks: what is on its way may arrive, up to any byte, or be lost.
    fn cut(&mut self) -> Option<String> {
        let line = self.line.as_ref().filter(|line| !line.is_cut)?;
        let there = line.down.len();
        let any = self.random.below(there + 1);
        let count = self.random.pick(&[0, there, any]);
        self.bring_down(count);
        self.break_off();
        let end = self.random.pick(&[End::Closed, End::Fault(Fault::Reset)]);
        let line = self.line.as_mut().expect("a connection");
        line.transport.end_reads(end);
        if self.random.once_in(2) {
            line.transport.end_writes_after(self.random.below(10), End::Fault(Fault::Broken));
        }
        Some(format!("cut, and {count} of {there} bytes come down"))
    }

    /// The Server's side of the connection ends. Some more bytes may have come.
    fn break_off(&mut self) {
        let Some(line) = self.line.as_ref().filter(|line| !line.is_cut) else { return };
        let there = line.ready();
        let any = self.random.below(there + 1);
        // DISCONNECT arrives: the transport is closed in order then.
        let count = if self.ledger.is_disconnected() { there } else { self.random.pick(&[0, there, any]) };
        self.bring_up(count);
        self.server.end();
        let line = self.line.as_mut().expect("a connection");
        line.is_cut = true;
        line.down.clear();
    }
}

// What can be seen.
impl<const COMMANDS: usize, const RECEIVE: usize> Episode<'_, COMMANDS, RECEIVE> {
    /// Looks at all that has come of a step.
    fn observe(&mut self) {
        self.observe_inside(self.line.as_ref().is_some_and(|line| line.is_stopped));
        self.observe_line();
        for (place, outcome) in CALLS.take() {
            let number = self.completions.remove(&place).expect("a function is called once");
            self.ledger.resolved(number, outcome, COMMANDS);
        }
        let mut index = 0;
        while let Some((number, task)) = self.futures.get(index) {
            match task.output() {
                Some(outcome) => {
                    self.ledger.resolved(*number, outcome, COMMANDS);
                    self.futures.swap_remove(index);
                }
                None => index += 1,
            }
        }
    }

    /// Looks at what was given while the agent called somebody.
    fn observe_inside(&mut self, while_stopping: bool) {
        let told = std::mem::take(&mut self.inside.borrow_mut().told);
        for (number, told) in told {
            self.told(number, told, while_stopping);
        }
    }

    fn observe_line(&mut self) {
        let Some(line) = &mut self.line else {
            assert!(self.handled.borrow().is_empty(), "a message without a connection");
            return;
        };
        let read = line.delivered - line.transport.unread();
        while line.unread.front().is_some_and(|(end, _)| *end <= read) {
            let (_, down) = line.unread.pop_front().expect("there is one");
            self.ledger.read(down);
        }
        for part in self.handled.take() {
            self.ledger.handed(&part);
        }
        let (written, offered) = (line.transport.received(), line.transport.offered());
        if !written.is_empty() {
            line.silence = 0;
        }
        line.up.extend(&written);
        self.ledger.written(&written, &offered);
        if let Some(result) = line.run.output() {
            self.check_end(result);
            self.leave();
        }
    }

    /// The agent must have had a reason to end the connection.
    fn check_end(&mut self, result: Result<(), Error>) {
        self.log.add(format!("run has ended: {result:?}"));
        let line = self.line.as_ref().expect("a connection");
        let has_reason = match result {
            Ok(()) => self.ledger.is_disconnected(),
            Err(Error::Closed | Error::Transport(_)) => line.is_cut,
            // A PINGRESP is awaited for no longer than until the next PINGREQ is due.
            Err(Error::Timeout) if line.keep_alive > 0 => line.age >= TIMEOUT.min(u32::from(line.keep_alive) * 875),
            Err(Error::Timeout) => line.age >= TIMEOUT,
            Err(Error::Refused(code)) => self.ledger.connack() == Some((code as u8, false)),
            Err(Error::Stopped) => line.is_stopped,
            Err(Error::PayloadEnded) => self.ledger.failures().next().is_some(),
            Err(Error::NoRoom) => self.ledger.may_lack_room(),
            // The Server sends nothing that is wrong, and there is no other connection.
            Err(_) => false,
        };
        assert!(has_reason, "the connection ended: {result:?}");
    }

    /// The connection is gone.
    fn leave(&mut self) {
        self.break_off();
        let line = self.line.take().expect("a connection");
        self.ledger.disconnect();
        if line.is_stopped {
            self.ledger.stopped();
        }
        self.observe_inside(line.is_stopped);
    }
}

// The state of rest.
impl<const COMMANDS: usize, const RECEIVE: usize> Episode<'_, COMMANDS, RECEIVE> {
    /// The line is in order, the Server answers all, time stands still: everything that was asked for happens, and
    /// nobody moves any more. Then all slots and all packet identifiers are free, and the connection lives on.
    fn rest(&mut self) {
        self.log.add("all comes to rest".to_owned());
        SOURCE_FAILS.set(false);
        self.inside.borrow_mut().call(self.agent);
        self.come_to_rest(true);
        self.fill_slots();
        self.come_to_rest(false);
        self.keep_alive();
    }

    fn come_to_rest(&mut self, may_reconnect: bool) {
        let mut reconnects = 0;
        loop {
            assert!(reconnects < 200, "it never comes to rest");
            if let Some(step) = self.dial() {
                self.log.add(step);
                reconnects += 1;
            }
            self.settle();
            let Some(line) = &self.line else { continue };
            if line.is_cut {
                panic!("the agent does not see that the connection has ended");
            }
            if self.exchange() {
                continue;
            }
            assert!(self.server.is_connected(), "the agent waits for nothing");
            // A message that can never be received would come again for ever.
            let messages = &self.ledger.messages;
            self.server.discard(|message| messages[message].is_hopeless);
            let outgoing = self.server.session.iter().flat_map(|session| &session.outgoing);
            let left: Vec<usize> = outgoing.map(|outgoing| outgoing.message).collect();
            if left.is_empty() {
                break;
            }
            // What there was no room for comes with the next connection.
            assert!(may_reconnect, "the Server's messages {left:?} are not acknowledged");
            for message in left {
                assert!(self.ledger.may_be_dropped(message), "the Server's message {message} is not acknowledged");
            }
            self.cut();
        }
        self.ledger.check_rest();
    }

    /// All that is on its way arrives, and the Server says all that it has to say. False if there was nothing.
    fn exchange(&mut self) -> bool {
        let line = self.line.as_ref().expect("a connection");
        let ready = line.ready();
        self.bring_up(ready);
        let mut moves = ready > 0;
        while let Some(down) = self.server.speak(&mut self.random) {
            let step = self.put(down);
            self.log.add(step);
            moves = true;
        }
        let there = self.line.as_ref().expect("a connection").down.len();
        self.bring_down(there);
        moves || there > 0
    }

    /// Polls all who are awake, with a transport that takes everything, until nobody is.
    fn settle(&mut self) {
        if let Some(line) = &self.line {
            Self::heal(&line.transport);
        }
        let (mut polls, mut in_vain, mut before) = (0, 0, 0);
        while in_vain < 100 {
            let awake = self.executor.step();
            self.observe();
            if !awake {
                return;
            }
            polls += 1;
            assert!(polls < 20_000, "the connection never rests");
            let now = self.line.as_ref().map_or(0, |line| line.run.polls());
            in_vain = if now == before { in_vain + 1 } else { 0 };
            before = now;
        }
        // Too many futures wait for a slot: they rest as soon as there is one.
        assert!(self.watchers() > COMMANDS + 1, "somebody never rests");
    }

    /// There are as many slots as there were in the beginning, and room for as many packet identifiers.
    fn fill_slots(&mut self) {
        for index in 0..=COMMANDS {
            let kind = Kind::Publish { qos: self.random.pick(&[1, 2]), retain: false, source: None };
            let order = Order::new(self.ledger.records.len(), kind, &mut self.random);
            let number = order.number;
            let step = self.give(order, Form::Try, true);
            self.log.add(step);
            let refused = matches!(self.ledger.records[number].outcome, Some(Err(CommandError::QueueFull)));
            assert_eq!(refused, index == COMMANDS, "{index} of {COMMANDS} slots were free");
        }
        for _ in 0..ROOM {
            self.publish_message(2, 20, false);
        }
    }

    /// The agent sends something in time, and the connection goes on.
    fn keep_alive(&mut self) {
        let Some(Line { keep_alive, .. }) = self.line else { return };
        let (most, mut left) = (u32::from(keep_alive) * 1000, u32::from(keep_alive) * 2500);
        while left > 0 {
            let before = self.line.as_ref().map(|line| line.age);
            let step = self.advance(left);
            self.log.add(step);
            self.observe();
            let line = self.line.as_ref().expect("a connection");
            left -= line.age - before.expect("a connection");
            assert!(line.silence <= most, "nothing was sent for too long [MQTT-3.1.2-23]");
            self.settle();
            while self.exchange() {
                self.settle();
            }
            assert!(self.line.is_some(), "the connection does not live on");
        }
    }
}
