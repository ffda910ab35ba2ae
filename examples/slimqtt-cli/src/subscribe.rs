//! `slimqtt sub`.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Result, anyhow};
use futures_util::stream::{self, StreamExt};
use jiff::Zoned;
use slimqtt::topic::matches;
use slimqtt::{CommandError, Message, SubackReturnCode};

use crate::agent::{COMMANDS, MQTT};
use crate::arguments::Subscribe;
use crate::format::{Format, Printed};
use crate::session::{Ended, Session};

/// Prints messages until it is enough.
pub(crate) async fn run(options: &Subscribe) -> Result<Ended> {
    let session = Session::new(&options.connection, true)?;
    let failure = RefCell::new(None);
    let fail = |error: anyhow::Error| {
        failure.borrow_mut().get_or_insert(error);
        session.leave();
    };
    let mut printer = Printer::new(options, io::stdout().lock());
    let handler = |message: Message<'_>| match printer.take(message) {
        Ok(false) => {}
        Ok(true) => session.leave(),
        // Nobody reads any more, and has told so.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => session.leave(),
        Err(error) => fail(anyhow!(error).context("cannot write to the standard output")),
    };
    let begin = async || {
        match subscribe(options).await {
            Ok(true) => {
                session.established.set(true);
                if options.exit {
                    session.leave();
                }
            }
            // The end of the connection tells why.
            Ok(false) => {}
            Err(error) => fail(error),
        }
    };
    let ended = session.until_enough(options.timeout, session.run(handler, begin)).await;
    if let Some(error) = failure.take() {
        return Err(error);
    }
    // All that was wanted has come.
    if printer.is_done() { Ok(Ended::Done) } else { ended }
}

/// Subscribes on this connection. False if it ends before.
async fn subscribe(options: &Subscribe) -> Result<bool> {
    let unsubscribe = async |topic: &'_ String| {
        let ended = MQTT.unsubscribe(&[topic]).await;
        log::debug!("unsubscribed from {topic}: {ended:?}");
        ended
    };
    let subscribe = async |topic: &'_ str| {
        let [code] = MQTT.subscribe(&[(topic, options.qos)]).await?;
        match code {
            SubackReturnCode::Failure => log::warn!("the broker refuses the subscription to {topic}"),
            _ => log::debug!("subscribed to {topic}: {code:?}"),
        }
        Ok(code != SubackReturnCode::Failure)
    };
    let unsubscribed: Vec<Result<(), CommandError>> =
        stream::iter(&options.unsubscribe).map(unsubscribe).buffered(COMMANDS).collect().await;
    let granted: Vec<Result<bool, CommandError>> =
        stream::iter(options.topics()).map(subscribe).buffered(COMMANDS).collect().await;
    let unsubscribed: Result<(), CommandError> = unsubscribed.into_iter().collect();
    let granted: Result<Vec<bool>, CommandError> = unsubscribed.and_then(|()| granted.into_iter().collect());
    match granted {
        // There may be nothing but old subscriptions to end.
        Ok(granted) if granted.is_empty() || granted.contains(&true) => Ok(true),
        Ok(_) => Err(anyhow!("the broker refuses all subscriptions")),
        Err(CommandError::ConnectionLost | CommandError::Stopped) => Ok(false),
        Err(error) => Err(error).context("cannot subscribe"),
    }
}

/// Puts messages together from their parts, and prints those that are wanted.
struct Printer<'a, W> {
    options: &'a Subscribe,
    format: Format,
    out: W,
    payload: Vec<u8>,
    line: Vec<u8>,
    printed: u64,
}

impl<'a, W: Write> Printer<'a, W> {
    fn new(options: &'a Subscribe, out: W) -> Self {
        Self { options, format: options.format(), out, payload: Vec::new(), line: Vec::new(), printed: 0 }
    }

    /// Whether as many messages were printed as were asked for.
    fn is_done(&self) -> bool {
        self.options.count.is_some_and(|count| self.printed >= count)
    }

    /// Takes a message, or a part of one. Returns whether it is enough.
    ///
    /// It waits for whoever reads the output, and the connection with it: so the broker sends no more than can be printed.
    fn take(&mut self, message: Message<'_>) -> io::Result<bool> {
        let topic = message.topic.as_str();
        if topic.is_empty() {
            log::warn!("a message of {} bytes is skipped: its topic is too long", message.length);
        }
        if topic.is_empty() || self.is_done() || !self.is_wanted(topic, message.retain) {
            return Ok(self.is_done());
        }
        // One that was cut comes again from its start.
        if message.offset == 0 {
            self.payload.clear();
        }
        self.payload.extend_from_slice(message.payload);
        if message.is_last() {
            let Message { qos, retain, dup, .. } = message;
            let printed = Printed { topic, payload: &self.payload, qos: qos as u8, retain, dup };
            self.line.clear();
            self.format.print(printed, &Zoned::now(), &mut self.line);
            if !self.options.no_newline {
                self.line.push(b'\n');
            }
            self.out.write_all(&self.line)?;
            self.out.flush()?;
            self.printed += 1;
        }
        Ok(self.is_done())
    }

    fn is_wanted(&self, topic: &str, retain: bool) -> bool {
        !(retain && self.options.no_retained || self.options.filter_out.iter().any(|filter| matches(filter, topic)))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use slimqtt::TopicName;
    use slimqtt::packet::QoS;

    use super::*;
    use crate::arguments::{Arguments, Command};

    fn options(line: &str) -> Subscribe {
        let arguments = Arguments::try_parse_from(["slimqtt", "sub"].into_iter().chain(line.split(' ')));
        match arguments.map(|arguments| arguments.command) {
            Ok(Command::Sub(options)) => options,
            _ => panic!("{line}: no options of `sub`"),
        }
    }

    /// A whole message.
    fn message<'a>(topic: &'a str, payload: &'a [u8], retain: bool) -> Message<'a> {
        let topic = TopicName::try_from(topic).unwrap();
        Message { topic, payload, qos: QoS::AtLeastOnce, retain, dup: true, offset: 0, length: payload.len() }
    }

    /// What is printed of these messages, and whether each is enough.
    fn print(line: &str, messages: &[Message<'_>]) -> (String, Vec<bool>) {
        let (options, mut out) = (options(line), Vec::new());
        let mut printer = Printer::new(&options, &mut out);
        let enough = messages.iter().map(|message| printer.take(*message).unwrap()).collect();
        (String::from_utf8(out).unwrap(), enough)
    }

    #[test]
    fn messages_are_put_together_from_their_parts() {
        let part =
            |offset: usize, payload: &'static [u8], length| Message { offset, length, ..message("a", payload, false) };
        // The second one is cut, and comes again.
        let parts = [part(0, b"ab", 3), part(2, b"c", 3), part(0, b"de", 3), part(0, b"de", 3), part(2, b"f", 3)];
        assert_eq!(print("-t a", &parts).0, "abc\ndef\n");
        assert_eq!(print("-t a -F %l%d", &parts).0, "31\n31\n");
    }

    #[test]
    fn it_is_enough_after_so_many_that_were_printed() {
        let messages = ["a", "no", "b", "c"].map(|topic| message(topic, b"", false));
        assert_eq!(print("-t # -C 2 -T no -F %t", &messages), ("a\nb\n".to_owned(), vec![false, false, true, true]));
        assert_eq!(print("-t # -N -F %t", &messages), ("anobc".to_owned(), vec![false; 4]));
    }

    #[test]
    fn what_the_broker_had_kept_can_be_left_out() {
        let messages = [message("a", b"old", true), message("a", b"new", false)];
        assert_eq!(print("-t a", &messages).0, "old\nnew\n");
        assert_eq!(print("-t a -R", &messages).0, "new\n");
    }

    #[test]
    fn who_cannot_write_says_so() {
        struct Full;

        impl Write for Full {
            fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
                Err(ErrorKind::StorageFull.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        let options = options("-t a");
        let mut printer = Printer::new(&options, Full);
        let error = printer.take(message("a", b"b", false)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        assert!(!printer.is_done());
    }
}
