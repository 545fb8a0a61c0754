//! What processes say, in files that do not grow beyond a size.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use model::Clock;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _};

use crate::LogLine;

/// The longest line. What is longer becomes several.
const LINE: usize = 16 << 10;

/// Where a process's words go.
#[derive(Debug)]
pub(super) struct Log {
    current: PathBuf,
    previous: PathBuf,
    most: u64,
    clock: Arc<dyn Clock>,
    open: Mutex<Option<(File, u64)>>,
}

impl Log {
    pub(super) fn new(dir: &Path, most: u64, clock: Arc<dyn Clock>) -> Self {
        Self { current: dir.join("log"), previous: dir.join("log.1"), most, clock, open: Mutex::default() }
    }

    /// Writes down everything that is said, until there is nothing more.
    pub(super) async fn follow(self: Arc<Self>, said: impl AsyncRead + Unpin, error: bool) {
        let mut said = tokio::io::BufReader::new(said);
        let mut line = Vec::new();
        loop {
            line.clear();
            let most = u64::try_from(LINE).unwrap_or(u64::MAX);
            match (&mut said).take(most).read_until(b'\n', &mut line).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => return,
            }
            let text = String::from_utf8_lossy(&line);
            if let Err(error) = self.write(error, text.trim_end_matches(['\n', '\r'])) {
                tracing::warn!(file = %self.current.display(), %error, "what a process says is lost");
            }
        }
    }

    fn write(&self, error: bool, text: &str) -> io::Result<()> {
        let line = format!("{} {} {text}\n", self.clock.now(), if error { 'E' } else { 'O' });
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.as_ref().is_some_and(|(file, _)| file.metadata().is_ok_and(|it| it.nlink() == 0)) {
            // Somebody removed it: nobody would ever read what is written there.
            *open = None;
        }
        if open.as_ref().is_some_and(|(_, size)| size + length > self.most) {
            *open = None;
            fs::rename(&self.current, &self.previous)?;
        }
        let (file, size) = match open.as_mut() {
            Some(open) => open,
            None => {
                let file = OpenOptions::new().append(true).create(true).open(&self.current)?;
                let size = file.metadata()?.len();
                open.insert((file, size))
            }
        };
        file.write_all(line.as_bytes())?;
        *size += length;
        Ok(())
    }
}

/// The last lines in the directory of a log.
pub(super) fn last(dir: &Path, lines: usize) -> io::Result<Vec<LogLine>> {
    let mut all = Vec::new();
    for file in ["log.1", "log"] {
        match File::open(dir.join(file)) {
            Ok(file) => {
                for line in BufReader::new(file).split(b'\n') {
                    all.push(parse(&String::from_utf8_lossy(&line?)));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all.split_off(all.len().saturating_sub(lines)))
}

fn parse(line: &str) -> LogLine {
    let mut parts = line.splitn(3, ' ');
    let (at, kind, text) = (parts.next(), parts.next(), parts.next());
    LogLine {
        at: at.and_then(|at| at.parse().ok()),
        error: kind == Some("E"),
        text: text.unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Epoch;

    impl Clock for Epoch {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }
    }

    #[tokio::test]
    async fn what_is_said_is_kept_up_to_a_size_and_the_last_lines_are_found() {
        let dir = tempfile::tempdir().expect("a directory");
        let log = Arc::new(Log::new(dir.path(), 1000, Arc::new(Epoch)));
        let said: String = (0..200).map(|i| format!("line {i}\n")).collect();
        log.clone().follow(said.as_bytes(), false).await;
        log.follow(&b"the end"[..], true).await;
        let size = |file: &str| fs::metadata(dir.path().join(file)).expect("a file").len();
        assert!(size("log") <= 1000 && size("log.1") <= 1000);
        let texts: Vec<_> = last(dir.path(), 3).expect("lines").into_iter().map(|it| (it.error, it.text)).collect();
        assert_eq!(
            texts,
            [(false, "line 198".to_owned()), (false, "line 199".to_owned()), (true, "the end".to_owned())]
        );
        assert_eq!(last(dir.path(), 1).expect("lines")[0].at, Some(jiff::Timestamp::UNIX_EPOCH));
    }

    #[tokio::test]
    async fn what_is_said_after_somebody_removed_the_file_is_in_a_new_one() {
        let dir = tempfile::tempdir().expect("a directory");
        let log = Arc::new(Log::new(dir.path(), 1000, Arc::new(Epoch)));
        log.clone().follow(&b"one"[..], false).await;
        fs::remove_file(dir.path().join("log")).expect("removed");
        log.follow(&b"two"[..], false).await;
        let texts: Vec<_> = last(dir.path(), 3).expect("lines").into_iter().map(|it| it.text).collect();
        assert_eq!(texts, ["two"]);
    }
}
