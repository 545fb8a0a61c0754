//! How lists are narrowed and ordered: by the same parameters everywhere, as data. The OpenAPI document says what is
//! here, the controller refuses everything else, and a test holds every list to it.

use jiff::Timestamp;
use model::{Address, Name};
use uuid::Uuid;

use crate::FieldError;

/// What a list can be narrowed and ordered by.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// What `search` looks at, in words; none, where there is nothing to search.
    pub search: Option<&'static str>,
    /// What `sort` can be, each also backwards with `-` before it. The first is the order of the list unless it is given.
    pub sorts: &'static [&'static str],
    /// The other parameters.
    pub filters: &'static [Filter],
}

/// A parameter that leaves in a list what has a certain value.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Its name.
    pub name: &'static str,
    /// What it leaves.
    pub about: &'static str,
    /// What it can be.
    pub accepts: Accepts,
}

/// What a filter can be.
#[derive(Clone, Copy, Debug)]
pub enum Accepts {
    /// One of these words.
    Words(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A name or an id.
    Reference,
    /// An id.
    Id,
    /// A moment.
    Time,
    /// An address of an application network.
    Address,
    /// Any text of 1 to 200 characters.
    Text,
}

/// What is asked of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowed {
    /// Words that all have to be found.
    pub search: Option<String>,
    /// The order: by what, and whether backwards.
    pub sort: Option<(&'static str, bool)>,
    /// The filters that are given.
    pub filters: Vec<(&'static str, String)>,
}

/// The most characters a text has by which a list is narrowed.
const MOST: usize = 200;
/// The most words a list is searched for at once.
const WORDS: usize = 10;

impl Listing {
    /// A list of which there is nothing to say.
    pub const PLAIN: Self = Self { search: None, sorts: &[], filters: &[] };

    /// The names of the parameters that every list has, and those of this one.
    pub fn parameters(&self) -> Vec<&'static str> {
        let search = self.search.map(|_| "search");
        let sort = (!self.sorts.is_empty()).then_some("sort");
        let filters = self.filters.iter().map(|filter| filter.name);
        ["limit", "cursor"].into_iter().chain(search).chain(sort).chain(filters).collect()
    }

    /// Reads what is asked, given the parameters by name; or says of each that is wrong what is allowed.
    pub fn read<'a>(&self, parameter: impl Fn(&str) -> Option<&'a str>) -> Result<Narrowed, Vec<FieldError>> {
        let mut errors = vec![];
        let mut narrowed = Narrowed::default();
        if self.search.is_some()
            && let Some(text) = parameter("search")
        {
            match searchable(text) {
                Ok(()) => narrowed.search = Some(text.to_owned()),
                Err(message) => errors.push(FieldError::new("search", message)),
            }
        }
        if let Some(text) = parameter("sort")
            && !self.sorts.is_empty()
        {
            let (field, descending) = text.strip_prefix('-').map_or((text, false), |field| (field, true));
            match self.sorts.iter().find(|known| **known == field) {
                Some(known) => narrowed.sort = Some((known, descending)),
                None => errors.push(FieldError::new("sort", self.no_such_order(text))),
            }
        }
        for filter in self.filters {
            let Some(text) = parameter(filter.name) else { continue };
            match filter.accepts.check(text) {
                Ok(()) => narrowed.filters.push((filter.name, filter.accepts.canonical(text))),
                Err(message) => errors.push(FieldError::new(filter.name, message)),
            }
        }
        if errors.is_empty() { Ok(narrowed) } else { Err(errors) }
    }

    fn no_such_order(&self, text: &str) -> String {
        let text: String = text.chars().take(40).collect();
        format!("this list is not ordered by {text:?}; there are {}, each also with - before it", self.sorts.join(", "))
    }
}

fn searchable(text: &str) -> Result<(), String> {
    Accepts::Text.check(text)?;
    match text.split_whitespace().count() {
        0 => Err("give at least one word".to_owned()),
        n if n > WORDS => Err(format!("give at most {WORDS} words")),
        _ => Ok(()),
    }
}

/// A moment that the database knows as well: it has fewer years and offsets.
fn time_of(text: &str) -> Option<Timestamp> {
    let time = text.parse::<Timestamp>().ok()?;
    (0..253_402_300_799).contains(&time.as_second()).then_some(time)
}

impl Accepts {
    /// What was checked, in the one form that is compared with.
    fn canonical(self, text: &str) -> String {
        match self {
            Self::Time => time_of(text).map_or_else(|| text.to_owned(), |time| time.to_string()),
            _ => text.to_owned(),
        }
    }

    fn check(self, text: &str) -> Result<(), String> {
        let shown: String = text.chars().take(40).collect();
        let is = |good: bool, what: &str| if good { Ok(()) } else { Err(format!("{shown:?} is not {what}")) };
        match self {
            Self::Words(words) => is(words.contains(&text), &format!("one of {}", words.join(", "))),
            Self::Flag => is(matches!(text, "true" | "false"), "true or false"),
            Self::Reference => is(text.parse::<Name>().is_ok() || Uuid::try_parse(text).is_ok(), "a name or an id"),
            Self::Address => text.parse::<Address>().map(drop).map_err(|error| error.to_string()),
            Self::Id => is(Uuid::try_parse(text).is_ok(), "an id"),
            Self::Time => is(time_of(text).is_some(), "a time; give RFC 3339, such as 2027-01-31T09:00:00Z"),
            Self::Text => is(
                (1..=MOST).contains(&text.chars().count()) && !text.contains('\0'),
                &format!("a text of 1 to {MOST} characters"),
            ),
        }
    }
}

const fn words(name: &'static str, about: &'static str, words: &'static [&'static str]) -> Filter {
    Filter { name, about, accepts: Accepts::Words(words) }
}

const fn flag(name: &'static str, about: &'static str) -> Filter {
    Filter { name, about, accepts: Accepts::Flag }
}

const fn reference(name: &'static str, about: &'static str) -> Filter {
    Filter { name, about, accepts: Accepts::Reference }
}

const fn id(name: &'static str, about: &'static str) -> Filter {
    Filter { name, about, accepts: Accepts::Id }
}

const fn time(name: &'static str, about: &'static str) -> Filter {
    Filter { name, about, accepts: Accepts::Time }
}

const fn address(name: &'static str, about: &'static str) -> Filter {
    Filter { name, about, accepts: Accepts::Address }
}

const fn text(name: &'static str, about: &'static str) -> Filter {
    Filter { name, about, accepts: Accepts::Text }
}

pub(crate) const BACKBONES: Listing =
    Listing { search: Some("the name"), sorts: &["created", "name", "updated"], filters: &[] };

pub(crate) const BACKBONE_SITES: Listing = Listing {
    search: Some("the name and the host name"),
    sorts: &["created", "name", "state", "last_seen"],
    filters: &[
        words("state", "Only sites in this state.", &["defined", "deployed", "evicted"]),
        flag("draining", "Only sites that drain, or only others."),
        flag("connected", "Only sites that have a session, or only others."),
    ],
};

pub(crate) const ACCESS_POINTS: Listing = Listing {
    search: Some("the name and where it is dialled"),
    sorts: &["created", "name"],
    filters: &[words("kind", "Only access points of this kind.", &["peer", "member", "claim", "manage"])],
};

pub(crate) const LINKS: Listing = Listing {
    search: Some("the names of the sites at its ends"),
    sorts: &["created", "from", "to", "cost"],
    filters: &[
        reference("from", "Only links that this site dials (name or id)."),
        reference("to", "Only links to this site (name or id)."),
        words("transport", "Only links whose data travels so.", &["direct", "tls"]),
    ],
};

pub(crate) const NETWORKS: Listing = Listing {
    search: Some("the name"),
    sorts: &["created", "name", "start", "end", "updated"],
    filters: &[
        words("state", "Only networks in this state.", &["scheduled", "open", "closing", "ended", "evicted"]),
        reference("backbone", "Only networks on this backbone (name or id)."),
        words("addresses", "Only networks of this mode.", &["open", "assigned"]),
        reference("owner", "Only networks that this user owns (name or id)."),
    ],
};

pub(crate) const CLASSES: Listing = Listing { search: Some("the name"), sorts: &["name", "members"], filters: &[] };

pub(crate) const SOCKETS: Listing = Listing {
    search: Some("the address, the socket, the site and the class"),
    sorts: &["address", "created"],
    filters: &[
        address("address", "Only those of this address."),
        reference("site", "Only those for this member site (name or id)."),
        reference("class", "Only those for this class."),
    ],
};

pub(crate) const ADDRESSES: Listing = Listing {
    search: Some("the address"),
    sorts: &["address", "served_by", "used_by"],
    filters: &[
        words("policy", "Only addresses that pick so.", &["closest", "balanced", "weighted", "failover"]),
        flag("served", "Only addresses that somebody serves, or only others."),
    ],
};

pub(crate) const ADDRESS_POLICIES: Listing = Listing {
    search: Some("the address"),
    sorts: &["address", "created"],
    filters: &[words("policy", "Only addresses that pick so.", &["closest", "balanced", "weighted", "failover"])],
};

const FLOW_SITE: Filter =
    reference("site", "Only flows at this member site, or with it at the other end (name or id).");
const FLOW_ADDRESS: Filter = address("address", "Only flows of this address.");
const FLOW_DIRECTION: Filter =
    words("direction", "Only connections that go this way, from the site's view.", &["in", "out"]);

pub(crate) const FLOWS: Listing = Listing {
    search: Some("the address and the error"),
    sorts: &["position"],
    filters: &[FLOW_SITE, FLOW_ADDRESS, FLOW_DIRECTION],
};

pub(crate) const OPEN_FLOWS: Listing = Listing {
    search: Some("the address and the sites at both ends"),
    sorts: &["address", "opened", "connections"],
    filters: &[FLOW_SITE, FLOW_ADDRESS, FLOW_DIRECTION],
};

pub(crate) const INVITATIONS: Listing = Listing {
    search: Some("the name and the prefix"),
    sorts: &["created", "name", "deadline", "used"],
    filters: &[
        words("state", "Only invitations in this state.", &["live", "used-up", "expired", "closed"]),
        reference("class", "Only invitations that give this class."),
        words("admission", "Only invitations that admit so.", &["automatic", "waiting-room"]),
    ],
};

pub(crate) const MEMBERS: Listing = Listing {
    search: Some("the name and the host name"),
    sorts: &["created", "name", "state", "last_seen"],
    filters: &[
        words(
            "state",
            "Only sites in this state; without it, members and those that wait.",
            &["waiting", "member", "expired", "left", "evicted", "refused"],
        ),
        reference("class", "Only sites of this class."),
        flag("connected", "Only sites that have a session, or only others."),
        reference("invitation", "Only sites that came by this invitation (name or id)."),
        text("label", "Only sites with this label: `KEY`, or `KEY=VALUE`."),
    ],
};

pub(crate) const CONTROLLERS: Listing =
    Listing { search: Some("the host name and the version"), sorts: &["started", "hostname"], filters: &[] };

const BLOCK_TYPES: &[&str] = &["component", "connector", "mixed", "ingress", "egress", "toplevel"];

pub(crate) const LIBRARY: Listing = Listing {
    search: Some("the name and the description"),
    sorts: &["created", "name"],
    filters: &[
        words("kind", "Only documents of this kind.", &["interface-type", "block", "application"]),
        reference("name", "Only documents of this name."),
        words("type", "Only blocks of this type.", BLOCK_TYPES),
        text("interface", "Only what has an interface of this type."),
        text("role", "Only what has an interface in this role; of that type, if one is given."),
    ],
};

pub(crate) const APPLICATIONS: Listing = Listing {
    search: Some("the name and the description"),
    sorts: &["created", "name"],
    filters: &[reference("name", "Only versions of the application of this name.")],
};

pub(crate) const RELEASES: Listing = Listing {
    search: Some("the application's name and version"),
    sorts: &["created", "name", "instances"],
    filters: &[reference("application", "Only releases of this application.")],
};

pub(crate) const DEPLOYMENTS: Listing = Listing {
    search: Some("the name and the application's name and version"),
    sorts: &["created", "name", "updated"],
    filters: &[
        reference("application", "Only deployments of this application."),
        flag("trouble", "Only deployments of which something could not be planned, or only others."),
        flag("removing", "Only deployments that are being taken away, or only others."),
    ],
};

pub(crate) const SECRETS: Listing = Listing {
    search: Some("the name and the names of the values"),
    sorts: &["name", "created", "updated"],
    filters: &[],
};

pub(crate) const AUDIT: Listing = Listing {
    search: Some("the action, the actor, the object's name, the reason and the request"),
    sorts: &["position"],
    filters: &[
        reference("network", "Only events of this application network (name or id)."),
        reference("backbone", "Only events of this backbone (name or id)."),
        text("kind", "Only events of objects of this kind, such as `invitation`."),
        id("object", "Only events of the object with this id."),
        text("actor", "Only events by this actor."),
        text("action", "Only events of this action, such as `network.create`."),
        words("outcome", "Only what came out so.", &["done", "refused", "failed"]),
        time("since", "Only events from this time on, RFC 3339."),
        time("until", "Only events before this time, RFC 3339."),
    ],
};

pub(crate) const CERTIFICATES: Listing = Listing {
    search: Some("whom it names and the serial number"),
    sorts: &["created", "not_after", "generation"],
    filters: &[
        words(
            "kind",
            "Only certificates of this kind.",
            &[
                "installation",
                "backbone-ca",
                "network-ca",
                "backbone-site",
                "bootstrap",
                "trust-signer",
                "controller",
                "invitation",
                "member",
            ],
        ),
        id("issuer", "Only certificates that this authority has issued."),
        time("expires_before", "Only certificates that end before this time, RFC 3339."),
    ],
};

pub(crate) const USERS: Listing = Listing {
    search: Some("the name, the display name and the mail address"),
    sorts: &["created", "name"],
    filters: &[
        words("kind", "Only users of this kind.", &["person", "service"]),
        flag("disabled", "Only users that are disabled, or only others."),
    ],
};

pub(crate) const GROUPS: Listing = Listing { search: Some("the name"), sorts: &["created", "name"], filters: &[] };

pub(crate) const GROUP_MEMBERS: Listing = Listing { search: Some("the name"), sorts: &["name"], filters: &[] };

pub(crate) const TOKENS: Listing = Listing {
    search: Some("the name"),
    sorts: &["created", "name", "expires", "last_used"],
    filters: &[flag("expired", "Only tokens that have expired, or only others.")],
};

const HOLDER: [Filter; 2] = [
    reference("user", "Only what this user holds (name or id); groups are not looked into."),
    reference("group", "Only what this group holds (name or id)."),
];

pub(crate) const GRANTS: Listing = Listing {
    search: Some("the names of who holds it, and of where"),
    sorts: &["created", "role", "holder"],
    filters: &[
        words(
            "role",
            "Only grants of this role.",
            &["service-administrator", "backbone-administrator", "user", "operator", "viewer"],
        ),
        HOLDER[0],
        HOLDER[1],
        reference("backbone", "Only grants for this backbone (name or id)."),
        reference("network", "Only grants for this network (name or id)."),
    ],
};

pub(crate) const SHARES: Listing = Listing {
    search: Some("the names of who holds it"),
    sorts: &["created", "role", "holder"],
    filters: &[words("role", "Only shares of this role.", &["operator", "viewer"]), HOLDER[0], HOLDER[1]],
};

pub(crate) const QUOTAS: Listing = Listing {
    search: Some("the names of what it is for"),
    sorts: &["created", "resource", "most"],
    filters: &[words("resource", "Only quotas of this.", &["networks", "members", "invitations"])],
};

pub(crate) const CUTS: Listing = Listing { search: None, sorts: &["position"], filters: &[] };

#[cfg(test)]
mod tests {
    use super::*;

    fn read(listing: &Listing, given: &[(&str, &str)]) -> Result<Narrowed, Vec<FieldError>> {
        listing.read(|name| given.iter().find(|(given, _)| *given == name).map(|(_, value)| *value))
    }

    #[test]
    fn what_a_list_can_be_narrowed_by_is_read() {
        let read = read(&MEMBERS, &[("search", "east 7"), ("sort", "-name"), ("state", "left"), ("connected", "true")]);
        let wanted = Narrowed {
            search: Some("east 7".to_owned()),
            sort: Some(("name", true)),
            filters: vec![("state", "left".to_owned()), ("connected", "true".to_owned())],
        };
        assert_eq!(read, Ok(wanted));
    }

    #[test]
    fn times_are_compared_in_one_form_whatever_offset_they_were_given_with() {
        let read = read(&CERTIFICATES, &[("expires_before", "2027-01-31T09:00:00+20:45")]).expect("a time");
        assert_eq!(read.filters, [("expires_before", "2027-01-30T12:15:00Z".to_owned())]);
    }

    #[test]
    fn everything_else_is_refused_by_field_and_says_what_is_allowed() {
        for (listing, name, value, said) in [
            (&MEMBERS, "sort", "colour", "created, name, state, last_seen"),
            (&MEMBERS, "sort", "--name", "created"),
            (&MEMBERS, "state", "open", "waiting, member"),
            (&MEMBERS, "connected", "yes", "true or false"),
            (&MEMBERS, "class", "No!", "a name or an id"),
            (&MEMBERS, "label", "", "1 to 200"),
            (&MEMBERS, "search", "  ", "at least one word"),
            (&MEMBERS, "search", "a b c d e f g h i j k", "at most 10"),
            (&AUDIT, "since", "yesterday", "RFC 3339"),
            (&AUDIT, "since", "-009999-01-01T00:00:00Z", "RFC 3339"),
            (&AUDIT, "object", "7", "an id"),
            (&AUDIT, "actor", "a\0b", "a text"),
        ] {
            let errors = read(listing, &[(name, value)]).expect_err(value);
            assert_eq!(errors[0].field, name);
            assert!(errors[0].message.contains(said), "{errors:?}");
        }
    }
}
