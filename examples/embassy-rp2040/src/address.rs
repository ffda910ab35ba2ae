//! Where the broker is, as a text that is read when the firmware is compiled.

use core::net::{Ipv4Addr, SocketAddrV4};

/// An address like `192.168.1.10:1883`; `None` if the text is not one.
pub const fn parse(text: &str) -> Option<SocketAddrV4> {
    let text = text.as_bytes();
    let mut numbers = [0_u32; 5];
    let (mut count, mut digits, mut at) = (0, 0, 0);
    while at < text.len() {
        match text[at] {
            // No digit follows a 0 that begins a number: some would take that for octal.
            digit @ b'0'..=b'9' if digits < 5 && (digits == 0 || numbers[count] > 0) => {
                numbers[count] = numbers[count] * 10 + (digit - b'0') as u32;
                digits += 1;
            }
            end if digits > 0 && (end == b'.' && count < 3 || end == b':' && count == 3) => {
                count += 1;
                digits = 0;
            }
            _ => return None,
        }
        at += 1;
    }
    let [a, b, c, d, port] = numbers;
    if count < 4 || digits == 0 || port > 0xFFFF || a > 255 || b > 255 || c > 255 || d > 255 {
        return None;
    }
    Some(SocketAddrV4::new(Ipv4Addr::new(a as u8, b as u8, c as u8, d as u8), port as u16))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use core::net::SocketAddrV4;

    use super::parse;

    #[test]
    fn addresses_are_read_as_the_standard_library_reads_them() {
        for text in ["192.168.1.10:1883", "0.0.0.0:0", "255.255.255.255:65535", "10.0.0.1:1"] {
            assert_eq!(parse(text), Some(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            ":",
            "1.2.3.4",
            "1.2.3.4:",
            "1.2.3:4",
            "1.2.3.4.5:6",
            "1.2.3.4:5:6",
            "1.2.3.256:1",
            "1.2.3.4:65536",
            "1.2.3.4:100000",
            "99999.1.1.1:1",
            "1..3.4:5",
            ".1.2.3.4:5",
            "broker:1883",
            "1.2.3.4:1883 ",
            "1:2:3:4:5",
            "1.2.3.-4:5",
            "1.2.3.4.5",
            "192.168.001.010:1883",
            "00.0.0.0:1",
        ] {
            assert_eq!(parse(text), None, "{text}");
            assert!(text.parse::<SocketAddrV4>().is_err(), "{text}");
        }
    }
}
