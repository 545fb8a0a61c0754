//! Diagnostics as a person reads them.

use std::fmt::Write;

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
    for diagnostic in problems.iter() {
        one(&mut out, diagnostic, sources);
        out.push('\n');
    }
    let count = problems.len();
    let _ = writeln!(out, "{count} {}", if count == 1 { "problem" } else { "problems" });
    out
}

fn one<'a>(out: &mut String, diagnostic: &Diagnostic, sources: &dyn Fn(&str) -> Option<&'a str>) {
    let _ = writeln!(out, "error[{}]: {}", diagnostic.code, diagnostic.message);
    let mut margin = 1;
    if let Some(at) = &diagnostic.at {
        margin = at.line.to_string().len();
        let _ = writeln!(out, "{:margin$}--> {}:{}:{}", "", at.source, at.line, at.column);
        let line = sources(&at.source).and_then(|text| text.lines().nth(at.line as usize - 1));
        if let Some(line) = line {
            let shown: String = line.chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
            let room = line.chars().count().saturating_sub(at.column as usize - 1).max(1);
            let marks = "^".repeat((at.length as usize).clamp(1, room));
            let indent = at.column as usize - 1;
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
