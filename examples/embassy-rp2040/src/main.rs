//! A room sensor on a Raspberry Pi Pico with a W5500 Ethernet chip: it reports the temperature and each push of a button,
//! and its lamp is switched by messages.
//!
//! | topic | message | when |
//! |---|---|---|
//! | `room/temperature` | degrees Celsius, `21.5` | every 10 seconds |
//! | `room/button` | `pushed` | at each push |
//! | `room/lamp` | `on` or `off` | when the lamp has been switched |
//! | `room/status` | `ready` | when a connection is there, and the lamp can be switched |
//! | `room/status` | `gone`: the Will | when it is lost, by the broker |
//! | `room/lamp/set` | `on` or `off` | this one the device receives |
#![no_std]
#![no_main]

use core::future::pending;
use core::net::SocketAddrV4;

use defmt::{info, warn};
use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_futures::select::{Either, select};
use embassy_net::tcp::TcpSocket;
use embassy_net::{Stack, StackResources};
use embassy_net_wiznet::chip::W5500;
use embassy_rp::adc::{self, Adc, Channel};
use embassy_rp::clocks::RoscRng;
use embassy_rp::flash::{self, Flash};
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::{DMA_CH0, DMA_CH1, SPI0};
use embassy_rp::spi::{self, Spi};
use embassy_rp::{bind_interrupts, dma};
use embassy_time::{Delay, Duration, Timer};
use embedded_hal_bus::spi::ExclusiveDevice;
use panic_probe as _;
use room::temperature::Temperature;
use slimqtt::device::{Agent, QoS, RequestedQoS};
use slimqtt::{Backoff, Clock, Connect, EmbassyClock, Message, SubackReturnCode, packet};
use static_cell::StaticCell;

// ---- MQTT: what is said, and where to

/// The one connection: a static, so that every task can use it, and interrupts and the other core could too.
static MQTT: Agent = Agent::new();

/// Given when the firmware is built: `BROKER=192.168.1.10:1883 cargo run --release`.
const BROKER: SocketAddrV4 =
    match room::address::parse(env!("BROKER", "set BROKER to the address of your MQTT broker, as 192.168.1.10:1883")) {
        Some(address) => address,
        None => panic!("BROKER is no address like 192.168.1.10:1883"),
    };

/// CONNECT, encoded when the firmware is compiled. It tells the broker what to say when the device is gone: the Will.
const CONNECT: Connect<64> = match Connect::from_packet(&packet::Connect {
    clean_session: true,
    keep_alive: 60, // seconds; the agent asks by itself whether the broker is still there
    client_identifier: "room",
    will: Some(packet::Will { retain: false, qos: packet::QoS::AtLeastOnce, topic: "room/status", message: b"gone" }),
    user_name: None,
    password: None,
}) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 64 bytes"),
};

// ---- The task that owns the connection

/// Connects, runs the agent until the connection has ended, waits a while, and begins anew.
#[embassy_executor::task]
async fn connection(stack: Stack<'static>, mut lamp: Output<'static>) {
    let (mut receive, mut transmit) = ([0; 1024], [0; 1024]);
    // Waits of up to 1 second, 2, 4, up to a minute. Chance decides how much of it: not all devices come at once.
    let mut backoff = Backoff::new(1_000, 60_000, RoscRng.next_u32());
    loop {
        // DHCP has given an address.
        stack.wait_config_up().await;
        let began = EmbassyClock.now_ms();
        let mut socket = TcpSocket::new(stack, &mut receive, &mut transmit);
        socket.set_timeout(Some(Duration::from_secs(15)));
        match socket.connect((*BROKER.ip(), BROKER.port())).await {
            Ok(()) => {
                let (mut rx, mut tx) = socket.split();
                // Called for each message. It must not wait, and may give commands.
                let handler = |message: Message<'_>| {
                    // Not a part of something longer.
                    if message.topic == "room/lamp/set" && message.payload.len() == message.length {
                        match message.payload {
                            b"on" => lamp.set_high(),
                            b"off" => lamp.set_low(),
                            _ => return,
                        }
                        let _ = MQTT.try_publish(QoS::AtLeastOnce, "room/lamp", message.payload);
                    }
                };
                let run = MQTT.run(&mut rx, &mut tx, &EmbassyClock, &CONNECT, handler);
                // `greeting` never ends. When `run` does, it is dropped.
                if let Either::First(Err(error)) = select(run, greeting()).await {
                    warn!("the connection has ended: {}", error);
                }
            }
            Err(_) => warn!("the broker does not answer"),
        }
        drop(socket);
        backoff.wait(&EmbassyClock, began).await;
    }
}

/// What is to be done on each connection anew: the session is a clean one, so the broker has forgotten the subscription.
async fn greeting() {
    match MQTT.subscribe(&[("room/lamp/set", RequestedQoS::AtLeastOnce)]).await {
        Ok([SubackReturnCode::Failure]) => warn!("the broker refuses the subscription: nobody can switch the lamp"),
        // If the connection is lost meanwhile, there is a next one.
        _ => {
            let _ = MQTT.publish(QoS::AtLeastOnce, "room/status", b"ready").await;
            info!("ready");
        }
    }
    pending::<()>().await;
}

// ---- Tasks that publish. They know the agent, and nothing of connections.

/// Publishes the temperature every 10 seconds. Each `publish` ends when the broker has acknowledged it; while there is no
/// connection, it waits for one.
#[embassy_executor::task]
async fn temperature(mut adc: Adc<'static, adc::Async>, mut sensor: Channel<'static>) {
    loop {
        if let Ok(value) = adc.read(&mut sensor).await {
            let mut buffer = [0; 12];
            let text = Temperature::from_converter(value).write(&mut buffer);
            if let Err(error) = MQTT.publish(QoS::AtLeastOnce, "room/temperature", text).await {
                warn!("a temperature was not delivered: {}", error);
            }
        }
        // From here on, so that nothing is made up for after a long wait.
        Timer::after_secs(10).await;
    }
}

/// Publishes each push of the button, and goes on without waiting until it has arrived.
#[embassy_executor::task]
async fn button(mut button: Input<'static>) {
    loop {
        button.wait_for_falling_edge().await;
        if MQTT.try_publish(QoS::AtLeastOnce, "room/button", b"pushed").is_err() {
            warn!("all slots are taken: this push is not told");
        }
        // It bounces, also when it is let go: so it has to be found high, and once more after that.
        let mut high = 0;
        while high < 2 {
            Timer::after_millis(50).await;
            high = if button.is_high() { high + 1 } else { 0 };
        }
    }
}

// ---- The board

bind_interrupts!(struct Interrupts {
    ADC_IRQ_FIFO => adc::InterruptHandler;
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>;
});

type Ethernet = embassy_net_wiznet::Runner<
    'static,
    W5500,
    ExclusiveDevice<Spi<'static, SPI0, spi::Async>, Output<'static>, Delay>,
    Input<'static>,
    Output<'static>,
>;

/// Moves frames between the W5500 and the network stack.
#[embassy_executor::task]
async fn ethernet(runner: Ethernet) {
    runner.run().await;
}

/// IP, TCP and DHCP.
#[embassy_executor::task]
async fn network(mut runner: embassy_net::Runner<'static, embassy_net_wiznet::Device<'static>>) {
    runner.run().await;
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    static FRAMES: StaticCell<embassy_net_wiznet::State<4, 4>> = StaticCell::new();
    static SOCKETS: StaticCell<StackResources<3>> = StaticCell::new();

    let chip = embassy_rp::init(Default::default());

    // The W5500 has no address of its own. This one says that it is local, and has the serial number of the flash chip.
    let mut serial = [0; 8];
    let mut memory = Flash::<_, flash::Blocking, { 2048 * 1024 }>::new_blocking(chip.FLASH);
    defmt::unwrap!(memory.blocking_unique_id(&mut serial));
    let [_, _, _, a, b, c, d, e] = serial;
    let address = [0x02, a, b, c, d, e];

    let mut config = spi::Config::default();
    config.frequency = 20_000_000;
    let bus =
        Spi::new(chip.SPI0, chip.PIN_18, chip.PIN_19, chip.PIN_16, chip.DMA_CH0, chip.DMA_CH1, Interrupts, config);
    let select = Output::new(chip.PIN_17, Level::High);
    let interrupt = Input::new(chip.PIN_21, Pull::Up);
    let reset = Output::new(chip.PIN_20, Level::High);
    let spi = defmt::unwrap!(ExclusiveDevice::new(bus, select, Delay));
    let frames = FRAMES.init(embassy_net_wiznet::State::new());
    // Without the W5500 nothing goes on: look at its wires.
    let (device, runner) =
        defmt::expect!(embassy_net_wiznet::new(address, frames, spi, interrupt, reset).await.ok(), "no W5500");
    spawner.spawn(defmt::unwrap!(ethernet(runner)));

    let config = embassy_net::Config::dhcpv4(Default::default());
    let (stack, runner) = embassy_net::new(device, config, SOCKETS.init(StackResources::new()), RoscRng.next_u64());
    spawner.spawn(defmt::unwrap!(network(runner)));

    let adc = Adc::new(chip.ADC, Interrupts, adc::Config::default());
    spawner.spawn(defmt::unwrap!(connection(stack, Output::new(chip.PIN_25, Level::Low))));
    spawner.spawn(defmt::unwrap!(temperature(adc, Channel::new_temp_sensor(chip.ADC_TEMP_SENSOR))));
    spawner.spawn(defmt::unwrap!(button(Input::new(chip.PIN_15, Pull::Up))));
}
