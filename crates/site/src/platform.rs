//! Facts about the machine and the program, for the controller.

/// What this site says of itself.
pub(crate) fn facts(software: &str) -> site_proto::Platform {
    let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
    site_proto::Platform {
        software: software.to_owned(),
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        hostname,
    }
}
