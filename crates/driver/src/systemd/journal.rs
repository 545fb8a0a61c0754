//! What services say, as systemd's journal keeps it.

use std::{path::PathBuf, process::Stdio};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use crate::{DriverError, LogLine, process::program::beginning};

/// The most that is read of a journal at once, and of why it cannot be, in bytes: a program may say much in one line.
const MAX_READ: usize = 16 * 1024 * 1024;
const MAX_WHY: usize = 4 * 1024;

/// Errors, and what is worse, among the priorities of the journal.
const ERROR: u8 = 3;

/// A line as the journal tells it.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "MESSAGE", default)]
    message: Value,
    #[serde(rename = "PRIORITY")]
    priority: Option<String>,
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    at: Option<String>,
}

/// A journal.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    /// Where its files are. Where they usually are, if nothing is said.
    pub(super) dir: Option<PathBuf>,
    /// Whether the units are of the user's own systemd.
    pub(super) of_user: bool,
}

impl Journal {
    /// The last lines that a unit said since then, the oldest first.
    pub(super) async fn last(&self, unit: &str, since: Timestamp, lines: usize) -> Result<Vec<LogLine>, DriverError> {
        let field = if self.of_user { "_SYSTEMD_USER_UNIT" } else { "_SYSTEMD_UNIT" };
        let mut command = Command::new("journalctl");
        command.args(["--quiet", "--no-pager", "--all", "--output=json"]);
        command.arg("--output-fields=MESSAGE,PRIORITY").arg(format!("--lines={lines}"));
        let micros = since.as_microsecond();
        command.arg(format!("--since=@{}.{:06}", micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000)));
        command.args(self.dir.iter().map(|dir| format!("--directory={}", dir.display())));
        command.arg(format!("{field}={unit}")).stdin(Stdio::null()).kill_on_drop(true);
        let failed = |error: &dyn std::fmt::Display| DriverError::plain(format!("the journal cannot be read: {error}"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut reading = command.spawn().map_err(|error| failed(&error))?;
        let (out, err) = (reading.stdout.take(), reading.stderr.take());
        let (said, why) =
            tokio::try_join!(beginning(out, MAX_READ), beginning(err, MAX_WHY)).map_err(|e| failed(&e))?;
        if reading.wait().await.map_err(|error| failed(&error))?.success() {
            return Ok(said.split(|byte| *byte == b'\n').filter_map(line).collect());
        }
        Err(failed(&String::from_utf8_lossy(&why).lines().next().unwrap_or("journalctl does not say why")))
    }
}

fn line(json: &[u8]) -> Option<LogLine> {
    let entry: Entry = serde_json::from_slice(json).ok()?;
    let text = match entry.message {
        Value::String(text) => text,
        // What is no text is told by its bytes.
        Value::Array(bytes) => {
            let bytes: Vec<u8> = bytes.iter().filter_map(|it| u8::try_from(it.as_u64()?).ok()).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => return None,
    };
    let at = entry.at.and_then(|at| Timestamp::from_microsecond(at.parse().ok()?).ok());
    let error = entry.priority.and_then(|it| it.parse().ok()).is_some_and(|it: u8| it <= ERROR);
    Some(LogLine { at, error, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_with_their_time_whatever_is_in_them() {
        let at = Timestamp::from_microsecond(1_700_000_000_000_001).expect("a time");
        let said = br#"{"MESSAGE":"here","PRIORITY":"6","__REALTIME_TIMESTAMP":"1700000000000001","_BOOT_ID":"x"}"#;
        assert_eq!(line(said), Some(LogLine { at: Some(at), error: false, text: "here".to_owned() }));
        let bytes = line(br#"{"MESSAGE":[104,105,255],"PRIORITY":"3"}"#);
        assert_eq!(bytes, Some(LogLine { at: None, error: true, text: "hi\u{fffd}".to_owned() }));
        assert_eq!(line(b""), None);
    }
}
