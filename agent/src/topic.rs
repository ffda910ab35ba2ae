//! Which topic filters match which topic names (4.7), and what is done with a message because of it.

use core::fmt;

use crate::Message;
use crate::wire::{EncodeError, Writer};

/// Whether a topic filter matches a topic name (4.7).
///
/// `+` stands for one level, which may be empty `[MQTT-4.7.1-3]`, `#` for any number of levels at the end, none included
/// `[MQTT-4.7.1-2]`. A wildcard at the beginning does not match names that begin with `$` `[MQTT-4.7.2-1]`. All else is
/// compared byte by byte `[MQTT-4.7.3-4]`.
///
/// What is no topic filter matches nothing, and what is no topic name is matched by nothing: neither is empty
/// `[MQTT-4.7.3-1]`, contains U+0000 `[MQTT-4.7.3-2]` or is longer than 65,535 bytes `[MQTT-4.7.3-3]`, and wildcards stand
/// in filters only `[MQTT-4.7.1-1]`, as whole levels.
///
/// For a shared subscription (MQTT 5.0, 4.8.2) the filter is what stands behind the share name.
///
/// ```
/// use slimqtt_agent::topic::matches;
///
/// assert!(matches("room/+/set", "room/1/set"));
/// assert!(matches("room/#", "room"));
/// assert!(!matches("#", "$SYS/uptime"));
/// ```
pub const fn matches(filter: &str, topic_name: &str) -> bool {
    matches_bytes(filter.as_bytes(), topic_name.as_bytes())
}

const fn matches_bytes(mut filter: &[u8], mut name: &[u8]) -> bool {
    // From a wildcard at the beginning.
    let mut is_hidden = matches!(name, [b'$', ..]);
    if name.is_empty() || (filter.len() | name.len()) > 0xFFFF {
        return false;
    }
    // Each time, both are at the beginning of a level.
    loop {
        if let [wildcard @ b'#'] | [wildcard @ b'+', ..] = filter
            && let [_, after @ ..] = filter
        {
            if is_hidden {
                return false;
            }
            let end = if *wildcard == b'+' { b'/' } else { 0 };
            // Few bytes are special, and all of them are small: to tell that first saves a quarter of the time.
            while let [byte, rest @ ..] = name
                && (*byte > b'/' || !(is_forbidden(*byte) || *byte == end))
            {
                name = rest;
            }
            // Had the wildcard not been a whole level, no name would go on like the filter does.
            filter = after;
        }
        is_hidden = false;
        loop {
            let [byte, rest @ ..] = name else { return matches!(filter, [] | [b'/', b'#']) };
            let [other, after @ ..] = filter else { return false };
            if *byte != *other {
                return false;
            }
            (filter, name) = (after, rest);
            if *byte <= b'/' {
                if *byte == b'/' {
                    break;
                }
                // No name has it, and in the filter it is not a whole level.
                if is_forbidden(*byte) {
                    return false;
                }
            }
        }
    }
}

/// Whether no topic name contains this byte.
const fn is_forbidden(byte: u8) -> bool {
    matches!(byte, 0 | b'+' | b'#')
}

/// A topic filter that is known to be one.
///
/// [`filter!`](crate::filter) makes one of a literal, and finds mistakes when the firmware is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Filter<'a>(&'a str);

impl<'a> Filter<'a> {
    /// Checks a topic filter, as SUBSCRIBE does.
    ///
    /// # Errors
    /// [`EncodeError::InvalidTopicFilter`] or [`EncodeError::FieldTooLong`], just as [`Writer::topic_filter`] tells it.
    pub const fn new(filter: &'a str) -> Result<Self, EncodeError> {
        let mut writer = Writer::counter();
        writer.topic_filter(filter);
        match writer.finish() {
            // A counter has no room for any field, but that is no fault of the filter.
            Ok(_) | Err(EncodeError::TooLarge) => Ok(Self(filter)),
            Err(error) => Err(error),
        }
    }

    /// The filter as text.
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// Whether it matches a topic name, that of a message or text: see [`matches()`].
    pub fn matches(self, topic_name: impl AsRef<[u8]>) -> bool {
        matches_bytes(self.0.as_bytes(), topic_name.as_ref())
    }
}

impl fmt::Display for Filter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)
    }
}

/// A [`Filter`](crate::topic::Filter) that is checked when the firmware is compiled.
///
/// ```
/// # use slimqtt_agent as slimqtt;
/// use slimqtt::filter;
/// use slimqtt::topic::Filter;
///
/// const SET: Filter = filter!("room/+/set");
/// assert!(SET.matches("room/1/set"));
/// ```
///
/// What is no topic filter does not compile:
///
/// ```compile_fail,E0080
/// # use slimqtt_agent as slimqtt;
/// slimqtt::filter!("room/#/set");
/// ```
#[macro_export]
macro_rules! filter {
    ($filter:expr $(,)?) => {{
        // Unlike an inline `const`, an item is evaluated by `cargo check`, too.
        const __FILTER: $crate::topic::Filter<'static> = match $crate::topic::Filter::new($filter) {
            ::core::result::Result::Ok(filter) => filter,
            ::core::result::Result::Err(_) => ::core::panic!(
                "not a valid topic filter: it is empty, contains U+0000, is longer than 65,535 bytes, \
                 or has a wildcard that is not a whole level (`#` the last one)"
            ),
        };
        __FILTER
    }};
}

/// What is done with messages whose topic a filter matches.
///
/// `C` is what handlers work on. Any function or method with the arguments of `handler` is one, and so is a closure that
/// captures nothing. A table of routes is best a `static`, which takes no RAM; one with a filter that is known only to
/// the running device can be a local variable.
///
/// ```
/// # use slimqtt_agent as slimqtt;
/// use slimqtt::topic::{Route, route};
/// use slimqtt::{Message, filter};
///
/// struct Lamp {
///     is_on: bool,
/// }
///
/// impl Lamp {
///     fn switch(&mut self, message: Message<'_>) {
///         self.is_on = message.payload == b"on";
///     }
///
///     fn all_off(&mut self, _: Message<'_>) {
///         self.is_on = false;
///     }
/// }
///
/// static ROUTES: [Route<Lamp>; 2] =
///     [Route::new(filter!("lamp/+/switch"), Lamp::switch), Route::new(filter!("night/#"), Lamp::all_off)];
///
/// // What `run` of an agent takes.
/// fn handler(lamp: &mut Lamp) -> impl FnMut(Message<'_>) {
///     |message| {
///         let _handled = route(&ROUTES, lamp, message);
///     }
/// }
/// ```
pub struct Route<'a, C> {
    /// Which topics it is for. Subscribe to [`as_str`](Filter::as_str) of it: the table then is the one place where filters
    /// stand.
    pub filter: Filter<'a>,
    /// What is done.
    pub handler: fn(&mut C, Message<'_>),
}

impl<'a, C> Route<'a, C> {
    /// Messages whose topic `filter` matches go to `handler`.
    pub const fn new(filter: Filter<'a>, handler: fn(&mut C, Message<'_>)) -> Self {
        Self { filter, handler }
    }
}

// By hand, since derived ones would ask the same of `C`.
impl<C> Clone for Route<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Route<'_, C> {}

impl<C> fmt::Debug for Route<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("filter", &self.filter).finish_non_exhaustive()
    }
}

/// Hands a message to each route whose filter matches its topic, in the order of the table. Returns how many there were.
///
/// A Server may send a message once for each of the subscriptions that match it (3.3.5). Where those overlap, each copy
/// goes to all routes that match: nothing in it says which subscription it is for. Of a message in parts, each part is
/// handed over; one without a topic, since that was too long for the receive buffer, matches no route.
pub fn route<C>(routes: &[Route<'_, C>], context: &mut C, message: Message<'_>) -> usize {
    let mut count = 0;
    for route in routes {
        if route.filter.matches(message.topic) {
            (route.handler)(context, message);
            count += 1;
        }
    }
    count
}
