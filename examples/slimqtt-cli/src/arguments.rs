//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, process};

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Args, Error, Parser, Subcommand, value_parser};
use slimqtt::topic::Filter;
use slimqtt::{TopicName, packet};

use crate::address::Address;
use crate::agent::{QoS, RequestedQoS};
use crate::format::Format;

/// Publishes and subscribes by MQTT 3.1.1. `slimqtt pub --help` and `slimqtt sub --help` say more.
#[derive(Parser)]
#[command(name = "slimqtt", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Publish messages.
    ///
    /// Exit code 0: all of them have been sent, and acknowledged at QoS 1 and 2; 1: something went wrong; 2 to 5: the broker
    /// refused the connection, with this return code of CONNACK; 130: Ctrl-C.
    #[command(disable_help_flag = true, arg = help())]
    Pub(Publish),
    /// Print messages.
    ///
    /// Exit code 0: as many as were asked for have come, or Ctrl-C; 1: something went wrong; 2 to 5: the broker refused the
    /// connection, with this return code of CONNACK; 27: -W has passed.
    #[command(disable_help_flag = true, arg = help())]
    Sub(Subscribe),
}

/// `-h` is the host.
fn help() -> Arg {
    Arg::new("help").long("help").action(ArgAction::Help).help("Print help")
}

impl Arguments {
    /// Reads the command line. Ends the program where it is wrong, or asks for help.
    pub(crate) fn read() -> Self {
        Self::parsed(env::args_os()).unwrap_or_else(|error| {
            // If that cannot be printed, nothing can.
            let _ = error.print();
            // clap's own 2 is a return code of CONNACK.
            process::exit(i32::from(error.use_stderr()))
        })
    }

    fn parsed(arguments: impl IntoIterator<Item: Into<OsString> + Clone>) -> Result<Self, Error> {
        let arguments = Self::try_parse_from(arguments)?;
        let mistake = match &arguments.command {
            Command::Pub(publish) => publish.mistake(),
            Command::Sub(subscribe) => subscribe.mistake(),
        };
        match mistake {
            Some(mistake) => Err(Error::raw(ErrorKind::ArgumentConflict, format!("{mistake}\n"))),
            None => Ok(arguments),
        }
    }
}

#[derive(Args)]
pub(crate) struct Connection {
    /// The broker's name or address.
    #[arg(short = 'h', long, default_value = "localhost", conflicts_with = "url", help_heading = CONNECTION)]
    host: String,
    /// The broker's port [default: 1883, with TLS 8883].
    #[arg(short, long, value_parser = value_parser!(u16).range(1..), conflicts_with = "url", help_heading = CONNECTION)]
    port: Option<u16>,
    /// All of it at once: mqtt(s)://[username[:password]@]host[:port][/topic]. The topic stands there as it is; in user name
    /// and password %40 is @.
    #[arg(short = 'L', long, help_heading = CONNECTION)]
    pub(crate) url: Option<Address>,
    /// User name.
    #[arg(short, long, help_heading = CONNECTION)]
    username: Option<String>,
    /// Password.
    #[arg(short = 'P', long, allow_hyphen_values = true, help_heading = CONNECTION)]
    pw: Option<String>,
    /// Client identifier [default: the broker makes one].
    #[arg(short, long, conflicts_with = "id_prefix", help_heading = CONNECTION)]
    id: Option<String>,
    /// Client identifier: this, and the number of the process.
    #[arg(short = 'I', long, help_heading = CONNECTION)]
    id_prefix: Option<String>,
    /// The longest time between two packets to the broker, in seconds; 0: no limit.
    #[arg(short, long, default_value_t = 60, help_heading = CONNECTION)]
    pub(crate) keepalive: u16,
    /// Keep the session, with its subscriptions and messages on their way, after the connection; and go on with one that the
    /// broker has kept. A connection that is lost is made again.
    #[arg(short = 'c', long, requires = "id", help_heading = CONNECTION)]
    pub(crate) disable_clean_session: bool,
    /// The version of MQTT. There is one.
    #[arg(
        short = 'V', long, value_parser = ["mqttv311", "311"], default_value = "mqttv311", hide_default_value = true,
        help_heading = CONNECTION
    )]
    protocol_version: String,

    /// Where the broker publishes a message if this program vanishes.
    #[arg(long, value_name = "TOPIC", value_parser = topic_name, help_heading = WILL)]
    will_topic: Option<String>,
    /// That message [default: an empty one].
    #[arg(long, value_name = "MESSAGE", requires = "will_topic", allow_hyphen_values = true, help_heading = WILL)]
    will_payload: Option<OsString>,
    /// Its quality of service.
    #[arg(
        long, value_name = "QOS", default_value = "0", requires = "will_topic", help_heading = WILL,
        value_parser = qos([packet::QoS::AtMostOnce, packet::QoS::AtLeastOnce, packet::QoS::ExactlyOnce])
    )]
    will_qos: packet::QoS,
    /// Whether the broker keeps it for future subscribers.
    #[arg(long, requires = "will_topic", help_heading = WILL)]
    will_retain: bool,

    /// Use TLS, and trust who has a certificate from the authorities in this file, in PEM.
    #[arg(long, value_name = "FILE", help_heading = TLS)]
    pub(crate) cafile: Option<PathBuf>,
    /// Use TLS, and trust whom the system trusts. So do a URL with mqtts:// and port 8883, unless there is a --cafile.
    #[arg(long, help_heading = TLS)]
    tls_use_os_certs: bool,
    /// A certificate of this client, in PEM.
    #[arg(long, value_name = "FILE", requires = "key", help_heading = TLS)]
    pub(crate) cert: Option<PathBuf>,
    /// Its private key, in PEM.
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = TLS)]
    pub(crate) key: Option<PathBuf>,
    /// Do not check the broker's name in its certificate: whoever has any certificate of the authority may be the broker.
    #[arg(long, help_heading = TLS)]
    pub(crate) insecure: bool,

    /// Say what the connection does.
    #[arg(short, long, help_heading = CONNECTION)]
    pub(crate) debug: bool,
    /// Print no errors or warnings, except about the arguments.
    #[arg(long, conflicts_with = "debug", help_heading = CONNECTION)]
    pub(crate) quiet: bool,
}

const CONNECTION: &str = "Connection";
const WILL: &str = "Will";
const TLS: &str = "TLS";

impl Connection {
    pub(crate) fn host(&self) -> &str {
        self.url.as_ref().map_or(&self.host, |url| &url.host)
    }

    pub(crate) fn port(&self) -> u16 {
        let port = self.url.as_ref().map_or(self.port, |url| url.port);
        port.unwrap_or(if self.uses_tls() { 8883 } else { 1883 })
    }

    fn user_name(&self) -> Option<&str> {
        let from_url = || self.url.as_ref()?.user_name.as_deref();
        self.username.as_deref().or_else(from_url)
    }

    fn password(&self) -> Option<&str> {
        let from_url = || self.url.as_ref()?.password.as_deref();
        self.pw.as_deref().or_else(from_url)
    }

    /// The topic of the URL.
    fn topic(&self) -> Option<&str> {
        self.url.as_ref()?.topic.as_deref()
    }

    pub(crate) fn uses_tls(&self) -> bool {
        self.cafile.is_some() || self.trusts_system()
    }

    /// Whether the certificates count that the system trusts.
    pub(crate) fn trusts_system(&self) -> bool {
        let asked = match &self.url {
            Some(url) => url.tls || url.port == Some(8883),
            None => self.port == Some(8883),
        };
        self.tls_use_os_certs || (asked && self.cafile.is_none())
    }

    /// What is wrong with several arguments together, beyond what clap can tell.
    fn mistake(&self) -> Option<&'static str> {
        if self.password().is_some() && self.user_name().is_none() {
            return Some("a password needs a user name: give --username");
        }
        if (self.insecure || self.cert.is_some()) && !self.uses_tls() {
            return Some("--insecure and --cert need TLS: give --cafile, --tls-use-os-certs or a URL with mqtts://");
        }
        None
    }

    /// The CONNECT packet.
    ///
    /// # Errors
    /// Where it does not fit.
    pub(crate) fn packet<const SIZE: usize>(&self) -> Result<slimqtt::Connect<SIZE>, slimqtt::EncodeError> {
        let with_process = |prefix: &String| format!("{prefix}{}", process::id());
        let id = self.id.clone().or_else(|| self.id_prefix.as_ref().map(with_process)).unwrap_or_default();
        let message = self.will_payload.clone().unwrap_or_default().into_encoded_bytes();
        let (qos, retain) = (self.will_qos, self.will_retain);
        slimqtt::Connect::from_packet(&packet::Connect {
            clean_session: !self.disable_clean_session,
            keep_alive: self.keepalive,
            client_identifier: &id,
            will: self.will_topic.as_deref().map(|topic| packet::Will { qos, retain, topic, message: &message }),
            user_name: self.user_name(),
            password: self.password().map(str::as_bytes),
        })
    }
}

#[derive(Args)]
pub(crate) struct Publish {
    /// Where to publish.
    #[arg(short, long, value_parser = topic_name, help_heading = MESSAGE)]
    topic: Option<String>,
    #[command(flatten)]
    pub(crate) payload: Payload,
    /// Quality of service: 0 at most once, 1 at least once, 2 exactly once.
    #[arg(
        short, long, default_value = "0", help_heading = MESSAGE,
        value_parser = qos([QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce])
    )]
    pub(crate) qos: QoS,
    /// The broker keeps the message for future subscribers.
    #[arg(short, long, help_heading = MESSAGE)]
    pub(crate) retain: bool,
    /// Publish it so many times.
    #[arg(
        long, value_name = "TIMES", default_value_t = 1, value_parser = value_parser!(u32).range(1..),
        conflicts_with = "stdin_line", help_heading = MESSAGE
    )]
    pub(crate) repeat: u32,
    /// Wait between them, in seconds, such as 0.5.
    #[arg(
        long, value_name = "SECONDS", default_value = "0", value_parser = seconds, requires = "repeat",
        help_heading = MESSAGE
    )]
    pub(crate) repeat_delay: Duration,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

const MESSAGE: &str = "Message";

impl Publish {
    /// Where to publish.
    pub(crate) fn topic(&self) -> &str {
        self.topic.as_deref().or_else(|| self.connection.topic()).unwrap_or_default()
    }

    fn mistake(&self) -> Option<&'static str> {
        match (&self.topic, self.connection.topic()) {
            (None, None) => Some(NO_TOPIC),
            (Some(_), Some(_)) => Some("there are two topics: one is that of the URL"),
            (None, Some(topic)) if topic_name(topic).is_err() => Some("a message cannot go to the topic of the URL"),
            _ => self.connection.mistake(),
        }
    }
}

/// Where the payload comes from.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Payload {
    /// The message.
    #[arg(short, long, allow_hyphen_values = true, help_heading = MESSAGE)]
    pub(crate) message: Option<OsString>,
    /// A file as a message.
    #[arg(short, long, help_heading = MESSAGE)]
    pub(crate) file: Option<PathBuf>,
    /// All of the standard input as a message.
    #[arg(short, long, help_heading = MESSAGE)]
    pub(crate) stdin_file: bool,
    /// Each line of the standard input as a message, as soon as it is there.
    #[arg(short = 'l', long, help_heading = MESSAGE)]
    pub(crate) stdin_line: bool,
    /// An empty message. With -r the broker forgets the one that it has kept.
    #[arg(short, long, help_heading = MESSAGE)]
    pub(crate) null_message: bool,
}

#[derive(Args)]
pub(crate) struct Subscribe {
    /// What to subscribe to: + stands for one level, # for any number at the end. May be repeated.
    #[arg(short, long = "topic", value_name = "TOPIC", value_parser = topic_filter, help_heading = SUBSCRIPTIONS)]
    topics: Vec<String>,
    /// The highest quality of service of the messages: 0 at most once, 1 at least once, 2 exactly once.
    #[arg(
        short, long, default_value = "0", help_heading = SUBSCRIPTIONS,
        value_parser = qos([RequestedQoS::AtMostOnce, RequestedQoS::AtLeastOnce, RequestedQoS::ExactlyOnce])
    )]
    pub(crate) qos: RequestedQoS,
    /// A subscription to end, where the session is an old one. May be repeated.
    #[arg(short = 'U', long, value_name = "TOPIC", value_parser = topic_filter, help_heading = SUBSCRIPTIONS)]
    pub(crate) unsubscribe: Vec<String>,
    /// End when the broker has answered all subscriptions: with -c they go on.
    #[arg(short = 'E', help_heading = SUBSCRIPTIONS)]
    pub(crate) exit: bool,

    /// End after so many messages.
    #[arg(short = 'C', value_name = "COUNT", value_parser = value_parser!(u64).range(1..), help_heading = OUTPUT)]
    pub(crate) count: Option<u64>,
    /// End after so many seconds, counted from the start.
    #[arg(short = 'W', value_name = "SECONDS", value_parser = seconds, help_heading = OUTPUT)]
    pub(crate) timeout: Option<Duration>,
    /// Print no messages that the broker had kept.
    #[arg(short = 'R', help_heading = OUTPUT)]
    pub(crate) no_retained: bool,
    /// Print no messages whose topic matches this. May be repeated.
    #[arg(short = 'T', long, value_name = "TOPIC", value_parser = topic_filter, help_heading = OUTPUT)]
    pub(crate) filter_out: Vec<String>,
    /// Print the topic before the message: as -F '%t %p'.
    #[arg(short, long, conflicts_with = "format", help_heading = OUTPUT)]
    verbose: bool,
    /// How to print a message: %t topic, %p payload, %x and %X payload in hexadecimal, %l its length, %q QoS, %r 1 if the
    /// broker had kept it, %d 1 if it may have come before, %j all of it as JSON, %I date and time, %U seconds since 1970, %%
    /// a percent sign, @X as %X of strftime, and \n \r \t \v \a \e \0 \\ @@.
    #[arg(short = 'F', long, default_value = "%p", hide_default_value = true, help_heading = OUTPUT)]
    format: Format,
    /// Print no end of line after a message.
    #[arg(short = 'N', help_heading = OUTPUT)]
    pub(crate) no_newline: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

const SUBSCRIPTIONS: &str = "Subscriptions";
const OUTPUT: &str = "Output";

impl Subscribe {
    /// What to subscribe to.
    pub(crate) fn topics(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().map(String::as_str).chain(self.connection.topic())
    }

    fn mistake(&self) -> Option<&'static str> {
        match self.connection.topic() {
            None if self.topics.is_empty() && self.unsubscribe.is_empty() => Some(NO_TOPIC),
            Some(topic) if topic_filter(topic).is_err() => Some("nobody can subscribe to the topic of the URL"),
            _ => self.connection.mistake(),
        }
    }

    /// How to print a message.
    pub(crate) fn format(&self) -> Format {
        if self.verbose { Format::verbose() } else { self.format.clone() }
    }
}

const NO_TOPIC: &str = "there is no topic: give --topic, or a URL that has one";

/// A quality of service.
fn qos<T: Clone + Send + Sync + 'static>(all: [T; 3]) -> impl TypedValueParser<Value = T> {
    move |text: &str| match text {
        "0" => Ok(all[0].clone()),
        "1" => Ok(all[1].clone()),
        "2" => Ok(all[2].clone()),
        _ => Err("QoS is 0, 1 or 2"),
    }
}

/// Where a message can go.
fn topic_name(text: &str) -> Result<String, &'static str> {
    match TopicName::try_from(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) if text.is_empty() => Err("a topic has at least one character"),
        Err(_) => Err("a message goes to one topic: + and # are for subscriptions"),
    }
}

/// What can be subscribed to.
fn topic_filter(text: &str) -> Result<String, &'static str> {
    match Filter::new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) if text.is_empty() => Err("a topic has at least one character"),
        Err(_) => Err("+ stands for a whole level, and # for all at the end: a/+/b, a/#"),
    }
}

/// A time.
fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or("seconds are a number, such as 2 or 0.5")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        let arguments = Arguments::parsed(["slimqtt"].into_iter().chain(line.split_whitespace()));
        arguments.map(|arguments| arguments.command).map_err(|error| error.to_string())
    }

    fn publish(line: &str) -> Publish {
        match parse(&format!("pub {line}")) {
            Ok(Command::Pub(publish)) => publish,
            Ok(Command::Sub(_)) => panic!("{line}: it is not `sub`"),
            Err(error) => panic!("{line}: {error}"),
        }
    }

    fn subscribe(line: &str) -> Subscribe {
        match parse(&format!("sub {line}")) {
            Ok(Command::Sub(subscribe)) => subscribe,
            Ok(Command::Pub(_)) => panic!("{line}: it is not `pub`"),
            Err(error) => panic!("{line}: {error}"),
        }
    }

    /// As `CONNECT` has it on the wire, behind the fixed header.
    fn connect(line: &str) -> Vec<u8> {
        let packet = publish(&format!("-t a -n {line}")).connection.packet::<256>().unwrap();
        packet.packet()[2..].to_vec()
    }

    #[test]
    fn clap_finds_no_fault() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn broker_and_port() {
        for (line, host, port, tls) in [
            ("", "localhost", 1883, false),
            ("-h broker", "broker", 1883, false),
            ("--host broker --port 99", "broker", 99, false),
            ("--cafile ca.pem", "localhost", 8883, true),
            ("--tls-use-os-certs", "localhost", 8883, true),
            ("--tls-use-os-certs -p 99", "localhost", 99, true),
            ("-p 8883", "localhost", 8883, true),
            ("-L mqtt://broker", "broker", 1883, false),
            ("-L mqtt://broker:99", "broker", 99, false),
            ("-L mqtts://broker", "broker", 8883, true),
            ("-L mqtt://broker:8883", "broker", 8883, true),
            ("-L mqtts://broker:99 --cafile ca.pem", "broker", 99, true),
        ] {
            let Publish { connection, .. } = publish(&format!("-t a -n {line}"));
            assert_eq!((connection.host(), connection.port(), connection.uses_tls()), (host, port, tls), "{line}");
        }
    }

    #[test]
    fn own_authorities_count_alone() {
        for (line, system) in [
            ("-L mqtts://broker", true),
            ("-L mqtts://broker --cafile ca.pem", false),
            ("-p 8883 --cafile ca.pem", false),
            ("-p 8883 --cafile ca.pem --tls-use-os-certs", true),
            ("--cafile ca.pem", false),
        ] {
            assert_eq!(publish(&format!("-t a -n {line}")).connection.trusts_system(), system, "{line}");
        }
    }

    #[test]
    fn connect_says_what_the_arguments_say() {
        // Protocol name and level, then flags and keep-alive.
        assert_eq!(connect(""), b"\0\x04MQTT\x04\x02\0\x3C\0\0");
        assert_eq!(connect("-i me -c -k 9"), b"\0\x04MQTT\x04\0\0\x09\0\x02me");
        let prefixed = format!("me-{}", process::id());
        assert!(connect("-I me-").ends_with(prefixed.as_bytes()));
        let with_user = b"\0\x04MQTT\x04\xC2\0\x3C\0\0\0\x01u\0\x02pw";
        assert_eq!(connect("-u u -P pw"), with_user);
        assert_eq!(connect("-L mqtt://u:pw@broker"), with_user);
        assert_eq!(connect("-L mqtt://u@broker -P pw"), with_user);
        assert_eq!(connect("-L mqtt://x:y@broker -u u -P pw"), with_user);
        let with_will = b"\0\x04MQTT\x04\x36\0\x3C\0\0\0\x01w\0\x02by";
        assert_eq!(connect("--will-topic w --will-payload by --will-qos 2 --will-retain"), with_will);
        assert_eq!(connect("--will-topic w"), b"\0\x04MQTT\x04\x06\0\x3C\0\0\0\x01w\0\0");
    }

    #[test]
    fn messages() {
        let Publish { payload, qos, retain, repeat, repeat_delay, .. } = publish("-t a -m hello");
        assert_eq!(payload.message, Some("hello".into()));
        assert_eq!((qos, retain, repeat, repeat_delay), (QoS::AtMostOnce, false, 1, Duration::ZERO));
        let options = publish("-L mqtt://broker/room/1 -m -5 -q 2 -r --repeat 3 --repeat-delay 0.25");
        assert_eq!(options.topic(), "room/1");
        assert_eq!(options.payload.message, Some("-5".into()));
        assert_eq!((options.qos, options.retain), (QoS::ExactlyOnce, true));
        assert_eq!((options.repeat, options.repeat_delay), (3, Duration::from_millis(250)));
    }

    #[test]
    fn topics_of_subscriptions() {
        let options = subscribe("-t a/+ -t b -L mqtt://broker/c/# -q 1");
        assert_eq!(options.topics().collect::<Vec<_>>(), ["a/+", "b", "c/#"]);
        assert_eq!(options.qos, RequestedQoS::AtLeastOnce);
        assert_eq!(subscribe("-U a -c -i me").topics().count(), 0);
    }

    #[test]
    fn formats_of_messages() {
        let format = |line: &str| subscribe(&format!("-t a {line}")).format();
        for (line, text) in [("", "%p"), ("-v", "%t %p"), ("-F %x", "%x")] {
            assert_eq!(Ok(format(line)), text.parse(), "{line}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        for (line, message) in [
            ("pub -m a", "there is no topic: give --topic, or a URL that has one"),
            ("pub -m a -L mqtt://broker", "there is no topic: give --topic, or a URL that has one"),
            ("sub", "there is no topic: give --topic, or a URL that has one"),
            ("pub -t a", "<--message <MESSAGE>|--file <FILE>|--stdin-file|--stdin-line|--null-message>"),
            ("pub -t a -m a -n", "'--message <MESSAGE>' cannot be used with '--null-message'"),
            ("pub -t a -t b -n", "'--topic <TOPIC>' cannot be used multiple times"),
            ("pub -t a -n -L mqtt://broker/b", "there are two topics: one is that of the URL"),
            ("pub -n -L mqtt://broker/a/#", "a message cannot go to the topic of the URL"),
            ("sub -L mqtt://broker/a#", "nobody can subscribe to the topic of the URL"),
            (
                "pub -n -t a/#",
                "invalid value 'a/#' for '--topic <TOPIC>': a message goes to one topic: + and # are for",
            ),
            ("pub -n -t a/+/b", "a message goes to one topic: + and # are for subscriptions"),
            ("pub -n --topic=", "a topic has at least one character"),
            ("pub -n -t a --will-topic +", "invalid value '+' for '--will-topic <TOPIC>': a message goes to one topic"),
            ("sub --topic=", "a topic has at least one character"),
            (
                "sub -t a#",
                "invalid value 'a#' for '--topic <TOPIC>': + stands for a whole level, and # for all at the end",
            ),
            ("sub -t a -T b+", "invalid value 'b+' for '--filter-out <TOPIC>': + stands for a whole level"),
            ("sub -U #/a", "invalid value '#/a' for '--unsubscribe <TOPIC>': + stands for a whole level"),
            ("pub -t a -n -q 3", "invalid value '3' for '--qos <QOS>': QoS is 0, 1 or 2"),
            ("sub -t a -q two", "QoS is 0, 1 or 2"),
            ("pub -t a -n --will-topic b --will-qos 3", "QoS is 0, 1 or 2"),
            ("pub -t a -n --will-payload b", "--will-topic <TOPIC>"),
            ("pub -t a -n -p 0", "0 is not in 1..=65535"),
            ("pub -t a -n -k 70000", "70000 is not in 0..=65535"),
            ("pub -t a -n -h a -L mqtt://b", "'--host <HOST>' cannot be used with '--url <URL>'"),
            ("pub -t a -n -L http://b", "the URL begins with mqtt:// or mqtts://"),
            ("pub -t a -n -c", "--id <ID>"),
            ("pub -t a -n -i a -I b", "'--id <ID>' cannot be used with '--id-prefix <ID_PREFIX>'"),
            ("pub -t a -n -P secret", "a password needs a user name: give --username"),
            (
                "pub -t a -n --insecure",
                "--insecure and --cert need TLS: give --cafile, --tls-use-os-certs or a URL with",
            ),
            ("pub -t a -n --cert c --key k", "--insecure and --cert need TLS"),
            ("pub -t a -n --cert c", "--key <FILE>"),
            ("pub -t a -l --repeat 2", "'--stdin-line' cannot be used with '--repeat <TIMES>'"),
            ("pub -t a -n --repeat 2 --repeat-delay=-1", "seconds are a number, such as 2 or 0.5"),
            ("pub -t a -n --repeat-delay 1", "--repeat <TIMES>"),
            ("sub -t a -C 0", "0 is not in 1.."),
            ("sub -t a -W soon", "seconds are a number, such as 2 or 0.5"),
            ("sub -t a -F %z", "there is no %z: only"),
            ("sub -t a -v -F %t", "'--verbose' cannot be used with '--format <FORMAT>'"),
            ("sub -t a -V 5", "[possible values: mqttv311, 311]"),
            ("sub -t a --debug --quiet", "'--debug' cannot be used with '--quiet'"),
        ] {
            let error = parse(line).err().unwrap_or_else(|| panic!("{line}: it is taken"));
            assert!(error.contains(message), "{line}: {error}");
        }
    }
}
