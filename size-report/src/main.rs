//! The program `cargo-size-report`, which `cargo size-report` runs.

fn main() -> std::process::ExitCode {
    slimqtt_size_report::cli::main()
}
