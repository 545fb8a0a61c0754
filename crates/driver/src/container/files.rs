//! The files of a container, as an archive that is put into it before it starts.

use std::io;

use compose::render::Runnable;

use crate::wanted::Secrets;

/// The archive; nothing, if there are no files. Secrets are for the container's user alone, where that is known.
pub(super) fn archive(runnable: &Runnable, secrets: &Secrets) -> io::Result<Option<Vec<u8>>> {
    if runnable.files.is_empty() {
        return Ok(None);
    }
    let mut archive = tar::Builder::new(Vec::new());
    for (path, file) in &runnable.files {
        let secret = file.secret.as_ref().and_then(|secret| secrets.get(secret)).map(|value| value.expose());
        let text = secret.or(file.content.as_deref()).unwrap_or_default();
        let everybody = if secret.is_some() && runnable.user.is_some() { 0o400 } else { 0o444 };
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(text.len()).unwrap_or(u64::MAX));
        header.set_mode(if file.executable { everybody | everybody >> 2 } else { everybody });
        header.set_uid(runnable.user.unwrap_or(0).into());
        header.set_gid(0);
        archive.append_data(&mut header, path.trim_start_matches('/'), text.as_bytes())?;
    }
    archive.into_inner().map(Some)
}
