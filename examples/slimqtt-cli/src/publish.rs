//! `slimqtt pub`.

use std::io::{self, Read};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, iter};

use anyhow::{Context, Result};
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use slimqtt::Payload;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::select;
use tokio::time::sleep;

use crate::agent::{COMMANDS, MQTT};
use crate::arguments::{self, Publish};
use crate::session::{Ended, Session};

/// Publishes all messages.
pub(crate) async fn run(options: &Publish) -> Result<Ended> {
    // A session that is kept goes on where it was.
    let goes_on = options.connection.disable_clean_session;
    let session = Session::new(&options.connection, goes_on)?;
    let messages = messages(options)?;
    let begin = async || {
        if goes_on {
            MQTT.connected().await;
            session.established.set(true);
        }
    };
    let work = async {
        let mut connections = pin!(session.run(|_| {}, begin));
        let sent = select! {
            biased;
            ended = &mut connections => return ended,
            sent = publish(options, messages) => sent,
        };
        session.leave();
        let ended = connections.await;
        sent.and(ended)
    };
    session.until_enough(None, work).await
}

type Messages<'a> = BoxStream<'a, Result<Bytes>>;

/// The payloads of all messages, each when its time has come.
fn messages(options: &Publish) -> Result<Messages<'_>> {
    let arguments::Payload { message, file, stdin_file, stdin_line, null_message: _ } = &options.payload;
    if *stdin_line {
        return Ok(lines());
    }
    let payload = if let Some(message) = message {
        message.clone().into_encoded_bytes()
    } else if let Some(file) = file {
        fs::read(file).with_context(|| format!("cannot read {}", file.display()))?
    } else if *stdin_file {
        let mut input = Vec::new();
        io::stdin().read_to_end(&mut input).context("cannot read the standard input")?;
        input
    } else {
        Vec::new()
    };
    let payloads = iter::repeat_n(Bytes::from(payload), options.repeat as usize);
    Ok(stream::iter(payloads.enumerate())
        .then(async |(number, payload)| {
            if number > 0 {
                sleep(options.repeat_delay).await;
            }
            Ok(payload)
        })
        .boxed())
}

/// Each line of the standard input, without its end.
fn lines() -> Messages<'static> {
    stream::try_unfold(BufReader::new(stdin()).split(b'\n'), async |mut lines| {
        let line = lines.next_segment().await.context("cannot read the standard input")?;
        Ok(line.map(|line| (Bytes::from(line), lines)))
    })
    .boxed()
}

/// Publishes them in their order, as many at a time as the agent has room for.
async fn publish(options: &Publish, messages: Messages<'_>) -> Result<()> {
    let places = PLACES.iter().cycle();
    let publish = async |(message, place): (Result<Bytes>, &'static Place)| {
        let message = message?;
        let length = message.len();
        place.put(message);
        let (qos, topic) = (options.qos, options.topic());
        let command = if options.retain {
            MQTT.publish_retained_from(qos, topic, place)
        } else {
            MQTT.publish_from(qos, topic, place)
        };
        command.await.with_context(|| format!("cannot publish {length} bytes"))?;
        log::debug!("published {length} bytes to {topic}");
        anyhow::Ok(())
    };
    messages.zip(stream::iter(places)).map(publish).buffered(COMMANDS).try_collect().await
}

/// The messages that are on their way. They come back in their order, so a place is free again when its turn comes.
static PLACES: [Place; COMMANDS] = [const { Place(Mutex::new(Bytes::new())) }; COMMANDS];

/// A payload that the agent reads when it sends it.
struct Place(Mutex<Bytes>);

impl Place {
    fn payload(&self) -> MutexGuard<'_, Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, payload: Bytes) {
        *self.payload() = payload;
    }
}

impl Payload for Place {
    fn length(&self) -> usize {
        self.payload().len()
    }

    fn read<'a>(&'a self, offset: usize, buffer: &'a mut [u8]) -> &'a [u8] {
        let payload = self.payload();
        let rest = payload.get(offset..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        &buffer[..count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_from_anywhere() {
        let place = Place(Mutex::new(Bytes::new()));
        assert_eq!((place.length(), place.read(0, &mut [0; 4])), (0, &b""[..]));
        place.put(Bytes::from_static(b"payload"));
        assert_eq!(place.length(), 7);
        for (offset, read) in [(0, &b"payl"[..]), (3, b"load"), (5, b"ad"), (7, b""), (8, b"")] {
            assert_eq!(place.read(offset, &mut [0; 4]), read, "{offset}");
        }
    }
}
