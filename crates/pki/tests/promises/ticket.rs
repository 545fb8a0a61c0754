//! Tickets as text, after all that happens to texts.

use data_encoding::BASE64;
use model::{
    Name,
    ticket::{BootstrapTicket, Credential, FORMAT, InvitationTicket, Ticket},
    trust::AuthorityTrust,
};
use pki::ticket::{MAX_LEN, TicketError, decode, encode};
use proptest::prelude::*;
use ring::digest::{SHA256, digest};

use crate::world::{World, days, id, now};

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn credential(world: &World, identity: model::Identity) -> Credential {
    let (certificate, key) = world.issue(identity);
    Credential { certificate: certificate.to_pem(), key: key.to_pem().to_string() }
}

fn invitation() -> Ticket {
    let world = World::new();
    Ticket::Invitation(InvitationTicket {
        format: FORMAT,
        installation: world.installation,
        backbone: world.backbone,
        network: world.network,
        network_name: name("shop"),
        invitation: id(13),
        invitation_name: name("tills"),
        start: now(),
        end: Some(now() + days(10)),
        deadline: None,
        interactive: false,
        passcode: true,
        backbone_authorities: vec![AuthorityTrust {
            generation: 1,
            certificate: world.backbone_ca.certificate.clone(),
        }],
        claim: credential(&world, world.invitation()),
        access: vec!["r1.example.com:5671".parse().unwrap(), "[2001:db8::1]:5671".parse().unwrap()],
    })
}

fn bootstrap() -> Ticket {
    let world = World::new();
    Ticket::Bootstrap(BootstrapTicket {
        format: FORMAT,
        installation: world.installation,
        backbone: world.backbone,
        backbone_name: name("main"),
        site: id(10),
        site_name: name("r1"),
        backbone_authorities: vec![AuthorityTrust {
            generation: 1,
            certificate: world.backbone_ca.certificate.clone(),
        }],
        bootstrap: credential(&world, world.bootstrap()),
        listen: vec![],
        dial: vec!["10.0.0.1:5671".parse().unwrap()],
    })
}

/// Arms whatever JSON under whatever label.
fn arm(label: &str, json: &str) -> String {
    let check = data_encoding::HEXLOWER.encode(&digest(&SHA256, json.as_bytes()).as_ref()[..8]);
    let body = BASE64.encode(json.as_bytes());
    format!("-----BEGIN SKUPPER-X {label}-----\n{body}\ncheck: {check}\n-----END SKUPPER-X {label}-----\n")
}

#[test]
fn both_kinds_survive_their_text() {
    for (ticket, label) in [(invitation(), "INVITATION"), (bootstrap(), "BOOTSTRAP BUNDLE")] {
        let text = encode(&ticket);
        assert!(text.starts_with(&format!("-----BEGIN SKUPPER-X {label}-----\n")));
        assert!(text.ends_with(&format!("-----END SKUPPER-X {label}-----\n")));
        assert!(text.lines().all(|line| line.len() <= 64));
        assert_eq!(decode(&text), Ok(ticket));
    }
}

#[test]
fn mail_programs_do_no_harm() {
    let ticket = invitation();
    let text = encode(&ticket);
    let each = |change: fn(&str) -> String| text.lines().map(change).collect::<String>();
    for mangled in [
        text.replace('\n', "\r\n"),
        each(|line| format!("    {line}  \n")),
        each(|line| format!("> {line}\n")),
        each(|line| format!("\t>> > {line}\r\n")),
        each(|line| format!("{line}\n\n")),
        format!("Hello,\n\nplease join:\n\n{text}\n-- \nAda\n"),
        format!("\u{feff}{text}").replace('\u{feff}', " "),
        text.trim_end().to_owned(),
    ] {
        assert_eq!(decode(&mangled).as_ref(), Ok(&ticket), "{mangled}");
    }
}

#[test]
fn damage_is_said_plainly() {
    let text = encode(&invitation());
    let lines: Vec<&str> = text.lines().collect();
    let without = |range: std::ops::Range<usize>| [&lines[..range.start], &lines[range.end..]].concat().join("\n");
    let last = lines.len() - 1;
    assert!(matches!(decode(&without(3..4)), Err(TicketError::Damaged(_))));
    assert!(matches!(decode(&without(last - 1..last)), Err(TicketError::Damaged(_))));
    assert_eq!(decode(&without(last..last + 1)), Err(TicketError::CutOff));
    assert_eq!(decode(&without(last / 2..last + 1)), Err(TicketError::CutOff));
    assert_eq!(decode(&without(0..1)), Err(TicketError::Absent));
    for nothing in ["", "hello", "-----BEGIN CERTIFICATE-----\n"] {
        assert_eq!(decode(nothing), Err(TicketError::Absent));
    }
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    assert!(matches!(decode(&swapped.join("\n")), Err(TicketError::Damaged(_))));
    let relabelled = text.replace("INVITATION", "BOOTSTRAP BUNDLE");
    assert!(matches!(decode(&relabelled), Err(TicketError::Damaged(_))));
    assert_eq!(decode(&format!("{text}{text}")), Err(TicketError::Several));
    assert_eq!(decode(&format!("{}\n{text}", without(last..last + 1))), Err(TicketError::CutOff));
    assert!(decode(&without(3..4)).unwrap_err().to_string().contains("ask for it again"));
}

#[test]
fn tickets_of_other_times_and_kinds_are_named() {
    let newer = arm("INVITATION", r#"{"kind":"invitation","format":2,"new":"thing"}"#);
    assert_eq!(decode(&newer), Err(TicketError::NewerFormat(2)));
    let content = arm("INVITATION", r#"{"kind":"holiday","format":1}"#);
    assert_eq!(decode(&content), Err(TicketError::UnknownKind("holiday".to_owned())));
    let label = arm("HOLIDAY", r#"{"kind":"holiday","format":1}"#);
    assert_eq!(decode(&label), Err(TicketError::UnknownKind("HOLIDAY".to_owned())));
    for bad in ["{}", "", "[]", r#"{"kind":"invitation","format":1}"#, r#"{"kind":"invitation","format":0}"#] {
        assert!(matches!(decode(&arm("INVITATION", bad)), Err(TicketError::Content(_))), "{bad}");
    }
    let Ticket::Invitation(ticket) = invitation() else { unreachable!("an invitation was made") };
    let mut json = serde_json::to_value(Ticket::Invitation(ticket)).unwrap();
    json["extra"] = true.into();
    assert!(matches!(decode(&arm("INVITATION", &json.to_string())), Err(TicketError::Content(_))));
}

#[test]
fn a_text_that_no_ticket_can_be_is_not_looked_at() {
    let text = encode(&invitation());
    let padded = format!("{text}{}", " ".repeat(MAX_LEN - text.len()));
    assert_eq!(decode(&padded), Ok(decode(&text).unwrap()));
    assert_eq!(decode(&format!("{padded} ")), Err(TicketError::TooLarge));
}

thread_local!(static TICKET: (Ticket, String) = {
    let ticket = invitation();
    let text = encode(&ticket);
    (ticket, text)
});

/// Whatever happened to the text: the ticket itself, or no ticket.
fn same_or_nothing(change: impl FnOnce(&mut Vec<char>)) -> Result<(), TestCaseError> {
    TICKET.with(|(ticket, text)| {
        let mut chars: Vec<char> = text.chars().collect();
        change(&mut chars);
        if let Ok(decoded) = decode(&chars.into_iter().collect::<String>()) {
            prop_assert_eq!(&decoded, ticket);
        }
        Ok(())
    })
}

proptest! {
    #[test]
    fn a_changed_character_never_makes_another_ticket(at in any::<prop::sample::Index>(), to in any::<char>()) {
        same_or_nothing(|text| { let at = at.index(text.len()); text[at] = to; })?;
    }

    #[test]
    fn a_changed_base64_digit_is_always_damage(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9+/]") {
        TICKET.with(|(_, text)| {
            let from = text.find('\n').unwrap() + 1;
            let until = text.find("check:").unwrap() - 1;
            let at = from + at.index(until - from);
            prop_assume!(!text[at..].starts_with('\n') && !text[at..].starts_with(&to));
            let mut changed = text.clone();
            changed.replace_range(at..=at, &to);
            prop_assert!(matches!(decode(&changed), Err(TicketError::Damaged(_))));
            Ok(())
        })?;
    }

    #[test]
    fn a_missing_stretch_never_makes_another_ticket(at in any::<prop::sample::Index>(), len in 1..200_usize) {
        same_or_nothing(|text| {
            let at = at.index(text.len());
            let end = (at + len).min(text.len());
            text.drain(at..end);
        })?;
    }

    #[test]
    fn an_added_stretch_never_makes_another_ticket(at in any::<prop::sample::Index>(), more in ".{1,20}|[A-Z=\n> -]{1,80}") {
        same_or_nothing(|text| { let at = at.index(text.len()); text.splice(at..at, more.chars()); })?;
    }

    #[test]
    fn no_text_panics(text in "(-----BEGIN SKUPPER-X INVITATION-----\n)?[A-Za-z0-9+/=\n >:-]{0,300}(\n-----END SKUPPER-X INVITATION-----)?") {
        prop_assert!(decode(&text).is_err());
    }
}
