//! Reads OpenMetrics strictly, as a scraper does that accepts nothing else.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

/// What a scrape showed.
#[derive(Clone, Debug, Default)]
pub struct Exposition {
    samples: BTreeMap<(String, BTreeMap<String, String>), f64>,
}

impl Exposition {
    /// The value of the one sample with this name and these labels, in any order; none when there is no such sample.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        self.samples.get(&(name.to_owned(), labels)).copied()
    }

    /// The values of all samples with this name.
    pub fn values(&self, name: &str) -> Vec<f64> {
        self.samples.iter().filter(|((own, _), _)| own == name).map(|(_, value)| *value).collect()
    }
}

/// Reads the text of a scrape.
///
/// # Errors
/// When it is not well-formed: a sample without its family's type, or with a name its type does not have; a family that
/// comes twice; a sample that comes twice; no end.
pub fn parse(text: &str) -> Result<Exposition> {
    let body = text.strip_suffix("# EOF\n").context("it does not end with # EOF")?;
    let mut found = Exposition::default();
    let mut families: BTreeMap<String, String> = BTreeMap::new();
    let mut current: Option<(String, String)> = None;
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').with_context(|| line.to_owned())?;
            ensure!(families.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} comes twice");
            current = Some((name.to_owned(), kind.to_owned()));
        } else if line.starts_with("# HELP ") || line.starts_with("# UNIT ") {
            // A family may have both.
        } else {
            let (family, kind) = current.as_ref().with_context(|| format!("{line}: of no family"))?;
            let (name, labels, value) = sample(line)?;
            let suffixes: &[&str] = match kind.as_str() {
                "counter" => &["_total"],
                "gauge" => &[""],
                "info" => &["_info"],
                "histogram" => &["_bucket", "_sum", "_count"],
                other => bail!("{family} is a {other}"),
            };
            let suffix = name.strip_prefix(family.as_str()).with_context(|| format!("{line}: not of {family}"))?;
            ensure!(suffixes.contains(&suffix), "{line}: a {kind} has no {suffix}");
            ensure!(kind != "counter" || value >= 0.0, "{line}: less than nothing");
            ensure!(found.samples.insert((name.clone(), labels), value).is_none(), "{line}: comes twice");
        }
    }
    Ok(found)
}

fn sample(line: &str) -> Result<(String, BTreeMap<String, String>, f64)> {
    let bad = || format!("{line}: no sample");
    let (head, value) = line.rsplit_once(' ').with_context(bad)?;
    let value = value.parse().with_context(bad)?;
    let Some((name, labels)) = head.split_once('{') else { return Ok((head.to_owned(), BTreeMap::new(), value)) };
    let mut rest = labels.strip_suffix('}').with_context(bad)?;
    let mut labels = BTreeMap::new();
    while !rest.is_empty() {
        let (key, after) = rest.split_once("=\"").with_context(bad)?;
        let (mut text, mut end, mut escaped) = (String::new(), None, false);
        for (at, c) in after.char_indices() {
            match c {
                _ if escaped => {
                    text.push(if c == 'n' { '\n' } else { c });
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    end = Some(at);
                    break;
                }
                _ => text.push(c),
            }
        }
        labels.insert(key.to_owned(), text);
        rest = after[end.with_context(bad)? + 1..].trim_start_matches(',');
    }
    Ok((name.to_owned(), labels, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_well_formed_is_read() {
        let text = "# HELP a Words.\n# TYPE a counter\na_total{x=\"1\",y=\"q\\\"}\"} 3\n# TYPE b gauge\nb 0.5\n# EOF\n";
        let found = parse(text).expect("well-formed");
        assert_eq!(found.value("a_total", &[("y", "q\"}"), ("x", "1")]), Some(3.0));
        assert_eq!((found.value("b", &[]), found.value("c", &[])), (Some(0.5), None));
        for bad in [
            "",
            "a 1\n# EOF\n",
            "# TYPE a counter\na 1\n# EOF\n",
            "# TYPE a gauge\na 1\na 1\n# EOF\n",
            "# TYPE a gauge\na 1\n",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
