//! A firmware download on the micro:bit, over its UART: an image of 3 KB comes through a buffer of 128 bytes into 4 KB of
//! flash. QEMU cannot write the flash of this chip, so that is simulated in RAM, with the chip's sectors of 1 KB.
//!
//! | topic | message | direction |
//! |---|---|---|
//! | `device/1/image` | an image, with its header | in |
//! | `device/1/state` | `installed`, version and length in ten digits each; or `failed` | out |
//!
//! When an image is installed, the firmware ends. A device would start it.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use microbit::{Clock, Rx, Tx, digits, exit, spawn};
use slimqtt::{Backoff, Clock as _, Connect, Message};
use slimqtt_download::{Download, Image, Progress, RamFlash};

use mqtt::{Agent, QoS, RequestedQoS};

mod mqtt {
    /// What the device can do.
    #[slimqtt::agent(commands = 2, packet = 64, receive = 128, timeout = 2)]
    pub(crate) enum Command {
        /// Publish a message.
        #[publish(qos = 1)]
        Publish,
        /// Subscribe to topics.
        #[subscribe(qos = 1)]
        Subscribe,
        /// End the connection.
        Disconnect,
    }
}

static MQTT: Agent = Agent::new();

/// A UART does not say that the connection is gone. What says so is a PINGRESP that does not come: hence the short time.
const CONNECT: Connect<32> = match Connect::new("device-1", 2) {
    Ok(connect) => connect,
    Err(_) => panic!("CONNECT takes more than 32 bytes"),
};

/// Of a real device, something that no other one has.
const SERIAL_NUMBER: u32 = 1;

/// 4 KB, in sectors of 1 KB.
type Flash = RamFlash<0x1000, 0x400>;

/// What has become of the last message. `None`: it was no good image.
static OUTCOME: Signal<CriticalSectionRawMutex, Option<Image>> = Signal::new();

/// The task that owns the connection, and begins anew whenever it has ended. The download outlives it.
#[embassy_executor::task]
async fn connection(mut rx: Rx, mut tx: Tx, clock: Clock, mut download: Download<&'static mut Flash>) -> ! {
    let mut backoff = Backoff::new(200, 2_000, SERIAL_NUMBER);
    loop {
        let began = clock.now_ms();
        // It may take the time that flash takes, if the line can have the other side wait.
        let handler = |message: Message<'_>| match download.take(message.payload, message.offset, message.length) {
            Ok(Progress::Coming) => {}
            Ok(Progress::Installed(image) | Progress::Known(image)) => OUTCOME.signal(Some(image)),
            Err(_) => OUTCOME.signal(None),
        };
        let run = MQTT.run(&mut rx, &mut tx, &clock, &CONNECT, handler);
        if let Either::First(Ok(())) = select(run, report()).await {
            // After a DISCONNECT.
            exit(true);
        }
        backoff.wait(&clock, began).await;
    }
}

/// Asks for the image on each connection, since the session is a clean one; tells what becomes of it; and disconnects when it
/// is installed. If the connection is lost before, it ends, and the image comes again with the next one.
async fn report() -> ! {
    let _ = MQTT.subscribe(&[("device/1/image", RequestedQoS::AtLeastOnce)]).await;
    loop {
        let outcome = OUTCOME.wait().await;
        let mut installed = *b"installed 0000000000 0000000000";
        let (version, length) = installed.split_at_mut(20);
        let text: &[u8] = match outcome {
            Some(image) => {
                digits(version, image.version);
                digits(length, image.length);
                &installed
            }
            None => b"failed",
        };
        if MQTT.publish(QoS::AtLeastOnce, "device/1/state", text).await.is_ok() && outcome.is_some() {
            let _ = MQTT.disconnect().await;
        }
    }
}

#[entry]
fn main() -> ! {
    static mut FLASH: Flash = Flash::new();
    let (rx, tx) = microbit::uart();
    let [clock, _] = Clock::start();
    microbit::run(|spawner| match Download::new(FLASH) {
        Ok(download) => spawn(spawner, connection(rx, tx, clock, download)),
        Err(_) => exit(false),
    })
}
