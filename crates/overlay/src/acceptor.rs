//! Access points: who knocks, and who is let in.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use model::{
    AccessKind, AccessKinds, AccessPointId, Identity,
    router::{AccessPoint, Transport},
};
use overlay_proto::{
    Peer,
    pool::{Ready, Side},
    preface::{DIAL_LEN, Dial, FIRST_BYTE, PrefaceError},
};
use pki::Alpn;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_rustls::{LazyConfigAcceptor, TlsStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    data_conn::DataConn,
    guests::Guest,
    link::{
        Link, LinkFacts,
        data::DataPool,
        handshake::{Arriving, HANDSHAKE_TIMEOUT, HandshakeError, Met, Terms},
    },
    net,
    observe::{Farewell, Observation, Reason},
    run::run_link,
    shared::{Counters, Shared},
    trust::Stage,
};

/// How long a data connection may take to prove itself.
const PREFACE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a peer that TLS refused may take to read the alert.
const LINGER: Duration = Duration::from_millis(500);
/// How often binding is tried again.
const REBIND: Duration = Duration::from_secs(1);
/// The first byte of a TLS connection: a handshake record.
const TLS_FIRST_BYTE: u8 = 0x16;

/// One access point.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) id: AccessPointId,
    pub(crate) bind: SocketAddr,
    pub(crate) kinds: watch::Sender<AccessKinds>,
    /// Fires when it closes; links that were accepted live on.
    token: CancellationToken,
    socket: Mutex<Result<SocketAddr, String>>,
    tasks: TaskTracker,
}

impl Door {
    /// Opens an access point. When it cannot be bound, it is tried again until it can, and the error is returned.
    pub(crate) fn open(shared: &Arc<Shared>, point: &AccessPoint) -> (Arc<Self>, Option<io::Error>) {
        let bound = net::listen(point.bind).and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (socket, listener, error) = match bound {
            Ok((address, listener)) => (Ok(address), Some(listener), None),
            Err(error) => (Err(error.to_string()), None, Some(error)),
        };
        let door = Arc::new(Self {
            id: point.id,
            bind: point.bind,
            kinds: watch::Sender::new(point.kinds.clone()),
            token: shared.token.child_token(),
            socket: Mutex::new(socket),
            tasks: TaskTracker::new(),
        });
        if let Err(error) = door.socket() {
            shared.observe(Observation::AccessPointFailed { access_point: point.id, error });
        }
        let (kept, shared) = (door.clone(), shared.clone());
        door.tasks.spawn(async move {
            let token = kept.token.clone();
            token.run_until_cancelled(kept.keep_open(shared, listener)).await;
        });
        (door, error)
    }

    /// Stops accepting. When this returns the socket can be bound again.
    pub(crate) async fn close(&self) {
        self.token.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// The socket that is bound, or why none is.
    pub(crate) fn socket(&self) -> Result<SocketAddr, String> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn keep_open(self: Arc<Self>, shared: Arc<Shared>, mut listener: Option<TcpListener>) {
        loop {
            match listener.take() {
                Some(listener) => self.accept(&shared, &listener).await,
                None => {
                    sleep(REBIND).await;
                    let bound = net::listen(self.bind).and_then(|bound| Ok((bound.local_addr()?, bound)));
                    let socket = match bound {
                        Ok((address, bound)) => {
                            listener = Some(bound);
                            Ok(address)
                        }
                        Err(error) => Err(error.to_string()),
                    };
                    *self.socket.lock().unwrap_or_else(PoisonError::into_inner) = socket;
                }
            }
        }
    }

    async fn accept(self: &Arc<Self>, shared: &Arc<Shared>, listener: &TcpListener) {
        loop {
            let (stream, from) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, mostly: accepting again at once would spin.
                    tracing::warn!(access_point = %self.id, %error, "a connection could not be accepted");
                    sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let Some(guest) = shared.guests.enter(from.ip()) else {
                Counters::count(&shared.counters.crowded);
                continue;
            };
            let (door, shared) = (self.clone(), shared.clone());
            tokio::spawn(async move {
                let token = door.token.clone();
                if let Some(Err(error)) = token.run_until_cancelled(arrive(&shared, &door, stream, from, guest)).await {
                    Counters::count(&shared.counters.unauthenticated);
                    tracing::debug!(access_point = %door.id, %from, %error, "a connection came to nothing");
                }
            });
        }
    }
}

/// Why a connection came to nothing.
#[derive(Debug, thiserror::Error)]
enum ArriveError {
    #[error("it did not say in time what it wants")]
    Timeout,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("it speaks neither TLS nor the preface of a data connection")]
    Unknown,
    #[error("{}", pki::tls::explain_io(.0))]
    Tls(io::Error),
    #[error("it offers no protocol spoken here")]
    Protocol,
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    #[error(transparent)]
    Preface(#[from] PrefaceError),
    #[error("its preface names no link")]
    NoLink,
}

async fn arrive(
    shared: &Arc<Shared>,
    door: &Arc<Door>,
    stream: TcpStream,
    from: SocketAddr,
    guest: Guest,
) -> Result<(), ArriveError> {
    net::tune(&stream)?;
    let mut first = [0];
    let peeked = timeout(PREFACE_TIMEOUT, stream.peek(&mut first)).await.map_err(|_| ArriveError::Timeout)??;
    match first {
        _ if peeked == 0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        [TLS_FIRST_BYTE] => arrive_tls(shared, door, stream, from, guest).await,
        [FIRST_BYTE] => arrive_data(shared, DataConn::Direct(stream)).await,
        _ => Err(ArriveError::Unknown),
    }
}

async fn arrive_tls(
    shared: &Arc<Shared>,
    door: &Arc<Door>,
    stream: TcpStream,
    from: SocketAddr,
    guest: Guest,
) -> Result<(), ArriveError> {
    let deadline = Instant::now() + HANDSHAKE_TIMEOUT;
    let acceptor = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream);
    let start = timeout_at(deadline, acceptor).await.map_err(|_| ArriveError::Timeout)?.map_err(ArriveError::Tls)?;
    let offered =
        |alpn: Alpn| start.client_hello().alpn().is_some_and(|mut offers| offers.any(|offer| offer == alpn.as_bytes()));
    let configs = shared.credentials.borrow().accept.clone();
    let (config, alpn) = if offered(Alpn::Data) && !offered(Alpn::Link) {
        (configs.data, Alpn::Data)
    } else {
        // TLS itself sends away whoever offers neither.
        (configs.link, Alpn::Link)
    };
    let handshake = timeout_at(deadline, start.into_stream(config).into_fallible()).await;
    let tls = match handshake.map_err(|_| ArriveError::Timeout)? {
        Ok(tls) => TlsStream::from(tls),
        Err((error, stream)) => {
            linger(stream).await;
            return Err(ArriveError::Tls(error));
        }
    };
    if alpn == Alpn::Link {
        return arrive_link(shared, door, tls, from, guest).await;
    }
    match pki::tls::negotiated_alpn(tls.get_ref().1) {
        Ok(Alpn::Data) => arrive_data(shared, DataConn::Tls(Box::new(tls))).await,
        _ => Err(ArriveError::Protocol),
    }
}

/// Lets a client that TLS refused read why: closing while its next bytes are unread would reset the connection, and
/// take the alert with it.
async fn linger(mut stream: TcpStream) {
    let drain = async {
        stream.shutdown().await?;
        let mut waste = [0; 1024];
        while stream.read(&mut waste).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    let _ = timeout(LINGER, drain).await;
}

async fn arrive_data(shared: &Arc<Shared>, mut conn: DataConn) -> Result<(), ArriveError> {
    let mut preface = [0; DIAL_LEN];
    timeout(PREFACE_TIMEOUT, conn.read_exact(&mut preface)).await.map_err(|_| ArriveError::Timeout)??;
    let dial = Dial::decode(&preface)?;
    let link = shared.links.accepted(dial.link).ok_or(ArriveError::NoLink)?;
    let number = link.data.verify(&dial, shared.epoch.now()).inspect_err(|error| {
        if matches!(error, PrefaceError::Replayed(_)) {
            Counters::count(&shared.counters.replayed);
        }
    })?;
    let answer = async {
        conn.write_all(&link.data.key().accept(number)).await?;
        conn.flush().await
    };
    match timeout(PREFACE_TIMEOUT, answer).await {
        Ok(Ok(())) => {
            link.data.answered(number, conn, shared.epoch.now());
            Ok(())
        }
        failed => {
            link.data.lost(number, shared.epoch.now());
            failed.map_err(|_| ArriveError::Timeout)?.map_err(ArriveError::Io)
        }
    }
}

async fn arrive_link(
    shared: &Arc<Shared>,
    door: &Arc<Door>,
    tls: TlsStream<TcpStream>,
    from: SocketAddr,
    guest: Guest,
) -> Result<(), ArriveError> {
    let own_expiry = shared.credentials.borrow().expires;
    let view = shared.trust.view();
    let arriving = Arriving::new(tls, shared.clock.now())?;
    if let Err(farewell) = admit(shared, door, &arriving.peer) {
        Counters::count(&shared.counters.not_admitted);
        tracing::info!(access_point = %door.id, %from, peer = %arriving.peer, reason = %farewell, "not admitted");
        arriving.refuse(&farewell).await;
        return Ok(());
    }
    let mut met = arriving.greeted().await?;
    drop(guest);
    if let Err(farewell) = same_time(&met, shared.clock.now()) {
        Counters::count(&shared.counters.not_admitted);
        tracing::info!(access_point = %door.id, %from, peer = %met.peer, reason = %farewell, "not admitted");
        met.channel.refuse(&farewell).await;
        return Ok(());
    }
    let authorities = view.authorities_of(&met.peer).to_vec();
    let Some(node) = Peer::of(&met.peer) else {
        return Err(ArriveError::Protocol);
    };
    let facts = LinkFacts {
        key: shared.links.next_key(),
        config: None,
        access_point: Some(door.id),
        side: Side::Acceptor,
        peer: met.peer,
        node,
        leaf: met.leaf.clone(),
        expires: met.expires.min(own_expiry),
        cost: met.hello.cost.clamp(1, crate::config::MAX_COST),
        transport: if met.hello.transport == 1 { Transport::Tls } else { Transport::Direct },
        remote: from,
        way: None,
        since: shared.clock.now(),
    };
    let ready = Ready::between(shared.kind, node.kind);
    let pool = DataPool::new(Side::Acceptor, ready, met.key.clone(), shared.epoch.now());
    let link = Arc::new(Link::new(facts, pool, authorities, shared.token.child_token()));
    // Data connections may follow our hello at once: the link has to be known before it is said.
    shared.links.insert(&link, Some(met.id));
    let terms = Terms { software: shared.software.clone(), cost: 0, transport: Transport::Direct, renews: false };
    match timeout(HANDSHAKE_TIMEOUT, met.welcome(&terms)).await {
        Ok(Ok(())) => {}
        failed => {
            shared.links.remove(link.key(), Some(met.id));
            failed.map_err(|_| ArriveError::Timeout)??;
        }
    }
    // Trust may have changed since the peer was admitted; from here on every change reaches the link.
    shared.judge(&link);
    if let Err(farewell) = admit_kind(&door.kinds.borrow(), &met.peer) {
        link.close(farewell);
    }
    let shared = shared.clone();
    // The link outlives this access point's accepting, until somebody closes it.
    shared.tasks.spawn(run_link(shared.clone(), link, met.channel, Some(met.id), None));
    Ok(())
}

/// Whether `peer`, whose certificate verifies, is admitted here and now.
fn admit(shared: &Shared, door: &Door, peer: &Identity) -> Result<(), Farewell> {
    admit_kind(&door.kinds.borrow(), peer)?;
    let verdict = shared.trust.view().admit(peer, shared.clock.now(), Stage::New);
    verdict.map_err(crate::trust::Refusal::farewell)
}

/// Whether a member and this router agree on whether its certificate has expired: otherwise one of their clocks is wrong, and
/// the member would wait for what it is not given here.
fn same_time(met: &Met, now: Timestamp) -> Result<(), Farewell> {
    let words = match (&met.peer, met.renews()) {
        (Identity::Renewal { .. }, false) => "has expired, and the site goes on with it",
        (Identity::Member { .. }, true) => "has not expired, and the site asks for another one as if it had",
        _ => return Ok(()),
    };
    let Ok(held) = pki::Certificate::parse(met.leaf.as_bytes()) else { return Ok(()) };
    let message = format!(
        "the certificate of this site, which ends {:.0}, {words}; the time at the access point is {now:.0}: check the clock of the site",
        held.not_after
    );
    Err(Farewell::new(Reason::Expired, message))
}

/// Whether an access point of these kinds admits `peer`.
pub(crate) fn admit_kind(kinds: &AccessKinds, peer: &Identity) -> Result<(), Farewell> {
    let kind = match peer {
        Identity::BackboneSite { .. } | Identity::Bootstrap { .. } => AccessKind::Peer,
        Identity::Member { .. } | Identity::Renewal { .. } => AccessKind::Member,
        Identity::Invitation { .. } => AccessKind::Claim,
        Identity::Controller { .. } => AccessKind::Manage,
        Identity::TrustSigner { .. } => {
            return Err(Farewell::new(Reason::NotAdmitted, "this identity signs documents only"));
        }
    };
    if kinds.contains(kind) {
        Ok(())
    } else {
        Err(Farewell::new(Reason::Kind, format!("this access point does not admit a {}", peer.role())))
    }
}
