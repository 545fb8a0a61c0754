//! Values as they are written on the command line.

use std::{fmt, net::SocketAddr, str::FromStr, time::Duration};

use jiff::{SignedDuration, Timestamp};
use model::{
    Name,
    terms::{AddressPattern, AddressPatterns, InvalidPattern},
    time::{parse_duration, parse_time},
};

/// An address of this machine that no other can reach: what listens there is protected by a token alone.
pub(crate) fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "give an IP address and a port, such as 127.0.0.1:7000")?;
    if !address.ip().is_loopback() {
        return Err(
            "it must be a loopback address, such as 127.0.0.1:7000: the local API is for this machine only".into()
        );
    }
    Ok(address)
}

/// `PARENT/NAME`: an object inside another. Either part may be an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scoped {
    /// The object it is in.
    pub(crate) parent: Name,
    /// The object.
    pub(crate) name: Name,
}

impl FromStr for Scoped {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (parent, name) =
            text.split_once('/').ok_or_else(|| format!("{text:?} names no parent; write PARENT/NAME"))?;
        let part = |text: &str| text.parse::<Name>().map_err(|error| error.to_string());
        Ok(Self { parent: part(parent)?, name: part(name)? })
    }
}

impl fmt::Display for Scoped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.parent, self.name)
    }
}

/// `NAME[/NAME]`: a site, and perhaps one of its access points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkEnd {
    pub(crate) site: Name,
    pub(crate) access: Option<Name>,
}

impl FromStr for LinkEnd {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |text: &str| text.parse::<Name>().map_err(|error| error.to_string());
        match text.split_once('/') {
            Some((site, access)) => Ok(Self { site: part(site)?, access: Some(part(access)?) }),
            None => Ok(Self { site: part(text)?, access: None }),
        }
    }
}

/// A time, RFC 3339 or `+30m`.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    parse_time(text, Timestamp::now()).map_err(|error| error.to_string())
}

/// A time, or `never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeOrNever {
    At(Timestamp),
    Never,
}

impl TimeOrNever {
    pub(crate) fn time(self) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(time),
            Self::Never => None,
        }
    }
}

impl FromStr for TimeOrNever {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "never" => Ok(Self::Never),
            _ => time(text).map(Self::At).map_err(|error| format!("{error}; or never")),
        }
    }
}

/// A name, or `none`. A thing called `none` cannot be given here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameOrNone(pub(crate) Option<Name>);

impl FromStr for NameOrNone {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self(None)),
            _ => text.parse().map(|name| Self(Some(name))).map_err(|error: model::name::InvalidName| error.to_string()),
        }
    }
}

/// A pattern of addresses, or `none`. An address called `none` cannot be given here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PatternOrNone {
    Pattern(AddressPattern),
    None,
}

impl PatternOrNone {
    /// The patterns that were given; nothing, when none were.
    pub(crate) fn all(given: Vec<Self>) -> Option<AddressPatterns> {
        let pattern = |it: &Self| if let Self::Pattern(pattern) = it { Some(pattern.clone()) } else { None };
        (!given.is_empty()).then(|| AddressPatterns(given.iter().filter_map(pattern).collect()))
    }
}

impl FromStr for PatternOrNone {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::None),
            _ => text.parse().map(Self::Pattern).map_err(|error: InvalidPattern| format!("{error}; or none")),
        }
    }
}

/// `yes` or `no`.
pub(crate) fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("give yes or no".to_owned()),
    }
}

/// A duration such as `30m`.
pub(crate) fn duration(text: &str) -> Result<SignedDuration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

/// A duration such as `30m`, in whole seconds.
pub(crate) fn seconds(text: &str) -> Result<u64, String> {
    Ok(duration(text)?.as_secs().unsigned_abs())
}

/// How long to wait.
pub(crate) fn patience(text: &str) -> Result<Duration, String> {
    seconds(text).map(Duration::from_secs)
}

/// A choice of which this version carries out only some.
pub(crate) fn choice(text: &str, honoured: &[&str], later: &[&str]) -> Result<String, String> {
    let allowed = honoured.join(", ");
    if honoured.contains(&text) {
        Ok(text.to_owned())
    } else if later.contains(&text) {
        Err(format!("{text} is not supported by this version; supported: {allowed}"))
    } else {
        Err(format!("unknown; supported: {allowed}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_inside_others_are_written_with_a_slash() {
        let scoped: Scoped = "europe/paris".parse().expect("well-formed");
        assert_eq!((scoped.parent.as_str(), scoped.name.as_str()), ("europe", "paris"));
        for bad in ["paris", "europe/", "/paris", "a/b/c", "Europe/paris"] {
            assert!(bad.parse::<Scoped>().is_err(), "{bad}");
        }
        assert!("paris".parse::<Scoped>().expect_err("no parent").contains("PARENT/NAME"));
    }

    #[test]
    fn a_link_ends_at_a_site_or_one_of_its_access_points() {
        let end: LinkEnd = "paris/main".parse().expect("well-formed");
        assert_eq!(end.access.expect("given").as_str(), "main");
        assert_eq!("paris".parse::<LinkEnd>().expect("well-formed").access, None);
    }

    #[test]
    fn a_choice_of_a_later_version_is_refused_in_plain_words() {
        let error = choice("skupper", &["native"], &["skupper"]).expect_err("later");
        assert!(error.contains("not supported by this version"), "{error}");
        assert!(choice("x", &["native"], &["skupper"]).expect_err("unknown").contains("supported: native"));
    }

    #[test]
    fn the_local_api_stays_on_this_machine() {
        assert!(loopback("127.0.0.1:0").is_ok() && loopback("[::1]:7000").is_ok());
        assert!(loopback("0.0.0.0:0").expect_err("every interface").contains("loopback"));
        assert!(loopback("localhost").expect_err("no address").contains("IP address"));
    }
}
