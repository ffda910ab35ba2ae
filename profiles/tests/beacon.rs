//! The profile `beacon` as its user has it: a `static`, one task with the connection, others that publish.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use embassy_futures::join::{join, join3};
use embedded_io_async::{ErrorType, Read, Write};
use slimqtt::beacon::{Agent, QoS};
use slimqtt::{Clock, CommandError, Connect, Error};

const CONNECT: Connect<32> = match Connect::new("beacon", 60) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

const CONNACK: [u8; 4] = [0x20, 2, 0, 0];
const DISCONNECT: [u8; 2] = [0xE0, 0];

#[test]
fn two_tasks_publish_over_one_connection() {
    static MQTT: Agent = Agent::new();
    let sent = RefCell::default();
    let temperature = async {
        MQTT.publish(QoS::AtMostOnce, "t", b"21").await?;
        MQTT.publish(QoS::AtMostOnce, "t", b"22").await
    };
    let door = async { MQTT.publish(QoS::AtMostOnce, "d", b"open").await };
    let all = async {
        let published = join(temperature, door).await;
        (published, MQTT.disconnect().await)
    };
    let (ended, (published, disconnected)) = block_on(join(run(&MQTT, &sent), all));
    assert_eq!((ended, published, disconnected), (Ok(()), (Ok(()), Ok(())), Ok(())));
    let expected = [CONNECT.packet(), b"\x30\x05\0\x01t21", b"\x30\x07\0\x01dopen", b"\x30\x05\0\x01t22", &DISCONNECT];
    assert_eq!(sent.take(), expected.concat());
}

#[test]
fn commands_are_in_line_before_there_is_a_connection() {
    static MQTT: Agent = Agent::new();
    let alive = || MQTT.try_publish(QoS::AtMostOnce, "a", b"1");
    assert_eq!([alive(), alive(), alive(), MQTT.try_disconnect()], [Ok(()); 4]);
    assert_eq!(alive(), Err(CommandError::QueueFull));
    let sent = RefCell::default();
    assert_eq!(block_on(run(&MQTT, &sent)), Ok(()));
    let expected = [CONNECT.packet(), b"\x30\x04\0\x01a1", b"\x30\x04\0\x01a1", b"\x30\x04\0\x01a1", &DISCONNECT];
    assert_eq!(sent.take(), expected.concat());
}

#[test]
fn command_that_waits_for_a_slot_gets_one() {
    static MQTT: Agent = Agent::new();
    for _ in 0..4 {
        MQTT.try_publish(QoS::AtMostOnce, "a", b"1").unwrap();
    }
    let sent = RefCell::default();
    let (ended, first, second) =
        block_on(join3(run(&MQTT, &sent), async { MQTT.publish(QoS::AtMostOnce, "b", b"2").await }, async {
            MQTT.disconnect().await
        }));
    assert_eq!((ended, first, second), (Ok(()), Ok(()), Ok(())));
}

#[test]
fn topic_and_message_fill_a_slot() {
    static MQTT: Agent = Agent::new();
    assert_eq!(MQTT.try_publish(QoS::AtMostOnce, "t", &[0; 120]), Ok(()));
    assert!(matches!(MQTT.try_publish(QoS::AtMostOnce, "t", &[0; 121]), Err(CommandError::Invalid(_))));
}

/// Runs a connection to a Server that accepts it and then says nothing.
async fn run(agent: &Agent, sent: &RefCell<Vec<u8>>) -> Result<(), Error> {
    agent.run(&mut Receiver { sent, connack: &CONNACK }, &mut Sender { sent }, &Stopped, &CONNECT).await
}

/// What comes from the Server: the CONNACK, when CONNECT has been sent.
struct Receiver<'a> {
    sent: &'a RefCell<Vec<u8>>,
    connack: &'a [u8],
}

/// What goes to it.
struct Sender<'a> {
    sent: &'a RefCell<Vec<u8>>,
}

impl ErrorType for Receiver<'_> {
    type Error = Infallible;
}

impl ErrorType for Sender<'_> {
    type Error = Infallible;
}

impl Read for Receiver<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        poll_fn(|_| {
            let connected = self.sent.borrow().len() >= CONNECT.packet().len();
            if connected && !self.connack.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        self.connack.read(buffer).await
    }
}

impl Write for Sender<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.sent.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// No time passes.
struct Stopped;

impl Clock for Stopped {
    fn now_ms(&self) -> u32 {
        0
    }

    async fn wait_until(&self, deadline: u32) {
        if deadline > 0 {
            pending::<()>().await;
        }
    }
}

/// Polls as often as any of these tests needs, so that none can hang.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..100 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("the future is still pending");
}
