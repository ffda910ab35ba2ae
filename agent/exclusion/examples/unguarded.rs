//! Two threads under a critical section that excludes nobody: a data race. Here detectors show that they see one
//! (`proof/races.sh`). On two cores, one that masks the interrupts of its own core alone is no better.

use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;

use critical_section::{Impl, RawRestoreState, set_impl};
use slimqtt::beacon::{Agent, QoS};

struct Nobody;

set_impl!(Nobody);

// SAFETY: none. This is undefined behaviour, which is what is shown.
unsafe impl Impl for Nobody {
    unsafe fn acquire() -> RawRestoreState {}

    unsafe fn release(_: RawRestoreState) {}
}

static MQTT: Agent = Agent::new();

fn main() {
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..100 {
                    // Before all else it leaves its waker, where the other one does.
                    let command = pin!(MQTT.publish(QoS::AtMostOnce, "t", b"21.5"));
                    let _ = command.poll(&mut Context::from_waker(Waker::noop()));
                }
            });
        }
    });
}
