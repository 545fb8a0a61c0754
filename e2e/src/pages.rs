//! Pages that do what they say: their commands are run in their order, each by whom it is for and in a home of their own, and
//! say what the pages say.
//!
//! In a block ```` ```console WHO ````, a line that begins with `$` is a command of WHO; below it stands what it says, with `…`
//! for what differs each time. A command that ends with `&` goes on, and says all that sooner or later. A comment
//! `<!-- carried: WHO/FILE to WHOM -->` stands for the way a file takes from one to another.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use testkit::{
    installation::text,
    process::{Process, eventually},
    skx,
};
use tokio::process::Command;

/// Commands that only look: what they show may take a moment.
const LOOKS: [&str; 9] =
    [" status", " list", " show", " addresses", "whoami", "curl ", " changes", " logs", "podman ps"];

#[derive(Debug, PartialEq)]
enum Step {
    Run { who: String, command: String, says: Vec<String> },
    Carry { from: String, to: String },
}

/// What a page has one do.
fn steps(page: &str) -> Vec<Step> {
    let mut steps = vec![];
    let mut who: Option<String> = None;
    for line in page.lines() {
        if let Some(carried) = line.strip_prefix("<!-- carried: ").and_then(|line| line.strip_suffix(" -->")) {
            let (from, to) = carried.split_once(" to ").expect("a comment says from where to whom");
            steps.push(Step::Carry { from: from.to_owned(), to: to.to_owned() });
        } else if let Some(fence) = line.strip_prefix("```") {
            who = fence.strip_prefix("console ").map(str::to_owned);
        } else if let Some(who) = &who {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step::Run { who: who.clone(), command: command.to_owned(), says: vec![] });
                }
                (None, Some(Step::Run { command, says, .. })) if says.is_empty() && command.ends_with('\\') => {
                    *command = format!("{} {}", command.trim_end_matches('\\').trim_end(), line.trim());
                }
                (None, Some(Step::Run { says, .. })) => says.push(line.to_owned()),
                (None, _) => panic!("a block begins with a command: {line}"),
            }
        }
    }
    steps
}

/// People who do what pages say, each in a home of their own.
#[derive(Debug)]
pub struct People {
    homes: TempDir,
    /// Where things are here.
    places: Vec<(String, String)>,
    path: String,
    /// What their commands find in the environment besides.
    env: Vec<(String, String)>,
    running: Vec<Process>,
}

impl People {
    /// Nobody has done anything yet. What the pages call by the first of each two is here called by the second.
    pub fn new(places: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let homes = tempfile::Builder::new().prefix("skx-pages-").permissions(others_pass()).tempdir()?;
        let places = places.into_iter().collect();
        let programs = skx::binary()?;
        let programs = text(programs.parent().context("a program is in a directory")?)?;
        Ok(Self { homes, places, path: format!("{programs}:/usr/sbin:/usr/bin:/bin"), env: vec![], running: vec![] })
    }

    /// What everybody's commands find in the environment besides.
    pub fn with_env(mut self, env: Vec<(String, String)>) -> Self {
        self.env = env;
        self
    }

    /// Does what a page says. Says how many commands that were.
    pub async fn follow(&mut self, page: &Path) -> Result<usize> {
        let mut commands = 0;
        for step in steps(&fs::read_to_string(page).with_context(|| page.display().to_string())?) {
            match step {
                Step::Run { who, command, says } => {
                    commands += 1;
                    let at = || format!("{}: {who}: {command}", page.display());
                    self.run(&who, &command, &says).await.with_context(at)?;
                }
                Step::Carry { from, to } => self.carry(&from, &to).with_context(|| from.clone())?,
            }
        }
        Ok(commands)
    }

    /// Gives somebody a folder of files, with everything where it is here.
    pub fn give(&self, who: &str, folder: &Path) -> Result<()> {
        let to = self.home(who)?;
        for file in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let file = file?.path();
            let name = file.file_name().context("a file has a name")?;
            fs::write(to.join(name), self.here(&fs::read_to_string(&file)?))?;
        }
        Ok(())
    }

    /// A text of the pages, with everything where it is here.
    pub fn here(&self, text: &str) -> String {
        let (mut here, mut rest) = (String::new(), text);
        while let Some(next) = rest.chars().next() {
            // What was put in is not looked at again.
            if let Some((there, place)) = self.places.iter().find(|(there, _)| rest.starts_with(there.as_str())) {
                here.push_str(place);
                rest = &rest[there.len()..];
            } else {
                here.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
        here
    }

    fn home(&self, who: &str) -> Result<PathBuf> {
        let home = self.homes.path().join(who);
        if !home.exists() {
            fs::create_dir(&home)?;
            fs::set_permissions(&home, others_pass())?;
        }
        Ok(home)
    }

    fn carry(&self, from: &str, to: &str) -> Result<()> {
        let from = self.homes.path().join(from);
        let name = from.file_name().context("a file has a name")?;
        fs::copy(&from, self.home(to)?.join(name))?;
        Ok(())
    }

    async fn run(&mut self, who: &str, command: &str, says: &[String]) -> Result<()> {
        let says: Vec<String> = says.iter().map(|line| self.here(line)).collect();
        let here = self.here(command);
        ensure!(!here.contains(".example.com:"), "the test does not know all places of {command}");
        if let Some(goes_on) = here.strip_suffix(" &") {
            // What it starts in turn is ended with it, however the test ends.
            let mut command = self.command(who, &format!("exec {goes_on}"))?;
            let mut process = Process::spawn(who, command.process_group(0))?;
            for line in &says {
                let longest = line.split('…').map(str::trim).max_by_key(|part| part.len()).unwrap_or_default();
                process.line(longest).await?;
            }
            self.running.push(process);
            return Ok(());
        }
        let mut said = self.said(who, &here).await?;
        if !said.is(&says) && LOOKS.iter().any(|look| command.contains(look)) {
            let looked = eventually("it says what the page says", async || {
                said = self.said(who, &here).await.ok()?;
                said.is(&says).then_some(())
            });
            // What it said last is told below.
            let _ = looked.await;
        }
        ensure!(said.is(&says), "it should say:\n{}\nand says:\n{}{}", says.join("\n"), said.text, said.code);
        Ok(())
    }

    async fn said(&self, who: &str, command: &str) -> Result<Said> {
        let output = self.command(who, command)?.output().await?;
        let code = match output.status.code() {
            Some(0) => String::new(),
            code => format!("(it ended with {code:?})"),
        };
        Ok(Said { text: String::from_utf8_lossy(&output.stdout).into_owned(), code })
    }

    fn command(&self, who: &str, command: &str) -> Result<Command> {
        let home = self.home(who)?;
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("exec 2>&1; {command}")]).current_dir(&home).stdin(Stdio::null());
        bash.env_clear().env("HOME", &home).env("PATH", &self.path).env("LC_ALL", "C.UTF-8");
        bash.envs(self.env.iter().cloned());
        Ok(bash)
    }

    /// Ends what goes on: the last that began first.
    pub async fn end(mut self) -> Result<()> {
        while let Some(mut process) = self.running.pop() {
            if process.is_running() {
                process.terminate().await?;
            }
        }
        Ok(())
    }
}

impl Drop for People {
    fn drop(&mut self) {
        for process in &self.running {
            if let Some(group) = process.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw) {
                // Who has ended by now has nobody left to end.
                let _ = kill_process_group(group, Signal::KILL);
            }
        }
    }
}

/// PostgreSQL runs as somebody else below these directories.
fn others_pass() -> fs::Permissions {
    fs::Permissions::from_mode(0o711)
}

/// What a command has said.
struct Said {
    text: String,
    /// How it ended, unless well.
    code: String,
}

impl Said {
    /// Whether that is what was stated, if anything was.
    fn is(&self, stated: &[String]) -> bool {
        let lines: Vec<String> = self.text.lines().map(spaced).collect();
        let stated: Vec<String> = stated.iter().map(|line| spaced(line)).collect();
        self.code.is_empty() && (stated.is_empty() || are(&stated, &lines))
    }
}

/// A line with single spaces: columns are as wide as what is in them.
fn spaced(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn are(stated: &[String], lines: &[String]) -> bool {
    match (stated, lines) {
        ([], []) => true,
        ([first, stated @ ..], _) if first == "…" => (0..=lines.len()).any(|n| are(stated, &lines[n..])),
        ([first, stated @ ..], [line, lines @ ..]) => is(first, line) && are(stated, lines),
        _ => false,
    }
}

/// Whether a line is as it was stated, with anything for `…`.
fn is(stated: &str, line: &str) -> bool {
    let mut parts = stated.split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_states_is_held_against_what_is_said() {
        let page = "Text.\n\n```console ada\n$ skx a \\\n    --b\none … three\n…\nlast\n$ skx c &\n```\n<!-- carried: ada/f to ben -->\n";
        let run = |command: &str, says: &[&str]| Step::Run {
            who: "ada".to_owned(),
            command: command.to_owned(),
            says: says.iter().map(|line| (*line).to_owned()).collect(),
        };
        let carried = Step::Carry { from: "ada/f".to_owned(), to: "ben".to_owned() };
        assert_eq!(steps(page), [run("skx a --b", &["one … three", "…", "last"]), run("skx c &", &[]), carried]);
        let said = |text: &str| Said { text: text.to_owned(), code: String::new() };
        let stated: Vec<String> = ["one … three", "…", "last"].map(str::to_owned).into();
        assert!(said("one  two  three\nlast\n").is(&stated));
        assert!(said("one two three\nmore\nand more\nlast\n").is(&stated));
        for wrong in ["one two\nlast\n", "one two three\n", "one two three\nlast\nmore\n", "none two three\nlast"] {
            assert!(!said(wrong).is(&stated), "{wrong}");
        }
        assert!(!Said { text: String::new(), code: "1".to_owned() }.is(&[]));
    }
}
