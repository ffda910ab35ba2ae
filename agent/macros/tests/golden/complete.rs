#[allow(dead_code, reason = "the variants name what the agent can do")]
/// All that a client can do.
pub enum Command {
    Publish,
    Subscribe,
    Unsubscribe,
    Ping,
    Disconnect,
    Stop,
}
impl ::slimqtt::export::Profile for Command {
    const TIMEOUT_MS: u32 = 10000;
    const PUBLISH: u8 = 2;
    const SUBSCRIBE: bool = true;
    const UNSUBSCRIBE: bool = true;
    const PING: bool = true;
    const STOP: bool = true;
    const CONNECTED: bool = true;
    const RECEIVE: ::core::option::Option<u8> = ::core::option::Option::Some(2);
    type RequestedQoS = RequestedQoS;
    type Identifiers = [::core::sync::atomic::AtomicU16; 8];
    type Source = ::core::option::Option<&'static dyn ::slimqtt::Payload>;
    type Completion = ::core::option::Option<&'static ::slimqtt::Completion>;
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
    /// The message arrives at least once.
    AtLeastOnce,
    /// The message arrives exactly once.
    ExactlyOnce,
}
impl ::core::convert::From<QoS> for ::slimqtt::export::QoS {
    fn from(qos: QoS) -> Self {
        match qos {
            QoS::AtMostOnce => Self::AtMostOnce,
            QoS::AtLeastOnce => Self::AtLeastOnce,
            QoS::ExactlyOnce => Self::ExactlyOnce,
        }
    }
}
/// The highest quality of service of a subscription's messages (3.8.3), as far as this agent has it.
#[allow(dead_code, reason = "not every firmware uses every quality")]
#[derive(
    ::core::fmt::Debug,
    ::core::clone::Clone,
    ::core::marker::Copy,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
)]
pub enum RequestedQoS {
    /// The message arrives once or not at all.
    AtMostOnce,
    /// The message arrives at least once.
    AtLeastOnce,
    /// The message arrives exactly once.
    ExactlyOnce,
}
impl ::core::convert::From<RequestedQoS> for ::slimqtt::export::QoS {
    fn from(qos: RequestedQoS) -> Self {
        match qos {
            RequestedQoS::AtMostOnce => Self::AtMostOnce,
            RequestedQoS::AtLeastOnce => Self::AtLeastOnce,
            RequestedQoS::ExactlyOnce => Self::ExactlyOnce,
        }
    }
}
/// An MQTT 3.1.1 agent with 4 slots of 192 bytes for outgoing packets.
///
/// Make it a `static`: it is used from tasks, threads and interrupts alike, and [`run`](Self::run) by one task.
pub struct Agent(::slimqtt::export::Agent<Command, 4, 192, { 128 }>);
#[allow(dead_code, reason = "not every firmware uses every command")]
impl Agent {
    /// An agent without a connection. Commands can be given at once.
    pub const fn new() -> Self {
        Self(::slimqtt::export::Agent::new())
    }
    /// Publishes a message (3.3), and waits until it has been sent (QoS 0), or the Server has acknowledged it (QoS 1), or the Server has confirmed that it arrived exactly once (QoS 2). Waits for a free slot before that.
    ///
    /// Topic and payload are copied once, when the future is polled and a slot is free. Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` where the topic is empty, has a wildcard or U+0000, or the packet is larger than a slot; at QoS 0 `ConnectionLost` where the connection ended while it was being sent; `SessionLost` where the connection ended before the message was acknowledged, and the Server kept no session; `Stopped` where the agent was stopped.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn publish<'a>(
        &'a self,
        qos: QoS,
        topic: &'a str,
        payload: &'a [u8],
    ) -> ::slimqtt::Submission<'a, Command, (), 4, 192> {
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
    /// Publishes a message (3.3), without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`publish`](Self::publish). The [`Completion`] is told the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` as for [`publish`](Self::publish); `QueueFull` where no slot is free. Nothing is queued then, and the completion is not called.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    /// [`Completion`]: ::slimqtt::Completion
    pub fn publish_then(
        &self,
        qos: QoS,
        topic: &str,
        payload: &[u8],
        completion: &'static ::slimqtt::Completion,
    ) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        self.0
            .submit_then(
                &::slimqtt::export::Request::Publish(
                    ::slimqtt::export::Publish {
                        qos: ::core::convert::Into::into(qos),
                        retain: false,
                        topic,
                    },
                    payload,
                ),
                completion,
            )
    }
    /// Publishes a message (3.3) that the Server keeps for future subscribers (3.3.1.3), and waits until it has been sent (QoS 0), or the Server has acknowledged it (QoS 1), or the Server has confirmed that it arrived exactly once (QoS 2). Waits for a free slot before that.
    ///
    /// An empty message removes the one that the Server has kept `[MQTT-3.3.1-10]`.
    ///
    /// Topic and payload are copied once, when the future is polled and a slot is free. Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` where the topic is empty, has a wildcard or U+0000, or the packet is larger than a slot; at QoS 0 `ConnectionLost` where the connection ended while it was being sent; `SessionLost` where the connection ended before the message was acknowledged, and the Server kept no session; `Stopped` where the agent was stopped.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn publish_retained<'a>(
        &'a self,
        qos: QoS,
        topic: &'a str,
        payload: &'a [u8],
    ) -> ::slimqtt::Submission<'a, Command, (), 4, 192> {
        self.0
            .submit(
                ::slimqtt::export::Request::Publish(
                    ::slimqtt::export::Publish {
                        qos: ::core::convert::Into::into(qos),
                        retain: true,
                        topic,
                    },
                    payload,
                ),
            )
    }
    /// Publishes a message (3.3) that the Server keeps for future subscribers (3.3.1.3), without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`publish_retained`](Self::publish_retained). Nobody learns the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` as for [`publish_retained`](Self::publish_retained); `QueueFull` where no slot is free. Nothing is queued then.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn try_publish_retained(
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
                        retain: true,
                        topic,
                    },
                    payload,
                ),
            )
    }
    /// Publishes a message (3.3) that the Server keeps for future subscribers (3.3.1.3), without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`publish_retained`](Self::publish_retained). The [`Completion`] is told the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` as for [`publish_retained`](Self::publish_retained); `QueueFull` where no slot is free. Nothing is queued then, and the completion is not called.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    /// [`Completion`]: ::slimqtt::Completion
    pub fn publish_retained_then(
        &self,
        qos: QoS,
        topic: &str,
        payload: &[u8],
        completion: &'static ::slimqtt::Completion,
    ) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        self.0
            .submit_then(
                &::slimqtt::export::Request::Publish(
                    ::slimqtt::export::Publish {
                        qos: ::core::convert::Into::into(qos),
                        retain: true,
                        topic,
                    },
                    payload,
                ),
                completion,
            )
    }
    /// Publishes a message (3.3), with a payload that is read when it is sent, and waits until it has been sent (QoS 0), or the Server has acknowledged it (QoS 1), or the Server has confirmed that it arrived exactly once (QoS 2). Waits for a free slot before that.
    ///
    /// The payload may be of any size. It is read piece by piece, and again if the message is sent again; what the slot has left behind the topic is the buffer for it.
    ///
    /// The topic is copied once, when the future is polled and a slot is free. Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` where the topic is empty, has a wildcard or U+0000, or does not fit into a slot, or the packet is larger than any may be (2.2.3); at QoS 0 `ConnectionLost` where the connection ended while it was being sent; `SessionLost` where the connection ended before the message was acknowledged, and the Server kept no session; `PayloadEnded` where the payload had fewer bytes than it had promised: the connection ends too; `Stopped` where the agent was stopped.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn publish_from<'a>(
        &'a self,
        qos: QoS,
        topic: &'a str,
        payload: &'static dyn ::slimqtt::Payload,
    ) -> ::slimqtt::Submission<'a, Command, (), 4, 192> {
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
    pub fn try_publish_from(
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
    /// Publishes a message (3.3), with a payload that is read when it is sent, without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`publish_from`](Self::publish_from). The [`Completion`] is told the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` as for [`publish_from`](Self::publish_from); `QueueFull` where no slot is free. Nothing is queued then, and the completion is not called.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    /// [`Completion`]: ::slimqtt::Completion
    pub fn publish_from_then(
        &self,
        qos: QoS,
        topic: &str,
        payload: &'static dyn ::slimqtt::Payload,
        completion: &'static ::slimqtt::Completion,
    ) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        self.0
            .submit_then(
                &::slimqtt::export::Request::PublishFrom(
                    ::slimqtt::export::Publish {
                        qos: ::core::convert::Into::into(qos),
                        retain: false,
                        topic,
                    },
                    payload,
                ),
                completion,
            )
    }
    /// Publishes a message (3.3) that the Server keeps for future subscribers (3.3.1.3), with a payload that is read when it is sent, and waits until it has been sent (QoS 0), or the Server has acknowledged it (QoS 1), or the Server has confirmed that it arrived exactly once (QoS 2). Waits for a free slot before that.
    ///
    /// An empty message removes the one that the Server has kept `[MQTT-3.3.1-10]`.
    ///
    /// The payload may be of any size. It is read piece by piece, and again if the message is sent again; what the slot has left behind the topic is the buffer for it.
    ///
    /// The topic is copied once, when the future is polled and a slot is free. Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` where the topic is empty, has a wildcard or U+0000, or does not fit into a slot, or the packet is larger than any may be (2.2.3); at QoS 0 `ConnectionLost` where the connection ended while it was being sent; `SessionLost` where the connection ended before the message was acknowledged, and the Server kept no session; `PayloadEnded` where the payload had fewer bytes than it had promised: the connection ends too; `Stopped` where the agent was stopped.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn publish_retained_from<'a>(
        &'a self,
        qos: QoS,
        topic: &'a str,
        payload: &'static dyn ::slimqtt::Payload,
    ) -> ::slimqtt::Submission<'a, Command, (), 4, 192> {
        self.0
            .submit(
                ::slimqtt::export::Request::PublishFrom(
                    ::slimqtt::export::Publish {
                        qos: ::core::convert::Into::into(qos),
                        retain: true,
                        topic,
                    },
                    payload,
                ),
            )
    }
    /// Publishes a message (3.3) that the Server keeps for future subscribers (3.3.1.3), with a payload that is read when it is sent, without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`publish_retained_from`](Self::publish_retained_from). Nobody learns the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` as for [`publish_retained_from`](Self::publish_retained_from); `QueueFull` where no slot is free. Nothing is queued then.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn try_publish_retained_from(
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
                        retain: true,
                        topic,
                    },
                    payload,
                ),
            )
    }
    /// Publishes a message (3.3) that the Server keeps for future subscribers (3.3.1.3), with a payload that is read when it is sent, without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`publish_retained_from`](Self::publish_retained_from). The [`Completion`] is told the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` as for [`publish_retained_from`](Self::publish_retained_from); `QueueFull` where no slot is free. Nothing is queued then, and the completion is not called.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    /// [`Completion`]: ::slimqtt::Completion
    pub fn publish_retained_from_then(
        &self,
        qos: QoS,
        topic: &str,
        payload: &'static dyn ::slimqtt::Payload,
        completion: &'static ::slimqtt::Completion,
    ) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        self.0
            .submit_then(
                &::slimqtt::export::Request::PublishFrom(
                    ::slimqtt::export::Publish {
                        qos: ::core::convert::Into::into(qos),
                        retain: true,
                        topic,
                    },
                    payload,
                ),
                completion,
            )
    }
    /// Subscribes to 1 to 4 topic filters (3.8), each with the highest QoS of its messages, and waits until the Server has answered. Waits for a free slot before that.
    ///
    /// The answer has a return code for each filter, in their order: the QoS that the Server grants, or a failure (3.9.3). Subscriptions last as long as the session (3.1.2.4): in a clean one, subscribe anew.
    ///
    /// The topic filters are copied once, when the future is polled and a slot is free. Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` where a topic filter is empty, has U+0000 or a wildcard that is not a whole level, or the packet is larger than a slot; `ConnectionLost` where the connection ended before the answer came; `Stopped` where the agent was stopped.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn subscribe<'a, const FILTERS: usize>(
        &'a self,
        filters: &'a [(&'a str, RequestedQoS); FILTERS],
    ) -> ::slimqtt::Submission<
        'a,
        Command,
        [::slimqtt::SubackReturnCode; FILTERS],
        4,
        192,
    > {
        const {
            ::core::assert!(
                ::core::matches!(FILTERS, 1..= 4),
                "subscribe takes 1 to 4 topic filters at a time: `#[subscribe(filters = 4)]` says so"
            )
        };
        self.0.submit(::slimqtt::export::Request::Subscribe(filters))
    }
    /// Subscribes to 1 to 4 topic filters (3.8), each with the highest QoS of its messages, without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`subscribe`](Self::subscribe). Nobody learns the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` as for [`subscribe`](Self::subscribe); `QueueFull` where no slot is free. Nothing is queued then.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn try_subscribe<const FILTERS: usize>(
        &self,
        filters: &[(&str, RequestedQoS); FILTERS],
    ) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        const {
            ::core::assert!(
                ::core::matches!(FILTERS, 1..= 4),
                "subscribe takes 1 to 4 topic filters at a time: `#[subscribe(filters = 4)]` says so"
            )
        };
        self.0.try_submit(&::slimqtt::export::Request::Subscribe(filters))
    }
    /// Subscribes to 1 to 4 topic filters (3.8), each with the highest QoS of its messages, without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`subscribe`](Self::subscribe). The [`Completion`] is told the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` as for [`subscribe`](Self::subscribe); `QueueFull` where no slot is free. Nothing is queued then, and the completion is not called.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    /// [`Completion`]: ::slimqtt::Completion
    pub fn subscribe_then<const FILTERS: usize>(
        &self,
        filters: &[(&str, RequestedQoS); FILTERS],
        completion: &'static ::slimqtt::Completion,
    ) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        const {
            ::core::assert!(
                ::core::matches!(FILTERS, 1..= 4),
                "subscribe takes 1 to 4 topic filters at a time: `#[subscribe(filters = 4)]` says so"
            )
        };
        self.0.submit_then(&::slimqtt::export::Request::Subscribe(filters), completion)
    }
    /// Ends the subscriptions to 1 to 4 topic filters (3.10), and waits until the Server has answered. Waits for a free slot before that.
    ///
    /// Write filters as they were subscribed. Messages that are on their way may still come (3.10.4).
    ///
    /// The topic filters are copied once, when the future is polled and a slot is free. Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` where a topic filter is empty, has U+0000 or a wildcard that is not a whole level, or the packet is larger than a slot; `ConnectionLost` where the connection ended before the answer came; `Stopped` where the agent was stopped.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn unsubscribe<'a, const FILTERS: usize>(
        &'a self,
        filters: &'a [&'a str; FILTERS],
    ) -> ::slimqtt::Submission<'a, Command, (), 4, 192> {
        const {
            ::core::assert!(
                ::core::matches!(FILTERS, 1..= 4),
                "unsubscribe takes 1 to 4 topic filters at a time: `#[unsubscribe(filters = 4)]` says so"
            )
        };
        self.0.submit(::slimqtt::export::Request::Unsubscribe(filters))
    }
    /// Ends the subscriptions to 1 to 4 topic filters (3.10), without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`unsubscribe`](Self::unsubscribe). Nobody learns the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` as for [`unsubscribe`](Self::unsubscribe); `QueueFull` where no slot is free. Nothing is queued then.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn try_unsubscribe<const FILTERS: usize>(
        &self,
        filters: &[&str; FILTERS],
    ) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        const {
            ::core::assert!(
                ::core::matches!(FILTERS, 1..= 4),
                "unsubscribe takes 1 to 4 topic filters at a time: `#[unsubscribe(filters = 4)]` says so"
            )
        };
        self.0.try_submit(&::slimqtt::export::Request::Unsubscribe(filters))
    }
    /// Ends the subscriptions to 1 to 4 topic filters (3.10), without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`unsubscribe`](Self::unsubscribe). The [`Completion`] is told the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `Invalid` as for [`unsubscribe`](Self::unsubscribe); `QueueFull` where no slot is free. Nothing is queued then, and the completion is not called.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    /// [`Completion`]: ::slimqtt::Completion
    pub fn unsubscribe_then<const FILTERS: usize>(
        &self,
        filters: &[&str; FILTERS],
        completion: &'static ::slimqtt::Completion,
    ) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        const {
            ::core::assert!(
                ::core::matches!(FILTERS, 1..= 4),
                "unsubscribe takes 1 to 4 topic filters at a time: `#[unsubscribe(filters = 4)]` says so"
            )
        };
        self.0.submit_then(&::slimqtt::export::Request::Unsubscribe(filters), completion)
    }
    /// Asks the Server for a sign of life (3.12), and waits until it has come. Waits for a free slot before that.
    ///
    /// The agent keeps the connection alive by itself; this is for who wants to know. If the Server does not answer in time, the connection ends.
    ///
    /// Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `ConnectionLost` where the connection ended before the answer came; `Stopped` where the agent was stopped.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn ping(&self) -> ::slimqtt::Submission<'_, Command, (), 4, 192> {
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
    pub fn try_ping(&self) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        self.0.try_submit(&::slimqtt::export::Request::Ping)
    }
    /// Asks the Server for a sign of life (3.12), without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`ping`](Self::ping). The [`Completion`] is told the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `QueueFull` where no slot is free. Nothing is queued then, and the completion is not called.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    /// [`Completion`]: ::slimqtt::Completion
    pub fn ping_then(
        &self,
        completion: &'static ::slimqtt::Completion,
    ) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        self.0.submit_then(&::slimqtt::export::Request::Ping, completion)
    }
    /// Ends the connection (3.14), after all that is in line before, and waits until DISCONNECT has been sent. Waits for a free slot before that.
    ///
    /// [`run`](Self::run) returns then. It does not wait for answers: who needs them awaits them before.
    ///
    /// Dropping the future before the agent turns to the packet cancels the command.
    ///
    /// # Errors
    /// A [`CommandError`]: `ConnectionLost` where the connection ended otherwise; `Stopped` where the agent was stopped.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    pub fn disconnect(&self) -> ::slimqtt::Submission<'_, Command, (), 4, 192> {
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
    /// Ends the connection (3.14), after all that is in line before, without waiting, also from an interrupt: the packet is in line when this returns.
    ///
    /// Otherwise like [`disconnect`](Self::disconnect). The [`Completion`] is told the outcome.
    ///
    /// # Errors
    /// A [`CommandError`]: `QueueFull` where no slot is free. Nothing is queued then, and the completion is not called.
    ///
    /// [`CommandError`]: ::slimqtt::CommandError
    /// [`Completion`]: ::slimqtt::Completion
    pub fn disconnect_then(
        &self,
        completion: &'static ::slimqtt::Completion,
    ) -> ::core::result::Result<(), ::slimqtt::CommandError> {
        self.0.submit_then(&::slimqtt::export::Request::Disconnect, completion)
    }
    /// Stops the agent at once, also from an interrupt: [`run`](Self::run) ends with `Error::Stopped`, without
    /// a DISCONNECT, and all commands that are in line or on their way fail with `CommandError::Stopped`.
    ///
    /// It takes no slot, so it never waits and cannot fail. While no connection is running it only clears the
    /// line. Afterwards the agent can be run again.
    pub fn stop(&self) {
        self.0.stop();
    }
    /// Waits until the Server has accepted a connection; at once while there is one. True if the Server had the
    /// session already, with what was subscribed in it `[MQTT-3.2.2-2]`: never so in a clean one.
    ///
    /// A connection lasts until the future of [`run`](Self::run) is dropped. Of one that was over before this future
    /// was polled nothing is told: a session that began with it is there in the next one. It takes no slot, but
    /// counts as one that waits for a free slot.
    pub fn connected(&self) -> impl ::core::future::Future<Output = bool> + '_ {
        self.0.connected()
    }
    /// Like [`connected`](Self::connected), without waiting: `None` while there is no connection.
    pub fn try_connected(&self) -> ::core::option::Option<bool> {
        self.0.try_connected()
    }
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
    pub fn run<'a, const CONNECT: usize>(
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
}
