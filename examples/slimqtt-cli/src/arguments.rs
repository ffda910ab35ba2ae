//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process;
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Args, CommandFactory, Parser, Subcommand, value_parser};
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
        let arguments = Self::try_parse().and_then(|arguments| match arguments.mistake() {
            Some(mistake) => Err(Self::command().error(ErrorKind::ArgumentConflict, mistake)),
            None => Ok(arguments),
        });
        arguments.unwrap_or_else(|error| {
            // If that cannot be printed, nothing can.
            let _ = error.print();
            // clap's own 2 is a return code of CONNACK.
            process::exit(i32::from(error.use_stderr()))
        })
    }

    /// What is wrong with several arguments together, beyond what clap can tell.
    fn mistake(&self) -> Option<&'static str> {
        let (connection, topics, has_topic) = match &self.command {
            Command::Pub(publish) => (&publish.connection, publish.topic.iter().len(), false),
            Command::Sub(subscribe) => {
                (&subscribe.connection, subscribe.topics.len(), !subscribe.unsubscribe.is_empty())
            }
        };
        let address = connection.url.as_ref();
        let from_address = address.and_then(|address| address.topic.as_deref());
        if topics == 0 && from_address.is_none() && !has_topic {
            return Some("there is no topic: give --topic, or a URL that has one");
        }
        match (&self.command, from_address) {
            (Command::Pub(_), Some(topic)) => {
                if topics > 0 {
                    return Some("there are two topics: give --topic, or a URL that has one");
                }
                if topic_name(topic).is_err() {
                    return Some("the topic of the URL is none: see --topic");
                }
            }
            (Command::Sub(_), Some(topic)) if topic_filter(topic).is_err() => {
                return Some("the topic of the URL is none: see --topic");
            }
            _ => {}
        }
        if connection.password().is_some() && connection.user_name().is_none() {
            return Some("a password needs a user name: give --username");
        }
        let needs_tls = connection.insecure || connection.cert.is_some();
        if needs_tls && !connection.uses_tls() {
            return Some(
                "--insecure and --cert are for TLS: give --cafile, --tls-use-os-certs or a URL with mqtts:// too",
            );
        }
        None
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
    #[arg(short = 'P', long, help_heading = CONNECTION)]
    pw: Option<String>,
    /// Client identifier [default: the broker makes one].
    #[arg(short, long, conflicts_with = "id_prefix", help_heading = CONNECTION)]
    id: Option<String>,
    /// Client identifier: this, and the number of the process.
    #[arg(short = 'I', long, help_heading = CONNECTION)]
    id_prefix: Option<String>,
    /// The longest time between two packets to the broker, in seconds; 0: any.
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
    #[arg(long, value_name = "MESSAGE", requires = "will_topic", help_heading = WILL)]
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
    /// Print no errors and warnings, but of the arguments.
    #[arg(long, conflicts_with = "debug", help_heading = CONNECTION)]
    pub(crate) quiet: bool,
}

const CONNECTION: &str = "Connection";
const WILL: &str = "Will";
const TLS: &str = "TLS";

impl Connection {
    pub(crate) fn host(&self) -> &str {
        self.url.as_ref().map_or(&self.host, |address| &address.host)
    }

    pub(crate) fn port(&self) -> u16 {
        let port = self.url.as_ref().map_or(self.port, |address| address.port);
        port.unwrap_or(if self.uses_tls() { 8883 } else { 1883 })
    }

    fn user_name(&self) -> Option<&str> {
        self.username.as_deref().or(self.url.as_ref()?.user_name.as_deref())
    }

    fn password(&self) -> Option<&str> {
        self.pw.as_deref().or(self.url.as_ref()?.password.as_deref())
    }

    pub(crate) fn uses_tls(&self) -> bool {
        self.cafile.is_some() || self.trusts_system()
    }

    /// Whether the certificates count that the system trusts.
    pub(crate) fn trusts_system(&self) -> bool {
        let asked = match &self.url {
            Some(address) => address.tls || address.port == Some(8883),
            None => self.port == Some(8883),
        };
        self.tls_use_os_certs || (asked && self.cafile.is_none())
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
        let from_address = || self.connection.url.as_ref()?.topic.as_deref();
        self.topic.as_deref().or_else(from_address).unwrap_or_default()
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
        let from_address = self.connection.url.as_ref().and_then(|address| address.topic.as_ref());
        self.topics.iter().chain(from_address).map(String::as_str)
    }

    /// How to print a message.
    pub(crate) fn format(&self) -> Format {
        if self.verbose { Format::verbose() } else { self.format.clone() }
    }
}

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
