//! Diagnostics as a person reads them.

use std::{collections::HashMap, fmt::Write};

use super::{Diagnostic, Problems};

/// One line each, for logs and error chains.
pub(super) fn plain(problems: &Problems) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|d| {
            let at = d.at.as_ref().map(|p| format!("{}:{}:{}: ", p.source, p.line, p.column)).unwrap_or_default();
            format!("{at}{}: {}", d.code, d.message)
        })
        .collect();
    lines.join("\n")
}

/// With the lines they are about, in the manner of compilers.
pub(super) fn with_lines<'a>(problems: &Problems, sources: &dyn Fn(&str) -> Option<&'a str>) -> String {
    let mut out = String::new();
    let mut lines: HashMap<&str, Vec<&str>> = HashMap::new();
    for diagnostic in problems.iter() {
        let line = diagnostic.at.as_ref().and_then(|at| {
            let of =
                lines.entry(&at.source).or_insert_with(|| sources(&at.source).unwrap_or_default().lines().collect());
            of.get(at.line as usize - 1).copied()
        });
        one(&mut out, diagnostic, line);
        out.push('\n');
    }
    let count = problems.len();
    let _ = writeln!(out, "{count} {}", if count == 1 { "problem" } else { "problems" });
    out
}

/// One of them, with the line it is about, if that can be shown.
fn one(out: &mut String, diagnostic: &Diagnostic, line: Option<&str>) {
    let _ = writeln!(out, "error[{}]: {}", diagnostic.code, diagnostic.message);
    let mut margin = 1;
    if let Some(at) = &diagnostic.at {
        margin = at.line.to_string().len();
        let _ = writeln!(out, "{:margin$}--> {}:{}:{}", "", at.source, at.line, at.column);
        if let Some(line) = line {
            let column = at.column as usize - 1;
            let (shown, indent) = excerpt(line, column);
            let room = shown.chars().count().saturating_sub(indent).max(1);
            let marks = "^".repeat((at.length as usize).clamp(1, room));
            let _ = writeln!(out, "{:margin$} |", "");
            let _ = writeln!(out, "{} | {shown}", at.line);
            let _ = writeln!(out, "{:margin$} | {:indent$}{marks}", "", "");
        }
    }
    let mut note = |what: &str, words: &str| {
        let _ = writeln!(out, "{:margin$} = {what}: {words}", "");
    };
    if !diagnostic.block.is_empty() {
        note("block", &diagnostic.block);
    }
    if !diagnostic.expected.is_empty() {
        note("expected", &diagnostic.expected);
    }
    if let Some(nearest) = &diagnostic.nearest {
        note("nearest", nearest);
    }
}

/// How many characters of a line are shown.
const WIDTH: usize = 120;

/// What is shown of a line, and how far into it `column` is then: a long line only around it, and nothing that a terminal would
/// obey.
fn excerpt(line: &str, column: usize) -> (String, usize) {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let length = line.chars().count();
    if length <= WIDTH {
        return (line.chars().map(plain).collect(), column);
    }
    let start = column.saturating_sub(WIDTH / 2).min(length - WIDTH);
    let before = if start > 0 { "…" } else { "" };
    let after = if start + WIDTH < length { "…" } else { "" };
    let middle: String = line.chars().skip(start).take(WIDTH).map(plain).collect();
    (format!("{before}{middle}{after}"), column - start + before.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_line_what_it_is_about_is_shown_and_no_terminal_obeys_it() {
        assert_eq!(excerpt("a:\t\u{1b}[31m", 4), ("a:  [31m".to_owned(), 4));
        let line = format!("{}wrong{}", "x".repeat(1_000), "y".repeat(100_000));
        let (shown, indent) = excerpt(&line, 1_000);
        assert_eq!(shown.chars().count(), WIDTH + 2);
        assert!(shown.chars().skip(indent).collect::<String>().starts_with("wrong"), "{shown}");
        let (end, indent) = excerpt(&format!("{}end", "x".repeat(500)), 500);
        assert_eq!(end.chars().skip(indent).collect::<String>(), "end");
    }
}
