//! The reference of the documents, as Markdown: generated from their schemas.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::{
    diagnostic::Code,
    schema::{KINDS, strict},
};

/// What no schema says.
const EXPRESSIONS: &str = "
## Expressions

`${{ … }}` may stand wherever there is a value. A text that is one expression keeps the expression's type; otherwise its value
becomes part of the text. `config`, `this`, `site` and `network` are known everywhere, `peer`, `peers` and `near` in bodies.
There are the operators and filters of Jinja, but no functions, and `*` multiplies numbers only: what is filtered in a product
must be in parentheses. What is not there is an error, unless `default` says otherwise. An expression has at most 1000 bytes and
100 brackets and prefixes, and takes no more than 20000 steps. Documents are at most 40 levels deep.
";

/// The reference: every kind with its fields, and every diagnostic.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Reference of compose documents\n\nGenerated from the schemas in [`docs/schemas`](../schemas) by \
         `UPDATE=1 cargo test -p compose --test docs`. The [tutorial](tutorial.md) is a better place to begin.\n",
    );
    for kind in KINDS {
        let Some(schema) = strict(kind) else { continue };
        let _ = write!(out, "\n## {kind}\n\n{}\n", description(schema));
        table(&mut out, schema);
        let mut names: Vec<&str> = Vec::new();
        reachable(schema, schema, &mut names);
        names.sort_unstable();
        for name in names {
            let Some(definition) = schema.pointer(&format!("/$defs/{name}")) else { continue };
            if definition.get("properties").is_some() {
                let _ = write!(out, "\n### {kind}: {name}\n\n{}\n", description(definition));
                table(&mut out, definition);
            }
        }
    }
    out.push_str(EXPRESSIONS);
    out.push_str("\n## Diagnostics\n\n| code | meaning |\n|---|---|\n");
    for code in Code::ALL {
        let _ = writeln!(out, "| `{code}` | {} |", cell(code.meaning()));
    }
    out
}

/// The definitions a schema leads to.
fn reachable<'s>(root: &'s Value, schema: &'s Value, names: &mut Vec<&'s str>) {
    match schema {
        Value::Object(map) => {
            if let Some(name) = map.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/"))
                && !names.contains(&name)
            {
                names.push(name);
                if let Some(definition) = root.pointer(&format!("/$defs/{name}")) {
                    reachable(root, definition, names);
                }
            }
            for (key, value) in map {
                if key != "$defs" {
                    reachable(root, value, names);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| reachable(root, item, names)),
        _ => {}
    }
}

fn table(out: &mut String, schema: &Value) {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    out.push_str("\n| field | type | meaning |\n|---|---|---|\n");
    for (name, property) in properties {
        let must = if required.contains(&name.as_str()) { " (required)" } else { "" };
        let _ = writeln!(out, "| `{name}`{must} | {} | {} |", cell(&kind(property)), cell(&description(property)));
    }
}

fn description(schema: &Value) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn kind(schema: &Value) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/")) {
        return name.to_owned();
    }
    if let Some(options) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
        let words: Vec<String> = options.iter().map(kind).collect();
        return words.join(" or ");
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => format!("list of {}", schema.get("items").map(kind).unwrap_or_else(|| "anything".to_owned())),
        Some("object") => {
            let values = schema.get("additionalProperties").filter(|v| v.is_object());
            let values = values.or_else(|| schema.get("patternProperties")?.as_object()?.values().next());
            values.map_or_else(|| "mapping".to_owned(), |v| format!("mapping to {}", kind(v)))
        }
        Some("string") => {
            schema.get("const").or_else(|| schema.get("enum")).map_or_else(|| "text".to_owned(), Value::to_string)
        }
        Some("integer") => "whole number".to_owned(),
        Some(other) => other.to_owned(),
        None => "anything".to_owned(),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
