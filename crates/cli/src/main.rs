//! See the library: the program is nothing but its `main`.

fn main() -> std::process::ExitCode {
    cli::main()
}
