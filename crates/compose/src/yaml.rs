//! YAML to nodes with positions. Booleans are `true` and `false` only; nothing is expanded beyond a budget.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;
use serde_saphyr::{DuplicateKeyPolicy, Location, MergeKeyPolicy, Spanned};

use crate::source::{Key, Kind, Node, Span};

/// How deep values may be within each other: twice as deep as a cron job's container in a block's own objects, and no danger to a
/// thread's usual stack of 2 MiB even without optimisation, where a level takes 34 kB of it.
const MAX_DEPTH: usize = 40;

/// How many values a file may have: a hundred times the largest example.
const MAX_VALUES: usize = 100_000;

/// Why a text could not be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) at: Option<Span>,
    pub(crate) message: String,
    pub(crate) expected: String,
}

/// The documents of a text, or where and why it is no YAML.
pub(crate) fn parse(text: &str) -> Result<Vec<Node>, Unreadable> {
    let options = serde_saphyr::options! {
        // Repeated keys are reported all at once, with both positions, by whoever reads the nodes.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        leading_zero_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
        budget: serde_saphyr::budget! { max_depth: MAX_DEPTH, max_nodes: MAX_VALUES },
    };
    serde_saphyr::from_str_multiple_with_options::<Node, Vec<Node>>(text, options).map_err(|error| {
        let at = error.location().map(span);
        let message = error.to_string();
        // The position is said by the diagnostic.
        let message = message.split(" at line ").next().unwrap_or(&message);
        let (message, expected) = in_words(message);
        Unreadable { at, message, expected }
    })
}

/// What is wrong and what would be right, where the parser speaks of its own workings. An error within an alias has no other form
/// than its text.
fn in_words(message: &str) -> (String, String) {
    if message == "recursion limit exceeded" || message.starts_with("budget breached: Depth") {
        ("values are nested too deeply".to_owned(), format!("at most {MAX_DEPTH} levels within each other"))
    } else if message.starts_with("budget breached: Nodes") {
        let expected = format!("at most {MAX_VALUES} in a file, counting what an alias repeats each time");
        ("there are too many values".to_owned(), expected)
    } else if let Some(breach) = message.strip_prefix("budget breached: ") {
        (format!("this is more than a file may have: {breach}"), "smaller files".to_owned())
    } else if let Some((_, said, expected)) = WORDS.iter().find(|(theirs, ..)| message.starts_with(theirs)) {
        ((*said).to_owned(), (*expected).to_owned())
    } else {
        (message.to_owned(), "YAML 1.2".to_owned())
    }
}

/// How the parser's words begin, and ours.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "recursive references",
        "an alias stands within what it repeats",
        "an alias of something that is complete before it",
    ),
    (
        "alias references unknown",
        "nothing before this alias has its name",
        "an alias of something that stands before it",
    ),
    ("YAML merge", "values are not merged by <<", "every key written out; blocks have extends"),
    ("non-finite float", "the number is too large, or none", "a finite number"),
    ("expected string scalar", "a key is a list or a mapping", "a key that is text"),
    ("cannot deserialize null into string", "a key is empty", "a key that is text"),
];

fn span(location: Location) -> Span {
    let narrow = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Span { line: narrow(location.line()), column: narrow(location.column()), length: narrow(location.span().len()) }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Kind>::deserialize(deserializer)?;
        let at = span(spanned.referenced);
        // A collection's span runs to its end: only its beginning is worth pointing at.
        let length = if matches!(spanned.value, Kind::Map(_) | Kind::Seq(_)) { 1 } else { at.length };
        Ok(Self { at: Span { length, ..at }, value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        Ok(Kind::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Kind, E> {
        Number::from_f64(value).map(Kind::Number).ok_or_else(|| E::custom("a number must be finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
        Ok(Kind::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Kind, E> {
        Ok(Kind::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Kind::Seq(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Kind, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key::<Spanned<String>>()? {
            let key = Key { at: span(key.referenced), name: key.value };
            entries.push((key, access.next_value()?));
        }
        Ok(Kind::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_has_its_position() {
        let nodes = parse("a: 1\nb:\n  - x\n  - {c: true}\n---\nsecond: 'yes'\n").expect("YAML");
        assert_eq!(nodes[0].to_json(), json!({"a": 1, "b": ["x", {"c": true}]}));
        let at = |path: &[&str]| nodes[0].locate(path).0;
        assert_eq!(at(&["a"]), Span { line: 1, column: 4, length: 1 });
        assert_eq!(at(&["b", "1", "c"]), Span { line: 4, column: 9, length: 4 });
        assert_eq!(nodes[0].locate(&["b", "7"]).1, 1);
        assert_eq!(nodes[0].locate_key(&["b", "1"], "c"), Some(Span { line: 4, column: 6, length: 1 }));
        assert_eq!(nodes[1].locate(&["second"]).0.line, 6);
    }

    #[test]
    fn only_true_and_false_are_booleans() {
        let nodes = parse("[yes, no, on, off, true, false, 1_000, 0755, ~]").expect("YAML");
        assert_eq!(nodes[0].to_json(), json!(["yes", "no", "on", "off", true, false, "1_000", "0755", null]));
    }

    #[test]
    fn what_is_not_yaml_says_where() {
        let unreadable = parse("a: [1, 2\nb: }").expect_err("no YAML");
        assert!(unreadable.at.expect("a position").line >= 1);
        assert_eq!(unreadable.expected, "YAML 1.2");
        assert!(parse("a: !secret x").is_err());
        assert!(parse("a: &x {b: 1}\nc:\n  <<: *x\n").is_err());
    }

    #[test]
    fn no_mistake_is_told_in_the_words_of_the_parsers_own_making() {
        for (text, said) in [
            ("a: &a [*a]", "an alias stands within what it repeats"),
            ("a: *b", "nothing before this alias has its name"),
            ("a: &a {b: 1}\nc: {<<: *a}", "values are not merged by <<"),
            ("a: 1e400", "the number is too large, or none"),
            ("a: .nan", "the number is too large, or none"),
            ("? [a]\n: 1", "a key is a list or a mapping"),
            ("~: 1", "a key is empty"),
        ] {
            assert_eq!(parse(text).expect_err(text).message, said, "{text}");
        }
    }

    #[test]
    fn what_is_too_much_says_how_much_may_be() {
        for levels in [60, 1_000] {
            let deep = parse(&format!("a: {}{}", "[".repeat(levels), "]".repeat(levels))).expect_err("too deep");
            assert_eq!(deep.message, "values are nested too deeply");
            assert_eq!(deep.expected, "at most 40 levels within each other");
        }
        let tens = |name: &str, of: &str| format!("{name}: &{name} [{}]\n", [of; 10].join(","));
        let bomb = tens("a", "x")
            + &tens("b", "*a")
            + &tens("c", "*b")
            + &tens("d", "*c")
            + &tens("e", "*d")
            + &tens("f", "*e");
        assert_eq!(parse(&bomb).expect_err("a million values").message, "there are too many values");
    }
}
