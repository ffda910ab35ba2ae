//! The connection: what the device says and hears over MQTT, and how it gets back to the broker.
//!
//! | topic | message | when |
//! |---|---|---|
//! | `balcony/light` | how bright it is, 0 to 4095 | every 10 seconds |
//! | `balcony/button` | how often it was pushed | at each push |
//! | `balcony/lamp` | `on` or `off` | when the lamp has been switched |
//! | `balcony/online` | `yes` or `no`, retained | when the connection is there, and when it is lost |
//! | `balcony/online` | `deaf`, retained | when it is there, and the broker refuses the subscription |
//! | `balcony/lamp/set` | `on` or `off` | this one the device receives |

use core::future::pending;

use embassy_futures::select::select;
use embedded_io_async::{Read, Write};
use slimqtt::{Backoff, Clock, Connect, Message, SubackReturnCode, packet};

use crate::modem::{Modem, Settings};
use crate::text::switch;

use mqtt::RequestedQoS;
pub use mqtt::{Agent, QoS};

/// An agent with what this device needs, and nothing else.
mod mqtt {
    /// What the device can do.
    #[slimqtt::agent(commands = 4, packet = 64, receive = 64)]
    pub enum Command {
        /// Publish a message.
        #[publish(qos = 1, retain)]
        Publish,
        /// Subscribe to a topic.
        #[subscribe(qos = 1, filters = 1)]
        Subscribe,
    }
}

/// Where the device says how bright it is.
pub const LIGHT: &str = "balcony/light";
/// Where it says how often its button was pushed.
pub const BUTTON: &str = "balcony/button";
const LAMP: &str = "balcony/lamp";
const LAMP_SET: &str = "balcony/lamp/set";
const ONLINE: &str = "balcony/online";

/// If the connection is lost, the broker says so to all who ask: that is the Will.
///
/// The modem does not tell that it is lost. What does is a PINGRESP that does not come: when there was nothing to send for
/// some 26 seconds (7/8 of the keep-alive) the agent asks for one, and waits for 10.
const CONNECT: Connect<64> = match Connect::from_packet(&packet::Connect {
    clean_session: true,
    keep_alive: 30,
    client_identifier: "balcony",
    will: Some(packet::Will { retain: true, qos: packet::QoS::AtLeastOnce, topic: ONLINE, message: b"no" }),
    user_name: None,
    password: None,
}) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 64 bytes"),
};

/// A number for [`keep_connected`] out of all bytes of the chip's own: chips of one wafer differ in a few of them.
pub fn seed(chip: &[u8]) -> u32 {
    // FNV-1a.
    chip.iter().fold(0x811C_9DC5, |seed, byte| (seed ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// Connects through the modem, runs the agent until the connection has ended, waits a while, and begins anew.
///
/// `seed` has to be another one on each device: not all of them come back at the same moment.
pub async fn keep_connected(
    mqtt: &Agent,
    mut modem: Modem<impl Read, impl Write, impl Clock>,
    settings: &Settings<'_>,
    mut lamp: impl FnMut(bool),
    seed: u32,
) -> ! {
    // Waits of up to 1 second, 2, 4, up to a minute. Chance decides how much of it.
    let mut backoff = Backoff::new(1_000, 60_000, seed);
    loop {
        let began = modem.clock.now_ms();
        if modem.connect(settings).await.is_ok() {
            // Called for each message. It must not wait, and may give commands.
            let handler = |message: Message<'_>| {
                if message.topic == LAMP_SET
                    // Not a part of something longer.
                    && message.payload.len() == message.length
                    && let Some(is_on) = switch(message.payload)
                {
                    lamp(is_on);
                    // There may be no slot for it. Once it has one, it arrives.
                    let _ = mqtt.try_publish(QoS::AtLeastOnce, LAMP, message.payload);
                }
            };
            let run = mqtt.run(&mut modem.rx, &mut modem.tx, &modem.clock, &CONNECT, handler);
            // When the one ends, the other one is dropped.
            select(run, greeting(mqtt)).await;
        }
        backoff.wait(&modem.clock, began).await;
    }
}

/// What there is to do on each connection. Subscriptions are renewed, since the session is a clean one. Never ends.
async fn greeting(mqtt: &Agent) {
    // If the connection is lost before, there is a next one.
    let subscribed = mqtt.subscribe(&[(LAMP_SET, RequestedQoS::AtLeastOnce)]).await;
    let online: &[u8] = if let Ok([SubackReturnCode::Failure]) = subscribed { b"deaf" } else { b"yes" };
    let _ = mqtt.publish_retained(QoS::AtLeastOnce, ONLINE, online).await;
    pending::<()>().await;
}

#[cfg(test)]
mod tests {
    extern crate std;

    use core::cell::RefCell;
    use core::pin::{Pin, pin};
    use core::task::Poll;
    use std::collections::BTreeSet;
    use std::string::{String, ToString};
    use std::vec::Vec;

    use slimqtt::CommandError;

    use super::{Agent, BUTTON, QoS, keep_connected, seed};
    use crate::modem::Settings;
    use crate::played::{Played, obedient};

    const SETTINGS: Settings<'_> =
        Settings { network: "balcony", password: "geranium", broker: "192.168.1.10", port: "1883" };
    const JOIN: &str = "AT+CWJAP=\"balcony\",\"geranium\"";

    /// What the broker is told on each connection.
    const GREETING: [&str; 3] = ["CONNECT", "SUBSCRIBE balcony/lamp/set", "PUBLISH balcony/online yes retained"];

    #[test]
    fn each_byte_of_the_chips_number_makes_another_seed() {
        let number = *b"\x21\x00\x2c\x00\x06\x43\x4e\x4b\x36\x35\x33\x20";
        let mut seeds = BTreeSet::from([seed(&number)]);
        for place in 0..number.len() {
            let mut other = number;
            other[place] += 1;
            assert!(seeds.insert(seed(&other)), "byte {place}");
        }
    }

    #[test]
    fn the_lamp_is_switched_and_says_so() {
        let (agent, modem, lamp) = (Agent::new(), Played::new(obedient), RefCell::new(Vec::new()));
        let mut device =
            pin!(keep_connected(&agent, modem.ours(), &SETTINGS, |is_on| lamp.borrow_mut().push(is_on), 1));
        modem.pass(device.as_mut(), 5_000);
        assert_eq!(modem.heard_by_broker(), GREETING);
        for (message, answer) in
            [("on", &["PUBLISH balcony/lamp on"][..]), ("what?", &[]), ("off", &["PUBLISH balcony/lamp off"])]
        {
            modem.broker_publishes("balcony/lamp/set", message);
            modem.pass(device.as_mut(), 1_000);
            assert_eq!(modem.heard_by_broker(), answer);
        }
        assert_eq!(*lamp.borrow(), [true, false]);
        // What is longer than the receive buffer comes in parts. None of them is an order.
        for length in 30..80 {
            modem.broker_publishes("balcony/lamp/set", &["-".repeat(length), "on".to_string()].concat());
            modem.pass(device.as_mut(), 1_000);
        }
        assert_eq!(lamp.borrow().len(), 2);
    }

    #[test]
    fn a_refused_subscription_is_told() {
        let (agent, modem) = (Agent::new(), Played::new(obedient));
        modem.refuses_subscriptions.set(true);
        let mut device = pin!(keep_connected(&agent, modem.ours(), &SETTINGS, |_| {}, 1));
        modem.pass(device.as_mut(), 5_000);
        assert_eq!(modem.heard_by_broker().last().map(String::as_str), Some("PUBLISH balcony/online deaf retained"));
    }

    #[test]
    fn a_connection_that_is_silent_is_made_anew_with_its_subscription() {
        let (agent, modem) = (Agent::new(), Played::new(obedient));
        let mut device = pin!(keep_connected(&agent, modem.ours(), &SETTINGS, |_| {}, 1));
        // Hours of silence, but for PINGREQ and its answer, are no reason.
        modem.pass(device.as_mut(), 10_000_000);
        assert_eq!(modem.heard_by_broker(), GREETING);
        // The TCP connection is lost. The modem does not tell, and a push of the button goes nowhere.
        modem.lose_connection();
        let mut push = pin!(agent.publish(QoS::AtLeastOnce, BUTTON, b"1"));
        modem.pass(device.as_mut(), 1_000);
        assert!(modem.poll(push.as_mut()).is_pending());
        modem.pass(device.as_mut(), 60_000);
        assert_eq!(modem.heard_by_broker(), GREETING);
        assert_eq!(modem.told().iter().filter(|line| *line == "+++").count(), 1);
        // Whether that message arrived, the device does not know. The next one does.
        assert_eq!(modem.poll(push), Poll::Ready(Err(CommandError::SessionLost)));
        let mut push = pin!(agent.publish(QoS::AtLeastOnce, BUTTON, b"2"));
        assert!(modem.poll(push.as_mut()).is_pending());
        modem.pass(device.as_mut(), 1_000);
        assert_eq!(modem.poll(push), Poll::Ready(Ok(())));
        assert_eq!(modem.heard_by_broker(), ["PUBLISH balcony/button 2"]);
    }

    #[test]
    fn without_a_network_it_tries_ever_less_often_and_keeps_what_was_pushed() {
        let agent = Agent::new();
        let modem = Played::new(|line| if line == JOIN { Some("FAIL\r\n") } else { obedient(line) });
        let mut push = pin!(agent.publish(QoS::AtLeastOnce, BUTTON, b"1"));
        assert!(modem.poll(push.as_mut()).is_pending());
        let mut device = pin!(keep_connected(&agent, modem.ours(), &SETTINGS, |_| {}, 7));
        let tries = |device: Pin<&mut _>| {
            modem.pass(device, 600_000);
            modem.told().iter().filter(|line| *line == JOIN).count()
        };
        // Ten minutes each. The waits are half a minute in the mean, once they are at their longest.
        let counts = [tries(device.as_mut()), tries(device.as_mut()), tries(device.as_mut())];
        assert!(counts.iter().all(|tries| (10..40).contains(tries)), "{counts:?}");
        modem.change(obedient);
        modem.pass(device.as_mut(), 70_000);
        assert!(modem.poll(push.as_mut()).is_ready());
        assert!(modem.heard_by_broker().contains(&String::from("PUBLISH balcony/button 1")));
    }
}
