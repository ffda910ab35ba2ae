//! A program without mutual exclusion: one executor on one core, and neither interrupts nor other threads that use the
//! agent. This is its whole implementation of `critical-section`, and a whole connection.

use critical_section::{Impl, RawRestoreState, set_impl};
use embassy_futures::block_on;
use embassy_futures::join::join;
use slimqtt::Connect;
use slimqtt::beacon::{Agent, QoS};
use slimqtt_exclusion::{NoClock, Server};

struct Nobody;

set_impl!(Nobody);

// SAFETY: nobody is there to be excluded. All that enters a critical section is polled by the one executor below, one
// after another; wakers are called there too, not by interrupts. Whoever adds an interrupt handler or a thread that
// gives commands needs another implementation: this one would make that undefined behaviour.
unsafe impl Impl for Nobody {
    unsafe fn acquire() -> RawRestoreState {}

    unsafe fn release(_: RawRestoreState) {}
}

static MQTT: Agent = Agent::new();

const CONNECT: Connect<32> = match Connect::new("room-1", 60) {
    Ok(connect) => connect,
    Err(_) => panic!("the client identifier does not fit"),
};

async fn sensor() {
    for celsius in [b"21.5", b"21.6"] {
        assert_eq!(MQTT.publish(QoS::AtMostOnce, "t", celsius).await, Ok(()));
    }
    assert_eq!(MQTT.disconnect().await, Ok(()));
}

#[test]
fn one_executor_needs_no_lock() {
    let server = Server::default();
    let (mut rx, mut tx) = server.ends();
    let (ended, ()) = block_on(join(MQTT.run(&mut rx, &mut tx, &NoClock, &CONNECT), sensor()));
    assert_eq!(ended, Ok(()));
    let received = server.received();
    assert_eq!(received[..CONNECT.packet().len()], *CONNECT.packet());
    assert_eq!(received[CONNECT.packet().len()..], *b"\x30\x07\0\x01t21.5\x30\x07\0\x01t21.6\xE0\0");
}
