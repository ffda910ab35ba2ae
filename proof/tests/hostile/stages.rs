//! Where the agent can stand when something comes that it does not expect.

use slimqtt::complete::{QoS, RequestedQoS};
use slimqtt::{CommandError, SubackReturnCode};
use slimqtt_proof::packets::{self, PINGRESP, PUBREC, PUBREL, Sent, connack, publish, short};
use slimqtt_proof::{Outcome, World};

/// A stage of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// CONNECT is sent, CONNACK awaited.
    BeforeConnack,
    /// Nothing is on its way.
    Idle,
    /// PUBLISH with QoS 1 is sent.
    AwaitPuback,
    /// PUBLISH with QoS 2 is sent.
    AwaitPubrec,
    /// PUBREL is sent.
    AwaitPubcomp,
    /// SUBSCRIBE with two filters is sent.
    AwaitSuback,
    /// UNSUBSCRIBE is sent.
    AwaitUnsuback,
    /// PINGREQ of a command is sent.
    AwaitPingresp,
    /// PINGREQ for keep-alive is sent.
    KeepAlive,
    /// A message with QoS 2 has come, PUBREC is sent, PUBREL awaited.
    AwaitPubrel,
    /// As `AwaitPuback`, on the next connection of the session.
    AwaitPubackAgain,
    /// As `AwaitPubrec`, on the next connection of the session.
    AwaitPubrecAgain,
    /// As `AwaitPubcomp`, on the next connection of the session.
    AwaitPubcompAgain,
    /// The transport has taken a part of PUBLISH with QoS 1.
    SendingQos1,
    /// The transport has taken a part of PUBLISH with QoS 2.
    SendingQos2,
    /// The transport has taken a part of SUBSCRIBE with two filters.
    SendingSubscribe,
    /// The transport has taken DISCONNECT, and not sent it.
    Disconnecting,
}

use Stage::*;

pub(crate) const STAGES: [Stage; 17] = [
    BeforeConnack,
    Idle,
    AwaitPuback,
    AwaitPubrec,
    AwaitPubcomp,
    AwaitSuback,
    AwaitUnsuback,
    AwaitPingresp,
    KeepAlive,
    AwaitPubrel,
    AwaitPubackAgain,
    AwaitPubrecAgain,
    AwaitPubcompAgain,
    SendingQos1,
    SendingQos2,
    SendingSubscribe,
    Disconnecting,
];

/// The identifier of the message with QoS 2 that has come.
pub(crate) const HELD: u16 = 0x0707;

/// What is known of a world at its stage.
pub(crate) struct Scene {
    /// The packet identifier of what is on its way; 1 if nothing is.
    pub(crate) identifier: u16,
    /// Whose outcome is awaited.
    pub(crate) command: Option<usize>,
}

impl Stage {
    /// Whether what was given to the transport is not sent.
    pub(crate) const fn is_sending(self) -> bool {
        matches!(self, SendingQos1 | SendingQos2 | SendingSubscribe)
    }

    pub(crate) const fn awaits_puback(self) -> bool {
        matches!(self, AwaitPuback | AwaitPubackAgain | SendingQos1)
    }

    pub(crate) const fn awaits_pubrec(self) -> bool {
        matches!(self, AwaitPubrec | AwaitPubrecAgain | SendingQos2)
    }

    pub(crate) const fn awaits_pubcomp(self) -> bool {
        matches!(self, AwaitPubcomp | AwaitPubcompAgain)
    }

    pub(crate) const fn awaits_suback(self) -> bool {
        matches!(self, AwaitSuback | SendingSubscribe)
    }

    pub(crate) const fn awaits_pingresp(self) -> bool {
        matches!(self, AwaitPingresp | KeepAlive)
    }

    /// Brings an agent to this stage.
    pub(crate) fn reach(self, world: &mut World<'_>) -> Scene {
        let mut scene = Scene { identifier: 1, command: None };
        world.connect(false, 60);
        if self == BeforeConnack {
            assert_eq!(world.sent(), [Sent::Connect { clean_session: false }]);
            return scene;
        }
        world.settle();
        world.send(&connack(false, 0));
        assert_eq!(world.sent(), [Sent::Connect { clean_session: false }]);
        if self.is_sending() {
            world.line.take(5);
        }
        scene.command = match self {
            AwaitPuback | AwaitPubackAgain | SendingQos1 => {
                Some(world.publish(QoS::AtLeastOnce, "topic".into(), b"one".into()))
            }
            AwaitPubrec | AwaitPubcomp | AwaitPubrecAgain | AwaitPubcompAgain | SendingQos2 => {
                Some(world.publish(QoS::ExactlyOnce, "topic".into(), b"two".into()))
            }
            AwaitSuback | SendingSubscribe => {
                Some(world.subscribe([("a", RequestedQoS::AtLeastOnce), ("b/#", RequestedQoS::ExactlyOnce)]))
            }
            AwaitUnsuback => Some(world.unsubscribe(["a"])),
            AwaitPingresp => Some(world.ping()),
            Disconnecting => {
                world.line.hold_flushes(true);
                Some(world.disconnect())
            }
            _ => None,
        };
        if self.is_sending() {
            // Nobody sees its identifier yet: it is that of an agent that has sent nothing else.
            assert_eq!(world.sent(), []);
            assert!(world.is_mid_packet());
            return scene;
        }
        if self == KeepAlive {
            world.pass(60_000 / 8 * 7);
        }
        if self == AwaitPubrel {
            world.send(&publish(0x04, b"held", Some(HELD), b"two"));
            world.handled();
            assert_eq!(world.sent(), [Sent::Short { first_byte: PUBREC, identifier: HELD }]);
        }
        match world.sent().as_slice() {
            [] | [Sent::Pingreq | Sent::Disconnect] => {}
            [
                Sent::Publish { identifier, .. }
                | Sent::Subscribe { identifier, .. }
                | Sent::Unsubscribe { identifier },
            ] => scene.identifier = *identifier,
            sent => panic!("{sent:?}"),
        }
        if matches!(self, AwaitPubcomp | AwaitPubcompAgain) {
            world.send(&short(PUBREC, scene.identifier));
            assert_eq!(world.sent(), [Sent::Short { first_byte: PUBREL, identifier: scene.identifier }]);
        }
        if matches!(self, AwaitPubackAgain | AwaitPubrecAgain | AwaitPubcompAgain) {
            world.connect(false, 60);
            world.settle();
            world.send(&connack(true, 0));
            let sent = world.sent();
            assert_eq!(sent.len(), 2, "CONNECT, and what is sent again: {sent:?}");
            assert!(self.comes_again(&scene, &sent[1]), "{sent:?}");
        }
        scene
    }

    /// Whether this is what the next connection of the session begins with.
    fn comes_again(self, scene: &Scene, sent: &Sent) -> bool {
        match sent {
            Sent::Publish { dup: true, identifier, .. } => {
                (self.awaits_puback() || self.awaits_pubrec()) && *identifier == scene.identifier
            }
            Sent::Short { first_byte: PUBREL, identifier } => self.awaits_pubcomp() && *identifier == scene.identifier,
            _ => false,
        }
    }

    /// Ends what the agent has begun: on this connection if it is there, else on the next one of the session, with a Server
    /// that keeps to the standard. No slot is lost, and each command has the outcome that it must have.
    pub(crate) fn recover(self, world: &mut World<'_>, scene: &Scene) {
        let goes_on = world.is_running() && self != BeforeConnack;
        if goes_on {
            // What was sent before is not answered by `serve`.
            for answer in self.answers(scene.identifier) {
                world.send(&answer);
            }
            // One that nobody awaits would end the connection.
            if self == AwaitPingresp && scene.command.is_some_and(|ping| world.outcome(ping).is_none()) {
                world.send(&PINGRESP);
            }
            world.serve(false);
        } else {
            world.connect(false, 60);
            world.serve(true);
        }
        if let Some(command) = scene.command {
            let outcome = world.outcome(command);
            let is_message = self.awaits_puback() || self.awaits_pubrec() || self.awaits_pubcomp();
            let expected = if is_message || goes_on { self.success() } else { Err(CommandError::ConnectionLost) };
            let fits = outcome.as_ref() == Some(&expected)
                // Acknowledged before the connection ended.
                || outcome.as_ref() == Some(&self.success())
                || self == Disconnecting && outcome == Some(Err(CommandError::ConnectionLost));
            assert!(fits, "{self:?}: {outcome:?}");
        }
        world.assert_all_slots_are_free();
    }

    /// What answers the command of this stage.
    fn answers(self, identifier: u16) -> Vec<Vec<u8>> {
        let publish = |qos| Sent::Publish {
            dup: false,
            qos,
            retain: false,
            topic: String::new(),
            identifier,
            payload: Vec::new(),
        };
        let release = Sent::Short { first_byte: PUBREL, identifier };
        let sent = match self {
            AwaitPuback | AwaitPubackAgain | SendingQos1 => vec![publish(1)],
            AwaitPubrec | AwaitPubrecAgain | SendingQos2 => vec![publish(2)],
            AwaitPubcomp | AwaitPubcompAgain => vec![release],
            AwaitSuback | SendingSubscribe => vec![Sent::Subscribe { identifier, filters: 2 }],
            AwaitUnsuback => vec![Sent::Unsubscribe { identifier }],
            AwaitPubrel => return vec![short(PUBREL, HELD)],
            _ => vec![],
        };
        sent.iter().map(|sent| packets::answer(sent, false)).collect()
    }

    /// What the command of this stage says when all goes well.
    fn success(self) -> Outcome {
        let codes = if self.awaits_suback() { vec![SubackReturnCode::GrantedAtMostOnce; 2] } else { vec![] };
        Ok(codes)
    }
}
