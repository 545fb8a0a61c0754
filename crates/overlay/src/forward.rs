//! Streams on their way: data connections joined in transit, and handed over at their end.

use std::{pin::pin, sync::Arc};

use overlay_proto::{
    NodeId,
    link::{Leave, Open, Unreachable, frame::Body},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    actor::refuse,
    link::{Link, data::Claim},
    paths::PathConn,
    relay::{RelayEnd, relay},
    shared::Shared,
};

/// Takes streams that end at this router, each with where it comes from as routers say.
pub(crate) type Deliver = Arc<dyn Fn(PathConn, Option<NodeId>) + Send + Sync>;

/// Hands a stream for this site over.
pub(crate) fn deliver(shared: &Shared, deliver: &Deliver, from: Arc<Link>, open: &Open) {
    let (connection, origin) = (open.connection, NodeId::from_wire(&open.origin));
    let Some(claim) = from.data.assigned(connection) else {
        return from.refuse(connection, Unreachable::NoConnection);
    };
    let deliver = deliver.clone();
    shared.tasks.spawn(async move {
        let token = from.token().clone();
        if let Some(Some(conn)) = token.run_until_cancelled(claim.ready()).await {
            deliver(from.path(conn, token), origin);
        } else {
            from.refuse(connection, Unreachable::NoConnection);
        }
    });
}

/// Joins data connection `connection` of `from` with one of `to`, on which `open` is sent first.
pub(crate) fn forward(shared: &Shared, from: Arc<Link>, connection: u64, to: Arc<Link>, open: Open) {
    let Some(claim) = from.data.assigned(connection) else {
        return from.refuse(connection, Unreachable::NoConnection);
    };
    // What is opened anew by itself does not count when it is asked whether a router may go.
    let transit = (!open.network.is_empty()).then(|| shared.transit.clone());
    let draining = shared.draining.subscribe();
    shared.tasks.spawn(async move {
        let _transit = transit;
        // Whichever link is lost first ends the stream at once.
        let (from_token, to_token) = (from.token().clone(), to.token().clone());
        tokio::select! {
            biased;
            () = from_token.cancelled() => {}
            () = to_token.cancelled() => from.refuse(connection, to.why_unreachable()),
            () = join(&from, (connection, claim), &to, open, draining) => {}
        }
    });
}

async fn join(
    from: &Link,
    (connection, claim): (u64, Claim),
    to: &Link,
    open: Open,
    mut draining: watch::Receiver<bool>,
) {
    let (arriving, leaving) = tokio::join!(claim.ready(), to.data.take());
    let (Some(arriving), Some((number, leaving))) = (arriving, leaving) else {
        return from.refuse(connection, Unreachable::NoConnection);
    };
    let (refused, goes) = (CancellationToken::new(), to.leaving().child_token());
    let refusal = to.data.opened(number, refused.clone(), goes.clone());
    to.send(Body::Open(Open { connection: number, ..open }));
    let mut relayed = pin!(relay(from.path(arriving, from.token().clone()), to.path(leaving, refused)));
    let early = tokio::select! {
        biased;
        outcome = &mut relayed => Some(outcome),
        // Whoever opened it is told that the way is about to go: a router on it, or a link.
        () = goes.cancelled() => None,
        Ok(_) = draining.wait_for(|draining| *draining) => None,
    };
    let outcome = match early {
        Some(outcome) => outcome,
        None => {
            from.send(Body::Leave(Leave { connection }));
            relayed.await
        }
    };
    let why = match &outcome.end {
        RelayEnd::Finished => None,
        RelayEnd::Cancelled => refusal.why(),
        RelayEnd::Broken(_) => refusal.why_soon().await,
    };
    to.data.forget_opened(number);
    if let Some(why) = why {
        refuse(from, connection, why);
    }
    match outcome.end {
        RelayEnd::Finished | RelayEnd::Cancelled => {}
        RelayEnd::Broken(error) => {
            tracing::debug!(from = %from.key(), to = %to.key(), %error, "a stream in transit broke");
        }
    }
}
