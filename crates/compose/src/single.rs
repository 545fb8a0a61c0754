//! Reading of texts that hold one document.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    diagnostic::{Code, Diagnostic, Problems},
    findings::findings,
    library::Origin,
    source::{self, Source},
};

/// Reads a text of one document that is to be `what`, by its schema.
pub(crate) fn read<T: DeserializeOwned>(
    source: &Source,
    (schema, validator): (&Value, &jsonschema::Validator),
    code: Code,
    what: &str,
) -> Result<(T, Origin), Problems> {
    let mut problems = Problems::default();
    let mut nodes = source::read(source, &mut problems).nodes.into_iter();
    let (Some(node), None) = (nodes.next(), nodes.next()) else {
        if problems.is_empty() {
            let diagnostic = Diagnostic::new(code, format!("{} does not hold one document", source.name));
            problems.push(diagnostic.expected(what));
        }
        return problems.or(()).map(|()| unreachable!("there are problems"));
    };
    let json = node.to_json();
    let origin = Origin::new(&source.name, node);
    for finding in findings(schema, validator, &json, &|_| false) {
        let path: Vec<&str> = finding.path.iter().map(String::as_str).collect();
        let at = finding.key.as_deref().map_or_else(|| origin.at(&path), |key| origin.at_key(&path, key));
        let mut diagnostic = Diagnostic::new(finding.code, finding.message).at(at).expected(finding.expected);
        diagnostic.nearest = finding.nearest;
        problems.push(diagnostic);
    }
    problems.or(())?;
    serde_json::from_value(json).map(|value| (value, origin.clone())).map_err(|error| {
        let mut problems = Problems::default();
        problems.push(Diagnostic::new(code, error.to_string()).at(origin.at(&[])).expected(what));
        problems
    })
}
