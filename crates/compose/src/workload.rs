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
    let image = workload.get("image").and_then(Value::as_str).filter(|_| late(&workload["image"]).is_none());
    if let Some(image) = image.filter(|image| image.contains(|c: char| c.is_whitespace() || c.is_control())) {
        let diagnostic = Diagnostic::new(Code::InvalidBody, format!("{image:?} is no name of an image"))
            .expected("a name without spaces, such as docker.io/library/nginx:1.27");
        all.push((vec!["image".to_owned()], diagnostic));
    }
    let env = workload.get("env").and_then(Value::as_object);
    for name in env.into_iter().flatten().map(|(name, _)| name).filter(|name| !is_variable(name)) {
        let diagnostic = Diagnostic::new(Code::InvalidBody, format!("{name:?} is no name of a variable"))
            .expected("letters, digits, underscores, hyphens and dots, not beginning with a digit");
        all.push((vec!["env".to_owned(), name.clone()], diagnostic));
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

/// Whether every platform takes it as the name of a variable.
fn is_variable(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    name.chars().all(fits) && name.starts_with(|c: char| !c.is_ascii_digit())
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_no_platform_could_run_is_no_workload() {
        for (workload, path) in [
            (json!({"image": "x\nExecStartPre=/bin/true"}), vec!["image"]),
            (json!({"image": "x y"}), vec!["image"]),
            (json!({"image": "x", "env": {"": "1"}}), vec!["env", ""]),
            (json!({"image": "x", "env": {"A=B": "1"}}), vec!["env", "A=B"]),
            (json!({"image": "x", "env": {"A B": "1"}}), vec!["env", "A B"]),
            (json!({"image": "x", "env": {"1A": "1"}}), vec!["env", "1A"]),
        ] {
            let found: Vec<_> = faults(&workload).into_iter().map(|(path, _)| path).collect();
            assert_eq!(found, [path], "{workload}");
        }
        assert!(faults(&json!({"image": "x", "env": {"_a": "1", "discovery.type": "single-node"}})).is_empty());
    }
}
