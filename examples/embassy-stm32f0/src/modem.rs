//! The dialogue with a modem that speaks ESP-AT (an ESP8266, or an ESP32), until its serial line is a TCP connection.
//!
//! Commands are lines, and so are the answers; the last line of an answer is `OK` or `ERROR`. At the end of the dialogue
//! the modem passes on every byte, both ways: what it calls transparent or passthrough mode. It leaves that mode when it
//! hears `+++` between two silences, and never by itself: if the TCP connection is lost, the line just goes silent.

use embassy_futures::select::{Either, select};
use embedded_io_async::{Read, Write};
use slimqtt::Clock;

/// Which network, and which broker. All are texts as a person writes them.
pub struct Settings<'a> {
    /// Name of the Wi-Fi network.
    pub network: &'a str,
    /// Its password.
    pub password: &'a str,
    /// Name or IP address of the broker.
    pub broker: &'a str,
    /// The broker's TCP port, in decimal.
    pub port: &'a str,
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The serial line failed.
    Line,
    /// The modem did not answer to this command in time.
    Silent(&'static str),
    /// The modem answered to this command that it cannot: to `AT+CWJAP` if there is no such network, or its password is
    /// another one; to `AT+CIPSTART` if nobody listens there.
    Refused(&'static str),
}

/// A modem at the other end of a serial line.
pub struct Modem<R, W, C> {
    /// What the modem says.
    pub rx: R,
    /// What it is told.
    pub tx: W,
    /// How long it is waited for.
    pub clock: C,
}

/// `+++` counts if nothing else is said for so long before it, in milliseconds.
const SILENCE: u32 = 50;
/// And for so long after it.
const LEAVING: u32 = 1_200;

/// One line to the modem, and what becomes of it.
struct Line<'a> {
    command: &'static str,
    arguments: &'a [Argument<'a>],
    /// How the answer ends.
    end: &'static [u8],
    /// How long to wait for that, in milliseconds.
    limit: u32,
    /// Whether it has to succeed.
    counts: bool,
}

enum Argument<'a> {
    Plain(&'a str),
    /// Within quotation marks.
    Quoted(&'a str),
}
use Argument::{Plain, Quoted};

impl<R: Read, W: Write, C: Clock> Modem<R, W, C> {
    /// Joins the network and connects to the broker, wherever the modem was before. When it is done, the two halves of
    /// the line are the connection. It takes some 3 seconds, and up to 48.
    pub async fn connect(&mut self, to: &Settings<'_>) -> Result<(), Failure> {
        const SHORT: u32 = 1_000;
        const LONG: u32 = 20_000;
        let join = [Quoted(to.network), Plain(","), Quoted(to.password)];
        let start = [Quoted("TCP"), Plain(","), Quoted(to.broker), Plain(","), Plain(to.port)];
        let line = |command, arguments, end, limit, counts| Line { command, arguments, end, limit, counts };
        let dialogue = [
            // If the modem was listening to commands, it has taken `+++` for the start of one. It will be wrong.
            line("AT", &[][..], b"OK", SHORT, false),
            // No echo of commands.
            line("ATE0", &[], b"OK", SHORT, true),
            // Nothing of what follows goes into its flash memory. Versions before 2.0 do not know it.
            line("AT+SYSSTORE=0", &[], b"OK", SHORT, false),
            // A station, no access point.
            line("AT+CWMODE=1", &[], b"OK", SHORT, true),
            // Of the connection before, if there is one left.
            line("AT+CIPCLOSE", &[], b"OK", SHORT, false),
            line("AT+CWJAP=", &join, b"OK", LONG, true),
            line("AT+CIPMODE=1", &[], b"OK", SHORT, true),
            line("AT+CIPSTART=", &start, b"OK", LONG, true),
            // From here on every byte is passed on.
            line("AT+CIPSEND", &[], b">", SHORT, true),
        ];
        self.leave().await?;
        for line in &dialogue {
            let deadline = self.clock.now_ms().wrapping_add(line.limit);
            let answer = match select(ask(&mut self.rx, &mut self.tx, line), self.clock.wait_until(deadline)).await {
                Either::First(answer) => answer,
                Either::Second(()) => Err(Failure::Silent(line.command)),
            };
            match answer {
                Err(failure) if line.counts || failure == Failure::Line => return Err(failure),
                _ => {}
            }
        }
        Ok(())
    }

    /// Has the modem listen to commands, if it passed on bytes. Whatever it says meanwhile is of the past.
    async fn leave(&mut self) -> Result<(), Failure> {
        for (word, silence) in [(&b""[..], SILENCE), (b"+++", LEAVING)] {
            say(&mut self.tx, &[word]).await?;
            let deadline = self.clock.now_ms().wrapping_add(silence);
            if let Either::First(failure) = select(drain(&mut self.rx), self.clock.wait_until(deadline)).await {
                return Err(failure);
            }
        }
        Ok(())
    }
}

/// Says one line, and reads until its answer ends.
async fn ask(rx: &mut impl Read, tx: &mut impl Write, line: &Line<'_>) -> Result<(), Failure> {
    say(tx, &[line.command.as_bytes()]).await?;
    for argument in line.arguments {
        match argument {
            Plain(text) => say(tx, &[text.as_bytes()]).await?,
            Quoted(text) => quote(tx, text).await?,
        }
    }
    say(tx, &[b"\r\n"]).await?;

    // As much of a line as tells lines apart.
    let mut heard = [0; 8];
    let mut length = 0;
    loop {
        // One by one: what follows the answer is the broker's already.
        match byte(rx).await? {
            b'\r' => {}
            b'\n' => {
                match heard.get(..length).unwrap_or_default() {
                    b"ERROR" | b"FAIL" => return Err(Failure::Refused(line.command)),
                    end if end == line.end => return Ok(()),
                    // `WIFI CONNECTED`, `CONNECT`, `busy p...`, an echo, an empty line.
                    _ => length = 0,
                }
            }
            // No line follows the prompt.
            b'>' if length == 0 && line.end == b">" => return Ok(()),
            byte => {
                if let Some(place) = heard.get_mut(length) {
                    *place = byte;
                    length += 1;
                }
            }
        }
    }
}

/// A text within quotation marks. What has a meaning there has a backslash before it.
async fn quote(tx: &mut impl Write, text: &str) -> Result<(), Failure> {
    say(tx, &[b"\""]).await?;
    for byte in text.as_bytes() {
        if matches!(byte, b'"' | b',' | b'\\') {
            say(tx, &[b"\\"]).await?;
        }
        say(tx, &[&[*byte]]).await?;
    }
    say(tx, &[b"\""]).await
}

async fn say(tx: &mut impl Write, words: &[&[u8]]) -> Result<(), Failure> {
    for word in words {
        tx.write_all(word).await.map_err(|_| Failure::Line)?;
    }
    tx.flush().await.map_err(|_| Failure::Line)
}

async fn byte(rx: &mut impl Read) -> Result<u8, Failure> {
    let mut byte = [0];
    match rx.read(&mut byte).await {
        Ok(1..) => Ok(byte[0]),
        _ => Err(Failure::Line),
    }
}

/// Reads, and forgets what it has read. Ends if that fails.
async fn drain(rx: &mut impl Read) -> Failure {
    loop {
        if let Err(failure) = byte(rx).await {
            return failure;
        }
    }
}

#[cfg(test)]
mod tests;
