//! Reading what a request says in JSON.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{FieldError, Problem, ProblemType};

/// Reads a JSON body, an object, as its type says it. Objects are objects: their fields are given by name, never by their place in a
/// list.
///
/// # Errors
///
/// A problem: a body that is no JSON, or the place of what is not as the type says.
pub fn read_json<T: DeserializeOwned + Serialize>(body: &[u8]) -> Result<T, Box<Problem>> {
    let malformed = |error| Problem::new(ProblemType::Malformed, format!("the body is not JSON: {error}"));
    let given: Value = serde_json::from_slice(body).map_err(malformed)?;
    if given.is_array() {
        return Err(Box::new(no_object("")));
    }
    let read: T = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(body)).map_err(fault)?;
    let understood = serde_json::to_value(&read).map_err(malformed)?;
    match list_for_object(&given, &understood) {
        Some(place) => Err(Box::new(no_object(place.trim_start_matches('.')))),
        None => Ok(read),
    }
}

/// What is wrong with a body that is JSON.
fn fault(error: serde_path_to_error::Error<serde_json::Error>) -> Box<Problem> {
    let path = error.path().to_string();
    Box::new(if error.inner().is_data() {
        Problem::fields(vec![FieldError::of_json(&path, error.inner())])
    } else {
        // It is complete, and goes on where a list for an object should end.
        no_object(path.trim_start_matches('.'))
    })
}

fn no_object(place: &str) -> Problem {
    let field = if place.is_empty() { "body" } else { place };
    Problem::field(field, "an object is expected here, with its fields by name")
}

/// Where a list was given for an object, as `serde_path_to_error` writes it. Serde reads one for the other.
fn list_for_object(given: &Value, understood: &Value) -> Option<String> {
    let within =
        |name: String, given: &Value, understood: &Value| list_for_object(given, understood).map(|place| name + &place);
    match (given, understood) {
        (Value::Array(_), Value::Object(_)) => Some(String::new()),
        (Value::Object(given), Value::Object(understood)) => {
            given.iter().find_map(|(name, value)| within(format!(".{name}"), value, understood.get(name)?))
        }
        (Value::Array(given), Value::Array(understood)) => given
            .iter()
            .zip(understood)
            .enumerate()
            .find_map(|(n, (value, read))| within(format!("[{n}]"), value, read)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        name: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        inner: Vec<Inner>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        port: u16,
    }

    fn wrong(body: &str) -> (String, String) {
        let problem = read_json::<Outer>(body.as_bytes()).expect_err(body);
        let [error] = problem.errors.as_slice() else { panic!("{problem:?}") };
        (error.field.clone(), error.message.clone())
    }

    #[test]
    fn fields_are_given_by_name_alone() {
        let read: Outer = read_json(br#"{"name": "a", "inner": [{"port": 1}]}"#).expect("reads");
        assert_eq!(read, Outer { name: "a".to_owned(), inner: vec![Inner { port: 1 }] });
        for (body, field) in [
            (r#"["a", []]"#, "body"),
            ("[]", "body"),
            (r#"["a", [], 3]"#, "body"),
            ("3", "body"),
            (r#"{"name": "a", "inner": [{"port": 1}, [2]]}"#, "inner[1]"),
            (r#"{"name": "a", "inner": [[]]}"#, "inner[0]"),
        ] {
            let (at, message) = wrong(body);
            assert_eq!(at, field, "{body}: {message}");
            assert!(message.contains("an object is expected") && !message.contains("struct"), "{body}: {message}");
        }
        let (field, message) = wrong(r#"{"name": "a", "inner": [{"port": -1}]}"#);
        assert!(field == "inner[0].port" && message.contains("-1"), "{field}: {message}");
    }

    #[test]
    fn what_is_no_json_is_said_to_be_none() {
        for body in ["", "{", r#"{"name": "a"} x"#, "\u{feff}{}"] {
            let problem = read_json::<Outer>(body.as_bytes()).expect_err(body);
            assert_eq!(problem.status, 400, "{body}");
            assert!(problem.errors.is_empty(), "{problem:?}");
        }
    }
}
