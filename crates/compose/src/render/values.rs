//! What only a site knows, evaluated there.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use serde_json::{Map, Value, json};

use super::Facts;
use crate::{
    diagnostic::Diagnostic,
    expression::{Compiled, Context, ExpressionError, Seen},
    library::unreadable,
    release::{Instance, Release, late},
};

/// What a release leaves to its sites to evaluate, read once for all of them.
#[derive(Debug)]
pub(super) struct Late<'r>(HashMap<&'r str, Result<Compiled, ExpressionError>>);

impl<'r> Late<'r> {
    pub(super) fn of(release: &'r Release) -> Self {
        let mut all = HashMap::new();
        for instance in release.spec.instances.values() {
            let told = instance.interfaces.values().flat_map(|exposed| exposed.data.values());
            let bodies = instance.bodies.values();
            let bodies = bodies.flat_map(|body| body.workload.iter().chain(&body.objects).chain(body.units.values()));
            instance.config.values().chain(told).chain(bodies).for_each(|value| read(value, &mut all));
        }
        Self(all)
    }

    fn evaluate(&self, text: &str, context: &Context) -> Result<Value, ExpressionError> {
        match self.0.get(text) {
            Some(Ok(compiled)) => compiled.value(context),
            Some(Err(error)) => Err(error.clone()),
            None => context.evaluate(text),
        }
    }

    /// A value in which every late expression has been evaluated.
    pub(super) fn settle<'v>(
        &self,
        value: &'v Value,
        context: &Context,
        path: &mut Vec<Step<'v>>,
        faults: &mut Vec<(Vec<String>, Diagnostic)>,
    ) -> Value {
        if let Some(text) = late(value) {
            return self.evaluate(text, context).unwrap_or_else(|error| {
                faults.push((path.iter().map(ToString::to_string).collect(), unreadable(&error)));
                Value::Null
            });
        }
        let mut within = |step: Step<'v>, item: &'v Value| {
            path.push(step);
            let value = self.settle(item, context, path, faults);
            path.pop();
            value
        };
        match value {
            Value::Array(items) => items.iter().enumerate().map(|(i, item)| within(Step::Item(i), item)).collect(),
            Value::Object(map) => map.iter().map(|(key, item)| (key.clone(), within(Step::Key(key), item))).collect(),
            scalar => scalar.clone(),
        }
    }
}

fn read<'r>(value: &'r Value, all: &mut HashMap<&'r str, Result<Compiled, ExpressionError>>) {
    if let Some(text) = late(value) {
        all.entry(text).or_insert_with(|| Compiled::read(text));
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| read(item, all)),
        Value::Object(map) => map.values().for_each(|item| read(item, all)),
        _ => {}
    }
}

/// A step on the way to a value within another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'v> {
    Key(&'v str),
    Item(usize),
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.write_str(key),
            Self::Item(index) => index.fmt(f),
        }
    }
}

/// The roots `site` and `network`.
pub(super) fn surroundings(facts: &Facts) -> [(&'static str, Seen); 2] {
    let network = json!({ "name": facts.network.name, "id": facts.network.id });
    [("site", Seen::new(&facts.site)), ("network", Seen::new(&network))]
}

/// What the expressions of an instance see wherever nothing of it is left to the site.
#[derive(Debug)]
pub(super) struct SeenAsReleased {
    pub(super) config: Seen,
    pub(super) this: Seen,
}

/// That of every instance, made once for all sites.
pub(super) fn as_released(release: &Release) -> BTreeMap<&str, SeenAsReleased> {
    let seen = |path: &str, instance: &Instance| {
        let told = instance.interfaces.iter();
        let told = told.map(|(name, exposed)| (name.to_string(), Value::Object(exposed.data.clone()))).collect();
        SeenAsReleased { config: Seen::new(&instance.config), this: Seen::new(&this(path, instance, told)) }
    };
    release.spec.instances.iter().map(|(path, instance)| (path.as_str(), seen(path, instance))).collect()
}

/// The root `this`.
pub(super) fn this(path: &str, instance: &Instance, interfaces: Map<String, Value>) -> Value {
    let (block, version) = instance.block.split_once('@').unwrap_or((&instance.block, ""));
    json!({
        "name": path.rsplit('/').next().unwrap_or_default(),
        "id": instance.id,
        "instance": path,
        "block": block,
        "version": version,
        "interfaces": interfaces,
    })
}
