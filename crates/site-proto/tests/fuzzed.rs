//! What the fuzz target does with the messages of sites and controllers, over messages near to genuine ones and over any bytes.

use proptest::{prelude::*, sample::Index};
use prost::Message as _;
use site_proto::{ControllerMessage, Item, Observed, SiteMessage, State, controller_message, site_message};

#[path = "../../../fuzz/messages.rs"]
#[expect(unreachable_pub, reason = "the fuzz target uses it as well")]
mod messages;

const ITEM: &[u8] = br#"{"kind":"settings","name":"lobby","parent":"shop","classes":["till"]}"#;

fn genuine() -> [Vec<u8>; 2] {
    let item = Item { key: "settings".to_owned(), digest: vec![7; 32], payload: ITEM.to_vec() };
    let keys = vec!["settings".to_owned()];
    let state = State { revision: 3, full: true, keys, changed: vec![item], ..State::default() };
    let observed = Observed { trust_version: 9, trust_digest: vec![1; 32], ..Observed::default() };
    let told = ControllerMessage { body: Some(controller_message::Body::State(state)) };
    let said = SiteMessage { body: Some(site_message::Body::Observed(observed)) };
    [told.encode_to_vec(), said.encode_to_vec()]
}

#[test]
fn what_is_genuine_is_read() {
    serde_json::from_slice::<model::desired::Item>(ITEM).expect("an item");
    genuine().iter().for_each(|bytes| messages::message(bytes));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_becomes_of_a_message_on_the_way_is_read_or_refused(
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4),
        end in any::<Index>(),
        cut in any::<bool>(),
    ) {
        for mut bytes in genuine() {
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            if cut {
                bytes.truncate(end.index(bytes.len()));
            }
            messages::message(&bytes);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        messages::message(&bytes);
    }
}
