#[allow(dead_code, reason = "the variants name what the agent can do")]
enum Command {
    #[cfg(a)]
    #[cfg(b)]
    Publish,
    #[cfg(c)]
    Subscribe,
    #[cfg(d)]
    Ping,
}
impl ::slimqtt::export::Profile for Command {
    const TIMEOUT_MS: u32 = 10000;
    const PUBLISH: u8 = if ::core::cfg!(all(a, b)) { 2 } else { 0 };
    const SUBSCRIBE: bool = ::core::cfg!(c);
    const PING: bool = ::core::cfg!(d);
    const RECEIVE: ::core::option::Option<u8> = if ::core::cfg!(c) {
        ::core::option::Option::Some(2)
    } else {
        ::core::option::Option::None
    };
    #[cfg(c)]
    type RequestedQoS = RequestedQoS;
    #[cfg(not(c))]
    type RequestedQoS = ::slimqtt::export::QoS;
    #[cfg(c)]
    type Identifiers = [::core::sync::atomic::AtomicU16; 8];
    #[cfg(not(c))]
    type Identifiers = [::core::sync::atomic::AtomicU16; 0];
    #[cfg(all(a, b))]
    type Source = ::core::option::Option<&'static dyn ::slimqtt::Payload>;
    #[cfg(not(all(a, b)))]
    type Source = ();
    type Completion = ();
}
/// The quality of service of a message (4.3), as far as this agent publishes at it.
#[cfg(a)]
#[cfg(b)]
#[allow(dead_code, reason = "not every firmware uses every quality")]
#[derive(
    ::core::fmt::Debug,
    ::core::clone::Clone,
    ::core::marker::Copy,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
)]
enum QoS {
    /// The message arrives at least once.
    AtLeastOnce,
    /// The message arrives exactly once.
    ExactlyOnce,
}
#[cfg(a)]
#[cfg(b)]
impl ::core::convert::From<QoS> for ::slimqtt::export::QoS {
    fn from(qos: QoS) -> Self {
        match qos {
            QoS::AtLeastOnce => Self::AtLeastOnce,
            QoS::ExactlyOnce => Self::ExactlyOnce,
        }
    }
}
/// The highest quality of service of a subscription's messages (3.8.3), as far as this agent has it.
#[cfg(c)]
#[allow(dead_code, reason = "not every firmware uses every quality")]
#[derive(
    ::core::fmt::Debug,
    ::core::clone::Clone,
    ::core::marker::Copy,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
)]
enum RequestedQoS {
    /// The message arrives exactly once.
    ExactlyOnce,
}
#[cfg(c)]
impl ::core::convert::From<RequestedQoS> for ::slimqtt::export::QoS {
    fn from(qos: RequestedQoS) -> Self {
        match qos {
            RequestedQoS::ExactlyOnce => Self::ExactlyOnce,
        }
    }
}
/// An MQTT 3.1.1 agent with 4 slots of 128 bytes for outgoing packets.
///
/// Make it a `static`: it is used from tasks, threads and interrupts alike, and [`run`](Self::run) by one task.
struct Agent(
    ::slimqtt::export::Agent<Command, 4, 128, { if ::core::cfg!(c) { 128 } else { 16 } }>,
);
#[allow(dead_code, reason = "not every firmware uses every command")]
impl Agent {
    /// An agent without a connection. Commands can be given at once.
    const fn new() -> Self {
        Self(::slimqtt::export::Agent::new())
    }
    /// Publishes a message (3.3), and waits until the Server has acknowledged it (QoS 1), or the Server has confirmed that it arrived exactly once (QoS 2). Waits for a free slot before that.
    ///
    /// Topic and payload are copied once, when the future is polled and a slot is free. Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` where the topic is empty, has a wildcard or U+0000, or the packet is larger than a slot; `SessionLost` where the connection ended before the message was acknowledged, and the Server kept no session.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    #[cfg(a)]
    #[cfg(b)]
    fn publish<'a>(
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
    #[cfg(a)]
    #[cfg(b)]
    fn try_publish(
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
    /// Publishes a message (3.3), with a payload that is read when it is sent, and waits until the Server has acknowledged it (QoS 1), or the Server has confirmed that it arrived exactly once (QoS 2). Waits for a free slot before that.
    ///
    /// The payload may be of any size. It is read piece by piece, and again if the message is sent again; what the slot has left behind the topic is the buffer for it.
    ///
    /// The topic is copied once, when the future is polled and a slot is free. Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` where the topic is empty, has a wildcard or U+0000, or does not fit into a slot, or the packet is larger than any may be (2.2.3); `SessionLost` where the connection ended before the message was acknowledged, and the Server kept no session; `PayloadEnded` where the payload had fewer bytes than it had promised: the connection ends too.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    #[cfg(a)]
    #[cfg(b)]
    fn publish_from<'a>(
        &'a self,
        qos: QoS,
        topic: &'a str,
        payload: &'static dyn ::slimqtt::Payload,
    ) -> ::slimqtt::Submission<'a, Command, (), 4, 128> {
        self.0
            .submit(
                ::slimqtt::export::Request::PublishFrom(
                    ::slimqtt::export::Publish {
                        qos: ::core::convert::Into::into(qos),
                        retain: false,
                        topic,
                    },
                    payload,
                ),
            )
    }
    /// Publishes a message (3.3), with a payload that is read when it is sent, without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`publish_from`](Self::publish_from). Nobody learns the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` as for [`publish_from`](Self::publish_from); `QueueFull` where no slot is free. Nothing is queued then.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    #[cfg(a)]
    #[cfg(b)]
    fn try_publish_from(
        &self,
        qos: QoS,
        topic: &str,
        payload: &'static dyn ::slimqtt::Payload,
    ) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        self.0
            .try_submit(
                &::slimqtt::export::Request::PublishFrom(
                    ::slimqtt::export::Publish {
                        qos: ::core::convert::Into::into(qos),
                        retain: false,
                        topic,
                    },
                    payload,
                ),
            )
    }
    /// Subscribes to a topic filter (3.8), with the highest QoS of its messages, and waits until the Server has answered. Waits for a free slot before that.
    ///
    /// The answer has a return code for each filter, in their order: the QoS that the Server grants, or a failure (3.9.3). Subscriptions last as long as the session (3.1.2.4): in a clean one, subscribe anew.
    ///
    /// The topic filters are copied once, when the future is polled and a slot is free. Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` where a topic filter is empty, has U+0000 or a wildcard that is not a whole level, or the packet is larger than a slot; `ConnectionLost` where the connection ended before the answer came.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    #[cfg(c)]
    fn subscribe<'a, const FILTERS: usize>(
        &'a self,
        filters: &'a [(&'a str, RequestedQoS); FILTERS],
    ) -> ::slimqtt::Submission<
        'a,
        Command,
        [::slimqtt::SubackReturnCode; FILTERS],
        4,
        128,
    > {
        const {
            ::core::assert!(
                ::core::matches!(FILTERS, 1..= 1),
                "subscribe takes 1 topic filter at a time: `#[subscribe(filters = ...)]` allows more"
            )
        };
        self.0.submit(::slimqtt::export::Request::Subscribe(filters))
    }
    /// Subscribes to a topic filter (3.8), with the highest QoS of its messages, without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`subscribe`](Self::subscribe). Nobody learns the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` as for [`subscribe`](Self::subscribe); `QueueFull` where no slot is free. Nothing is queued then.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    #[cfg(c)]
    fn try_subscribe<const FILTERS: usize>(
        &self,
        filters: &[(&str, RequestedQoS); FILTERS],
    ) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        const {
            ::core::assert!(
                ::core::matches!(FILTERS, 1..= 1),
                "subscribe takes 1 topic filter at a time: `#[subscribe(filters = ...)]` allows more"
            )
        };
        self.0.try_submit(&::slimqtt::export::Request::Subscribe(filters))
    }
    /// Asks the Server for a sign of life (3.12), and waits until it has come. Waits for a free slot before that.
    ///
    /// The agent keeps the connection alive by itself; this is for who wants to know. If the Server does not answer in time, the connection ends.
    ///
    /// Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `ConnectionLost` where the connection ended before the answer came.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    #[cfg(d)]
    fn ping(&self) -> ::slimqtt::Submission<'_, Command, (), 4, 128> {
        self.0.submit(::slimqtt::export::Request::Ping)
    }
    /// Asks the Server for a sign of life (3.12), without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`ping`](Self::ping). Nobody learns the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `QueueFull` where no slot is free. Nothing is queued then.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    #[cfg(d)]
    fn try_ping(&self) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        self.0.try_submit(&::slimqtt::export::Request::Ping)
    }
    #[cfg(c)]
    /// Runs one connection on a fresh transport, from CONNECT to its end.
    ///
    /// Messages go to `handler`, in parts where they are larger than the buffer for what comes: 128 bytes. The handler must not wait, but it may give commands that do not.
    ///
    /// `Ok` means that a disconnect ended it: close the transport. After an error too; then wait a little,
    /// connect the transport anew and run again: commands that were not begun are still in line. Dropping the
    /// future ends the connection without a DISCONNECT.
    ///
    /// # Errors
    /// Why the connection ended. A failing command does not end it.
    fn run<'a, const CONNECT: usize>(
        &'a self,
        rx: &'a mut impl ::slimqtt::export::Read,
        tx: &'a mut impl ::slimqtt::export::Write,
        clock: &'a impl ::slimqtt::Clock,
        connect: &'a ::slimqtt::Connect<CONNECT>,
        handler: impl ::core::ops::FnMut(::slimqtt::Message<'_>) + 'a,
    ) -> impl ::core::future::Future<
        Output = ::core::result::Result<(), ::slimqtt::Error>,
    > {
        self.0.run(rx, tx, clock, connect, handler)
    }
    #[cfg(not(c))]
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
    fn run<'a, const CONNECT: usize>(
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
