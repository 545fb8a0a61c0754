//! The files of units and of their environments, as they are written.

use std::{fmt::Write as _, path::Path, time::Duration};

use compose::render::{Runnable, unit_line, unit_words};
use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

/// The section that says whose a unit is. systemd has no mind for sections that begin so.
const SECTION: &str = "[X-Skupper-X]";

/// Whose a unit is, and what it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) site: String,
    pub(super) deployment: String,
    pub(super) workload: String,
    pub(super) digest: String,
}

impl Mark {
    /// The text of a unit's file that bears it.
    fn put_on(&self, body: &str) -> String {
        let sum = sum(body);
        let all = [
            ("Site", &self.site),
            ("Deployment", &self.deployment),
            ("Workload", &self.workload),
            ("Digest", &self.digest),
            ("Sum", &sum),
        ];
        let begin = format!("{body}\n{SECTION}\n");
        all.iter().fold(begin, |text, (key, value)| format!("{text}{key}={}\n", unit_line(value)))
    }

    /// The mark in the text of a unit's file; none, if it is nobody's.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (_, section) = parts(text)?;
        Some(Self {
            site: find(section, "Site")?,
            deployment: find(section, "Deployment")?,
            workload: find(section, "Workload")?,
            digest: find(section, "Digest")?,
        })
    }

    /// Whether it is on the text of a unit's file, and that is as it was written. A later site may write another text of the same
    /// workload: that is no reason to start it anew.
    pub(super) fn is_on(&self, text: &str) -> bool {
        parts(text).is_some_and(|(body, _)| self.put_on(body) == text)
    }
}

fn parts(text: &str) -> Option<(&str, &str)> {
    text.split_once(&format!("\n{SECTION}\n"))
}

fn find(section: &str, key: &str) -> Option<String> {
    let line = section.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
    Some(line.to_owned())
}

fn sum(body: &str) -> String {
    HEXLOWER.encode(digest(&SHA256, body.as_bytes()).as_ref())
}

/// What a unit is made of.
pub(super) struct Described<'a> {
    pub(super) mark: &'a Mark,
    pub(super) runnable: &'a Runnable,
    /// Whose rights it has, if not systemd's own.
    pub(super) user: Option<u32>,
    pub(super) workdir: &'a Path,
    /// The file with its environment, which is for root's or the user's eyes alone.
    pub(super) environment: &'a Path,
    pub(super) grace: Duration,
    /// After how long systemd starts it again where the site does not.
    pub(super) pause: Duration,
    /// Of whose start it is part.
    pub(super) wanted_by: &'a str,
}

impl Described<'_> {
    /// The text of the unit's file; or in words why systemd cannot run it.
    pub(super) fn text(&self) -> Result<String, String> {
        let it = self.runnable;
        let program = it.command.first().ok_or("there is no command to run")?;
        if program.is_empty() || program.starts_with(['@', '-', ':', '+', '!', '|']) {
            return Err(format!("systemd cannot run a program called {program:?}"));
        }
        let path = |path: &Path| match path.to_str() {
            Some(path) if !path.contains(|c: char| c.is_control() || "*?[]".contains(c)) => Ok(unit_line(path)),
            _ => Err(format!("systemd cannot use the path {}", path.display())),
        };
        let mut text = format!(
            "# Written by the site of Skupper-X: what is changed here is written anew.\n[Unit]\nDescription={}\n\
             After=network.target\nStartLimitIntervalSec=0\n\n[Service]\nType=exec\n",
            unit_line(&format!("{} of {}", it.instance, self.mark.deployment)),
        );
        let mut line = |key: &str, value: &str| {
            let _ = writeln!(text, "{key}={value}");
        };
        line("ExecStart", &unit_words(it.command.iter().chain(&it.args)));
        line("EnvironmentFile", &path(self.environment)?);
        line("WorkingDirectory", &path(self.workdir)?);
        if let Some(user) = self.user {
            line("User", &user.to_string());
        }
        if it.restart {
            line("Restart", "always");
            line("RestartSec", &format!("{}ms", self.pause.as_millis()));
        } else {
            line("RemainAfterExit", "yes");
        }
        line("TimeoutStopSec", &format!("{}ms", self.grace.as_millis()));
        if let Some(milli) = it.millicpu {
            line("CPUQuota", &format!("{}%", milli.div_ceil(10)));
        }
        if let Some(memory) = it.memory {
            line("MemoryMax", &memory.to_string());
        }
        line("StandardOutput", "journal");
        line("StandardError", "journal");
        line("NoNewPrivileges", "yes");
        if it.restart {
            // What runs once is not run again because the machine was started again.
            let _ = write!(text, "\n[Install]\nWantedBy={}\n", self.wanted_by);
        }
        Ok(self.mark.put_on(&text))
    }
}

/// The text of a file of variables; or in words which one systemd does not take.
pub(super) fn environment(variables: &[(String, String)]) -> Result<String, String> {
    let mut text = String::new();
    for (name, value) in variables {
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(format!("systemd takes no variable called {name}: letters, digits and underscores alone"));
        }
        if value.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')) {
            return Err(format!("systemd takes no control characters in the variable {name}"));
        }
        let _ = write!(text, "{name}=\"");
        for c in value.chars() {
            if matches!(c, '"' | '\\' | '`' | '$') {
                text.push('\\');
            }
            text.push(c);
        }
        text.push_str("\"\n");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> Mark {
        let [site, deployment, workload, digest] = ["here", "shop", "web", "abc"].map(str::to_owned);
        Mark { site, deployment, workload, digest }
    }

    fn text(runnable: &Runnable) -> Result<String, String> {
        let described = Described {
            mark: &mark(),
            runnable,
            user: runnable.user,
            workdir: Path::new("/d/100%/root"),
            environment: Path::new("/d/environment"),
            grace: Duration::from_secs(10),
            pause: Duration::from_secs(60),
            wanted_by: "multi-user.target",
        };
        described.text()
    }

    #[test]
    fn a_unit_bears_its_mark_and_its_limits() {
        let runnable = Runnable {
            instance: "shop/web".to_owned(),
            command: ["serve", "$HOME", "100%"].map(str::to_owned).into(),
            millicpu: Some(1250),
            memory: Some(64 << 20),
            restart: true,
            ..Runnable::default()
        };
        let text = text(&runnable).expect("a unit");
        assert_eq!(Mark::of(&text), Some(mark()));
        assert!(mark().is_on(&text));
        for changed in [
            text.replace("CPUQuota=125%", "CPUQuota=50%"),
            text.replace("Digest=abc", "Digest=abd"),
            format!("{text}#"),
        ] {
            assert!(!mark().is_on(&changed), "{changed}");
        }
        assert_eq!(Mark::of("[Service]\nExecStart=x\n"), None);
        for line in [
            "ExecStart=\"serve\" \"$$HOME\" \"100%%\"",
            "WorkingDirectory=/d/100%%/root",
            "CPUQuota=125%",
            "MemoryMax=67108864",
            "Restart=always",
            "RestartSec=60000ms",
            "WantedBy=multi-user.target",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is not in {text}");
        }
    }

    #[test]
    fn what_systemd_would_read_otherwise_is_refused() {
        for command in [vec![], vec!["-x"], vec!["@x"], vec![""]] {
            let command: Vec<String> = command.into_iter().map(str::to_owned).collect();
            assert!(text(&Runnable { command: command.clone(), ..Runnable::default() }).is_err(), "{command:?}");
        }
        let one = |name: &str, value: &str| environment(&[(name.to_owned(), value.to_owned())]);
        assert_eq!(one("A", "a \"b\" $c \\ `d`\n%e"), Ok("A=\"a \\\"b\\\" \\$c \\\\ \\`d\\`\n%e\"\n".to_owned()));
        assert!(one("discovery.type", "x").is_err() && one("A", "\r").is_err());
    }
}
