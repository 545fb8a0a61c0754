//! What was probably meant.

/// The valid alternative nearest to a text, if one is near enough to be a slip of the fingers.
pub fn nearest<'a>(text: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let length = text.chars().count();
    // Of a single letter, nothing is left to recognise.
    let limit = (length / 3).max(1).min(length.saturating_sub(1));
    let lower = text.to_lowercase();
    let begins = |candidate: &str| text.len() > 2 && candidate.starts_with(text);
    valid
        .into_iter()
        // What is much longer or shorter is not near, and comparing it would take as long as both are together.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit || begins(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= limit || begins(candidate))
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_anything_else_is_not() {
        assert_eq!(nearest("intefaces", ["interfaces", "bodies"]).as_deref(), Some("interfaces"));
        assert_eq!(nearest("htpp", ["http", "tcp"]).as_deref(), Some("http"));
        assert_eq!(nearest("postgres", ["postgresql", "redis"]).as_deref(), Some("postgresql"));
        assert_eq!(nearest("kafka", ["postgresql", "redis"]), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
