//! Which controller to talk to: command line, environment, or what `skx login` has stored.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{BufRead as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::failure::{Code, Failure};

/// The one line of a file that holds a secret; `-` is standard input. `what` names it in errors.
pub(crate) fn secret_line(path: &Path, what: &str) -> Result<Zeroizing<String>, Failure> {
    let text = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut text)
            .map_err(|error| Failure::failed(format_args!("standard input cannot be read: {error}")))?;
        Zeroizing::new(text)
    } else {
        Zeroizing::new(read(path)?)
    };
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.contains('\n') {
        return Err(Failure::usage(format_args!("{} does not hold one {what} in one line", path.display())));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// How to reach a controller.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Context {
    /// Its address, `https://HOST:PORT`.
    pub(crate) server: String,
    /// The token to sign in with.
    pub(crate) token: String,
    /// The certificate to trust, PEM; the system's own, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca: Option<String>,
}

/// What the command line and the environment say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub(crate) server: Option<String>,
    pub(crate) token: Option<SecretString>,
    pub(crate) ca: Option<PathBuf>,
}

impl Given {
    /// Completes what was given with what `skx login` stored. Its token and certificate go to its server only.
    pub(crate) fn resolve(self) -> Result<Context, Failure> {
        let stored = match file() {
            Some(path) if self.server.is_none() || self.token.is_none() || self.ca.is_none() => load(&path)?,
            _ => None,
        };
        let given = self.server.as_deref().map(server_url).transpose()?;
        let stored = stored.filter(|stored| given.as_ref().is_none_or(|given| *given == stored.server));
        let Some(server) = given.or_else(|| stored.as_ref().map(|s| s.server.clone())) else {
            return Err(Failure::usage("no controller is known").how(
                "run skx login https://HOST:PORT, or give --server, --token and --ca (SKX_SERVER, SKX_TOKEN, SKX_CA)",
            ));
        };
        let given = match self.token {
            Some(token) => Some(token.expose_secret().to_owned()),
            None => token_beside(&server)?,
        };
        let Some(token) = given.or_else(|| stored.as_ref().map(|s| s.token.clone())) else {
            return Err(Failure::new(Code::Denied, format_args!("there is no token for {server}")).how(
                "run skx login, or give --token (SKX_TOKEN); the first one is in DIR/admin.token of the controller",
            ));
        };
        let ca = match self.ca {
            Some(path) => Some(read(&path).map_err(|failure| failure.at("--ca (SKX_CA)"))?),
            None => stored.and_then(|s| s.ca),
        };
        Ok(Context { server, token, ca })
    }
}

/// Reads a small text file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))
}

/// `https://HOST:PORT` from what a person wrote: without a scheme, `https` is meant.
pub(crate) fn server_url(text: &str) -> Result<String, Failure> {
    if let Some(path) = socket(text) {
        return match path.is_absolute() {
            true => Ok(text.to_owned()),
            false => Err(Failure::usage("the path of a controller's socket begins with /, as in unix:/DIR/admin.sock")),
        };
    }
    let rest = match text.split_once("://") {
        Some(("https", rest)) => rest,
        Some((scheme, _)) => {
            return Err(Failure::usage(format_args!(
                "{scheme}:// is not how a controller is reached; write https://HOST:PORT"
            )));
        }
        None => text,
    };
    let rest = rest.trim_end_matches('/');
    let with_port = if rest.ends_with(']') || !rest.contains(':') { format!("{rest}:443") } else { rest.to_owned() };
    let address: model::HostPort =
        with_port.parse().map_err(|error| Failure::usage(format_args!("the controller's address: {error}")))?;
    Ok(format!("https://{address}"))
}

/// The path of a controller's own socket, when a server is written as one.
pub(crate) fn socket(server: &str) -> Option<&Path> {
    server.strip_prefix("unix:").map(Path::new)
}

/// The first-start token beside a controller's own socket.
fn token_beside(server: &str) -> Result<Option<String>, Failure> {
    let Some(path) = socket(server) else { return Ok(None) };
    read(&path.with_file_name("admin.token")).map(|token| Some(token.trim().to_owned()))
}

/// Puts another token in place of one that is stored, if it is that one that is stored.
pub(crate) fn replace_token(server: &str, old: &str, new: &str) -> Result<(), Failure> {
    match stored_with(server, old)? {
        Some((file, context)) => store(&file, Context { token: new.to_owned(), ..context }),
        None => Ok(()),
    }
}

/// Forgets what is stored, if it is this token at this server.
pub(crate) fn forget(server: &str, token: &str) -> Result<(), Failure> {
    match stored_with(server, token)? {
        Some((file, _)) => std::fs::remove_file(&file).map_err(|error| Failure::file(&file, &error)),
        None => Ok(()),
    }
}

fn stored_with(server: &str, token: &str) -> Result<Option<(PathBuf, Context)>, Failure> {
    let Some(file) = file() else { return Ok(None) };
    let stored = load(&file)?.filter(|stored| stored.server == server && stored.token == token);
    Ok(stored.map(|stored| (file, stored)))
}

/// Where `skx login` stores: `$XDG_CONFIG_HOME/skx/config.toml`.
pub(crate) fn file() -> Option<PathBuf> {
    let absolute = |path: PathBuf| Some(path).filter(|p| p.is_absolute());
    let base = std::env::var_os("XDG_CONFIG_HOME")
        .and_then(|path| absolute(path.into()))
        .or_else(|| std::env::var_os("HOME").and_then(|home| absolute(PathBuf::from(home).join(".config"))))?;
    Some(base.join("skx/config.toml"))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    context: Context,
}

fn load(path: &Path) -> Result<Option<Context>, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::file(path, &error)),
    };
    let file: File = toml::from_str(&text).map_err(|error| {
        Failure::usage(format_args!("{}: {}", path.display(), error.message()))
            .how("correct the file, or remove it and run skx login again")
    })?;
    Ok(Some(file.context))
}

/// Stores a context, readable by this person only; the file is the old one or the new one, never half.
pub(crate) fn store(path: &Path, context: Context) -> Result<(), Failure> {
    let text = toml::to_string(&File { context }).map_err(Failure::failed)?;
    let fail = |error: std::io::Error| Failure::file(path, &error);
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fail)?;
    }
    write_secret(path, text.as_bytes()).map_err(fail)
}

/// Writes a file of mode 0600 in place of an older one.
pub(crate) fn write_secret(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let _ = std::fs::remove_file(&new);
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn servers_are_written_in_several_ways_and_mean_one() {
        for text in ["https://c.example.com:8443", "c.example.com:8443", "https://c.example.com:8443/"] {
            assert_eq!(server_url(text).expect(text), "https://c.example.com:8443");
        }
        assert_eq!(server_url("c.example.com").expect("no port"), "https://c.example.com:443");
        assert_eq!(server_url("[::1]").expect("no port"), "https://[::1]:443");
        assert!(server_url("http://c:1").expect_err("plain HTTP").to_string().contains("https"));
        assert!(server_url("https://").is_err());
    }

    #[test]
    fn a_stored_context_is_secret_and_reads_back() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("skx/config.toml");
        let context = |token: &str| Context {
            server: "https://c:1".to_owned(),
            token: token.to_owned(),
            ca: Some("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n".to_owned()),
        };
        store(&path, context("one")).expect("stores");
        store(&path, context("two")).expect("stores again");
        assert!(load(&path).expect("reads").expect("is there") == context("two"));
        assert_eq!(std::fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "[context]\nserver = 'x'\ntoken = 'y'\nsurprise = 1\n").expect("writes");
        assert!(load(&path).err().expect("refused").to_string().contains("surprise"));
    }
}
