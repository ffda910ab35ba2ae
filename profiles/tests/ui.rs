//! What the compiler says about each mistake: one file each in `ui`, named after the rule that it breaks.
//!
//! The texts are the macro's own, but for a few errors that rustc reports by itself; those are kept to what it has worded
//! alike from 1.88 to the nightly 1.97. Should another compiler differ, `TRYBUILD=overwrite cargo test --test ui` in this
//! package rewrites them, and `git diff` shows how; or leave the test out by name, `-- --skip mistakes`. It does not look
//! at the compiler's version: where that is not the right one, it would pass unseen.

#[test]
fn mistakes() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
