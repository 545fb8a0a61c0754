//! What holds for every workload besides its schema.

use serde_json::Value;

use crate::{
    diagnostic::{Code, Diagnostic},
    findings::findings,
    release::late,
    schema,
};

/// What is wrong with an evaluated workload, each with the path within it. What only a site knows is not judged.
pub(crate) fn faults(workload: &Value) -> Vec<(Vec<String>, Diagnostic)> {
    let (schema, validator) = schema::workload();
    let mut all: Vec<(Vec<String>, Diagnostic)> = findings(schema, validator, workload, &|v| late(v).is_some())
        .into_iter()
        .map(|finding| {
            let mut diagnostic = Diagnostic::new(Code::InvalidBody, finding.message).expected(finding.expected);
            diagnostic.nearest = finding.nearest;
            (finding.path, diagnostic)
        })
        .collect();
    if workload.get("image").is_none() && workload.get("command").is_none() {
        all.push((
            vec![],
            Diagnostic::new(Code::InvalidBody, "the workload has neither an image nor a command")
                .expected("image, command or both"),
        ));
    }
    let probes = workload.get("probes").and_then(Value::as_object);
    for (name, probe) in probes.into_iter().flatten() {
        one_of(probe, &["http", "tcp", "exec"], &["probes", name], &mut all);
    }
    let files = workload.get("files").and_then(Value::as_object);
    for (path, file) in files.into_iter().flatten() {
        one_of(file, &["content", "secret"], &["files", path], &mut all);
        if !path.starts_with('/') {
            let diagnostic = Diagnostic::new(Code::InvalidBody, format!("the path {path:?} is not absolute"))
                .expected("a path from /");
            all.push((vec!["files".to_owned(), path.clone()], diagnostic));
        }
    }
    all
}

fn one_of(value: &Value, keys: &[&str], path: &[&str], all: &mut Vec<(Vec<String>, Diagnostic)>) {
    let Some(map) = value.as_object().filter(|_| late(value).is_none()) else { return };
    let count = keys.iter().filter(|k| map.contains_key(**k)).count();
    if count != 1 {
        let diagnostic =
            Diagnostic::new(Code::InvalidBody, format!("{} has {count} of {}", path.join(" "), keys.join(", ")))
                .expected(format!("one of {}", keys.join(", ")));
        all.push((path.iter().map(|s| (*s).to_owned()).collect(), diagnostic));
    }
}
