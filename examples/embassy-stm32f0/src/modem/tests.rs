//! The dialogue with modems that are played.

use super::{Failure, Settings};
use crate::played::{Played, obedient};

const SETTINGS: Settings<'_> =
    Settings { network: "balcony", password: "geranium", broker: "192.168.1.10", port: "1883" };

const JOIN: &str = "AT+CWJAP=\"balcony\",\"geranium\"";
const START: &str = "AT+CIPSTART=\"TCP\",\"192.168.1.10\",1883";

fn connect(modem: &Played, settings: &Settings<'_>) -> Result<(), Failure> {
    modem.finish(modem.ours().connect(settings))
}

#[test]
fn a_modem_that_was_just_turned_on_is_led_to_the_broker() {
    let modem = Played::new(obedient);
    modem.said.borrow_mut().extend(b"\0\xFF ready\r\nOK\r\n");
    assert_eq!(connect(&modem, &SETTINGS), Ok(()));
    let dialogue =
        ["+++AT", "ATE0", "AT+SYSSTORE=0", "AT+CWMODE=1", "AT+CIPCLOSE", JOIN, "AT+CIPMODE=1", START, "AT+CIPSEND"];
    assert_eq!(modem.told(), dialogue);
    assert!(modem.passes.get());
}

#[test]
fn a_modem_that_passes_on_bytes_is_led_out_of_it_first() {
    let modem = Played::new(obedient);
    assert_eq!(connect(&modem, &SETTINGS), Ok(()));
    modem.told();
    // The connection ends in the middle of a packet, and the broker had said something.
    modem.hear(b"\x30\x20");
    modem.said.borrow_mut().extend(b"\x40\x02ERROR\r\n");
    assert_eq!(connect(&modem, &SETTINGS), Ok(()));
    let dialogue =
        ["+++", "AT", "ATE0", "AT+SYSSTORE=0", "AT+CWMODE=1", "AT+CIPCLOSE", JOIN, "AT+CIPMODE=1", START, "AT+CIPSEND"];
    assert_eq!(modem.told(), dialogue);
}

#[test]
fn what_follows_the_prompt_is_left_on_the_line() {
    let modem = Played::new(|line| match line {
        "AT+CIPSEND" => Some("OK\r\n>\x20\x02"),
        line => obedient(line),
    });
    assert_eq!(connect(&modem, &SETTINGS), Ok(()));
    assert_eq!(modem.said.take(), b"\x20\x02");
}

#[test]
fn texts_may_have_any_characters() {
    let modem = Played::new(obedient);
    let settings = Settings { network: "a,b", password: "\"c\\ d>", broker: "mqtt.example", port: "8883" };
    assert_eq!(connect(&modem, &settings), Ok(()));
    let told = modem.told();
    assert_eq!(told[5], "AT+CWJAP=\"a\\,b\",\"\\\"c\\\\ d>\"");
    assert_eq!(told[7], "AT+CIPSTART=\"TCP\",\"mqtt.example\",8883");
}

#[test]
fn what_the_modem_cannot_do_is_told() {
    let wrong_password = |line: &str| match line {
        JOIN => Some("+CWJAP:2\r\n\r\nFAIL\r\n"),
        line => obedient(line),
    };
    assert_eq!(connect(&Played::new(wrong_password), &SETTINGS), Err(Failure::Refused("AT+CWJAP=")));
    let no_broker = |line: &str| match line {
        START => Some("\r\nERROR\r\nCLOSED\r\n"),
        line => obedient(line),
    };
    assert_eq!(connect(&Played::new(no_broker), &SETTINGS), Err(Failure::Refused("AT+CIPSTART=")));
}

#[test]
fn a_modem_that_is_silent_is_given_up() {
    // Not there at all: the first question may go unanswered.
    let modem = Played::new(|_| None);
    let began = modem.now.get();
    assert_eq!(connect(&modem, &SETTINGS), Err(Failure::Silent("ATE0")));
    assert_eq!(modem.now.get().wrapping_sub(began), 50 + 1_200 + 2 * 1_000);
    // Or while it looks for the network. It goes on, and says so without end.
    let modem = Played::new(|line| match line {
        JOIN => Some("WIFI DISCONNECT\r\nbusy p...\r\nOKAY\r\n OK\r\n>\r\nAn answer longer than any that counts\r\n"),
        line => obedient(line),
    });
    let began = modem.now.get();
    assert_eq!(connect(&modem, &SETTINGS), Err(Failure::Silent("AT+CWJAP=")));
    assert_eq!(modem.now.get().wrapping_sub(began), 50 + 1_200 + 20_000);
}

#[test]
fn a_line_that_fails_ends_the_dialogue_wherever_it_is() {
    let whole = Played::new(obedient);
    whole.cut_after.set(1_000);
    assert_eq!(connect(&whole, &SETTINGS), Ok(()));
    let bytes = 1_000 - whole.cut_after.get();
    for cut_after in 0..bytes {
        let modem = Played::new(obedient);
        modem.cut_after.set(cut_after);
        assert_eq!(connect(&modem, &SETTINGS), Err(Failure::Line), "{cut_after}");
    }
}
