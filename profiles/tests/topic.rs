//! Routes by way of the crate that firmware uses, in unfriendly surroundings. That this compiles, without a warning, is
//! most of the test.

#![no_implicit_prelude]
#![deny(warnings, clippy::all, clippy::pedantic)]

extern crate slimqtt as renamed;

/// What the expansion names is something else here.
mod shadowed {
    #![allow(dead_code, reason = "they only stand in the way")]

    mod core {}
    mod slimqtt {}
    mod slimqtt_agent {}
    struct Result;
    struct Ok;
    struct Err;
    struct Filter;

    pub(super) struct Device {
        is_on: bool,
    }

    impl Device {
        pub(super) fn set(&mut self, message: ::renamed::Message<'_>) {
            self.is_on = message.payload == b"on";
        }
    }

    pub(super) static ROUTES: [::renamed::topic::Route<'_, Device>; 1] =
        [::renamed::topic::Route::new(::renamed::filter!("room/+/set"), Device::set)];
}

#[test]
fn routes_can_stand_in_a_static_anywhere() {
    let [route] = &shadowed::ROUTES;
    ::std::assert!(route.filter.matches("room/1/set"));
    ::std::assert_eq!(::slimqtt::filter!("room/+/set"), route.filter);
}
