//! What the fuzz targets do, over committed inputs and made-up ones: nothing makes the engine fall over, and everything ends,
//! because expressions have fuel and documents have bounds.

use std::{fs, path::Path};

use proptest::{prelude::*, sample::Index};
use serde_json::{Map, Value, json};

#[path = "../../../fuzz/exercise.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets use it as well")]
mod exercise;

fn texts(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut all = Vec::new();
    for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
            all.push((path.display().to_string(), text));
        }
    }
    assert!(!all.is_empty(), "{}", folder.display());
    all
}

#[test]
fn the_loader_stands_every_input_that_was_kept() {
    for folder in ["../../fuzz/seeds/loader", "tests/documents", "../../examples", "../../examples/library"] {
        for (name, text) in texts(folder) {
            println!("{name}");
            exercise::documents(&text);
        }
    }
}

#[test]
fn expressions_stand_every_input_that_was_kept() {
    for (name, text) in texts("../../fuzz/seeds/expressions") {
        println!("{name}");
        text.lines().for_each(exercise::expression);
        exercise::expression(&text);
    }
}

/// Documents from which others are made.
fn documents() -> Vec<Value> {
    let text = include_str!("documents/shop.yaml").to_owned() + "---\n" + include_str!("documents/everything.yaml");
    serde_saphyr::from_str_multiple(&text).expect("YAML")
}

/// All paths within a value.
fn paths(value: &Value, here: &[String], all: &mut Vec<Vec<String>>) {
    all.push(here.to_vec());
    let inner = |key: String| [here, &[key]].concat();
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| paths(value, &inner(key.clone()), all)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| paths(value, &inner(i.to_string()), all)),
        _ => {}
    }
}

fn at<'v>(value: &'v mut Value, path: &[String]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Array(items) => key.parse::<usize>().ok().and_then(|i| items.get_mut(i)),
        other => other.get_mut(key),
    })
}

/// What may be put in the place of something.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9_f64..1e9).prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        expression().prop_map(Value::from),
        prop::sample::select(vec![
            json!("db.sql"),
            json!("web.http"),
            json!("back.http"),
            json!("database@^16"),
            json!("backend"),
            json!("shop"),
            json!("mixed"),
            json!("connector"),
            json!("composite"),
            json!({"secret": "x"}),
            json!({"$late": "x"}),
            json!(["a", 1, {}]),
            json!({"block": "backend"}),
            json!({"from": "web.api", "to": "back.http"}),
            json!({"type": "http", "role": "connect"}),
        ]),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Texts that are near to expressions.
fn expression() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        prop::sample::select(vec![
            "config",
            "config.port",
            "config.name",
            "config.tags",
            "config.deep.er[1].x",
            "config.none",
            "config.key",
            "this.name",
            "peer.db",
            "peer.db.host",
            "peers.db",
            "near",
            "site.labels.a",
            "site",
            "nothing",
            "loop",
            "self",
            "true",
            "none",
            "1",
            "0",
            "-7",
            "9223372036854775807",
            "170141183460469231731687303715884105727",
            "1e308",
            "0.1",
            "'text'",
            "''",
            "[1, 2, 3]",
            "[]",
            "{}",
            "{'a': 1}",
            "'é😀'",
        ])
        .prop_map(str::to_owned),
        any::<i64>().prop_map(|n| n.to_string()),
        "[a-z._]{1,8}",
    ];
    let inner = atom.prop_recursive(4, 32, 3, |inner| {
        let operators =
            vec!["+", "-", "*", "/", "//", "%", "**", "~", "==", "<", "in", "and", "or", "is", "not in", "."];
        let filters = vec![
            "upper",
            "list",
            "join(',')",
            "replace('a', 'aaaaaaaaaaaaaaaaaaaa')",
            "length",
            "tojson",
            "map(attribute='host')",
            "sort",
            "unique",
            "batch(2)",
            "slice(2)",
            "indent(100)",
            "default('x')",
            "string",
            "int",
            "float",
            "abs",
            "round(400)",
            "first",
            "last",
            "min",
            "max",
            "sum",
            "reverse",
            "trim",
            "title",
            "items",
            "dictsort",
            "groupby('host')",
            "select",
            "reject('odd')",
            "pprint",
            "bool",
            "split('')",
            "lines",
            "urlencode",
            "format(1)",
            "attr('x')",
            "chain([1])",
            "zip([1])",
        ];
        prop_oneof![
            (inner.clone(), prop::sample::select(operators), inner.clone())
                .prop_map(|(a, o, b)| format!("({a} {o} {b})")),
            (inner.clone(), prop::sample::select(filters)).prop_map(|(a, f)| format!("{a} | {f}")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} if {b} else {c})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}[{b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}[{b}:]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}({b})")),
            inner.clone().prop_map(|a| format!("[{a}, {a}]")),
            inner.prop_map(|a| format!("{{'k': {a}}}")),
        ]
    });
    (
        prop::sample::select(vec!["", "a ", "${{ config.port }}", "$", "}}"]),
        inner,
        prop::sample::select(vec!["", " b", "${{", "}}"]),
    )
        .prop_map(|(before, inner, after)| format!("{before}${{{{ {inner} }}}}{after}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_expression_ends_and_says_what_is_wrong(text in expression()) {
        exercise::expression(&text);
    }

    #[test]
    fn any_text_ends_as_an_expression(text in r#"(\$\{\{|\}\}|[ -~é\n]){0,80}"#) {
        exercise::expression(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_change_of_a_document_is_built_or_explained(
        changes in prop::collection::vec((any::<Index>(), any::<Index>(), anything(), 0_u8..4), 1..4),
    ) {
        let mut all = documents();
        for (document, path, with, how) in changes {
            let document = document.get_mut(&mut all);
            let mut every = Vec::new();
            paths(document, &[], &mut every);
            let path = path.get(&every).clone();
            match (how, path.split_last()) {
                (0, Some((key, parent))) => match at(document, parent) {
                    Some(Value::Object(map)) => { map.remove(key); }
                    Some(Value::Array(items)) => { items.pop(); }
                    _ => {}
                },
                (1, Some((key, parent))) => if let Some(Value::Object(map)) = at(document, parent)
                    && let Some(value) = map.get(key).cloned()
                {
                    map.insert(format!("{key}x"), value);
                },
                _ => if let Some(value) = at(document, &path) { *value = with; },
            }
        }
        let text: Vec<String> = all.iter().map(Value::to_string).collect();
        exercise::documents(&text.join("\n---\n"));
    }

    #[test]
    fn any_text_is_read_or_refused(text in r#"(---|\n|: |- |\{|\}|\[|\]|&a|\*a|!x|"|'|#|\||>|[ -~é]){0,60}"#) {
        exercise::documents(&text);
    }
}
