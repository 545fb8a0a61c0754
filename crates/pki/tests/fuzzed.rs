//! What the fuzz targets do with what arrives from outside, over inputs near to genuine ones: nothing makes a parser fall over,
//! and nothing is accepted but what was issued and signed.

use std::cell::Cell;

use proptest::{prelude::*, sample::Index, test_runner::TestRunner};
use serde_json::{Value, json};

#[path = "../../../fuzz/changes.rs"]
#[expect(unreachable_pub, reason = "other tests use it as well")]
mod changes;
#[path = "../../../fuzz/outside.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets use it as well")]
mod outside;

use changes::{Change, change, changed, text};
use outside::GENUINE;

/// What fuzzers begin with. Most of what is genuine is certificates; most of these is their form.
const SEEDS: [&[u8]; 2] = [
    include_bytes!("../../../fuzz/seeds/tickets/invitation.json"),
    include_bytes!("../../../fuzz/seeds/tickets/bundle.json"),
];
const TRUST_SEED: &[u8] = include_bytes!("../../../fuzz/seeds/trust/document.json");

/// The content of each ticket there is.
fn tickets() -> Vec<Vec<u8>> {
    let genuine = [&GENUINE.invitation, &GENUINE.bundle].map(|ticket| serde_json::to_vec(ticket).expect("JSON"));
    genuine.into_iter().chain(SEEDS.map(<[u8]>::to_vec)).collect()
}

/// The content of each trust document there is.
fn documents() -> Vec<Vec<u8>> {
    vec![serde_json::to_vec(&GENUINE.document).expect("JSON"), TRUST_SEED.to_vec()]
}

#[test]
fn what_is_genuine_is_accepted() {
    for ticket in [&GENUINE.invitation, &GENUINE.bundle] {
        let text = pki::ticket::encode(ticket);
        assert_eq!(pki::ticket::decode(&text).as_ref(), Ok(ticket));
        outside::ticket(&text);
    }
    for content in tickets() {
        assert!(outside::ticket_content(&content), "{}", String::from_utf8_lossy(&content));
    }
    for content in documents() {
        assert!(outside::trust_content(&content), "{}", String::from_utf8_lossy(&content));
    }
    pki::Csr::parse(&GENUINE.csr).expect("a request");
    outside::csr(&GENUINE.csr);
    outside::certificate(&GENUINE.certificate);
    outside::trust(&GENUINE.trust);
    outside::chain(&GENUINE.chain);
}

/// What becomes of one value in JSON: it is another, or it is gone.
fn reshaped(content: &[u8], at: Index, new: Option<Value>) -> Vec<u8> {
    let mut whole: Value = serde_json::from_slice(content).expect("JSON");
    let mut places = vec![];
    pointers(&whole, "", &mut places);
    let place = at.get(&places);
    let (parent, name) = place.rsplit_once('/').expect("it is within something");
    match (new, whole.pointer_mut(parent).expect("it is there")) {
        (Some(new), Value::Object(members)) => drop(members.insert(name.to_owned(), new)),
        (None, Value::Object(members)) => drop(members.remove(name)),
        (Some(new), list) => list[name.parse::<usize>().expect("a position")] = new,
        (None, list) => drop(list.as_array_mut().expect("a list").remove(name.parse().expect("a position"))),
    }
    serde_json::to_vec(&whole).expect("JSON")
}

/// Where in a value there are values.
fn pointers(value: &Value, at: &str, places: &mut Vec<String>) {
    let within: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (format!("{at}/{name}"), value)).collect(),
        Value::Array(values) => values.iter().enumerate().map(|(n, value)| (format!("{at}/{n}"), value)).collect(),
        _ => vec![],
    };
    for (place, value) in within {
        pointers(value, &place, places);
        places.push(place);
    }
}

/// Another value, or none.
fn other() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        any::<bool>().prop_map(|value| Some(value.into())),
        any::<i64>().prop_map(|value| Some(value.into())),
        any::<f64>().prop_map(|value| Some(value.into())),
        "\\PC{0,80}".prop_map(|value| Some(value.into())),
        "[a-z0-9:.-]{0,20}".prop_map(|value| Some(value.into())),
        Just(Some(json!([]))),
        Just(Some(json!({"a": [1, {}]}))),
    ]
}

/// How far changed content came.
#[derive(Default)]
struct Came {
    /// It was JSON that means nothing here.
    to_its_meaning: Cell<usize>,
    /// It was accepted, as what it says now.
    through: Cell<usize>,
}

impl Came {
    fn count(&self, content: &[u8], accepted: bool) {
        let counted = if accepted { &self.through } else { &self.to_its_meaning };
        counted.set(counted.get() + usize::from(accepted || serde_json::from_slice::<Value>(content).is_ok()));
    }

    /// Else what reads content would hardly be tried.
    fn is_a_good_share_of(&self, all: usize) {
        let (meaning, through) = (self.to_its_meaning.get(), self.through.get());
        assert!(meaning > all / 10, "{meaning} of {all} were JSON that means nothing here");
        assert!(through > all / 50, "{through} of {all} were accepted");
    }
}

const CASES: u32 = 1_000;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Changes each content in bytes, and in values, and says how far the function says that they came.
fn through_changes(contents: &[Vec<u8>], read: impl Fn(&[u8]) -> bool) {
    let came = Came::default();
    let strategy = (prop::collection::vec(change(), 1..4), any::<Index>(), other());
    let of_case = |(changes, at, new): (Vec<Change>, Index, Option<Value>)| {
        for content in contents {
            for content in [changed(content, changes.clone()), reshaped(content, at, new.clone())] {
                came.count(&content, read(&content));
            }
        }
        Ok(())
    };
    TestRunner::new(config(CASES)).run(&strategy, of_case).expect("it is read or refused");
    came.is_a_good_share_of(2 * contents.len() * CASES as usize);
}

#[test]
fn whatever_becomes_of_a_tickets_content_is_read_or_refused() {
    through_changes(&tickets(), outside::ticket_content);
}

#[test]
fn whatever_becomes_of_a_trust_documents_content_is_read_or_refused() {
    through_changes(&documents(), outside::trust_content);
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn whatever_becomes_of_it_on_the_way_is_read_or_refused(changes in prop::collection::vec(change(), 1..4)) {
        for ticket in [&GENUINE.invitation, &GENUINE.bundle] {
            outside::ticket(&text(changed(pki::ticket::encode(ticket).as_bytes(), changes.clone())));
        }
        outside::csr(&changed(&GENUINE.csr, changes.clone()));
        outside::certificate(&changed(&GENUINE.certificate, changes.clone()));
        outside::trust(&changed(&GENUINE.trust, changes.clone()));
        outside::chain(&text(changed(GENUINE.chain.as_bytes(), changes)));
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        outside::csr(&bytes);
        outside::certificate(&bytes);
        outside::trust(&bytes);
        outside::trust_content(&bytes);
        outside::ticket_content(&bytes);
        let text = text(bytes);
        outside::ticket(&text);
        outside::chain(&text);
    }
}
