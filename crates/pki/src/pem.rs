//! PEM text (RFC 7468).

use data_encoding::BASE64;
use zeroize::Zeroizing;

/// Writes `der` under `label`, in lines of 64 characters. Scratch space is erased, since it may hold a private key.
pub(crate) fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(BASE64.encode(der));
    // The exact size at once: a buffer that grows leaves copies of the key behind.
    let mut text = Zeroizing::new(String::with_capacity(body.len() + body.len() / 64 + 2 * label.len() + 40));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    wrap(&mut text, &body);
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

/// Appends base64 text in lines of 64 characters.
pub(crate) fn wrap(text: &mut String, base64: &str) {
    let mut rest = base64;
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
}
