//! A text cut into what is literal and what is an expression.

use super::evaluate::{ExpressionError, Failure};

/// How an expression begins. It ends with `}}`.
pub(super) const OPEN: &str = "${{";

/// The longest expression, in bytes: how deep it is within itself is bounded by it.
const MAX_LENGTH: usize = 1000;

/// The most brackets and prefixes in one: each is a step deeper for whoever reads it.
const MAX_NESTING: usize = 100;

/// A text cut into its segments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Template<'t> {
    pub(super) segments: Vec<Segment<'t>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Segment<'t> {
    Literal(&'t str),
    Expression(&'t str),
}

impl<'t> Template<'t> {
    pub(crate) fn parse(text: &'t str) -> Result<Self, ExpressionError> {
        let mut segments = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find(OPEN) {
            if start > 0 {
                segments.push(Segment::Literal(&rest[..start]));
            }
            let inner = &rest[start + OPEN.len()..];
            let end = end_of(inner).ok_or_else(|| ExpressionError {
                failure: Failure::Syntax,
                message: "the expression has no end".to_owned(),
            })?;
            let expression = inner[..end].trim();
            let nesting = expression.matches(['(', '[', '{', '-', '*']).count()
                + expression.matches("not").count()
                + expression.matches("if").count();
            if expression.len() > MAX_LENGTH || nesting > MAX_NESTING {
                return Err(ExpressionError {
                    failure: Failure::Syntax,
                    message: format!(
                        "the expression has more than {MAX_LENGTH} bytes, or more than {MAX_NESTING} brackets and prefixes"
                    ),
                });
            }
            segments.push(Segment::Expression(expression));
            rest = &inner[end + 2..];
        }
        if !rest.is_empty() || segments.is_empty() {
            segments.push(Segment::Literal(rest));
        }
        Ok(Self { segments })
    }

    /// The expressions, in order.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &'t str> {
        self.segments.iter().filter_map(|s| match s {
            Segment::Expression(text) => Some(*text),
            Segment::Literal(_) => None,
        })
    }
}

/// Where the expression's `}}` is: not within a string, and not where it closes a mapping.
fn end_of(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            quote @ (b'"' | b'\'') => {
                i += 1;
                while i < bytes.len() && bytes[i] != quote {
                    i += if bytes[i] == b'\\' { 2 } else { 1 };
                }
            }
            b'{' => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            b'}' if bytes.get(i + 1) == Some(&b'}') => return Some(i),
            _ => {}
        }
        i += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn strings_and_mappings_do_not_end_an_expression() {
        let template = Template::parse(r#"a ${{ {"x": "}}"}.x }}${{ 'it\'s }}' }} b"#).expect("a template");
        assert_eq!(
            template.segments,
            [
                Segment::Literal("a "),
                Segment::Expression(r#"{"x": "}}"}.x"#),
                Segment::Expression(r"'it\'s }}'"),
                Segment::Literal(" b"),
            ]
        );
        assert!(Template::parse("${{ config.x }").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_cut_or_refused(text in r#"[a-z${}'"\\ é.]{0,40}"#) {
            if let Ok(template) = Template::parse(&text) {
                let literal = !text.contains(OPEN);
                prop_assert_eq!(literal, template.expressions().count() == 0);
            }
        }
    }
}
