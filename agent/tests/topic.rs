//! Topic filters, topic names and routes.

mod kit;

use std::cell::Cell;
use std::thread;

use kit::{CONNACK, CompleteAgent, World, publish_packet};
use slimqtt_agent::topic::{Filter, Route, matches, route};
use slimqtt_agent::wire::{EncodeError, QoS, Writer};
use slimqtt_agent::{Connect, Message, TopicName, filter};

/// The standard's rules, level by level, on what is known to be a filter and a name.
fn covers(filter: &[&str], name: &[&str]) -> bool {
    match (filter.split_first(), name.split_first()) {
        (None, None) | (Some((&"#", _)), _) => true,
        (Some((level, filter)), Some((other, name))) => (*level == "+" || level == other) && covers(filter, name),
        _ => false,
    }
}

/// A string, and its levels where it is a filter, or a name, or both.
struct Judged<'a> {
    text: &'a str,
    filter: Option<Vec<&'a str>>,
    name: Option<Vec<&'a str>>,
}

impl<'a> Judged<'a> {
    fn new(text: &'a str) -> Self {
        let levels: Vec<_> = text.split('/').collect();
        let is_string = (1..=65_535).contains(&text.len()) && !text.contains('\0');
        let (last, but_last) = levels.split_last().unwrap();
        let is_plain = |level: &&str| !level.contains(['+', '#']);
        let is_level = |level: &&str| *level == "+" || is_plain(level);
        let is_filter = is_string && but_last.iter().all(is_level) && (*last == "#" || is_level(last));
        let is_name = is_string && levels.iter().all(is_plain);
        Self { text, filter: is_filter.then(|| levels.clone()), name: is_name.then_some(levels) }
    }

    /// Whether this filter matches that name.
    fn is_match(&self, name: &Self) -> bool {
        let (Some(filter), Some(levels)) = (&self.filter, &name.name) else { return false };
        let begins_with_wildcard = self.text.starts_with(['+', '#']);
        !(begins_with_wildcard && name.text.starts_with('$')) && covers(filter, levels)
    }
}

/// All strings of up to `length` of these characters.
fn strings(alphabet: &str, length: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut begin = 0;
    for _ in 0..length {
        let end = all.len();
        for i in begin..end {
            all.extend(alphabet.chars().map(|character| format!("{}{character}", all[i])).collect::<Vec<_>>());
        }
        begin = end;
    }
    all
}

/// Compares what the crate says of each filter and each name with what the rules say. Returns how many pairs match.
fn compare(filters: &[String], names: &[String]) -> usize {
    let names: Vec<_> = names.iter().map(|name| Judged::new(name)).collect();
    let count = |filters: &[String]| {
        let mut count = 0;
        for filter in filters {
            let filter = Judged::new(filter);
            assert_eq!(Filter::new(filter.text).is_ok(), filter.filter.is_some(), "{:?}", filter.text);
            for name in &names {
                let expected = filter.is_match(name);
                assert!(matches(filter.text, name.text) == expected, "{:?} {:?}", filter.text, name.text);
                count += usize::from(expected);
            }
        }
        count
    };
    let (some, others) = filters.split_at(filters.len() / 2);
    thread::scope(|scope| {
        let others = scope.spawn(|| count(others));
        count(some) + others.join().unwrap()
    })
}

#[test]
fn every_pair_of_short_strings() {
    // 87 million pairs, of valid and of invalid ones.
    let strings = strings("ab/+#$", 5);
    assert_eq!(strings.len(), 1 + 6 + 36 + 216 + 1_296 + 7_776);
    assert_eq!(compare(&strings, &strings), 10_218);
}

#[test]
fn every_pair_of_longer_strings_with_one_letter() {
    assert_eq!(compare(&strings("a/+#", 8), &strings("a/", 8)), 18_245);
}

#[test]
fn every_character() {
    let mut characters: String = ('\0'..='\x7F').collect();
    characters += "\u{80}é€\u{FFFD}😀";
    let all = strings(&characters, 1);
    compare(&all, &all);
    // Those below the letters, where all are that mean something, in each other's company.
    let low: String = ('\0'..='0').collect();
    let low = strings(&low, 2);
    compare(&low, &low);
    // U+0000 at the end, and behind wildcards.
    let strings = strings("a/+#\0", 4);
    compare(&strings, &strings);
}

#[test]
fn the_examples_of_the_standard() {
    let examples: &[(&str, &[&str], &[&str])] = &[
        // 4.7.1.2
        (
            "sport/tennis/player1/#",
            &["sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis/player1/score/wimbledon"],
            &["sport/tennis", "sport/tennis/player10", "sport/tennis/player2"],
        ),
        ("sport/#", &["sport", "sport/", "sport/tennis"], &["sports", "/sport"]),
        ("#", &["sport", "/", "a/b/c"], &["$SYS", "$SYS/monitor/Clients"]),
        // 4.7.1.3
        ("sport/tennis/+", &["sport/tennis/player1", "sport/tennis/player2"], &["sport/tennis/player1/ranking"]),
        ("sport/+", &["sport/"], &["sport"]),
        ("+", &["finance"], &["/finance", "/", "$SYS"]),
        ("+/tennis/#", &["sport/tennis", "/tennis/a"], &["sport", "$SYS/tennis"]),
        ("sport/+/player1", &["sport/tennis/player1", "sport//player1"], &["sport/player1"]),
        ("+/+", &["/finance", "/"], &["finance", "a/b/c"]),
        ("/+", &["/finance", "/"], &["finance", "finance/"]),
        // 4.7.2
        ("+/monitor/Clients", &["a/monitor/Clients"], &["$SYS/monitor/Clients"]),
        ("$SYS/#", &["$SYS", "$SYS/monitor"], &["SYS", "$SYSTEM"]),
        ("$SYS/monitor/+", &["$SYS/monitor/Clients"], &["$SYS/monitor"]),
        // 4.7.3
        ("ACCOUNTS", &["ACCOUNTS"], &["Accounts"]),
        ("Accounts payable", &["Accounts payable"], &["Accounts", "Accounts payable "]),
        ("/finance", &["/finance"], &["finance"]),
        // Where implementations have erred.
        ("+/#", &["a", "/", "a/", "a/b/c"], &["$a", "$a/b"]),
        ("/+/#", &["/", "/a", "//", "/a/b"], &["a", "a/b"]),
        ("a//#", &["a/", "a//", "a//b"], &["a", "a/b"]),
        ("a/+/+/#", &["a//", "a/b/c"], &["a", "a/", "a/b"]),
        ("/$a/+", &["/$a/b"], &["$a/b"]),
        ("+/$a", &["b/$a", "/$a"], &["$b/$a"]),
        // No filters.
        ("", &[], &["", "a", "/"]),
        ("sport/tennis#", &[], &["sport/tennis", "sport/tennis#", "sport/tennis/a"]),
        ("sport/tennis/#/ranking", &[], &["sport/tennis/a/ranking", "sport/tennis"]),
        ("sport+", &[], &["sport", "sporty", "sport+"]),
        ("#/#", &[], &["a", "a/b", "#/#"]),
    ];
    for &(filter, matching, others) in examples {
        for name in matching {
            assert!(matches(filter, name), "{filter} {name}");
        }
        for name in others.iter().chain(&["", "+", "#", "sport/+", "a/#", "a\0"]) {
            assert!(!matches(filter, name), "{filter} {name}");
        }
    }
}

#[test]
fn strings_of_65535_bytes_are_the_longest() {
    let longest = "a".repeat(65_535);
    assert!(matches(&longest, &longest) && matches("+", &longest) && matches("#", &longest));
    let (longer_name, longer_filter) = (format!("{longest}a"), format!("{longest}/#"));
    assert!(!matches(&longer_name, &longer_name) && !matches("+", &longer_name) && !matches("#", &longer_name));
    assert!(!matches(&longer_filter, &longest));
    // A filter can be longer than a name that it would match.
    assert!(!matches(&format!("+{}", "/+".repeat(40_000)), &"/".repeat(40_000)));
}

#[test]
fn mistakes_are_told_as_when_it_is_written() {
    let long = "+".repeat(65_536);
    let valid_but_long = "a".repeat(65_536);
    for text in strings("a/+#\0", 4).iter().map(String::as_str).chain([&*long, &*valid_but_long]) {
        let mut buffer = vec![0; 65_552];
        let mut writer = Writer::new(&mut buffer);
        writer.topic_filter(text);
        assert_eq!(Filter::new(text).err(), writer.finish().err(), "{text:?}");
    }
    assert_eq!(Filter::new("a/#/b"), Err(EncodeError::InvalidTopicFilter));
    assert_eq!(Filter::new("a\0"), Err(EncodeError::InvalidTopicFilter));
    assert_eq!(Filter::new(&valid_but_long), Err(EncodeError::FieldTooLong));
}

#[test]
fn filters_are_made_at_compile_time_and_at_run_time() {
    const PREFIX: &str = "room/+";
    const SET: Filter = filter!("room/+/set");
    const _: () = assert!(matches(SET.as_str(), "room/1/set") && !matches("room/+", "room/1/set"));
    assert_eq!(filter!(PREFIX).as_str(), "room/+");
    assert_eq!(filter!(concat!("room/", "+", "/set"),), SET);
    let serial = 17;
    let own = format!("device/{serial}/#");
    let own = Filter::new(&own).unwrap();
    assert!(own.matches("device/17") && !own.matches("device/170"));
    assert_eq!(format!("{own}|{own:>14}|"), "device/17/#|   device/17/#|");
}

/// What handlers have seen: their own name and the payload.
#[derive(Default)]
struct Log(Vec<(&'static str, Vec<u8>)>);

impl Log {
    fn set(&mut self, message: Message<'_>) {
        self.0.push(("set", message.payload.to_vec()));
    }

    fn room(&mut self, message: Message<'_>) {
        self.0.push(("room", message.payload.to_vec()));
    }
}

fn message<'a>(topic: &'a str, payload: &'a [u8]) -> Message<'a> {
    let topic = topic.try_into().unwrap();
    Message { topic, payload, qos: QoS::AtMostOnce, retain: false, dup: false, offset: 0, length: payload.len() }
}

#[test]
fn every_route_that_matches_gets_the_message_in_order() {
    static ROUTES: [Route<Log>; 4] = [
        Route::new(filter!("room/+/set"), Log::set),
        Route::new(filter!("room/#"), Log::room),
        Route::new(filter!("room/1/set"), |log, message| log.0.push(("closure", message.topic.as_bytes().into()))),
        // Twice the same is twice.
        Route::new(filter!("room/+/set"), Log::set),
    ];
    let mut log = Log::default();
    let mut handled = |topic: &str, payload: &[u8]| {
        let count = route(&ROUTES, &mut log, message(topic, payload));
        (count, core::mem::take(&mut log.0))
    };
    let on = b"on".to_vec();
    let all = [("set", on.clone()), ("room", on.clone()), ("closure", b"room/1/set".to_vec()), ("set", on.clone())];
    assert_eq!(handled("room/1/set", b"on"), (4, all.to_vec()));
    assert_eq!(handled("room/2/set", b"on"), (3, vec![("set", on.clone()), ("room", on.clone()), ("set", on.clone())]));
    assert_eq!(handled("room", b"on"), (1, vec![("room", on)]));
    for topic in ["kitchen", "rooms/1/set", "$SYS/room"] {
        assert_eq!(handled(topic, b"on"), (0, vec![]), "{topic}");
    }
    assert_eq!(route(&[], &mut (), message("room", b"")), 0);
}

#[test]
fn a_message_whose_topic_is_not_known_matches_no_route() {
    static ROUTES: [Route<()>; 3] =
        [Route::new(filter!("#"), |_, _| ()), Route::new(filter!("+"), |_, _| ()), Route::new(filter!("a"), |_, _| ())];
    let (agent, routed) = (CompleteAgent::<1, 32>::new(), Cell::new(None));
    let handler = |message: Message<'_>| {
        routed.set(Some((message.topic.is_empty(), route(&ROUTES, &mut (), message))));
    };
    let mut world = World::new(&agent);
    let ((mut rx, mut tx), clock) = (world.server.ends(), world.clock.clone());
    let connect = Connect::<32>::new("room-1", 0).unwrap();
    world.executor.spawn("run", {
        let agent = &agent;
        async move { agent.run(&mut rx, &mut tx, &clock, &connect, handler).await }
    });
    world.settle();
    world.answer(&CONNACK);
    world.answer(&publish_packet(0x30, "longer than the buffer", None, b"1"));
    assert_eq!(routed.take(), Some((true, 0)));
    world.answer(&publish_packet(0x30, "a", None, b"1"));
    assert_eq!(routed.take(), Some((false, 3)));
}

#[test]
fn topic_names_are_checked_and_compare_with_text() {
    for text in ["", "#", "a/+", "a#", "a\0", "+"] {
        assert_eq!(TopicName::try_from(text), Err(EncodeError::InvalidTopicName), "{text:?}");
    }
    let name = TopicName::try_from("room/µ").unwrap();
    assert!(name == "room/µ" && name == *"room/µ" && name != "room/m" && !name.is_empty());
    assert_eq!((name.as_str(), name.as_bytes()), ("room/µ", "room/µ".as_bytes()));
    assert_eq!(format!("{name}|{name:>8}|{name:?}"), "room/µ|  room/µ|\"room/µ\"");
    assert!(filter!("room/+").matches(name) && filter!("room/+").matches("room/µ"));
}

#[test]
fn routes_may_be_local_and_handle_what_is_shared() {
    fn count(counter: &mut &Cell<u32>, _: Message<'_>) {
        counter.set(counter.get() + 1);
    }
    let (counter, topic) = (Cell::new(0), String::from("device/17"));
    let own = Route::new(Filter::new(&topic).unwrap(), count);
    let routes = [own, Route { filter: filter!("device/+"), ..own }];
    for topic in ["device/17", "device/18"] {
        route(&routes, &mut &counter, message(topic, b""));
    }
    assert_eq!(counter.get(), 3);
    assert_eq!(format!("{own:?}"), r#"Route { filter: Filter("device/17"), .. }"#);
}
