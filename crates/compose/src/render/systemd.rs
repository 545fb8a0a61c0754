//! Workloads as systemd units, without containers; and how systemd wants values quoted.

use std::fmt::Write;

use super::{Content, Object, Piece};
use crate::model::{EnvValue, Run};

/// The unit for a workload, with its files.
pub(super) fn objects(piece: &Piece<'_>) -> Vec<Object> {
    let workload = &piece.workload;
    let mut out = files(piece);
    let mut unit =
        format!("# {}\n[Unit]\nDescription={}\nAfter=network.target\n", piece.path, unit_line(&title(piece)));
    unit.push_str("\n[Service]\n");
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(unit, "{key}={value}");
    };
    line("Type", if workload.run == Run::Once { "oneshot" } else { "exec" });
    line("ExecStart", &unit_words(workload.command.iter().chain(&workload.args)));
    for (name, value) in &workload.env {
        match env_text(value) {
            Some(text) => line("Environment", &quoted(&format!("{name}={text}"), false)),
            // The driver writes the values there, for this unit's eyes only.
            None => line("EnvironmentFile", &format!("%E/skx/{}/{}.secrets", piece.deployment, piece.name)),
        }
    }
    if let Some(workdir) = &workload.workdir {
        line("WorkingDirectory", &unit_line(workdir));
    }
    match workload.user {
        Some(user) => line("User", &user.to_string()),
        None => line("DynamicUser", "yes"),
    }
    for (name, volume) in &workload.volumes {
        let state = volume.claim.clone().unwrap_or_else(|| format!("{}-{name}", piece.name));
        line("StateDirectory", &format!("skx/{}/{state}", piece.deployment));
        line(
            "BindPaths",
            &quoted(&format!("%S/skx/{}/{state}:{}", piece.deployment, escape_percent(&volume.path)), true),
        );
    }
    for (i, path) in workload.files.keys().enumerate() {
        let from = format!("%E/skx/{}/{}/{i}", piece.deployment, piece.name);
        line("BindReadOnlyPaths", &quoted(&format!("{from}:{}", escape_percent(path)), true));
    }
    if let Some(cpu) = workload.resources.cpu {
        line("CPUQuota", &format!("{}%", super::millicpu(cpu).div_ceil(10)));
    }
    if let Some(memory) = &workload.resources.memory {
        line("MemoryMax", memory.trim_end_matches('i'));
    }
    line("NoNewPrivileges", "yes");
    line("PrivateTmp", "yes");
    line("ProtectSystem", "full");
    line("ProtectHome", "yes");
    if workload.run == Run::Always {
        line("Restart", "always");
        line("RestartSec", "1");
    } else {
        line("RemainAfterExit", "yes");
    }
    unit.push_str("\n[Install]\nWantedBy=multi-user.target\n");
    out.push(piece.object("unit", format!("{}.service", piece.name), Content::Text(unit)));
    out
}

/// The files of a workload, by the name under which units find them in `%E/skx`.
pub(super) fn files(piece: &Piece<'_>) -> Vec<Object> {
    let each = piece.workload.files.values().enumerate();
    each.filter_map(|(i, file)| {
        let text = file.content.clone()?;
        Some(piece.object("file", format!("{}/{}/{i}", piece.deployment, piece.name), Content::Text(text)))
    })
    .collect()
}

pub(super) fn title(piece: &Piece<'_>) -> String {
    format!("{} of {} ({})", piece.path, piece.deployment, piece.block)
}

/// The text of a variable; none for secrets.
pub(super) fn env_text(value: &EnvValue) -> Option<String> {
    match value {
        EnvValue::Text(text) => Some(text.clone()),
        EnvValue::Number(number) => Some(number.to_string()),
        EnvValue::Boolean(boolean) => Some(boolean.to_string()),
        EnvValue::Secret(_) => None,
    }
}

/// A command line of a unit: every word stays one word, and nothing in it is expanded.
pub fn unit_words<'a>(words: impl Iterator<Item = &'a String>) -> String {
    words.map(|word| quoted(&word.replace('$', "$$"), false)).collect::<Vec<_>>().join(" ")
}

/// A value in quotes. `%` is a literal unless the caller put specifiers there.
pub(super) fn quoted(text: &str, specifiers: bool) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '%' if !specifiers => out.push_str("%%"),
            c if c.is_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A value of a unit that is a line as it is.
pub fn unit_line(text: &str) -> String {
    text.replace('%', "%%").replace(char::is_control, " ")
}

fn escape_percent(text: &str) -> String {
    text.replace('%', "%%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words_and_nothing_is_expanded() {
        let words = ["/bin/sh", "-c", "echo \"$HOME\" 100% \\ a\nb"].map(str::to_owned);
        assert_eq!(unit_words(words.iter()), r#""/bin/sh" "-c" "echo \"$$HOME\" 100%% \\ a\nb""#);
    }
}
