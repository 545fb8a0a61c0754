//! Names of what is made at sites.

/// A name any platform takes, for people to recognise: from a path or address, with an id to make it unique.
pub(super) fn object_name(path: &str, id: &str) -> String {
    let inner = path.split_once('/').map_or(path, |(_, inner)| inner);
    let mut slug = slug(inner);
    slug.truncate(40);
    format!("{}-{}", slug.trim_end_matches('-'), &id[..id.len().min(6)])
}

/// A DNS label of lower-case letters, digits and hyphens that begins with a letter, of at most 63 characters.
pub(super) fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    let out = out.trim_matches('-');
    let mut out = if out.starts_with(|c: char| c.is_ascii_lowercase()) { out.to_owned() } else { format!("x{out}") };
    out.truncate(63);
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dns_labels_that_begin_with_a_letter() {
        assert_eq!(object_name("shop/back/db", "bbmennrxn3td"), "back-db-bbmenn");
        assert_eq!(slug("2nd.line/x_y"), "x2nd-line-x-y");
        assert!(object_name(&format!("a/{}", "b".repeat(100)), "bbmennrxn3td").len() <= 63);
    }
}
