//! Expressions: `${{ … }}` wherever a value is allowed.
//!
//! A text that is one expression and nothing else has the expression's type; otherwise results are put into the text. An
//! expression sees what it is given and nothing else: no functions, no files, no clock; it ends, because its fuel does.

mod evaluate;
mod template;

use std::collections::BTreeSet;

use serde_json::Value;

pub(crate) use evaluate::{Compiled, Context, ExpressionError, Failure, Seen, references};
pub(crate) use template::Template;

/// Whether a value is a text with an expression in it.
pub(crate) fn is_expression(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(template::OPEN))
}

/// Everything the expressions in a text refer to, in dotted form: `config.port`, `peer.db.host`.
pub(crate) fn references_of(text: &str) -> Result<BTreeSet<String>, ExpressionError> {
    let mut all = BTreeSet::new();
    for expression in Template::parse(text)?.expressions() {
        all.extend(references(expression)?);
    }
    Ok(all)
}
