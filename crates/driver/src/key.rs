//! The key by which digests of workloads tell nobody else what their secrets are.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};

/// The key in a driver's directory. It and its directory are made, if they are not there.
pub(crate) fn of(dir: &Path) -> io::Result<hmac::Key> {
    fs::DirBuilder::new().recursive(true).mode(0o711).create(dir)?;
    let file = dir.join("key");
    let bytes = match fs::read(&file) {
        Ok(bytes) if bytes.len() == 32 => bytes,
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        // Another key makes containers anew, and does no other harm.
        _ => made(&file)?,
    };
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

fn made(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("there is no randomness"))?;
    let mut out = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    out.write_all(&bytes)?;
    out.sync_all()?;
    Ok(bytes)
}
