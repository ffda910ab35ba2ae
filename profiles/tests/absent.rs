//! What the enum does not name is not there: its place is free. That this compiles is the test, on any compiler; in `ui`
//! is what a user of such a method is told.

mod publish {
    #[slimqtt::agent]
    enum Command {
        #[publish(qos = 0)]
        Publish,
    }

    impl Agent {
        const fn disconnect(&self) {}
        const fn try_disconnect(&self) {}
    }

    #[test]
    fn agent_without_the_command_does_not_disconnect() {
        static MQTT: Agent = Agent::new();
        MQTT.disconnect();
        MQTT.try_disconnect();
    }

    #[test]
    fn only_qos_is_0() {
        // Exhaustive: another variant would be an error here.
        match QoS::AtMostOnce {
            QoS::AtMostOnce => {}
        }
    }
}

mod disconnect {
    #[slimqtt::agent]
    enum Command {
        Disconnect,
    }

    struct QoS;

    impl Agent {
        const fn publish(&self, _: QoS) {}
        const fn try_publish(&self, _: QoS) {}
    }

    #[test]
    fn agent_without_the_command_does_not_publish() {
        static MQTT: Agent = Agent::new();
        MQTT.publish(QoS);
        MQTT.try_publish(QoS);
    }
}
