//! Who may link to whom, and what each may say: decided by the two ends' certificates alone.

use model::{Address, GenericUuid};

use crate::{
    Peer,
    PeerKind::{self, Backbone, Bootstrap, Claim, Controller, Member},
    link::frame::Body,
    pool::Side,
};

/// Whether a link between these two may be; if not, the words for the other end.
pub(super) fn link(me: Peer, peer: Peer) -> Result<(), &'static str> {
    if peer.node == me.node && peer.kind == me.kind {
        return Err("this is a link to itself");
    }
    // The nil id names the platform where networks are named: no certificate may hold it.
    if let Member { network } | Claim { network } = peer.kind
        && network.into_untyped_uuid().is_nil()
    {
        return Err("the certificate names no network");
    }
    match (me.kind, peer.kind) {
        (Backbone, _) | (_, Backbone) | (Bootstrap, Controller) | (Controller, Bootstrap) => Ok(()),
        _ => Err("these two do not link"),
    }
}

/// Whether `peer` may send `body` to `me`, which is the `side` end of the link.
pub(super) fn frame(me: PeerKind, peer: PeerKind, side: Side, body: &Body) -> bool {
    let between = |a, b| (me, peer) == (a, b) || (me, peer) == (b, a);
    match body {
        // It was exchanged before the link was up.
        Body::Hello(_) => false,
        Body::Ping(_) | Body::Pong(_) | Body::Goodbye(_) | Body::Drain(_) | Body::Refused(_) | Body::Leave(_) => true,
        Body::PoolWant(_) => side == Side::Dialler,
        Body::TrustHave(_) | Body::Trust(_) => between(Backbone, Backbone) || between(Backbone, Controller),
        Body::Record(_) => between(Backbone, Backbone),
        Body::Attach(_) => (me == Backbone && peer != Backbone) || (me, peer) == (Bootstrap, Controller),
        Body::Candidates(_) => me != Backbone && peer == Backbone,
        Body::Open(_) => match me {
            Backbone => true,
            Member { .. } => peer == Backbone,
            Controller => peer == Backbone || peer == Bootstrap,
            Claim { .. } | Bootstrap => false,
        },
    }
}

/// Whether a site may serve an address.
pub(super) fn serves(site: PeerKind, address: &Address) -> bool {
    match site {
        Member { .. } => !address.is_platform(),
        Controller => address.is_platform(),
        Backbone | Claim { .. } | Bootstrap => false,
    }
}

/// Whether a site may open streams to an address.
pub(super) fn uses(site: PeerKind, address: &Address) -> bool {
    match site {
        Member { .. } => !address.is_platform() || *address == Address::controller(),
        Backbone => *address == Address::controller(),
        Claim { .. } | Bootstrap => *address == Address::claim(),
        Controller => false,
    }
}
