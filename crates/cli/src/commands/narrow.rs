use clap::Args;

/// What every list of the API can be narrowed and ordered by.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Narrow {
    /// Only what has all of these words in its name, or what else the list is searched by.
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,
    /// The order, such as name; -name, with the sign, backwards. An unknown one is refused with those there are.
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Only what has this value, such as state=open; again for others. An unknown one is refused with those there are.
    #[arg(long = "filter", value_name = "NAME=VALUE", value_parser = pair)]
    filters: Vec<(String, String)>,
}

impl Narrow {
    /// The parameters of the request.
    pub(crate) fn query(&self) -> Vec<(&str, &str)> {
        let own = [("search", &self.search), ("sort", &self.sort)];
        let own = own.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        own.chain(self.filters.iter().map(|(name, value)| (name.as_str(), value.as_str()))).collect()
    }

    /// Whether an order is asked for.
    pub(crate) fn is_sorted(&self) -> bool {
        self.sort.is_some()
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("give NAME=VALUE, such as state=open".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Given {
        #[command(flatten)]
        narrow: Narrow,
    }

    #[test]
    fn lists_are_asked_for_what_is_given() {
        let given = Given::try_parse_from(["x", "--search", "a b", "--sort", "-name", "--filter", "label=k=v"]);
        let given = given.expect("well-formed");
        assert_eq!(given.narrow.query(), [("search", "a b"), ("sort", "-name"), ("label", "k=v")]);
        for bad in ["state", "=open", "state="] {
            assert!(Given::try_parse_from(["x", "--filter", bad]).is_err(), "{bad}");
        }
    }
}
