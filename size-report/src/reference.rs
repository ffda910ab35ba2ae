//! The reference: the published code size of an agent in C that does the same job.

/// Where the figures are from.
pub const TITLE: &str = "Code size of coreMQTT Agent, example generated with GCC for ARM Cortex-M";

/// What keeps the comparison honest.
pub const CAVEAT: &str = "\
The reference's figures are object files before linking, without the C library. A profile's are all
that its linked image gains over the baseline. Code that was inlined counts for the part that it was
written in, and what is inlined from core for its user.";

/// One source file of the reference. Its figures are published in tenths of K, and kept as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// The file's name.
    pub name: &'static str,
    /// Its size at `-O1`, in tenths of K.
    pub o1: u32,
    /// Its size at `-Os`, in tenths of K.
    pub os: u32,
}

const fn file(name: &'static str, o1: u32, os: u32) -> File {
    File { name, o1, os }
}

/// The files of the reference.
pub const FILES: [File; 5] = [
    file("core_mqtt_agent.c", 17, 15),
    file("core_mqtt_agent_command_functions.c", 3, 2),
    file("core_mqtt.c", 30, 26),
    file("core_mqtt_state.c", 14, 11),
    file("core_mqtt_serializer.c", 25, 20),
];

/// The published totals.
pub const TOTAL: File = file("total", 89, 74);

/// A size in tenths of K (1024 bytes) as bytes, to the nearest one.
pub fn bytes(tenths: u32) -> u32 {
    (tenths * 1024 + 5) / 10
}

/// What percentage of a total (in tenths of K) `flash` bytes are, to the nearest one.
pub fn share(flash: i64, tenths: u32) -> i64 {
    (flash as f64 * 100.0 / f64::from(bytes(tenths))).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_add_up_to_the_published_totals() {
        assert_eq!(FILES.iter().map(|file| file.o1).sum::<u32>(), TOTAL.o1);
        assert_eq!(FILES.iter().map(|file| file.os).sum::<u32>(), TOTAL.os);
    }

    #[test]
    fn a_k_is_1024_bytes() {
        assert_eq!(bytes(10), 1024);
        assert_eq!(bytes(TOTAL.o1), 9114);
        assert_eq!(bytes(TOTAL.os), 7578);
    }

    #[test]
    fn shares_are_rounded() {
        assert_eq!(share(7578, TOTAL.os), 100);
        assert_eq!(share(2200, TOTAL.os), 29);
        assert_eq!(share(0, TOTAL.os), 0);
        assert_eq!(share(-76, TOTAL.os), -1);
    }
}
