//! The expansion in unfriendly surroundings. That this compiles, without a warning, is most of the test.

#![no_implicit_prelude]
#![deny(warnings, clippy::all, clippy::pedantic)]
#![deny(elided_lifetimes_in_paths, unnameable_types, unreachable_pub, unused_qualifications)]

extern crate slimqtt as renamed;

/// Gives the commands of this module's agent.
macro_rules! try_all {
    ($agent:expr) => {
        ::std::assert_eq!($agent.try_publish(QoS::AtMostOnce, "topic", b"message"), ::core::result::Result::Ok(()));
        ::std::assert_eq!($agent.try_disconnect(), ::core::result::Result::Ok(()));
    };
}

/// Whatever the prelude has, and the crates that the expansion names, is something else here.
mod shadowed {
    #![allow(dead_code, reason = "they only stand in the way")]

    mod core {}
    mod slimqtt {}
    mod export {}
    struct Option;
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
    trait From {}
    trait Future {}
    trait Into {}
    trait PartialEq {}
    trait Profile {}
    trait Read {}
    trait Write {}

    #[::slimqtt::agent]
    pub(super) enum Command {
        #[publish(qos = 0)]
        Publish,
        Disconnect,
    }

    #[test]
    fn every_command_is_there() {
        static AGENT: Agent = Agent::new();
        try_all!(AGENT);
    }
}

mod visibility {
    mod private {
        #[::slimqtt::agent]
        enum Command {
            #[publish(qos = 0)]
            Publish,
            Disconnect,
        }

        #[test]
        fn private_agent_is_used_where_it_is() {
            static AGENT: Agent = Agent::new();
            try_all!(AGENT);
        }
    }

    mod outer {
        pub(super) mod inner {
            #[::slimqtt::agent]
            pub(in super::super) enum Command {
                #[publish(qos = 0)]
                Publish,
                Disconnect,
            }
        }
    }

    #[test]
    fn agent_is_as_visible_as_its_enum() {
        use outer::inner::{Agent, QoS};
        static AGENT: Agent = Agent::new();
        try_all!(AGENT);
    }
}

#[test]
fn agent_can_be_local_to_a_function() {
    mod local {
        #[::slimqtt::agent]
        pub(super) enum Command {
            Disconnect,
        }
    }

    #[::slimqtt::agent]
    enum Command {
        #[publish(qos = 0)]
        Publish,
        Disconnect,
    }

    static LOCAL: local::Agent = local::Agent::new();
    static AGENT: Agent = Agent::new();
    try_all!(AGENT);
    ::std::assert_eq!(LOCAL.try_disconnect(), ::core::result::Result::Ok(()));
}

mod unused {
    #[::slimqtt::agent]
    enum Command {
        #[publish(qos = 0)]
        Publish,
        Disconnect,
    }
}

mod other_paths {
    mod mine {
        pub(super) use ::slimqtt as mqtt;
    }

    mod renamed {
        // The module is not meant, and `crate = renamed` would mean it.
        #[::renamed::agent(crate = crate::renamed)]
        pub(super) enum Command {
            #[publish(qos = 0)]
            Publish,
            Disconnect,
        }
    }

    #[mine::mqtt::agent(crate = mine::mqtt)]
    enum Command {
        #[publish(qos = 0)]
        Publish,
        Disconnect,
    }

    #[test]
    fn expansion_finds_the_crate_under_any_name() {
        static AGENT: Agent = Agent::new();
        static RENAMED: renamed::Agent = renamed::Agent::new();
        try_all!(AGENT);
        ::std::assert_eq!(RENAMED.try_disconnect(), ::core::result::Result::Ok(()));
    }
}

mod attributes {
    /// The user's attributes stay, whichever side of the macro they stand on.
    #[derive(::core::fmt::Debug)]
    #[::slimqtt::agent]
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
    #[::slimqtt::agent]
    enum Command {
        #[cfg(not(test))]
        #[publish(qos = 0)]
        Publish,
        #[cfg(test)]
        Disconnect,
    }

    /// There would be two of each, were the command there.
    struct QoS;

    impl Agent {
        fn publish(_: &QoS) {}
        fn try_publish(_: &QoS) {}
    }

    #[test]
    fn command_that_is_configured_out_has_no_methods() {
        static AGENT: Agent = Agent::new();
        Agent::publish(&QoS);
        Agent::try_publish(&QoS);
        ::std::assert_eq!(AGENT.try_disconnect(), ::core::result::Result::Ok(()));
    }
}

mod by_macro {
    macro_rules! agent {
        ($name:ident, $version:literal, $commands:expr, $packet:literal, $qos:literal, $slimqtt:path) => {
            #[::slimqtt::agent(mqtt = $version, commands = $commands, packet = $packet, crate = $slimqtt)]
            enum $name {
                #[publish(qos = $qos)]
                Publish,
                Disconnect,
            }
        };
    }

    agent!(Command, "3.1.1", 2, 64, 0, ::slimqtt);

    #[test]
    fn values_may_come_from_a_macro() {
        static AGENT: Agent = Agent::new();
        try_all!(AGENT);
    }
}
