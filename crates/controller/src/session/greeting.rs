//! The first words of a session: versions are agreed on, or the site is refused cleanly.

use site_proto::{Refusal, SiteHello, SiteMessage, VERSION, site_message::Body};

/// The oldest version of the protocol spoken here.
const OLDEST: u32 = 1;

/// What the first message of a session comes to.
#[derive(Debug, PartialEq)]
pub(super) enum Greeting {
    /// The version both speak, and what the site said.
    Agreed(u32, SiteHello),
    /// There is none.
    Refused(Refusal),
    /// The first message is no hello.
    Nonsense,
}

/// Judges the first message of a session.
pub(super) fn greet(first: SiteMessage) -> Greeting {
    let Some(Body::Hello(hello)) = first.body else { return Greeting::Nonsense };
    if hello.version_min > hello.version_max {
        return Greeting::Nonsense;
    }
    let version = hello.version_max.min(VERSION);
    if version >= hello.version_min.max(OLDEST) {
        return Greeting::Agreed(version, hello);
    }
    let message = if hello.version_min > VERSION {
        format!(
            "this controller speaks version {VERSION} of the protocol at most, the site {} at least; upgrade the controllers first",
            hello.version_min
        )
    } else {
        format!(
            "this controller speaks version {OLDEST} of the protocol at least, the site {} at most; upgrade the site",
            hello.version_max
        )
    };
    Greeting::Refused(Refusal { code: "version".to_owned(), message, r#final: false, not_before: 0, since: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(version_min: u32, version_max: u32) -> SiteMessage {
        let hello = SiteHello { version_min, version_max, platform: None, have: vec![] };
        SiteMessage { body: Some(Body::Hello(hello)) }
    }

    #[test]
    fn the_newest_version_both_speak_is_agreed_on() {
        assert!(matches!(greet(hello(1, 1)), Greeting::Agreed(1, _)));
        assert!(matches!(greet(hello(1, 9)), Greeting::Agreed(VERSION, _)));
    }

    #[test]
    fn without_a_common_version_the_refusal_says_who_is_to_be_upgraded() {
        let said = |min, max| match greet(hello(min, max)) {
            Greeting::Refused(refusal) => refusal.message,
            other => panic!("not refused: {other:?}"),
        };
        assert!(said(VERSION + 1, VERSION + 2).contains("upgrade the controllers"));
        assert!(said(0, 0).contains("upgrade the site"));
    }

    #[test]
    fn anything_else_is_nonsense() {
        assert_eq!(greet(SiteMessage { body: None }), Greeting::Nonsense);
        assert_eq!(greet(hello(2, 1)), Greeting::Nonsense);
    }
}
