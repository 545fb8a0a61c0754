//! What keeps a live link going: reading, writing, keep-alive, and dialling its data connections.

use std::{io, sync::Arc, time::Duration};

use overlay_proto::{
    link::{Ping, PoolWant, Trust, frame::Body},
    pool::{Side, Whose},
    preface::{ACCEPT_LEN, PrefaceError},
    wire::Limits,
};
use pki::{
    Der, SignedTrust,
    tls::{Alpn, PeerError},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_rustls::{TlsConnector, TlsStream};

use super::{
    Link,
    channel::{Channel, ReceiveError, Receiver, Sender},
    outbox::Next,
    words,
};
use crate::{
    actor::Input,
    credentials::DialConfigs,
    data_conn::DataConn,
    net,
    observe::{Farewell, Reason},
    shared::Shared,
    time::Epoch,
    trust::NotAdopted,
};

/// How often a ping is sent.
const PING_EVERY: Duration = Duration::from_secs(1);
/// How many pings in a row may pass without a sign of life.
const SILENT_PINGS: u32 = 3;
/// How long the last words may take.
const PARTING: Duration = Duration::from_millis(500);
/// How much is written at once.
const BATCH: usize = 64 << 10;
/// How long a data connection may take to be established.
const DATA_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs a link until it ends, and says why it did. `dial` holds what data connections are dialled with, at the
/// dialling end.
pub(crate) async fn drive(shared: &Shared, link: &Arc<Link>, channel: Channel, dial: Option<DialConfigs>) -> Farewell {
    let Channel { mut receiver, sender } = channel;
    receiver.limit(Limits::for_peer(link.facts.node.kind));
    let mut writer = tokio::spawn(write(link.clone(), sender));
    let pool = tokio::spawn(keep_pool(link.clone(), dial, shared.epoch));
    let ended = tokio::select! {
        biased;
        () = link.token().cancelled() => None,
        ended = read(shared, link, &mut receiver) => Some(ended),
        // The writer ends by itself only when writing fails.
        _ = &mut writer => Some(Farewell::new(Reason::Other, "the connection was lost")),
    };
    let farewell = ended.unwrap_or_else(|| {
        // Nobody closed the link: everything stops.
        let farewell = Farewell::new(Reason::Shutdown, "the router is shutting down");
        link.close(farewell.clone());
        farewell
    });
    let farewell = link.ended(farewell);
    pool.abort();
    link.data.close();
    // Last words: ours are being written, and the other end closes when it has read them. Who has none to say just
    // goes: that is what the other end waits for.
    let parting = async {
        if !link.outbox.is_closed() {
            return;
        }
        // A writer that has failed has given its answer already, above.
        if !writer.is_finished() {
            let _ = (&mut writer).await;
        }
        while receiver.receive().await.is_ok() {}
    };
    let _ = timeout(PARTING, parting).await;
    writer.abort();
    farewell
}

async fn read<R: AsyncRead + Unpin>(shared: &Shared, link: &Link, receiver: &mut Receiver<R>) -> Farewell {
    let trusts = shared.exchanges_trust(link.facts.node.kind);
    let mut ticks = interval(PING_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent = 0;
    let mut pinged = (0, Instant::now());
    loop {
        tokio::select! {
            biased;
            received = receiver.receive() => {
                silent = 0;
                match received {
                    Ok(Body::Ping(ping)) => link.send(Body::Pong(ping)),
                    Ok(Body::Pong(pong)) if pong.number == pinged.0 => link.measured(pinged.1.elapsed()),
                    Ok(Body::Pong(_)) => {}
                    Ok(Body::Goodbye(goodbye)) => {
                        return Farewell::new(Reason::from_wire(goodbye.reason), words(&goodbye.message));
                    }
                    // Trust waits for nothing else; who must not send it is sent away by the core.
                    Ok(Body::TrustHave(have)) if trusts => shared.trust_have(link, have.version),
                    Ok(Body::Trust(trust)) if trusts => offered(shared, link, trust),
                    Ok(body) => {
                        if matches!(body, Body::Drain(_)) {
                            link.leave(true);
                        }
                        if shared.actor.send(Input::Frame(link.key(), body)).await.is_err() {
                            return Farewell::new(Reason::Shutdown, "the router is shutting down");
                        }
                    }
                    Err(error) => return broken(link, &error),
                }
            }
            _ = ticks.tick() => {
                // Counted in our own ticks, so that a machine that was asleep does not blame its peers.
                if silent >= SILENT_PINGS {
                    return Farewell::new(Reason::Other, "the other end was silent for three seconds");
                }
                silent += 1;
                pinged = (pinged.0 + 1, Instant::now());
                link.send(Body::Ping(Ping { number: pinged.0 }));
            }
        }
    }
}

/// A peer offers a trust document.
fn offered(shared: &Shared, link: &Link, trust: Trust) {
    let signed = SignedTrust { document: trust.document, signature: trust.signature, signer: Der(trust.signer) };
    match shared.offer_trust(signed, Some(link)) {
        Ok(_) => {}
        Err(NotAdopted::NotNewer { offered, held }) if offered < held => shared.trust_have(link, offered),
        Err(NotAdopted::NotNewer { .. }) => {}
        // The link stays: a peer that knows a newer Backbone CA may pass on in good faith what cannot be verified yet.
        Err(error @ (NotAdopted::Invalid(_) | NotAdopted::SignerDenied(_))) => {
            tracing::warn!(link = %link.key(), peer = %link.facts.peer, %error, "a peer offered a bad trust document");
        }
    }
}

/// Ends a link whose channel can no longer be read; a peer that broke the protocol is told.
fn broken(link: &Link, error: &ReceiveError) -> Farewell {
    let farewell = match error {
        ReceiveError::Frame(_) => Farewell::new(Reason::Protocol, error.to_string()),
        ReceiveError::Io(_) | ReceiveError::Closed => Farewell::new(Reason::Other, error.to_string()),
    };
    if farewell.reason == Reason::Protocol {
        link.close(farewell.clone());
    }
    farewell
}

async fn write<W: AsyncWrite + Unpin>(link: Arc<Link>, mut sender: Sender<W>) -> io::Result<()> {
    loop {
        let mut next = Some(link.outbox.next().await);
        while let Some(item) = next {
            match item {
                Next::Frame(body) => sender.push(body),
                Next::Last(body) => {
                    sender.push(body);
                    sender.flush().await?;
                    return sender.shutdown().await;
                }
            }
            next = if sender.pending() < BATCH { link.outbox.try_next() } else { None };
        }
        sender.flush().await?;
    }
}

/// Keeps the data connections of a link ready: dials them, at the dialling end, and forgets those that end.
async fn keep_pool(link: Arc<Link>, dial: Option<DialConfigs>, epoch: Epoch) {
    let mut dials = JoinSet::new();
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        if let Some(configs) = &dial {
            let needed = link.data.dials_needed(epoch.now());
            let ours = std::iter::repeat_n(Whose::Ours, needed.ours as usize);
            let theirs = std::iter::repeat_n(Whose::Theirs, needed.theirs as usize);
            for whose in ours.chain(theirs) {
                let number = link.data.begin_dial(whose);
                let (link, configs) = (link.clone(), configs.clone());
                dials.spawn(async move {
                    let dialled = timeout(DATA_TIMEOUT, dial_data(&link, &configs, number)).await;
                    let conn = match dialled {
                        Ok(Ok(conn)) => Some(conn),
                        Ok(Err(error)) => {
                            tracing::debug!(link = %link.key(), number, %error, "a data connection was not made");
                            None
                        }
                        Err(_) => {
                            tracing::debug!(link = %link.key(), number, "a data connection was not made in time");
                            None
                        }
                    };
                    (number, conn)
                });
            }
        }
        let deadline = link.data.next_deadline(epoch.now()).map(|at| epoch.until(at));
        tokio::select! {
            Some(ended) = dials.join_next() => {
                if let Ok((number, conn)) = ended {
                    link.data.dialled(number, conn, epoch.now());
                }
            }
            () = link.data.changed() => {
                // A burst: both ends hear at once that more are wanted.
                if link.data.ran_short() {
                    want(&link, epoch);
                }
            }
            () = link.data.idle_ended(|| epoch.now()) => {}
            () = sleep(deadline.unwrap_or(Duration::MAX)), if deadline.is_some_and(|d| !d.is_zero()) => {}
            _ = ticks.tick() => want(&link, epoch),
        }
    }
}

/// Follows the demand for data connections.
fn want(link: &Link, epoch: Epoch) {
    if let Some(idle) = link.data.tick(epoch.now())
        && link.facts.side == Side::Acceptor
    {
        link.send(Body::PoolWant(PoolWant { idle }));
    }
}

/// Why a data connection was not established.
#[derive(Debug, thiserror::Error)]
enum DataError {
    #[error(transparent)]
    Connect(#[from] net::ConnectError),
    #[error("{}", pki::tls::explain_io(.0))]
    Tls(io::Error),
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error("its proof was not answered: {0}")]
    Answer(#[from] io::Error),
    #[error(transparent)]
    Preface(#[from] PrefaceError),
}

/// Dials data connection `number` the way the link itself was dialled, and proves that it belongs to the link.
async fn dial_data(link: &Link, configs: &DialConfigs, number: u64) -> Result<DataConn, DataError> {
    let stream = match &link.facts.way {
        Some(way) => way.take().await?,
        None => net::connect_to(link.facts.remote).await?,
    };
    let mut conn = match link.facts.transport {
        model::router::Transport::Direct => DataConn::Direct(stream),
        model::router::Transport::Tls => {
            let connector = TlsConnector::from(configs.data.clone());
            let tls = connector.connect(pki::tls::server_name(), stream).await.map_err(DataError::Tls)?;
            if pki::tls::negotiated_alpn(tls.get_ref().1)? != Alpn::Data {
                return Err(PeerError::Alpn.into());
            }
            DataConn::Tls(Box::new(TlsStream::from(tls)))
        }
    };
    conn.write_all(&link.data.key().dial(number)).await?;
    conn.flush().await?;
    let mut answer = [0; ACCEPT_LEN];
    conn.read_exact(&mut answer).await?;
    link.data.key().verify_accept(number, &answer)?;
    Ok(conn)
}
