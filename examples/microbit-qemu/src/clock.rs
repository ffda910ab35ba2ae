//! A clock of milliseconds on TIMER0.

use core::future::poll_fn;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::Register;
use crate::interrupt::{self, Waiting};

const START: Register = Register(0x4000_8000);
const COMPARE: Register = Register(0x4000_8140);
const SHORTCUTS: Register = Register(0x4000_8200);
const INTERRUPT_SET: Register = Register(0x4000_8304);
const BIT_MODE: Register = Register(0x4000_8508);
const PRESCALER: Register = Register(0x4000_8510);
const COMPARE_VALUE: Register = Register(0x4000_8540);

pub(crate) const INTERRUPT: u32 = 8;

static NOW: AtomicU32 = AtomicU32::new(0);
static ALARMS: [Alarm; 2] = [const { Alarm::new() }; 2];

struct Alarm {
    deadline: AtomicU32,
    task: Waiting,
}

impl Alarm {
    const fn new() -> Self {
        Self { deadline: AtomicU32::new(0), task: Waiting::new() }
    }
}

/// A clock for one task. The milliseconds are common to all, and wrap after 49 days.
pub struct Clock(&'static Alarm);

impl Clock {
    /// Starts the timer and gives two clocks, for two tasks. To be called once.
    pub fn start() -> [Self; 2] {
        PRESCALER.write(4); // 1 MHz
        BIT_MODE.write(3); // 32 bits
        COMPARE_VALUE.write(1000);
        SHORTCUTS.write(1); // clear on compare
        INTERRUPT_SET.write(1 << 16);
        interrupt::enable(INTERRUPT);
        START.write(1);
        [Self(&ALARMS[0]), Self(&ALARMS[1])]
    }
}

/// The handler of TIMER0, where the firmware has one of its own for each interrupt.
pub fn on_interrupt() {
    COMPARE.write(0);
    let now = NOW.load(Ordering::Relaxed).wrapping_add(1);
    NOW.store(now, Ordering::Relaxed);
    for alarm in &ALARMS {
        if alarm.deadline.load(Ordering::Relaxed) == now {
            alarm.task.wake();
        }
    }
}

impl slimqtt::Clock for Clock {
    fn now_ms(&self) -> u32 {
        NOW.load(Ordering::Relaxed)
    }

    fn wait_until(&self, deadline: u32) -> impl Future<Output = ()> {
        let Self(alarm) = self;
        alarm.deadline.store(deadline, Ordering::Relaxed);
        poll_fn(move |context| {
            alarm.task.until(context, || {
                let left = alarm.deadline.load(Ordering::Relaxed).wrapping_sub(NOW.load(Ordering::Relaxed));
                (left as i32 <= 0).then_some(())
            })
        })
    }
}
