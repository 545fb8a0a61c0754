//! What a command answers: a table for people, JSON or YAML for programs.

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use clap::ValueEnum;
use compose::words::{harmless, harmless_lines};
use jiff::Timestamp;
use serde::Serialize;

use crate::failure::Failure;

/// How answers are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    // For people.
    #[default]
    Table,
    // Lists with where each object stands, since when, why, and what would move it.
    Wide,
    // With the API's field names; a list is `{"items": […]}`.
    Json,
    // The same as YAML.
    Yaml,
}

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    // For people.
    Table,
    // With the API's field names; a list is `{"items": […]}`.
    Json,
    // The same as YAML.
    Yaml,
}

/// Where answers go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) format: Format,
    /// Whether lists for people say where each object stands.
    wide: bool,
}

impl From<Choice> for Output {
    fn from(choice: Choice) -> Self {
        let format = match choice {
            Choice::Table | Choice::Wide => Format::Table,
            Choice::Json => Format::Json,
            Choice::Yaml => Format::Yaml,
        };
        Self { format, wide: choice == Choice::Wide }
    }
}

/// An object that is shown as a row of a table, and by itself as one fact per line.
pub(crate) trait Show: Serialize {
    /// The headings of a table of such objects.
    const HEADINGS: &'static [&'static str];

    /// Its row, one text per heading.
    fn row(&self) -> Vec<String>;

    /// Its facts: what they are called, and what they are. Facts without a value are left out.
    fn facts(&self) -> Vec<(&'static str, String)> {
        Self::HEADINGS.iter().copied().zip(self.row()).collect()
    }

    /// Where it stands, as far as that is said of such objects.
    fn standing(&self) -> Option<api::Standing> {
        None
    }
}

#[derive(Serialize)]
struct Items<'a, T> {
    items: &'a [T],
}

impl Output {
    /// Answers with a list.
    pub(crate) fn list<T: Show>(self, items: &[T]) -> Result<(), Failure> {
        match self.format {
            Format::Table if items.is_empty() => {
                eprintln!("none");
                Ok(())
            }
            Format::Table if self.wide && items.iter().any(|it| it.standing().is_some()) => text(&wide(items)),
            Format::Table => text(&table(T::HEADINGS, items.iter().map(T::row).collect())),
            _ => self.value(&Items { items }),
        }
    }

    /// Answers with one object.
    pub(crate) fn object<T: Show>(self, object: &T) -> Result<(), Failure> {
        match self.format {
            Format::Table => text(&facts(stands(object.facts(), object.standing()))),
            _ => self.value(object),
        }
    }

    /// Answers with one object of a list that has no end: a line, or with YAML a document.
    pub(crate) fn line<T: Show>(self, object: &T) -> Result<(), Failure> {
        match self.format {
            Format::Table => text(&format!("{}\n", object.row().join("  ").trim_end())),
            Format::Json => text(&format!("{}\n", serde_json::to_string(object).map_err(Failure::failed)?)),
            Format::Yaml => {
                text("---\n")?;
                self.value(object)
            }
        }
    }

    /// Answers with a sentence for people, the object for programs.
    pub(crate) fn done<T: Serialize>(self, sentence: &str, object: &T) -> Result<(), Failure> {
        match self.format {
            Format::Table => text(&format!("{sentence}\n")),
            _ => self.value(object),
        }
    }

    /// Answers with a sentence for people; programs read the exit code.
    pub(crate) fn gone(self, sentence: &str) -> Result<(), Failure> {
        match self.format {
            Format::Table => text(&format!("{sentence}\n")),
            _ => Ok(()),
        }
    }

    /// Answers with a value in the format for programs; JSON where people read.
    pub(crate) fn value<T: Serialize>(self, value: &T) -> Result<(), Failure> {
        let mut content = match self.format {
            Format::Yaml => serde_saphyr::to_string(value).map_err(Failure::failed)?,
            Format::Json | Format::Table => serde_json::to_string_pretty(value).map_err(Failure::failed)?,
        };
        if !content.ends_with('\n') {
            content.push('\n');
        }
        text(&content)
    }
}

/// Writes to standard output. Whoever's words are in it, a terminal shows them and does nothing else. A reader who has seen
/// enough (`| head`) ends the command quietly.
pub(crate) fn text(content: &str) -> Result<(), Failure> {
    if std::io::stdout().is_terminal() { as_it_is(&harmless_lines(content)) } else { as_it_is(content) }
}

/// The same of what steers the terminal, and is meant to.
pub(crate) fn as_it_is(content: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(content.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Failure::failed(format_args!("the answer cannot be written: {error}"))),
    }
}

/// Words of a program on one line, as a terminal takes them for words and nothing else.
pub(crate) fn printable(words: &str) -> String {
    harmless(&words.replace('\t', " "))
}

/// A table with a heading line; columns as wide as their widest cell, the last one unpadded.
pub(crate) fn table(headings: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut all = vec![headings.iter().map(|h| h.to_uppercase()).collect::<Vec<_>>()];
    // A cell is one line: what is in it begins no other row.
    all.extend(rows.into_iter().map(|row| row.iter().map(|cell| printable(&cell.replace('\n', " "))).collect()));
    let width = |column: usize| {
        all.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let mut out = String::new();
    for row in &all {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// What is said of where an object stands, in this order.
const STANDING: [&str; 4] = ["state", "since", "why", "next"];

fn standing(api::Standing { state, since, why, next }: api::Standing) -> [String; 4] {
    [state, time(since), why, next]
}

/// A table with where each object stands, in the last columns.
fn wide<T: Show>(items: &[T]) -> String {
    let kept = |cells: Vec<String>| {
        let cells = T::HEADINGS.iter().zip(cells).filter(|(heading, _)| !STANDING.contains(heading));
        cells.map(|(_, cell)| cell).collect::<Vec<_>>()
    };
    let row = |item: &T| {
        let stands = item.standing().map(standing).unwrap_or_default();
        [kept(item.row()), stands.to_vec()].concat()
    };
    let headings: Vec<&str> = T::HEADINGS.iter().copied().filter(|it| !STANDING.contains(it)).chain(STANDING).collect();
    table(&headings, items.iter().map(row).collect())
}

/// Facts with where the object stands, since when, why, and what would move it: the same four lines of every object.
fn stands(mut facts: Vec<(&'static str, String)>, stands: Option<api::Standing>) -> Vec<(&'static str, String)> {
    if let Some(stands) = stands {
        facts.retain(|(name, _)| !STANDING.contains(name));
        facts.extend(STANDING.into_iter().zip(standing(stands)));
    }
    facts
}

fn facts(facts: Vec<(&'static str, String)>) -> String {
    let facts: Vec<_> = facts.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0) + 1;
    let mut out = String::new();
    for (name, value) in facts {
        let value = harmless_lines(&value);
        let name = format!("{name}:");
        let mut lines = value.lines();
        out.push_str(format!("{name:<width$} {}", lines.next().unwrap_or_default()).trim_end());
        out.push('\n');
        for line in lines {
            out.push_str(format!("{:<width$} {line}", "").trim_end());
            out.push('\n');
        }
    }
    out
}

/// A moment to the second; empty when there is none.
pub(crate) fn time(time: impl Into<Option<Timestamp>>) -> String {
    time.into().map(|t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
}

/// Several things on one line.
pub(crate) fn joined<T: std::fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// `yes` or `no`.
pub(crate) fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

/// Something, or nothing.
pub(crate) fn maybe<T: std::fmt::Display>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Door(Option<api::Standing>);

    impl Show for Door {
        const HEADINGS: &'static [&'static str] = &["name", "state", "width"];

        fn row(&self) -> Vec<String> {
            ["front", "ajar", "wide"].map(str::to_owned).into()
        }

        fn standing(&self) -> Option<api::Standing> {
            self.0.clone()
        }
    }

    #[test]
    fn what_a_program_says_does_nothing_to_a_terminal() {
        assert_eq!(printable("a\tb \u{1b}[2Jc é\r"), "a b \\u001b[2Jc é\\u000d");
    }

    #[test]
    fn where_something_stands_is_said_of_one_and_in_wide_lists() {
        let (since, why, next) = (Timestamp::UNIX_EPOCH, "somebody came".to_owned(), "close it".to_owned());
        let door = Door(Some(api::Standing { state: "open".to_owned(), since, why, next }));
        let listed = wide(&[door]);
        let lines: Vec<Vec<&str>> =
            listed.lines().map(|line| line.split("  ").filter(|it| !it.is_empty()).collect()).collect();
        let trimmed = |line: &[&str]| line.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
        assert_eq!(trimmed(&lines[0]), ["NAME", "WIDTH", "STATE", "SINCE", "WHY", "NEXT"]);
        assert_eq!(trimmed(&lines[1]), ["front", "wide", "open", "1970-01-01T00:00:00Z", "somebody came", "close it"]);
        let door =
            Door(Some(api::Standing { state: "open".to_owned(), since, why: "w".to_owned(), next: "n".to_owned() }));
        let said = facts(stands(door.facts(), door.standing()));
        let expected = "name:  front\nwidth: wide\nstate: open\nsince: 1970-01-01T00:00:00Z\nwhy:   w\nnext:  n\n";
        assert_eq!(said, expected);
    }

    #[test]
    fn what_is_in_a_cell_begins_no_other_row_and_steers_nothing() {
        let rows = vec![vec!["a\nb".to_owned(), "\u{1b}[2K\u{1b}[1A".to_owned()]];
        assert_eq!(table(&["name", "state"], rows), "NAME  STATE\na b   \\u001b[2K\\u001b[1A\n");
        assert_eq!(facts(vec![("name", "a\n\u{9b}2K".to_owned())]), "name: a\n      \\u009b2K\n");
    }

    #[test]
    fn columns_line_up() {
        let rows = vec![vec!["a".to_owned(), "longer".to_owned()], vec!["wider".to_owned(), String::new()]];
        assert_eq!(table(&["name", "state"], rows), "NAME   STATE\na      longer\nwider\n");
    }

    #[test]
    fn facts_without_a_value_are_left_out() {
        let text = facts(vec![("name", "a".to_owned()), ("reason", String::new()), ("state", "x\ny".to_owned())]);
        assert_eq!(text, "name:  a\nstate: x\n       y\n");
    }

    #[test]
    fn yaml_quotes_what_another_reader_could_mistake() {
        let value =
            serde_json::json!({"items": [{"name": "no", "uses": "unlimited", "used": 3, "time": "12:30", "x": null}]});
        let yaml = serde_saphyr::to_string(&value).expect("serialises");
        assert!(yaml.contains("\"no\"") || yaml.contains("'no'"), "{yaml}");
        assert!(yaml.contains("used: 3"), "{yaml}");
    }
}
