//! Access points: where a backbone site listens, and for whom.

use std::{fmt, net::SocketAddr, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Advertised, Name, host::InvalidHost, name::InvalidName};

/// Whom an access point admits. One port may serve several kinds: the client certificate decides what a connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessKind {
    /// Other backbone sites, including ones that enrol.
    Peer,
    /// Member sites.
    Member,
    /// Invitation claims, for redemption only.
    Claim,
    /// Management controllers.
    Manage,
}

impl AccessKind {
    /// Every kind, in the order in which they are written.
    pub const ALL: [Self; 4] = [Self::Peer, Self::Member, Self::Claim, Self::Manage];

    /// The kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Member => "member",
            Self::Claim => "claim",
            Self::Manage => "manage",
        }
    }
}

/// A set of [`AccessKind`]s, never empty, written with commas in the order of [`AccessKind::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<AccessKind>", into = "Vec<AccessKind>")]
pub struct AccessKinds(Vec<AccessKind>);

impl AccessKinds {
    /// The kinds, without repetition.
    pub fn iter(&self) -> impl Iterator<Item = AccessKind> + '_ {
        self.0.iter().copied()
    }

    /// Whether `kind` is admitted.
    pub fn contains(&self, kind: AccessKind) -> bool {
        self.0.contains(&kind)
    }
}

impl TryFrom<Vec<AccessKind>> for AccessKinds {
    type Error = InvalidAccessPoint;

    fn try_from(mut kinds: Vec<AccessKind>) -> Result<Self, Self::Error> {
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.is_empty() {
            return Err(InvalidAccessPoint::Kind(String::new()));
        }
        Ok(Self(kinds))
    }
}

impl From<AccessKinds> for Vec<AccessKind> {
    fn from(kinds: AccessKinds) -> Self {
        kinds.0
    }
}

impl FromStr for AccessKinds {
    type Err = InvalidAccessPoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',')
            .map(|word| {
                AccessKind::ALL
                    .into_iter()
                    .find(|kind| kind.as_str() == word)
                    .ok_or_else(|| InvalidAccessPoint::Kind(word.to_owned()))
            })
            .collect::<Result<Vec<_>, _>>()?
            .try_into()
    }
}

impl fmt::Display for AccessKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, kind) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            f.write_str(kind.as_str())?;
        }
        Ok(())
    }
}

/// An access point as it is written: `NAME=KIND[,KIND…]@HOST:PORT[;bind=HOST:PORT]`; the host may be left out as long as
/// it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPointSpec {
    /// The name, unique within the site.
    pub name: Name,
    /// Whom it admits.
    pub kinds: AccessKinds,
    /// Where others dial it.
    pub advertised: Advertised,
    /// Where the router listens; every address of its machine at the advertised port unless given.
    pub bind: Option<SocketAddr>,
}

/// Why a text is not an [`AccessPointSpec`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAccessPoint {
    /// The text has another form.
    #[error("{0:?} is not an access point; write NAME=KIND[,KIND…]@HOST:PORT[;bind=HOST:PORT]")]
    Form(String),
    /// The name is not one.
    #[error("the access point's name: {0}")]
    Name(#[from] InvalidName),
    /// A word is no kind.
    #[error("{0:?} is not a kind of access point; kinds are peer, member, claim, manage")]
    Kind(String),
    /// The host or port is not one.
    #[error("the access point's host: {0}")]
    Host(#[from] InvalidHost),
    /// The bind address is not an IP address with a port.
    #[error("the access point's bind address {0:?} must be an IP address and a port, such as 0.0.0.0:5671")]
    Bind(String),
}

impl FromStr for AccessPointSpec {
    type Err = InvalidAccessPoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || InvalidAccessPoint::Form(text.to_owned());
        let (name, rest) = text.split_once('=').ok_or_else(form)?;
        let (kinds, rest) = rest.split_once('@').ok_or_else(form)?;
        let (advertised, bind) = match rest.split_once(';') {
            None => (rest, None),
            Some((advertised, option)) => {
                let bind = option.strip_prefix("bind=").ok_or_else(form)?;
                (advertised, Some(bind.parse().map_err(|_| InvalidAccessPoint::Bind(bind.to_owned()))?))
            }
        };
        Ok(Self { name: name.parse()?, kinds: kinds.parse()?, advertised: advertised.parse()?, bind })
    }
}

impl fmt::Display for AccessPointSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}@{}", self.name, self.kinds, self.advertised)?;
        match self.bind {
            Some(bind) => write!(f, ";bind={bind}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_points_read_as_they_are_written() {
        for text in [
            "main=peer,member,claim,manage@r1.example.com:5671",
            "m=manage@10.0.0.1:1;bind=0.0.0.0:5671",
            "later=manage@:5671",
        ] {
            assert_eq!(text.parse::<AccessPointSpec>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn every_part_has_its_own_error() {
        let error = |text: &str| text.parse::<AccessPointSpec>().expect_err(text).to_string();
        assert!(error("main").contains("NAME=KIND"));
        assert!(error("M=peer@h:1").contains("name"));
        assert!(error("m=pear@h:1").contains("\"pear\""));
        assert!(error("m=@h:1").contains("kinds are"));
        assert!(error("m=peer@h").contains("port"));
        assert!(error("m=peer@h:1;bind=h:1").contains("bind address"));
        assert!(error("m=peer@h:1;listen=1.1.1.1:1").contains("NAME=KIND"));
    }
}
