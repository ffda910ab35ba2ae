//! The expansion in unfriendly surroundings. That this compiles, without a warning, is most of the test.

#![no_implicit_prelude]
#![deny(warnings, clippy::all, clippy::pedantic)]
#![deny(elided_lifetimes_in_paths, unnameable_types, unreachable_pub, unused_qualifications)]

extern crate slimqtt as renamed;

/// Gives each command of this module's agent in each form.
macro_rules! give_all {
    ($agent:expr) => {
        static TOLD: ::slimqtt::Completion = ::slimqtt::Completion::new(|_, _| {}, 0);
        static TEXT: &[u8] = b"message";
        const OK: ::core::result::Result<(), ::slimqtt::CommandError> = ::core::result::Result::Ok(());
        let filters = [("topic", RequestedQoS::AtMostOnce)];
        let given: [&dyn ::core::ops::Fn() -> ::core::result::Result<(), ::slimqtt::CommandError>; 16] = [
            &|| $agent.try_publish(QoS::AtMostOnce, "topic", b"message"),
            &|| $agent.try_publish_retained(QoS::AtLeastOnce, "topic", b"message"),
            &|| $agent.try_publish_from(QoS::ExactlyOnce, "topic", &TEXT),
            &|| $agent.try_publish_retained_from(QoS::AtMostOnce, "topic", &TEXT),
            &|| $agent.try_subscribe(&filters),
            &|| $agent.try_unsubscribe(&["topic"]),
            &|| $agent.try_ping(),
            &|| $agent.try_disconnect(),
            &|| $agent.publish_then(QoS::AtMostOnce, "topic", b"message", &TOLD),
            &|| $agent.publish_retained_then(QoS::AtMostOnce, "topic", b"message", &TOLD),
            &|| $agent.publish_from_then(QoS::AtMostOnce, "topic", &TEXT, &TOLD),
            &|| $agent.publish_retained_from_then(QoS::AtMostOnce, "topic", &TEXT, &TOLD),
            &|| $agent.subscribe_then(&filters, &TOLD),
            &|| $agent.unsubscribe_then(&["topic"], &TOLD),
            &|| $agent.ping_then(&TOLD),
            &|| $agent.disconnect_then(&TOLD),
        ];
        for give in given {
            ::std::assert_eq!(give(), OK);
            // There is one slot.
            ::std::assert_eq!(give(), ::core::result::Result::Err(::slimqtt::CommandError::QueueFull));
            $agent.stop();
        }
        // They do nothing unless they are awaited.
        ::core::mem::drop($agent.publish(QoS::AtMostOnce, "topic", b"message"));
        ::core::mem::drop($agent.publish_retained(QoS::AtMostOnce, "topic", b"message"));
        ::core::mem::drop($agent.publish_from(QoS::AtMostOnce, "topic", &TEXT));
        ::core::mem::drop($agent.publish_retained_from(QoS::AtMostOnce, "topic", &TEXT));
        ::core::mem::drop($agent.subscribe(&filters));
        ::core::mem::drop($agent.unsubscribe(&["topic"]));
        ::core::mem::drop($agent.ping());
        ::core::mem::drop($agent.disconnect());
        ::core::mem::drop($agent.connected());
        ::std::assert!(::core::option::Option::is_none(&$agent.try_connected()));
    };
}

/// Whatever the prelude has, and the crates that the expansion names, is something else here.
mod shadowed {
    #![allow(dead_code, reason = "they only stand in the way")]

    mod core {}
    mod slimqtt {}
    mod export {}
    struct Option;
    struct Completion;
    struct Payload;
    struct Result;
    struct Ok;
    struct Err;
    struct Some;
    struct None;
    struct Connect;
    struct Error;
    struct Message;
    trait Clone {}
    trait Clock {}
    trait Copy {}
    trait Debug {}
    trait Eq {}
    trait FnMut {}
    trait From {}
    trait Future {}
    trait Into {}
    trait PartialEq {}
    trait Profile {}
    trait Read {}
    trait Write {}

    #[::slimqtt::agent(commands = 1, completions, connected)]
    pub(super) enum Command {
        #[publish(qos = 0..=2, retain, from)]
        Publish,
        #[subscribe(qos = 0..=2, filters = 2)]
        Subscribe,
        #[unsubscribe(filters = 2)]
        Unsubscribe,
        Ping,
        Disconnect,
        Stop,
    }

    #[test]
    fn every_command_is_there() {
        static AGENT: Agent = Agent::new();
        give_all!(AGENT);
    }
}

mod visibility {
    mod private {
        #[::slimqtt::agent(commands = 1, completions, connected)]
        enum Command {
            #[publish(qos = 0..=2, retain, from)]
            Publish,
            #[subscribe(qos = 0..=2, filters = 2)]
            Subscribe,
            #[unsubscribe(filters = 2)]
            Unsubscribe,
            Ping,
            Disconnect,
            Stop,
        }

        #[test]
        fn private_agent_is_used_where_it_is() {
            static AGENT: Agent = Agent::new();
            give_all!(AGENT);
        }
    }

    mod outer {
        pub(super) mod inner {
            #[::slimqtt::agent(commands = 1, completions, connected)]
            pub(in super::super) enum Command {
                #[publish(qos = 0..=2, retain, from)]
                Publish,
                #[subscribe(qos = 0..=2, filters = 2)]
                Subscribe,
                #[unsubscribe(filters = 2)]
                Unsubscribe,
                Ping,
                Disconnect,
                Stop,
            }
        }
    }

    #[test]
    fn agent_is_as_visible_as_its_enum() {
        use outer::inner::{Agent, QoS, RequestedQoS};
        static AGENT: Agent = Agent::new();
        give_all!(AGENT);
    }
}

#[test]
fn agent_can_be_local_to_a_function() {
    mod local {
        #[::slimqtt::agent(commands = 1, completions, connected)]
        pub(super) enum Command {
            Disconnect,
        }
    }

    #[::slimqtt::agent(commands = 1, completions, connected)]
    enum Command {
        #[publish(qos = 0..=2, retain, from)]
        Publish,
        #[subscribe(qos = 0..=2, filters = 2)]
        Subscribe,
        #[unsubscribe(filters = 2)]
        Unsubscribe,
        Ping,
        Disconnect,
        Stop,
    }

    static LOCAL: local::Agent = local::Agent::new();
    static AGENT: Agent = Agent::new();
    give_all!(AGENT);
    ::std::assert_eq!(LOCAL.try_disconnect(), ::core::result::Result::Ok(()));
}

mod unused {
    #[::slimqtt::agent(commands = 1, completions, connected)]
    enum Command {
        #[publish(qos = 0..=2, retain, from)]
        Publish,
        #[subscribe(qos = 0..=2, filters = 2)]
        Subscribe,
        #[unsubscribe(filters = 2)]
        Unsubscribe,
        Ping,
        Disconnect,
        Stop,
    }
}

mod other_paths {
    mod mine {
        pub(super) use ::slimqtt as mqtt;
    }

    mod renamed {
        // The module is not meant, and `crate = renamed` would mean it.
        #[::renamed::agent(crate = crate::renamed, commands = 1, completions, connected)]
        pub(super) enum Command {
            #[publish(qos = 0..=2, retain, from)]
            Publish,
            #[subscribe(qos = 0..=2, filters = 2)]
            Subscribe,
            #[unsubscribe(filters = 2)]
            Unsubscribe,
            Ping,
            Disconnect,
            Stop,
        }
    }

    #[mine::mqtt::agent(crate = mine::mqtt, commands = 1, completions, connected)]
    enum Command {
        #[publish(qos = 0..=2, retain, from)]
        Publish,
        #[subscribe(qos = 0..=2, filters = 2)]
        Subscribe,
        #[unsubscribe(filters = 2)]
        Unsubscribe,
        Ping,
        Disconnect,
        Stop,
    }

    #[test]
    fn expansion_finds_the_crate_under_any_name() {
        static AGENT: Agent = Agent::new();
        static RENAMED: renamed::Agent = renamed::Agent::new();
        give_all!(AGENT);
        ::std::assert_eq!(RENAMED.try_disconnect(), ::core::result::Result::Ok(()));
    }
}

mod attributes {
    /// The user's attributes stay, whichever side of the macro they stand on.
    #[derive(::core::fmt::Debug)]
    #[::slimqtt::agent(commands = 1, completions, connected)]
    #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::default::Default)]
    enum Command {
        /// Documented.
        #[publish(qos = 0)]
        #[deprecated = "for its own reasons"]
        Publish,
        #[default]
        #[allow(non_camel_case_types, reason = "passes through")]
        Disconnect,
    }

    #[test]
    fn derived_traits_are_there() {
        let command = <Command as ::core::default::Default>::default();
        let [copy, same] = [command; 2];
        ::std::assert_eq!(::std::format!("{copy:?}{same:?}"), "DisconnectDisconnect");
    }
}

mod conditions {
    mod present {
        #[::slimqtt::agent(commands = 1, completions, connected)]
        enum Command {
            #[cfg(test)]
            #[publish(qos = 0..=2, retain, from)]
            Publish,
            #[cfg(test)]
            #[cfg(not(any()))]
            #[subscribe(qos = 0..=2, filters = 2)]
            Subscribe,
            #[cfg(test)]
            #[unsubscribe(filters = 2)]
            Unsubscribe,
            #[cfg(test)]
            Ping,
            #[cfg(test)]
            Disconnect,
            #[cfg(test)]
            Stop,
        }

        #[test]
        fn every_command_is_there() {
            static AGENT: Agent = Agent::new();
            give_all!(AGENT);
        }
    }

    mod absent {
        #[::slimqtt::agent(commands = 1)]
        pub(super) enum Command {
            #[cfg(not(test))]
            #[publish(qos = 0..=2, retain, from)]
            Publish,
            #[cfg(not(test,))]
            #[cfg(not(any()))]
            #[subscribe(qos = 0..=2, filters = 2)]
            Subscribe,
            #[cfg(not(test))]
            #[unsubscribe(filters = 2)]
            Unsubscribe,
            #[cfg(not(test))]
            Ping,
            #[cfg(test)]
            Disconnect,
            #[cfg(not(test))]
            Stop,
        }

        /// There would be two of each, were the command there.
        struct QoS;
        struct RequestedQoS;

        impl Agent {
            const fn publish(_: &QoS) {}
            const fn publish_retained_from_then() {}
            const fn try_publish() {}
            const fn subscribe(_: &RequestedQoS) {}
            const fn unsubscribe() {}
            const fn ping() {}
            const fn stop() {}
        }

        #[test]
        fn command_that_is_configured_out_has_no_methods() {
            static AGENT: Agent = Agent::new();
            Agent::publish(&QoS);
            Agent::publish_retained_from_then();
            Agent::try_publish();
            Agent::subscribe(&RequestedQoS);
            Agent::unsubscribe();
            Agent::ping();
            Agent::stop();
            ::std::assert_eq!(AGENT.try_disconnect(), ::core::result::Result::Ok(()));
        }
    }

    mod never {
        #[::slimqtt::agent(commands = 1)]
        pub(super) enum Command {
            Disconnect,
        }
    }

    #[test]
    fn agent_is_as_small_as_without_them() {
        ::std::assert_eq!(::core::mem::size_of::<absent::Agent>(), ::core::mem::size_of::<never::Agent>());
    }
}

mod by_macro {
    macro_rules! agent {
        ($name:ident, $version:literal, $commands:expr, $packet:literal, $qos:literal, $all:expr, $slimqtt:path) => {
            #[::slimqtt::agent(mqtt = $version, commands = $commands, packet = $packet, completions, connected, crate = $slimqtt)]
            enum $name {
                #[publish(qos = $qos..=2, retain, from)]
                Publish,
                #[subscribe(qos = $all, filters = $commands)]
                Subscribe,
                #[unsubscribe(filters = $commands)]
                Unsubscribe,
                Ping,
                Disconnect,
                Stop,
            }
        };
    }

    agent!(Command, "3.1.1", 1, 64, 0, 0..=2, ::slimqtt);

    #[test]
    fn values_may_come_from_a_macro() {
        static AGENT: Agent = Agent::new();
        give_all!(AGENT);
    }
}
