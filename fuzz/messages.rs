// What the fuzz target does with the messages of sites and controllers. An ordinary test includes this file as well.

use model::desired::Item;
use prost::Message;
use site_proto::{
    ControllerMessage, EnrolRequest, RedeemReply, RedeemRequest, SiteMessage, controller_message, redeem_reply,
};

/// Reads bytes as everything that sites and controllers say to each other, and desired state as what it is made of.
pub fn message(bytes: &[u8]) {
    again::<SiteMessage>(bytes);
    again::<RedeemRequest>(bytes);
    again::<EnrolRequest>(bytes);
    if let Some(ControllerMessage { body: Some(controller_message::Body::State(state)) }) = again(bytes) {
        state.changed.iter().for_each(|changed| item(&changed.payload));
    }
    if let Some(RedeemReply { outcome: Some(redeem_reply::Outcome::Admitted(admission)) }) = again(bytes) {
        admission.items.iter().for_each(|admitted| item(&admitted.payload));
    }
    item(bytes);
}

/// What is read is read again as it is written.
fn again<M: Message + Default + PartialEq + std::fmt::Debug>(bytes: &[u8]) -> Option<M> {
    let read = M::decode(bytes).ok()?;
    assert_eq!(M::decode(&*read.encode_to_vec()).as_ref(), Ok(&read));
    Some(read)
}

fn item(json: &[u8]) {
    let Ok(read) = serde_json::from_slice::<Item>(json) else { return };
    let written = serde_json::to_vec(&read).expect("an item is JSON");
    assert_eq!(serde_json::from_slice::<Item>(&written).ok(), Some(read));
}
