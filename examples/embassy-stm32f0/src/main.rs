//! A balcony light: it reports how bright it is and each push of a button, and its lamp is switched by messages. An
//! STM32F042 with 32 KB of flash and 6 KB of RAM runs it, with a Wi-Fi modem on a serial line.
//!
//! What it says and hears is in `connection.rs`. This is the board.
#![no_std]
#![no_main]

use balcony::connection::{Agent, BUTTON, LIGHT, QoS, keep_connected, seed};
use balcony::modem::{Modem, Settings};
use balcony::text::Decimal;
use embassy_executor::Spawner;
use embassy_stm32::adc::{self, Adc, SampleTime};
use embassy_stm32::exti::{self, ExtiInput};
use embassy_stm32::gpio::{Level, Output, Pull, Speed};
use embassy_stm32::mode::Async;
use embassy_stm32::peripherals::{ADC1, PA0, USART1};
use embassy_stm32::usart::{self, BufferedUart};
use embassy_stm32::{Peri, bind_interrupts, interrupt, uid};
use embassy_time::Timer;
use panic_halt as _;
use slimqtt::EmbassyClock;
use static_cell::ConstStaticCell;

/// The one connection: a static, so that every task can use it.
static MQTT: Agent = Agent::new();

/// Given when the firmware is built: `WIFI_NETWORK=... cargo run --release`.
const SETTINGS: Settings<'_> = Settings {
    network: env!("WIFI_NETWORK", "set WIFI_NETWORK to the name of your Wi-Fi network"),
    password: env!("WIFI_PASSWORD", "set WIFI_PASSWORD to that of your Wi-Fi network"),
    broker: env!("BROKER", "set BROKER to the name or IP address of your MQTT broker"),
    port: "1883",
};

bind_interrupts!(struct Interrupts {
    USART1 => usart::BufferedInterruptHandler<USART1>;
    ADC1 => adc::InterruptHandler<ADC1>;
    EXTI4_15 => exti::InterruptHandler<interrupt::typelevel::EXTI4_15>;
});

/// The task that owns the connection.
#[embassy_executor::task]
async fn connection(line: BufferedUart<'static>, mut lamp: Output<'static>) {
    let (tx, rx) = line.split();
    let modem = Modem { rx, tx, clock: EmbassyClock };
    keep_connected(&MQTT, modem, &SETTINGS, |is_on| lamp.set_level(is_on.into()), seed(&uid::uid())).await
}

/// Reports how bright it is.
#[embassy_executor::task]
async fn light(mut adc: Adc<'static, ADC1>, mut sensor: Peri<'static, PA0>) {
    loop {
        let light = adc.read(&mut sensor, SampleTime::CYCLES71_5).await;
        // While there is no connection, this waits: what is measured later is newer.
        let _ = MQTT.publish(QoS::AtLeastOnce, LIGHT, Decimal::new(light).as_bytes()).await;
        // From here on, so that nothing is made up for after a long wait.
        Timer::after_secs(10).await;
    }
}

/// Reports each push of the button, with its number: one that comes twice is not counted twice.
#[embassy_executor::task]
async fn button(mut button: ExtiInput<'static, Async>) {
    let mut pushes = 0_u16;
    loop {
        button.wait_for_falling_edge().await;
        pushes = pushes.wrapping_add(1);
        let _ = MQTT.publish(QoS::AtLeastOnce, BUTTON, Decimal::new(pushes).as_bytes()).await;
        // It bounces, also when it is let go: so it has to be found high, and once more after that.
        let mut high = 0;
        while high < 2 {
            Timer::after_millis(50).await;
            high = if button.is_high() { high + 1 } else { 0 };
        }
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
