//! A broker and a topic as a URL.

use std::str::FromStr;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// `mqtt(s)://[username[:password]@]host[:port][/topic]`.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Address {
    /// Whether it is `mqtts`.
    pub(crate) tls: bool,
    pub(crate) user_name: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) topic: Option<String>,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A topic stands there as it is: what means something else in a URL, such as `#`, does not here.
        let host = text.find("://").map_or(0, |at| at + 3);
        let end = text[host..].find('/').map_or(text.len(), |at| host + at);
        let (broker, topic) = (&text[..end], text.get(end + 1..).filter(|topic| !topic.is_empty()));
        let url = Url::parse(broker).map_err(|error| format!("{error}; a URL is mqtt://host or mqtts://host"))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err("a ? or # before the topic is written %3F or %23".to_owned());
        }
        let tls = match url.scheme() {
            "mqtt" => false,
            "mqtts" => true,
            _ => return Err("the URL begins with mqtt:// or mqtts://".to_owned()),
        };
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => decoded(name)?,
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return Err("the URL has no host".to_owned()),
        };
        let user_name = Some(url.username()).filter(|name| !name.is_empty()).map(decoded).transpose()?;
        let password = url.password().map(decoded).transpose()?;
        Ok(Self { tls, user_name, password, host, port: url.port(), topic: topic.map(str::to_owned) })
    }
}

fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| "a part of the URL is no UTF-8 behind its %".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Address {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn all_parts() {
        let address = Address {
            tls: true,
            user_name: Some("me@home".to_owned()),
            password: Some("a:b/c".to_owned()),
            host: "broker.example".to_owned(),
            port: Some(1234),
            topic: Some("room/+/a b/#".to_owned()),
        };
        assert_eq!(parse("mqtts://me%40home:a%3Ab%2Fc@broker.example:1234/room/+/a b/#"), address);
    }

    #[test]
    fn parts_may_be_missing() {
        let bare =
            Address { tls: false, user_name: None, password: None, host: "broker".to_owned(), port: None, topic: None };
        assert_eq!(parse("mqtt://broker"), bare);
        assert_eq!(parse("mqtt://broker/"), bare);
        assert_eq!(parse("mqtt://me@broker"), Address { user_name: Some("me".to_owned()), ..bare.clone() });
        assert_eq!(parse("mqtt://broker//"), Address { topic: Some("/".to_owned()), ..bare.clone() });
        assert_eq!(parse("mqtt://broker/#"), Address { topic: Some("#".to_owned()), ..bare });
    }

    #[test]
    fn hosts_may_be_addresses() {
        for (text, host) in
            [("mqtt://127.0.0.1:1", "127.0.0.1"), ("mqtt://[::1]:1/a", "::1"), ("mqtt://[fe80::1]", "fe80::1")]
        {
            assert_eq!(parse(text).host, host, "{text}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        for (text, message) in [
            ("broker", "relative URL without a base; a URL is mqtt://host or mqtts://host"),
            ("http://broker/a", "the URL begins with mqtt:// or mqtts://"),
            ("mqtt:///a", "the URL has no host"),
            ("mqtt://broker:70000/a", "invalid port number; a URL is mqtt://host or mqtts://host"),
            ("mqtt://me:12#3@broker/a", "a ? or # before the topic is written %3F or %23"),
            ("mqtt://me:12?3@broker/a", "a ? or # before the topic is written %3F or %23"),
            ("mqtt://broker?qos=1", "a ? or # before the topic is written %3F or %23"),
            ("mqtt://%FF@broker/a", "a part of the URL is no UTF-8 behind its %"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap_err(), message, "{text}");
        }
    }
}
