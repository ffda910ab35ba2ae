//! The `slimqtt-size-report` program, run as `cargo size-report`.

fn main() -> std::process::ExitCode {
    slimqtt_size_report::cli::main()
}
