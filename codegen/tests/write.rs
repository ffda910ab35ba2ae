//! Files are written when there is something new to write.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use slimqtt_codegen::{Error, Generator};
use slimqtt_spec::MQTT_3_1_1;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn a_file_that_says_the_same_is_left_alone() {
    let (path, long_ago) = (path("write.rs"), SystemTime::UNIX_EPOCH);
    let write = || Generator::new(&MQTT_3_1_1).write(&path).unwrap();
    fs::write(&path, "// from an older spec").unwrap();
    write();
    assert_eq!(fs::read_to_string(&path).unwrap(), include_str!("golden/mqtt-3.1.1.rs"));

    File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    write();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), long_ago);
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let path = path("no-such-folder/write.rs");
    let error = Generator::new(&MQTT_3_1_1).write(&path).unwrap_err();
    assert!(matches!(error, Error::Write { .. }));
    assert!(error.summary().starts_with(&format!("cannot write {}: ", path.display())), "{error}");
}
