//! Evaluation at build: what can be known is evaluated, what only a site knows is kept as it is.

use serde_json::{Map, Value, json};

use super::{Node, Tree};
use crate::{
    Stop,
    diagnostic::{Code, Diagnostic},
    expression::{Context, ExpressionError, Failure, is_expression, references_of},
    library::unreadable,
    release::{LATE, has_late, instance_id},
};

/// Something wrong at a path within a value.
pub(super) type Fault = (Vec<String>, Diagnostic);

/// What expressions see when a release is built.
#[derive(Clone, Copy)]
pub(super) struct Values<'v> {
    pub(super) context: &'v Context,
    /// Stands in for what only a site knows, to find expressions that could not be evaluated anywhere.
    pub(super) sample: &'v Context,
    /// Which references only a site knows.
    pub(super) is_late: &'v dyn Fn(&str) -> bool,
    pub(super) stop: &'v Stop,
}

impl Values<'_> {
    /// Evaluates every expression within a value.
    pub(super) fn evaluate(self, value: &Value, path: &mut Vec<String>, faults: &mut Vec<Fault>) -> Value {
        match value {
            Value::String(_) if self.stop.is_said() => Value::Null,
            Value::String(text) if is_expression(value) => self.one(text).unwrap_or_else(|error| {
                faults.push((path.clone(), unreadable(&error)));
                Value::Null
            }),
            Value::Array(items) => {
                let items = items.iter().enumerate().map(|(i, item)| {
                    path.push(i.to_string());
                    let value = self.evaluate(item, path, faults);
                    path.pop();
                    value
                });
                items.collect()
            }
            Value::Object(map) => {
                if map.contains_key(LATE) {
                    let reserved = Diagnostic::new(Code::InvalidValue, format!("the key {LATE} is reserved"));
                    faults.push((path.clone(), reserved.expected("another key")));
                }
                let entries = map.iter().map(|(key, item)| {
                    path.push(key.clone());
                    let value = self.evaluate(item, path, faults);
                    path.pop();
                    (key.clone(), value)
                });
                Value::Object(entries.collect())
            }
            scalar => scalar.clone(),
        }
    }

    fn one(self, text: &str) -> Result<Value, ExpressionError> {
        if !references_of(text)?.iter().any(|r| (self.is_late)(r)) {
            return self.context.evaluate(text);
        }
        match self.sample.evaluate(text) {
            Err(error) if matches!(error.failure, Failure::Syntax | Failure::Secret) => Err(error),
            _ => Ok(json!({ LATE: text })),
        }
    }
}

/// Values of a site that stand in for any.
pub(super) fn sample_site(roots: &mut Map<String, Value>) {
    roots.insert(
        "site".into(),
        json!({ "name": "site", "classes": [], "labels": {}, "platform": "podman", "locals": {} }),
    );
    roots.insert("network".into(), json!({ "name": "network", "id": "00000000-0000-0000-0000-000000000000" }));
}

/// A value in which what only a site knows is replaced by something that stands in for it.
pub(super) fn stand_in(value: &Value) -> Value {
    match value {
        value if crate::release::late(value).is_some() => json!("sample"),
        Value::Array(items) => items.iter().map(stand_in).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), stand_in(v))).collect()),
        scalar => scalar.clone(),
    }
}

impl Node<'_> {
    /// What expressions call `this`.
    pub(super) fn this(&self) -> Value {
        let metadata = &self.block.document.metadata;
        json!({
            "name": self.name,
            "id": instance_id(&self.path),
            "instance": self.path,
            "block": metadata.name.as_str(),
            "version": metadata.version.to_string(),
            "interfaces": self.data.iter().map(|(name, data)| (name.to_string(), Value::Object(data.clone()))).collect::<Map<_, _>>(),
        })
    }

    /// Whether only a site knows a reference to `config`, `this`, `site` or `network`.
    pub(super) fn is_late(&self, reference: &str) -> bool {
        let mut parts = reference.split('.');
        match (parts.next(), parts.next()) {
            (Some("site" | "network"), _) => true,
            (Some("config"), Some(field)) => self.config.get(field).is_some_and(has_late) || self.is_local(field),
            (Some("config"), None) => self.config.iter().any(|(field, value)| has_late(value) || self.is_local(field)),
            (Some("this"), None | Some("interfaces")) => self.data.values().flat_map(Map::values).any(has_late),
            _ => false,
        }
    }

    fn is_local(&self, field: &str) -> bool {
        self.block.document.spec.config.get(field).is_some_and(|f| f.local)
    }

    /// What the expressions of this instance see at build, and what stands in for what only a site knows.
    pub(super) fn contexts(&self) -> (Context, Context) {
        let mut roots = Map::new();
        roots.insert("config".into(), Value::Object(self.config.clone()));
        roots.insert("this".into(), self.this());
        let mut sample: Map<String, Value> = roots.iter().map(|(k, v)| (k.clone(), stand_in(v))).collect();
        sample_site(&mut sample);
        (Context::new(&roots), Context::new(&sample))
    }
}

impl Tree<'_> {
    /// Reports the faults of an evaluation at the positions `at` finds. Where something was wrong when the library was read, an
    /// evaluation would only say it in other words.
    pub(super) fn faults(
        &mut self,
        node: usize,
        faults: Vec<Fault>,
        at: impl Fn(&Self, &[String]) -> Option<crate::diagnostic::Position>,
    ) {
        for (path, diagnostic) in faults {
            let position = at(self, &path);
            if position.is_some() && self.library.problems().iter().any(|d| d.at == position) {
                continue;
            }
            self.report(node, position, diagnostic);
        }
    }
}
