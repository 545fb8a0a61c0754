//! What rendered invitations and bundles say of the program that joins by them.

use std::{fs::File, io, io::Read as _};

use ring::digest::{Context, SHA256};
use tokio::sync::OnceCell;

use ::render::{Program, Sha256, Source};

use crate::{App, ops::OpError};

/// What to do where no image is known.
pub(crate) const NAME_AN_IMAGE: &str = "start the controllers with --release-image IMAGE@sha256:DIGEST \
    (SKX_RELEASE_IMAGE, or release_image in their configuration file)";

/// Where the program and its image come from: as configured, else the program is the one that runs here.
pub(crate) async fn source(app: &App) -> Result<Source, OpError> {
    let program = match app.release_program() {
        Some((url, sha256)) => Program::Download { url, sha256 },
        None => Program::Own {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            sha256: own_digest().await.map_err(OpError::internal("reading the program that runs"))?,
        },
    };
    Ok(Source { program, image: app.release_image() })
}

/// The digest of the program that runs, read once.
async fn own_digest() -> io::Result<Sha256> {
    static DIGEST: OnceCell<Sha256> = OnceCell::const_new();
    let read = || async { tokio::task::spawn_blocking(read_own_digest).await.map_err(io::Error::other)? };
    DIGEST.get_or_try_init(read).await.cloned()
}

fn read_own_digest() -> io::Result<Sha256> {
    // Not by its path: there may be another program by now.
    let mut program = File::open("/proc/self/exe")?;
    let (mut digest, mut buffer) = (Context::new(&SHA256), vec![0; 1 << 20]);
    loop {
        match program.read(&mut buffer)? {
            0 => break,
            n => digest.update(&buffer[..n]),
        }
    }
    let digest: [u8; 32] = digest.finish().as_ref().try_into().map_err(io::Error::other)?;
    Ok(digest.into())
}
