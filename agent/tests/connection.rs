//! One connection after another: how each ends, and what the next one finds.

mod kit;

use kit::{
    Agent, CONNACK, End, Fault, ManualClock, PINGREQ, Server, Task, World, connect_bytes, message, publish_bytes,
    publishes, silence,
};
use slimqtt_agent::request::Request;
use slimqtt_agent::{CommandError, Connect, Error, ErrorKind};

/// Ways to end a connection whose packet is being sent.
#[derive(Debug, Clone, Copy)]
enum Cut {
    WriteFails,
    WriteCloses,
    ReadFails,
    ReadCloses,
    ServerErs,
    Dropped,
}

impl Cut {
    const ALL: [Self; 6] =
        [Self::WriteFails, Self::WriteCloses, Self::ReadFails, Self::ReadCloses, Self::ServerErs, Self::Dropped];

    /// Ends the connection after so many more bytes of what is sent.
    fn make(self, world: &World<'_, 4, 32>, run: &Task<'_, Result<(), Error>>, bytes: usize) {
        let server = &world.server;
        let write_end = match self {
            Self::WriteFails => Some(End::Fault(Fault::Broken)),
            Self::WriteCloses => Some(End::Closed),
            _ => None,
        };
        match write_end {
            Some(end) => {
                server.end_writes_after(bytes, end);
                server.take_all();
            }
            None => server.take(bytes),
        }
        world.settle();
        match self {
            Self::ReadFails => server.end_reads(End::Fault(Fault::Reset)),
            Self::ReadCloses => server.end_reads(End::Closed),
            Self::ServerErs => server.send(&CONNACK),
            Self::Dropped => run.cancel(),
            Self::WriteFails | Self::WriteCloses => {}
        }
        world.settle();
        let expected = match self {
            Self::WriteFails => Some(Error::Transport(ErrorKind::BrokenPipe)),
            Self::ReadFails => Some(Error::Transport(ErrorKind::ConnectionReset)),
            Self::WriteCloses | Self::ReadCloses => Some(Error::Closed),
            Self::ServerErs => Some(Error::Protocol),
            Self::Dropped => None,
        };
        assert_eq!(run.output(), expected.map(Err), "{self:?} after {bytes}");
    }
}

#[test]
fn the_command_within_which_a_connection_ends_is_lost_and_those_behind_go_out_on_the_next() {
    for cut in Cut::ALL {
        // From before the second packet's first byte, which may have been tried to send, to before its last.
        for bytes in 5..10 {
            let agent = Agent::<4, 32>::new();
            let mut world = World::new(&agent);
            let run = world.open(60);
            world.server.take(0);
            let [a, torn, c] = ["a", "b", "c"].map(|topic| world.publish(topic));
            world.settle();
            agent.try_submit(&message("d", b"")).unwrap();
            cut.make(&world, &run, bytes);
            assert_eq!(world.sent(), publishes(&["a", "b"])[..bytes], "{cut:?}");
            assert_eq!(a.output(), Some(Ok(())), "{cut:?}");
            assert_eq!(torn.output(), Some(Err(CommandError::ConnectionLost)), "{cut:?}");
            assert_eq!(c.output(), None, "{cut:?}");
            let e = world.publish("e");
            world.settle();
            let run = world.open(60);
            assert_eq!(world.sent(), publishes(&["c", "d", "e"]), "{cut:?} after {bytes}");
            assert_eq!((c.output(), e.output()), (Some(Ok(())), Some(Ok(()))));
            assert_eq!(run.output(), None);
        }
    }
}

#[test]
fn a_torn_command_that_nobody_awaits_frees_its_slot() {
    for cut in Cut::ALL {
        let agent = Agent::<4, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        world.server.take(0);
        for topic in ["a", "b", "c", "d"] {
            agent.try_submit(&message(topic, b"")).unwrap();
        }
        let waiting = world.publish("e");
        world.settle();
        cut.make(&world, &run, 3);
        // It has taken the only free slot.
        assert_eq!(waiting.polls(), 2, "{cut:?}");
        assert_eq!(agent.try_submit(&message("f", b"")), Err(CommandError::QueueFull));
        let _run = world.open(60);
        assert_eq!(world.sent(), publishes(&["b", "c", "d", "e"]), "{cut:?}");
        assert_eq!(waiting.output(), Some(Ok(())));
    }
}

#[test]
fn a_connection_that_ends_between_packets_loses_none() {
    for cut in Cut::ALL {
        if matches!(cut, Cut::WriteFails | Cut::WriteCloses) {
            continue; // nothing is being written
        }
        let agent = Agent::<4, 32>::new();
        let mut world = World::new(&agent);
        let run = world.open(60);
        let a = world.publish("a");
        assert_eq!(world.sent(), publishes(&["a"]));
        cut.make(&world, &run, usize::MAX);
        assert_eq!(a.output(), Some(Ok(())));
        let b = world.publish("b");
        let _run = world.open(60);
        assert_eq!((world.sent(), b.output()), (publishes(&["b"]), Some(Ok(()))), "{cut:?}");
    }
}

#[test]
fn each_connection_begins_with_connect_whatever_the_last_one_left() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    for at in 0..20 {
        world.server = Server::new();
        world.server.take(at);
        let run = world.run(60);
        assert_eq!(world.sent(), connect_bytes(60)[..at]);
        run.cancel();
    }
    let run = world.open(60);
    world.pass(silence(60));
    // Dropped while PINGRESP is awaited.
    assert_eq!(world.sent(), PINGREQ);
    run.cancel();
    let run = world.open(60);
    world.pass(1);
    assert_eq!((world.sent(), run.output()), (vec![], None));
}

#[test]
fn bytes_of_a_packet_that_was_cut_off_are_not_taken_for_the_next_connections() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.answer(b"\x30\x20\x00");
    run.cancel();
    let run = world.open(60);
    agent.try_submit(&Request::Disconnect).unwrap();
    world.settle();
    assert_eq!(run.output(), Some(Ok(())));
}

#[test]
fn the_first_reason_for_the_end_counts() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let run = world.open(60);
    world.server.take(2);
    agent.try_submit(&message("a", b"")).unwrap();
    world.settle();
    // Both in one poll, the receiving side first.
    world.server.end_reads(End::Closed);
    world.server.end_writes_after(0, End::Fault(Fault::Broken));
    world.settle();
    assert_eq!(run.output(), Some(Err(Error::Closed)));
}

#[test]
fn a_second_run_is_refused_and_the_first_goes_on() {
    let agent = Agent::<1, 32>::new();
    let mut world = World::new(&agent);
    let first = world.open(60);
    let firsts_server = world.server.clone();
    world.server = Server::new();
    let second = world.run(1);
    assert_eq!(world.sent(), b"");
    assert_eq!(second.output(), Some(Err(Error::Busy)));
    // The second one's keep-alive does not count.
    world.pass(silence(60) - 1);
    assert_eq!(firsts_server.received(), b"");
    agent.try_submit(&message("a", b"")).unwrap();
    world.settle();
    assert_eq!(firsts_server.received(), publishes(&["a"]));
    assert_eq!(first.output(), None);
}

#[test]
fn a_second_run_is_refused_in_the_middle_of_a_packet_too() {
    let agent = Agent::<2, 32>::new();
    let mut world = World::new(&agent);
    let first = world.open(60);
    let firsts_server = world.server.clone();
    firsts_server.take(3);
    let a = world.publish("a");
    world.settle();
    world.server = Server::new();
    let second = world.run(60);
    world.settle();
    assert_eq!(second.output(), Some(Err(Error::Busy)));
    assert_eq!((first.output(), a.output()), (None, None));
    firsts_server.take_all();
    world.settle();
    assert_eq!(firsts_server.received(), publishes(&["a"]));
    assert_eq!(a.output(), Some(Ok(())));
}

#[test]
fn a_new_run_works_once_the_first_is_dropped_even_unpolled() {
    let agent = Agent::<1, 32>::new();
    let connect = Connect::<64>::new("room-1", 60).unwrap();
    let clock = ManualClock::default();
    for _ in 0..3 {
        let (mut rx, mut tx) = Server::new().ends();
        drop(agent.run::<64>(&mut rx, &mut tx, &clock, &connect, |_| {}));
    }
    let mut world = World::new(&agent);
    let first = world.open(60);
    first.cancel();
    let second = world.open(60);
    agent.try_submit(&message("b", b"")).unwrap();
    assert_eq!((world.sent(), second.output()), (publishes(&["b"]), None));
}

#[test]
fn two_agents_have_nothing_to_do_with_each_other() {
    let agents = [Agent::<1, 32>::new(), Agent::<1, 32>::new()];
    let mut worlds = [World::new(&agents[0]), World::new(&agents[1])];
    let runs = [worlds[0].open(60), worlds[1].open(60)];
    agents[0].try_submit(&message("a", b"0")).unwrap();
    agents[1].try_submit(&message("a", b"1")).unwrap();
    assert_eq!(worlds[0].sent(), publish_bytes("a", b"0"));
    assert_eq!(worlds[1].sent(), publish_bytes("a", b"1"));
    assert_eq!(runs.map(|run| run.output()), [None, None]);
}

#[test]
fn an_agent_can_be_a_static_and_its_futures_can_go_to_other_threads() {
    static AGENT: Agent<1, 32> = Agent::new();
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    fn assert_sync<T: Sync>(value: T) -> T {
        value
    }
    let agent = assert_sync(&AGENT);
    drop(assert_send(agent.submit::<()>(message("a", b""))));
    assert_eq!(agent.try_submit(&message("a", b"")), Ok(()));
}
