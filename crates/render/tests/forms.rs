//! Every form of an invitation: as it was before, as its platform reads it, and with the ticket in it.

mod support;

use data_encoding::BASE64;
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{PersistentVolumeClaim, Secret, ServiceAccount},
};
use model::{
    BackboneId, GenericUuid, InstallationId, InvitationId, NetworkId,
    terms::{Admission, Consent, Terms},
    ticket::{Credential, FORMAT, InvitationTicket, Ticket},
};
use render::{Format, Invitation, NoImage, Source};
use serde_json::Value;
use uuid::Uuid;

use support::{compose_reads, generated, in_comments, own, pinned, strict, time};

const HOSTILE: &str = "O'Neil & \"Sons\" <script>alert(1)</script>\r\n# $(id) ${HOME}, \\ ; end";

fn ticket(interactive: bool, passcode: bool) -> InvitationTicket {
    InvitationTicket {
        format: FORMAT,
        installation: InstallationId::from_untyped_uuid(Uuid::from_u128(1)),
        backbone: BackboneId::from_untyped_uuid(Uuid::from_u128(2)),
        network: NetworkId::from_untyped_uuid(Uuid::from_u128(3)),
        network_name: "shop".parse().expect("a name"),
        invitation: InvitationId::from_untyped_uuid(Uuid::from_u128(4)),
        invitation_name: "stores".parse().expect("a name"),
        start: time("2027-02-01T09:00:00Z"),
        end: Some(time("2027-02-05T17:00:00Z")),
        deadline: Some(time("2027-02-02T12:00:00Z")),
        interactive,
        passcode,
        backbone_authorities: Vec::new(),
        claim: Credential { certificate: "the certificate".to_owned(), key: "the key".to_owned() },
        access: ["r1.example.com:5671", "[2001:db8::1]:443"].map(|at| at.parse().expect("an address")).into(),
    }
}

fn with<T>(ticket: &InvitationTicket, source: &Source, inviter: &str, f: impl FnOnce(&Invitation<'_>) -> T) -> T {
    f(&Invitation {
        ticket,
        inviter,
        uses: Some(50),
        admission: Admission::WaitingRoom,
        terms: &Terms::default(),
        source,
        at: time("2027-01-15T08:00:00Z"),
    })
}

/// A form of an invitation that asks all that can be asked, from somebody with a hostile name.
fn rendered(format: Format) -> String {
    with(&ticket(true, true), &pinned(), HOSTILE, |i| i.render(format)).expect("there is an image").text
}

fn read(text: &str) -> InvitationTicket {
    match pki::ticket::decode(text).expect("there is one ticket") {
        Ticket::Invitation(ticket) => ticket,
        Ticket::Bootstrap(_) => panic!("not an invitation"),
    }
}

#[test]
fn every_form_is_rendered_as_before() {
    // Two have two names.
    for (name, format) in Format::NAMES.into_iter().filter(|(name, _)| !["podman", "docker"].contains(name)) {
        let plain = with(&ticket(false, false), &pinned(), "jane", |i| i.render(format)).expect("there is an image");
        insta::assert_snapshot!(name, format!("{} {}\n\n{}", plain.file_name, plain.media_type, plain.text));
    }
    for format in [Format::Compose, Format::Quadlet, Format::Kubernetes] {
        insta::assert_snapshot!(format!("{format:?}-with-answers"), rendered(format));
    }
}

#[test]
fn every_form_tells_whether_anybody_is_asked_before_something_is_deployed() {
    let (ticket, source) = (ticket(false, false), pinned());
    for (consent, words) in [
        (Consent::Ask, "the participant is asked before anything is deployed at a site"),
        (Consent::Auto, "what is deployed at a site is there at once, without a question"),
    ] {
        let terms = Terms { consent, ..Terms::default() };
        for (name, format) in Format::NAMES {
            let form = with(&ticket, &source, "jane", |i| Invitation { terms: &terms, ..*i }.render(format));
            let text = form.expect("there is an image").text.replace("\r\n ", "").replace('\\', "");
            assert!(text.contains(words), "{name}: {text}");
        }
    }
}

#[test]
fn what_runs_is_named_with_its_digest_or_refused() {
    for (name, format) in Format::NAMES {
        let known = rendered(format).replace("\r\n ", "");
        assert!(known.contains("0123456789abcdef0123456789abcdef"), "{name}");
        let unknown = with(&ticket(false, false), &own(), "jane", |i| i.render(format));
        match format {
            Format::Compose | Format::Quadlet | Format::Kubernetes => assert_eq!(unknown, Err(NoImage)),
            _ => {
                let text = unknown.expect("no image is needed").text.replace("\r\n ", "");
                assert!(text.contains(&"07".repeat(32)) && text.contains("skx 1.2.3 for linux x86_64"), "{text}");
            }
        }
    }
}

#[test]
fn the_ticket_is_in_every_form_but_the_calendar_entry() {
    let ticket = ticket(true, true);
    for format in [Format::Linux, Format::Text, Format::Html] {
        assert_eq!(read(&rendered(format)), ticket, "{format:?}");
    }
    assert_eq!(read(&in_comments(&rendered(Format::Quadlet))), ticket);
    let entry = rendered(Format::Ics).replace("\r\n ", "");
    assert!(!entry.contains("BEGIN SKUPPER") && !entry.contains("the key"), "{entry}");
}

#[test]
fn a_page_loads_nothing_runs_nothing_and_escapes_what_others_wrote() {
    let page = rendered(Format::Html);
    assert!(page.contains("O&#39;Neil &amp; &quot;Sons&quot; &lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    for never in ["<script", "src=", "<link", "<img", "@import", "url(", "href=\"http", "onload"] {
        assert!(!page.contains(never), "{never}");
    }
    assert!(page.contains("Monday, 1 February 2027, 09:00:00 UTC"));
    // The files in it are the forms by themselves.
    let files: Vec<String> = page
        .split("base64,")
        .skip(1)
        .map(|rest| {
            let data = BASE64.decode(rest.split('"').next().unwrap_or_default().as_bytes()).expect("base64");
            String::from_utf8(data).expect("text")
        })
        .collect();
    assert_eq!(files, [Format::Linux, Format::Compose, Format::Quadlet, Format::Kubernetes].map(rendered));
}

#[test]
fn no_form_lets_what_others_wrote_out_of_its_comment() {
    for format in [Format::Compose, Format::Quadlet, Format::Kubernetes] {
        for line in rendered(format).lines().filter(|line| line.contains("O'Neil")) {
            assert!(line.starts_with('#') && line.ends_with("end"), "{line}");
        }
    }
}

/// The lines of a calendar, unfolded, by the strict rules of RFC 5545.
fn unfolded(calendar: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in calendar.strip_suffix("\r\n").expect("the last line ends").split("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line}", line.len());
        assert!(!line.contains(char::is_control), "{line:?}");
        match line.strip_prefix(' ') {
            Some(more) => lines.last_mut().expect("the first line is none that goes on").push_str(more),
            None => lines.push(line.to_owned()),
        }
    }
    lines
}

#[test]
fn a_calendar_entry_has_the_window_and_is_folded_and_escaped() {
    let umlauts = "Jürgen Größe, Straße; \\ ".repeat(9);
    let calendar = with(&ticket(false, false), &own(), &umlauts, |i| i.render(Format::Ics)).expect("rendered").text;
    let lines = unfolded(&calendar);
    assert_eq!((lines[0].as_str(), lines[lines.len() - 1].as_str()), ("BEGIN:VCALENDAR", "END:VCALENDAR"));
    for line in ["DTSTART:20270201T090000Z", "DTEND:20270205T170000Z", "DTSTAMP:20270115T080000Z"] {
        assert!(lines.iter().any(|l| l == line), "{lines:#?}");
    }
    // Every line is a property of its component. METHOD is not there: it would make it a message, which needs an organizer.
    let names: Vec<&str> = lines.iter().map(|line| line.split_once(':').expect("a property").0).collect();
    let event = ["BEGIN", "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "TRANSP", "END"];
    assert_eq!(names, [&["BEGIN", "VERSION", "PRODID"][..], &event, &["END"]].concat());
    assert_eq!((lines[1].as_str(), lines[3].as_str()), ("VERSION:2.0", "BEGIN:VEVENT"));
    let text = lines.iter().find_map(|l| l.strip_prefix("DESCRIPTION:")).expect("a description");
    assert!(text.contains(&umlauts.trim().replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;")), "{text}");
    // Nothing that has a meaning stands by itself.
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        assert!(!matches!(c, ',' | ';'), "{text}");
        assert!(c != '\\' || matches!(chars.next(), Some('\\' | ',' | ';' | 'n')), "{text}");
    }
}

#[test]
fn an_implementation_of_compose_reads_the_compose_file_as_it_is_meant() {
    let read_with = |name: Option<&str>| {
        let name = name.map(|name| ("SKX_SITE_NAME", name));
        compose_reads(&rendered(Format::Compose), &[name.as_slice(), &[("SKX_PASSCODE", "till")]].concat())
    };
    let run = read_with(Some("till-1"));
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let project: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    let site = &project["services"]["site"];
    assert_eq!(site["environment"]["SKX_SITE_NAME"], "till-1");
    assert_eq!(site["entrypoint"], serde_json::json!(["skx"]));
    assert_eq!(site["image"], pinned().image.expect("pinned").to_string());
    for (kind, file) in [("configs", "/run/skx/invitation/invitation"), ("secrets", "/run/skx/answers/passcode")] {
        let copied = &site[kind][0];
        assert_eq!((&copied["target"], &copied["uid"]), (&file.into(), &"65532".into()), "{copied}");
        assert!(copied["mode"] == "0400" || copied["mode"] == 0o400, "{copied}");
    }
    assert_eq!(read(project["configs"]["invitation"]["content"].as_str().expect("content")), ticket(true, true));
    let unnamed = read_with(None);
    assert!(!unnamed.status.success(), "a name that is asked for is needed");
    assert!(String::from_utf8_lossy(&unnamed.stderr).contains("what this site is to be called"), "{unnamed:?}");
}

#[test]
fn kubernetes_objects_are_what_the_api_knows_and_ask_for_no_rights() {
    for (interactive, passcode) in [(false, false), (true, true)] {
        let ticket = ticket(interactive, passcode);
        let text = with(&ticket, &pinned(), HOSTILE, |i| i.render(Format::Kubernetes)).expect("rendered").text;
        let objects: Vec<Value> = serde_saphyr::from_str_multiple(&text).expect("YAML");
        let [account, secret, claim, deployment] = objects.as_slice() else { panic!("{objects:#?}") };
        strict::<ServiceAccount>(account);
        strict::<Secret>(secret);
        strict::<PersistentVolumeClaim>(claim);
        strict::<Deployment>(deployment);
        assert_eq!(read(secret["stringData"]["invitation"].as_str().expect("text")), ticket);
        assert!(objects.iter().all(|object| object["metadata"]["namespace"].is_null()), "it goes where it is applied");
        let pod = &deployment["spec"]["template"]["spec"];
        assert_eq!(pod["automountServiceAccountToken"], false);
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"], true);
    }
}

#[test]
fn podmans_generator_accepts_the_unit() {
    for (interactive, passcode) in [(false, false), (true, true)] {
        let unit = with(&ticket(interactive, passcode), &pinned(), HOSTILE, |i| i.render(Format::Quadlet));
        let made = generated("shop-stores", &unit.expect("rendered").text);
        for said in ["--entrypoint skx", "--read-only", "join /run/skx/invitation/invitation"] {
            assert!(made.contains(said), "{said}: {made}");
        }
    }
}

#[test]
fn long_names_stay_apart_and_fit() {
    let long = |id| InvitationTicket {
        network_name: "n".repeat(40).parse().expect("a name"),
        invitation_name: "i".repeat(40).parse().expect("a name"),
        invitation: InvitationId::from_untyped_uuid(Uuid::from_u128(id)),
        ..ticket(false, false)
    };
    let names = [1 << 100, 2 << 100].map(|id| {
        let text = with(&long(id), &pinned(), "jane", |i| i.render(Format::Kubernetes)).expect("rendered").text;
        let objects: Vec<Value> = serde_saphyr::from_str_multiple(&text).expect("YAML");
        objects.iter().map(|o| o["metadata"]["name"].as_str().expect("named").to_owned()).collect::<Vec<_>>()
    });
    assert!(names.iter().flatten().all(|name| name.len() <= 63), "{names:?}");
    assert_ne!(names[0], names[1]);
}
