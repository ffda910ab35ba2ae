//! What the enum does not name is not there: its place is free. That this compiles is the test, on any compiler; in
//! `ui` is what a user of such a method is told.

/// Gives an agent methods that it would have twice, were the command there.
macro_rules! lacks {
    ($agent:ident: $($method:ident)+) => {
        impl $agent {
            $(const fn $method(&self) {})+
        }

        #[test]
        fn these_are_free() {
            static MQTT: $agent = $agent::new();
            $(MQTT.$method();)+
        }
    };
}

mod publish {
    #[slimqtt::agent]
    enum Command {
        #[publish(qos = 0)]
        Publish,
    }

    struct RequestedQoS;

    lacks!(Agent: publish_retained try_publish_retained publish_from try_publish_from publish_retained_from
        try_publish_retained_from publish_then subscribe try_subscribe unsubscribe try_unsubscribe ping try_ping
        disconnect try_disconnect disconnect_then stop connected try_connected);

    #[test]
    fn only_qos_is_0() {
        let _ = RequestedQoS;
        // Exhaustive: another variant would be an error here.
        match QoS::AtMostOnce {
            QoS::AtMostOnce => {}
        }
    }
}

mod retain {
    #[slimqtt::agent(completions)]
    enum Command {
        #[publish(qos = 1..=2, retain)]
        Publish,
    }

    lacks!(Agent: publish_from try_publish_from publish_from_then publish_retained_from try_publish_retained_from
        publish_retained_from_then ping_then);

    #[test]
    fn qos_is_1_or_2() {
        match QoS::AtLeastOnce {
            QoS::AtLeastOnce | QoS::ExactlyOnce => {}
        }
    }
}

mod from {
    #[slimqtt::agent]
    enum Command {
        #[publish(qos = 2, from)]
        Publish,
    }

    lacks!(Agent: publish_retained try_publish_retained publish_retained_from try_publish_retained_from
        publish_from_then publish_then);

    #[test]
    fn only_qos_is_2() {
        match QoS::ExactlyOnce {
            QoS::ExactlyOnce => {}
        }
    }
}

mod subscribe {
    #[slimqtt::agent]
    enum Command {
        #[subscribe(qos = 0..=1)]
        Subscribe,
    }

    struct QoS;

    lacks!(Agent: publish try_publish unsubscribe try_unsubscribe subscribe_then ping try_ping disconnect stop);

    #[test]
    fn requested_qos_is_0_or_1() {
        let _ = QoS;
        match RequestedQoS::AtMostOnce {
            RequestedQoS::AtMostOnce | RequestedQoS::AtLeastOnce => {}
        }
    }
}

mod disconnect {
    #[slimqtt::agent]
    enum Command {
        Disconnect,
    }

    struct QoS;
    struct RequestedQoS;

    lacks!(Agent: publish try_publish subscribe try_subscribe unsubscribe try_unsubscribe ping try_ping disconnect_then
        stop);

    #[test]
    fn types_are_free() {
        let _ = (QoS, RequestedQoS);
    }
}

mod stop {
    #[slimqtt::agent]
    enum Command {
        Stop,
    }

    lacks!(Agent: disconnect try_disconnect try_stop stop_then);
}
