#[allow(dead_code, reason = "the variants name what the agent can do")]
/// What a beacon says.
pub enum Command {
    Publish,
    Disconnect,
}
impl ::slimqtt::export::Profile for Command {
    const TIMEOUT_MS: u32 = 10000;
    type RequestedQoS = ::slimqtt::export::QoS;
    type Identifiers = [::core::sync::atomic::AtomicU16; 0];
    type Source = ();
    type Completion = ();
}
/// The quality of service of a message (4.3), as far as this agent publishes at it.
#[allow(dead_code, reason = "not every firmware uses every quality")]
#[derive(
    ::core::fmt::Debug,
    ::core::clone::Clone,
    ::core::marker::Copy,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
)]
pub enum QoS {
    /// The message arrives once or not at all.
    AtMostOnce,
}
impl ::core::convert::From<QoS> for ::slimqtt::export::QoS {
    fn from(qos: QoS) -> Self {
        match qos {
            QoS::AtMostOnce => Self::AtMostOnce,
        }
    }
}
/// An MQTT 3.1.1 agent with 4 slots of 128 bytes for outgoing packets.
///
/// Make it a `static`: it is used from tasks, threads and interrupts alike, and [`run`](Self::run) by one task.
pub struct Agent(::slimqtt::export::Agent<Command, 4, 128, { 16 }>);
#[allow(dead_code, reason = "not every firmware uses every command")]
impl Agent {
    /// An agent without a connection. Commands can be given at once.
    pub const fn new() -> Self {
        Self(::slimqtt::export::Agent::new())
    }
    /// Publishes a message (3.3), and waits until it has been sent. Waits for a free slot before that.
    ///
    /// Topic and payload are copied once, when the future is polled and a slot is free. Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` where the topic is empty, has a wildcard or U+0000, or the packet is larger than a slot; `ConnectionLost` where the connection ended while it was being sent.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn publish<'a>(
        &'a self,
        qos: QoS,
        topic: &'a str,
        payload: &'a [u8],
    ) -> ::slimqtt::Submission<'a, Command, (), 4, 128> {
        self.0
            .submit(
                ::slimqtt::export::Request::Publish(
                    ::slimqtt::export::Publish {
                        qos: ::core::convert::Into::into(qos),
                        retain: false,
                        topic,
                    },
                    payload,
                ),
            )
    }
    /// Publishes a message (3.3), without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`publish`](Self::publish). Nobody learns the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` as for [`publish`](Self::publish); `QueueFull` where no slot is free. Nothing is queued then.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn try_publish(
        &self,
        qos: QoS,
        topic: &str,
        payload: &[u8],
    ) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        self.0
            .try_submit(
                &::slimqtt::export::Request::Publish(
                    ::slimqtt::export::Publish {
                        qos: ::core::convert::Into::into(qos),
                        retain: false,
                        topic,
                    },
                    payload,
                ),
            )
    }
    /// Ends the connection (3.14), after all that is in line before, and waits until DISCONNECT has been sent. Waits for a free slot before that.
    ///
    /// [`run`](Self::run) returns then.
    ///
    /// Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `ConnectionLost` where the connection ended otherwise.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn disconnect(&self) -> ::slimqtt::Submission<'_, Command, (), 4, 128> {
        self.0.submit(::slimqtt::export::Request::Disconnect)
    }
    /// Ends the connection (3.14), after all that is in line before, without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`disconnect`](Self::disconnect). Nobody learns the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `QueueFull` where no slot is free. Nothing is queued then.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn try_disconnect(&self) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        self.0.try_submit(&::slimqtt::export::Request::Disconnect)
    }
    /// Runs one connection on a fresh transport, from CONNECT to its end.
    ///
    /// The buffer for what comes has 16 bytes.
    ///
    /// `Ok` means that a disconnect ended it: close the transport. After an error too; then wait a little,
    /// connect the transport anew and run again: commands that were not begun are still in line. Dropping the
    /// future ends the connection without a DISCONNECT.
    ///
    /// # Errors
    /// Why the connection ended. A failing command does not end it.
    pub fn run<'a, const CONNECT: usize>(
        &'a self,
        rx: &'a mut impl ::slimqtt::export::Read,
        tx: &'a mut impl ::slimqtt::export::Write,
        clock: &'a impl ::slimqtt::Clock,
        connect: &'a ::slimqtt::Connect<CONNECT>,
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<(), ::slimqtt::Error>,
    > {
        self.0.run(rx, tx, clock, connect, |_| {})
    }
}
