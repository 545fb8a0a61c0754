//! Evaluation: strict about what is undefined, limited in time, without access to anything that is not passed in.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde::Serialize;
use serde_json::{Map, Value};

use super::template::{Segment, Template};

/// How many steps one expression may take.
const FUEL: u64 = 20_000;

/// The longest text an expression may make, in bytes.
const MAX_TEXT: usize = 1 << 20;

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExpressionError {
    pub(crate) failure: Failure,
    pub(crate) message: String,
}

/// In what way it has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It cannot be read, or uses a filter or test there is not.
    Syntax,
    /// It uses something that is not there.
    Undefined,
    /// It puts a secret into a text.
    Secret,
    /// It failed otherwise.
    Other,
}

/// What expressions see.
#[derive(Clone, Debug)]
pub(crate) struct Context(minijinja::Value);

/// A value as expressions see it: made once, it is in any number of contexts.
#[derive(Clone, Debug)]
pub(crate) struct Seen(minijinja::Value);

impl Seen {
    pub(crate) fn new(value: &impl Serialize) -> Self {
        Self(minijinja::Value::from(minijinja::value::Serde(value)))
    }

    /// A mapping with what is in another besides, or instead.
    pub(crate) fn with(self, more: &impl Serialize) -> Self {
        Self(minijinja::value::merge_maps([Self::new(more).0, self.0]))
    }
}

impl From<Vec<Seen>> for Seen {
    fn from(all: Vec<Seen>) -> Self {
        Self(all.into_iter().map(|Seen(value)| value).collect())
    }
}

impl<V: Into<Seen>> From<BTreeMap<String, V>> for Seen {
    fn from(all: BTreeMap<String, V>) -> Self {
        let all: BTreeMap<_, _> = all.into_iter().map(|(key, value)| (key, value.into().0)).collect();
        Self(minijinja::Value::from_object(all))
    }
}

impl Context {
    pub(crate) fn new(roots: &Map<String, Value>) -> Self {
        Self(Seen::new(roots).0)
    }

    /// The context with these roots.
    pub(crate) fn of(roots: BTreeMap<&'static str, Seen>) -> Self {
        let roots: BTreeMap<_, _> = roots.into_iter().map(|(name, Seen(value))| (name, value)).collect();
        Self(minijinja::Value::from_object(roots))
    }

    /// The value of a text: of the expression's type if it is one expression and nothing else.
    pub(crate) fn evaluate(&self, text: &str) -> Result<Value, ExpressionError> {
        Compiled::read(text)?.value(self)
    }
}

/// A text with expressions in it, ready to be evaluated.
#[derive(Debug)]
pub(crate) struct Compiled(Vec<Part>);

#[derive(Debug)]
enum Part {
    Literal(String),
    Expression(CompiledExpression),
}

#[derive(Debug)]
struct CompiledExpression {
    text: String,
    compiled: minijinja::Expression<'static, 'static>,
}

impl Compiled {
    /// Reads a text.
    pub(crate) fn read(text: &str) -> Result<Self, ExpressionError> {
        let part = |segment: &Segment<'_>| {
            Ok(match segment {
                Segment::Literal(text) => Part::Literal((*text).to_owned()),
                Segment::Expression(text) => Part::Expression(CompiledExpression::read(text)?),
            })
        };
        Ok(Self(Template::parse(text)?.segments.iter().map(part).collect::<Result<_, _>>()?))
    }

    /// The value of the text: of the expression's type if it is one expression and nothing else.
    pub(crate) fn value(&self, context: &Context) -> Result<Value, ExpressionError> {
        if let [Part::Expression(expression)] = self.0.as_slice() {
            return expression.value(context);
        }
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Expression(expression) => expression.write(context, &mut out)?,
            }
            if out.len() > MAX_TEXT {
                return Err(ExpressionError { failure: Failure::Other, message: "the text is too long".to_owned() });
            }
        }
        Ok(Value::String(out))
    }
}

impl CompiledExpression {
    fn read(text: &str) -> Result<Self, ExpressionError> {
        let numeric = products_of_numbers(text)?;
        let compiled = environment().compile_expression_owned(numeric).map_err(|e| failed(text, &e))?;
        Ok(Self { text: text.to_owned(), compiled })
    }

    /// Adds the value to a text.
    fn write(&self, context: &Context, out: &mut String) -> Result<(), ExpressionError> {
        let refused = |failure, what: &str| {
            Err(ExpressionError { failure, message: format!("`{}` is {what} and cannot be part of a text", self.text) })
        };
        match self.value(context)? {
            Value::String(text) => out.push_str(&text),
            scalar @ (Value::Number(_) | Value::Bool(_)) => out.push_str(&scalar.to_string()),
            Value::Object(map) if is_secret(&map) => return refused(Failure::Secret, "a secret"),
            _ => return refused(Failure::Other, "neither text, number nor boolean"),
        }
        Ok(())
    }

    fn value(&self, context: &Context) -> Result<Value, ExpressionError> {
        let expression = &self.text;
        let value = self.compiled.eval(context.0.clone()).map_err(|e| failed(expression, &e))?;
        if value.is_undefined() {
            return Err(ExpressionError {
                failure: Failure::Undefined,
                message: format!("`{expression}` is not there"),
            });
        }
        let other = |message: String| ExpressionError { failure: Failure::Other, message };
        let value =
            serde_json::to_value(&value).map_err(|e| other(format!("`{expression}` has no plain value: {e}")))?;
        if value.as_str().is_some_and(|text| text.len() > MAX_TEXT) {
            return Err(other("the text is too long".to_owned()));
        }
        Ok(value)
    }
}

/// Whether a mapping is a reference to a secret.
pub(crate) fn is_secret(map: &Map<String, Value>) -> bool {
    map.get("secret").is_some_and(Value::is_string) && map.keys().all(|k| k == "secret" || k == "key")
}

/// Everything an expression refers to, in dotted form.
pub(crate) fn references(expression: &str) -> Result<BTreeSet<String>, ExpressionError> {
    // To compile one is to evaluate what is constant in it.
    Ok(CompiledExpression::read(expression)?.compiled.undeclared_variables(true).into_iter().collect())
}

/// The same expression, in which `*` takes numbers only. A list times a number would be a list of any length at no cost of fuel,
/// and whatever looked into it would take as long: raising to the power of one and negating twice refuse all but numbers. What
/// is filtered would be negated first.
fn products_of_numbers(expression: &str) -> Result<String, ExpressionError> {
    let mut out = String::with_capacity(expression.len());
    let mut quote = None;
    // How deep in brackets, and at which depths the right side of a product goes on.
    let (mut depth, mut products) = (0_usize, Vec::new());
    let mut chars = expression.chars().peekable();
    while let Some(c) = chars.next() {
        if quote.is_none() && c == '*' {
            let power = chars.next_if_eq(&'*').is_some();
            out.push_str(if power { "**" } else { "** 1 * - -" });
            if !power {
                products.push(depth);
            }
            continue;
        }
        out.push(c);
        match (quote, c) {
            (Some(_), '\\') => out.extend(chars.next()),
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => {
                products.retain(|d| *d < depth);
                depth = depth.saturating_sub(1);
            }
            (None, ',') => products.retain(|d| *d < depth),
            (None, '|') if products.contains(&depth) => {
                return Err(ExpressionError {
                    failure: Failure::Other,
                    message: format!("`{expression}` filters in a product: what is filtered must be in parentheses"),
                });
            }
            _ => {}
        }
    }
    Ok(out)
}

fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        let functions: Vec<String> = environment.globals().map(|(name, _)| name.to_owned()).collect();
        for name in functions {
            environment.remove_global(&name);
        }
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(32);
        environment
    })
}

fn failed(expression: &str, error: &minijinja::Error) -> ExpressionError {
    let failure = match error.kind() {
        ErrorKind::SyntaxError
        | ErrorKind::BadEscape
        | ErrorKind::UnknownFilter
        | ErrorKind::UnknownTest
        | ErrorKind::UnknownFunction
        | ErrorKind::UnknownMethod
        | ErrorKind::TooManyArguments
        | ErrorKind::MissingArgument => Failure::Syntax,
        ErrorKind::UndefinedError => Failure::Undefined,
        _ => Failure::Other,
    };
    let detail = error.detail().map(|d| format!(": {d}")).unwrap_or_default();
    ExpressionError { failure, message: format!("`{expression}`: {}{detail}", error.kind()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn context() -> Context {
        let Value::Object(roots) = json!({
            "config": { "port": 8080, "name": "shop", "on": true, "tags": ["a", "b"], "key": { "secret": "db" } },
            "peers": { "db": [{ "host": "x" }, { "host": "y" }] },
            "site": { "labels": {} },
        }) else {
            unreachable!("an object")
        };
        Context::new(&roots)
    }

    #[test]
    fn one_expression_keeps_its_type_and_others_become_text() {
        let value = |text| context().evaluate(text).expect(text);
        assert_eq!(value("${{ config.port }}"), json!(8080));
        assert_eq!(value("${{ config.port + 1 }}"), json!(8081));
        assert_eq!(value("${{ config.tags }}"), json!(["a", "b"]));
        assert_eq!(value("${{ config.key }}"), json!({ "secret": "db" }));
        assert_eq!(value("http://${{ config.name }}:${{ config.port }}/"), json!("http://shop:8080/"));
        assert_eq!(value("${{ peers.db | map(attribute='host') | join(',') }}"), json!("x,y"));
        assert_eq!(value("${{ site.labels.region | default('none') }}"), json!("none"));
        assert_eq!(value("plain"), json!("plain"));
    }

    #[test]
    fn what_is_undefined_is_an_error() {
        for text in ["${{ config.prot }}", "${{ nothing }}", "a${{ config.prot }}", "${{ config.a.b }}"] {
            assert_eq!(context().evaluate(text).expect_err(text).failure, Failure::Undefined, "{text}");
        }
    }

    #[test]
    fn secrets_and_lists_do_not_go_into_text() {
        assert_eq!(context().evaluate("p=${{ config.key }}").expect_err("a secret").failure, Failure::Secret);
        assert_eq!(context().evaluate("p=${{ config.tags }}").expect_err("a list").failure, Failure::Other);
    }

    #[test]
    fn there_are_no_functions_and_no_end_of_work() {
        for text in ["${{ range(10) }}", "${{ debug() }}", "${{ dict(a=1) }}", "${{ config | nofilter }}", "${{ 1 + }}"]
        {
            assert!(context().evaluate(text).is_err(), "{text}");
        }
        assert!(context().evaluate("${{ 'x' * 100000000 }}").is_err());
    }

    #[test]
    fn only_numbers_are_multiplied() {
        let value = |text: &str| context().evaluate(text).map_err(|e| e.message);
        for (text, expected) in [
            ("${{ config.port * 2 }}", json!(16160)),
            ("${{ 1 + 2 * -3 * 4 }}", json!(-23)),
            ("${{ 2 * 3 ** 2 }}", json!(18)),
            ("${{ 3 ** 2 * 2 }}", json!(18)),
            ("${{ -2 * (1 + 2) }}", json!(-6)),
            ("${{ 1.5 * 2 }}", json!(3.0)),
            ("${{ config.tags | length * 3 }}", json!(6)),
            ("${{ 2 * (config.tags | length) }}", json!(4)),
            ("${{ 'a * b' ~ \"it's *\" }}", json!("a * bit's *")),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
        for text in [
            "config.tags * 30000000",
            "30000000 * config.tags",
            "2 in [1] * 30000000",
            "([1] * 30000000) | string",
            "(1, 2) * 9",
            "{} * 2",
            "9 * 1 | string | list",
            "9 * 1 + 1 | string",
        ] {
            assert!(value(&format!("${{{{ {text} }}}}")).is_err(), "{text}");
        }
    }

    #[test]
    fn references_are_listed() {
        let listed = super::super::references_of("${{ config.port }} ${{ peers.db | map(attribute='host') | join }}");
        assert_eq!(listed.expect("references").into_iter().collect::<Vec<_>>(), ["config.port", "peers.db"]);
    }

    proptest! {
        #[test]
        fn any_expression_ends(text in r#"[a-z0-9.()\[\]{}|'"+*~ -]{0,60}"#) {
            let _ = context().evaluate(&format!("${{{{ {text} }}}}"));
        }
    }
}
