//! The one form of a value as bytes: sorted keys, no spaces. What is digested is in this form.

use ring::digest::{SHA256, digest};
use serde_json::Value;

/// The canonical form of a value.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// SHA-256 of the canonical form, in hexadecimal.
pub fn digest_of(value: &Value) -> String {
    hash(canonical(value).as_bytes())
}

/// SHA-256 in hexadecimal.
pub(crate) fn hash(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            // Sorted here, whatever order the map keeps: another crate may ask serde_json to keep insertion order.
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for (i, key) in keys.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(&map[key], out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_keys_makes_no_difference() {
        let a = serde_json::from_str(r#"{"b":[1,{"y":2,"x":"é\n"}],"a":null}"#).expect("JSON");
        assert_eq!(canonical(&a), r#"{"a":null,"b":[1,{"x":"é\n","y":2}]}"#);
        assert_eq!(digest_of(&json!({})), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}
