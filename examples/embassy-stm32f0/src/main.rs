//! A balcony light: it reports how bright it is and each push of a button, and its lamp is switched by messages. An
//! STM32F042 with 32 KB of flash and 6 KB of RAM runs it, with a Wi-Fi modem on a serial line.
//!
//! | topic | message | when |
//! |---|---|---|
//! | `balcony/light` | how bright it is, 0 to 4095 | every 10 seconds |
//! | `balcony/button` | how often it was pushed | at each push |
//! | `balcony/lamp` | `on` or `off` | when the lamp has been switched |
//! | `balcony/online` | `yes` or `no`, retained | when the connection is there, and when it is lost |
//! | `balcony/lamp/set` | `on` or `off` | this one the device receives |
#![no_std]
#![no_main]

use core::future::pending;

use balcony::modem::{Modem, Settings};
use balcony::text::{Decimal, switch};
use embassy_executor::Spawner;
use embassy_futures::select::select;
use embassy_stm32::adc::{self, Adc, SampleTime};
use embassy_stm32::exti::{self, ExtiInput};
use embassy_stm32::gpio::{Level, Output, Pull, Speed};
use embassy_stm32::mode::Async;
use embassy_stm32::peripherals::{ADC1, PA0, USART1};
use embassy_stm32::usart::{self, BufferedUart};
use embassy_stm32::{Peri, bind_interrupts, interrupt, uid};
use embassy_time::{Duration, Ticker, Timer};
use panic_halt as _;
use slimqtt::{Backoff, Clock, Connect, EmbassyClock, Message, packet};
use static_cell::ConstStaticCell;

use mqtt::{Agent, QoS, RequestedQoS};

/// An agent with what this device needs, and nothing else.
mod mqtt {
    /// What the device can do.
    #[slimqtt::agent(commands = 4, packet = 64, receive = 64)]
    pub(crate) enum Command {
        /// Publish a message.
        #[publish(qos = 1, retain)]
        Publish,
        /// Subscribe to a topic.
        #[subscribe(qos = 1, filters = 1)]
        Subscribe,
    }
}

/// The one connection: a static, so that every task can use it.
static MQTT: Agent = Agent::new();

/// Given when the firmware is built: `WIFI_NETWORK=... cargo run --release`.
const SETTINGS: Settings<'_> = Settings {
    network: env!("WIFI_NETWORK", "set WIFI_NETWORK to the name of your Wi-Fi network"),
    password: env!("WIFI_PASSWORD", "set WIFI_PASSWORD to that of your Wi-Fi network"),
    broker: env!("BROKER", "set BROKER to the name or IP address of your MQTT broker"),
    port: "1883",
};

const ONLINE: &str = "balcony/online";
const LAMP_SET: &str = "balcony/lamp/set";

/// If the connection is lost, the broker says so to all who ask.
///
/// The modem does not tell that it is lost. What does is a PINGRESP that does not come: after up to 30 seconds of silence
/// the agent asks for one, and waits for 10.
const CONNECT: Connect<64> = match Connect::from_packet(&packet::Connect {
    clean_session: true,
    keep_alive: 30,
    client_identifier: "balcony",
    will: Some(packet::Will { retain: true, qos: packet::QoS::AtLeastOnce, topic: ONLINE, message: b"no" }),
    user_name: None,
    password: None,
}) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 64 bytes"),
};

bind_interrupts!(struct Interrupts {
    USART1 => usart::BufferedInterruptHandler<USART1>;
    ADC1 => adc::InterruptHandler<ADC1>;
    EXTI4_15 => exti::InterruptHandler<interrupt::typelevel::EXTI4_15>;
});

/// The task that owns the connection, and makes it anew whenever it has ended.
#[embassy_executor::task]
async fn connection(line: BufferedUart<'static>, mut lamp: Output<'static>) {
    let (mut tx, mut rx) = line.split();
    // The chip's own number: not all devices come back at the same moment.
    let [a, b, c, d, ..] = uid::uid();
    let mut backoff = Backoff::new(1_000, 60_000, u32::from_le_bytes([a, b, c, d]));
    loop {
        let began = EmbassyClock.now_ms();
        let mut modem = Modem { rx: &mut rx, tx: &mut tx, clock: &EmbassyClock };
        if modem.connect(&SETTINGS).await.is_ok() {
            let handler = |message: Message<'_>| {
                if message.topic == LAMP_SET
                    && let Some(is_on) = switch(message.payload)
                {
                    lamp.set_level(is_on.into());
                    // Nobody waits here, so there may be no slot for it. Once it has one, it arrives.
                    let _ = MQTT.try_publish(QoS::AtLeastOnce, "balcony/lamp", message.payload);
                }
            };
            let run = MQTT.run(&mut rx, &mut tx, &EmbassyClock, &CONNECT, handler);
            // When the one ends, the other one is dropped.
            select(run, greeting()).await;
        }
        backoff.wait(&EmbassyClock, began).await;
    }
}

/// What there is to do on each connection. Subscriptions are renewed, since the session is a clean one. Never ends.
async fn greeting() {
    // If the connection is lost before, there is a next one.
    let _ = MQTT.subscribe(&[(LAMP_SET, RequestedQoS::AtLeastOnce)]).await;
    let _ = MQTT.publish_retained(QoS::AtLeastOnce, ONLINE, b"yes").await;
    pending::<()>().await;
}

/// Reports how bright it is.
#[embassy_executor::task]
async fn light(mut adc: Adc<'static, ADC1>, mut sensor: Peri<'static, PA0>) {
    let mut ticker = Ticker::every(Duration::from_secs(10));
    loop {
        let light = adc.read(&mut sensor, SampleTime::CYCLES71_5).await;
        // While there is no connection, this waits: what is measured later is newer.
        let _ = MQTT.publish(QoS::AtLeastOnce, "balcony/light", Decimal::new(light).as_bytes()).await;
        ticker.next().await;
    }
}

/// Reports each push of the button, with its number: one that comes twice is not counted twice.
#[embassy_executor::task]
async fn button(mut button: ExtiInput<'static, Async>) {
    let mut pushes = 0_u16;
    loop {
        button.wait_for_falling_edge().await;
        pushes = pushes.wrapping_add(1);
        let _ = MQTT.publish(QoS::AtLeastOnce, "balcony/button", Decimal::new(pushes).as_bytes()).await;
        // It bounces.
        Timer::after_millis(50).await;
    }
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    /// What the broker may send while the connection's task does something else.
    static FROM_MODEM: ConstStaticCell<[u8; 128]> = ConstStaticCell::new([0; 128]);
    static TO_MODEM: ConstStaticCell<[u8; 32]> = ConstStaticCell::new([0; 32]);

    let chip = embassy_stm32::init(Default::default());
    let line = BufferedUart::new(
        chip.USART1,
        chip.PA10,
        chip.PA9,
        TO_MODEM.take(),
        FROM_MODEM.take(),
        Interrupts,
        usart::Config::default(), // 115,200 baud, 8N1
    );
    let lamp = Output::new(chip.PB3, Level::Low, Speed::Low);
    let adc = Adc::new(chip.ADC1, Interrupts);
    let push = ExtiInput::new(chip.PA8, chip.EXTI8, Pull::Up, Interrupts);
    // None of these fails: the baud rate is possible, and each task is started once.
    if let Ok(line) = line
        && let (Ok(connection), Ok(light), Ok(button)) = (connection(line, lamp), light(adc, chip.PA0), button(push))
    {
        spawner.spawn(connection);
        spawner.spawn(light);
        spawner.spawn(button);
    }
}
