//! Two meters and a light with RTIC: hardware tasks publish, a software task runs the connection.
//!
//! | task | priority | what it does |
//! |---|---|---|
//! | `clock` | 4 | counts milliseconds, and wakes who waits for one |
//! | `gas` | 3 | publishes each pulse of a meter; may interrupt all below |
//! | `water` | 2 | the same for another meter |
//! | `uart` | 2 | wakes the connection when a byte has come or gone |
//! | `connection`, `light` | 1 | run the connection, and report the light |
//!
//! | topic | message | direction |
//! |---|---|---|
//! | `meter/gas`, `meter/water` | pulses, and how many of them could not be reported | out |
//! | `meter/set/light` | `on` or `off` | in |
//! | `meter/is/light` | the same: the answer | out |
#![no_std]
#![no_main]

/// An agent with what this device needs, and nothing else.
mod mqtt {
    /// What the device can do.
    #[slimqtt::agent(commands = 4, packet = 48, receive = 48, timeout = 2)]
    pub(crate) enum Command {
        #[publish(qos = 1)]
        Publish,
        #[subscribe(qos = 1)]
        Subscribe,
    }
}

#[rtic::app(device = nrf51_pac, dispatchers = [SWI0])]
mod app {
    use core::future::pending;

    use embassy_futures::select::select;
    use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
    use embassy_sync::signal::Signal;
    use interrupts::{Light, Meter, Pulses};
    use microbit::{Clock, Rx, Tx};
    use nrf51_pac::{TIMER1, TIMER2};
    use slimqtt::{Backoff, Clock as _, Connect, Message, packet};

    use crate::mqtt::{Agent, QoS, RequestedQoS};

    /// No resource of RTIC's: all tasks use it as it is, at any priority, and nothing is locked.
    static MQTT: Agent = Agent::new();

    /// Reports outlive a connection: the session is kept, and they are sent again on the next one.
    const CONNECT: Connect<32> = match Connect::from_packet(&packet::Connect {
        clean_session: false,
        keep_alive: 2,
        client_identifier: "meter",
        will: None,
        user_name: None,
        password: None,
    }) {
        Ok(connect) => connect,
        Err(_) => panic!("CONNECT takes more than 32 bytes"),
    };

    /// Of a real device, something that no other one has.
    const SERIAL_NUMBER: u32 = 1;

    /// Whether the light was switched on. A signal holds the last value only: nothing can overflow.
    static SWITCHED: Signal<CriticalSectionRawMutex, bool> = Signal::new();

    #[shared]
    struct Shared {}

    #[local]
    struct Local {
        gas_pulses: TIMER2,
        water_pulses: TIMER1,
    }

    #[init]
    fn init(context: init::Context) -> (Shared, Local) {
        let device = context.device;
        let (rx, tx) = microbit::uart();
        let [clock, _] = Clock::start();
        let _ = connection::spawn(rx, tx, clock, Light::new(device.GPIO));
        let _ = light::spawn();
        device.TIMER1.start(50);
        device.TIMER2.start(70);
        (Shared {}, Local { gas_pulses: device.TIMER2, water_pulses: device.TIMER1 })
    }

    #[idle]
    fn idle(_: idle::Context) -> ! {
        loop {
            rtic::export::wfi();
        }
    }

    /// The message is in line when this returns, or there was no room for it: it never waits.
    #[task(binds = TIMER2, priority = 3, local = [gas_pulses, meter: Meter = Meter::new()])]
    fn gas(context: gas::Context) {
        context.local.gas_pulses.clear();
        context.local.meter.pulse(|report| MQTT.try_publish(QoS::AtLeastOnce, "meter/gas", report));
    }

    #[task(binds = TIMER1, priority = 2, local = [water_pulses, meter: Meter = Meter::new()])]
    fn water(context: water::Context) {
        context.local.water_pulses.clear();
        context.local.meter.pulse(|report| MQTT.try_publish(QoS::AtLeastOnce, "meter/water", report));
    }

    /// Owns the connection, and begins anew whenever it has ended.
    #[task(priority = 1)]
    async fn connection(_: connection::Context, mut rx: Rx, mut tx: Tx, clock: Clock, mut light: Light) -> ! {
        let mut backoff = Backoff::new(200, 2_000, SERIAL_NUMBER);
        loop {
            let began = clock.now_ms();
            // A modem would dial here.
            let handler = |message: Message<'_>| {
                let Some(is_on) = interrupts::order(message) else { return };
                light.switch(is_on);
                SWITCHED.signal(is_on);
            };
            let run = MQTT.run(&mut rx, &mut tx, &clock, &CONNECT, handler);
            let _ended = select(run, subscription()).await;
            backoff.wait(&clock, began).await;
        }
    }

    /// Subscribes on each connection: the Server may have lost the session. Never ends.
    async fn subscription() -> ! {
        let _ = MQTT.subscribe(&[("meter/set/light", RequestedQoS::AtLeastOnce)]).await;
        pending().await
    }

    /// Answers. Unlike an interrupt it can wait for a free slot, so the last state is always reported.
    #[task(priority = 1)]
    async fn light(_: light::Context) -> ! {
        loop {
            let state = if SWITCHED.wait().await { "on" } else { "off" };
            let _ = MQTT.publish(QoS::AtLeastOnce, "meter/is/light", state.as_bytes()).await;
        }
    }

    #[task(binds = UART0, priority = 2)]
    fn uart(_: uart::Context) {
        microbit::on_uart0();
    }

    #[task(binds = TIMER0, priority = 4)]
    fn clock(_: clock::Context) {
        microbit::on_timer0();
    }
}
