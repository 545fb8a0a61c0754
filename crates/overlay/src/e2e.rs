//! End to end: the mutually authenticated TLS connection between the two ends of a stream, and the session inside.
//!
//! The ingress is the TLS client, the egress the server; both show their certificates under the one verification
//! rule. The ingress insists on the very site it meant, the egress takes the opener from its certificate. Nothing a
//! router between them does can change either, nor which address a stream is for: that is the first thing said
//! inside. Because a TLS 1.3 client finishes before the server has judged it, an ingress is sure of having been
//! admitted only once a stream is accepted, and sends no application data before.

mod config;
mod lifetimes;
mod resume;
mod tls;

use std::{
    fmt,
    future::poll_fn,
    io,
    sync::{Arc, LazyLock},
    task::{Context, Poll, ready},
    time::Duration,
};

use jiff::Timestamp;
use model::{Address, Der, Identity, terms::AddressLimits};
use overlay_proto::{
    link::Unreachable,
    session::{AbortCode, Decoder, Event, Open, RefuseCode, ResetCode, Resume, Role, Secret, Session},
};
use pki::{Alpn, tls as pki_tls};
use rustls::{ClientConnection, Connection, ServerConnection};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

pub use config::{E2eConfig, E2eConfigError, may_speak, protocol_of};

pub(crate) use self::lifetimes::Lifetimes;
use self::{lifetimes::Watched, tls::Tls};
use crate::{actor::unreachable_words, link::data::Refusal, paths::PathConn, relay::TURN, time::Epoch};

/// How long a handshake may take.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// The time that sessions count in.
static EPOCH: LazyLock<Epoch> = LazyLock::new(Epoch::start);

/// How long a last word may take to get through to the other end.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(2);

/// Why there is no end-to-end connection.
#[derive(Debug, thiserror::Error)]
pub enum E2eError {
    /// The path ended, or did so without the protection of TLS, which is the same.
    #[error("the path was lost: {0}")]
    Lost(#[source] io::Error),
    /// The link that carried the path went, or trust cut it.
    #[error("the link was lost")]
    Cancelled,
    /// The backbone led the path nowhere; in the words of the router that found out.
    #[error("the backbone found no way: {0}")]
    NoWay(&'static str),
    /// The backbone leads nowhere any more to who was meant.
    #[error("{}", unreachable_words(Unreachable::Denied))]
    Denied,
    /// TLS failed; in words for people.
    #[error("{0}")]
    Tls(String),
    /// The other end is somebody else than was meant.
    #[error("a {} answered that is not the one that was meant", .0.role())]
    WrongPeer(Identity),
    /// The two may not speak this protocol with each other.
    #[error("a {} may not open {protocol} streams to a {}", .client.role(), .server.role())]
    NotAllowed {
        /// The protocol.
        protocol: Alpn,
        /// Who opened.
        client: Identity,
        /// Who was to answer.
        server: Identity,
    },
    /// Our own identity may not open or serve such streams.
    #[error("this router's certificate is not for {0} streams")]
    NotForUs(&'static str),
    /// One of the two may not serve, or not use, the address.
    #[error("{0}")]
    BeyondLimits(String),
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// The other end broke the protocol.
    #[error("the other end broke the protocol: {0}")]
    Protocol(String),
    /// The other end refused the stream.
    #[error("{message}")]
    Refused {
        /// Why.
        code: RefuseCode,
        /// Why, in its words.
        message: String,
    },
    /// The other end ended the connection before it accepted anything.
    #[error("the other end closed the connection")]
    Closed,
    /// The other end ended the stream for good.
    #[error("the other end ended the stream: {reason}")]
    Aborted {
        /// Why.
        code: AbortCode,
        /// Why, in its words.
        reason: String,
    },
    /// The other end gave up.
    #[error("the other end gave up")]
    Reset(ResetCode),
}

/// A connection between the two ends, for one stream after another.
pub struct E2e {
    peer: Identity,
    /// What the other end may serve and use, by its certificate.
    limits: AddressLimits,
    protocol: Alpn,
    made_with: Arc<E2eConfig>,
    /// When the first of the two certificates expires.
    expires: Timestamp,
    secret: Secret,
    /// Milliseconds, as the handshake took it.
    round_trip: u64,
    /// Boxed: it is large, and moves through every state of a stream's task.
    tls: Box<Tls>,
    decoder: Decoder,
    pub(crate) session: Session,
    pub(crate) cancelled: CancellationToken,
    /// Fires when the link that carries it is about to go.
    pub(crate) leaving: CancellationToken,
    /// Fires when another connection is to take its place, because a certificate is about to expire.
    pub(crate) replace: CancellationToken,
    watched: Option<Watched>,
    /// What is given back when the connection is gone.
    pub(crate) place: Option<Box<dyn Send + Sync>>,
    /// What the backbone may still say of the path: kept for as long as the connection is.
    refusal: Option<Arc<Refusal>>,
    /// Somebody at the other end has accepted a stream: the path leads somewhere.
    reached: bool,
    made: Instant,
    /// What the way cost when the connection was made, where that is known.
    pub(crate) cost: Option<u32>,
}

/// The path of a connection, without its bytes.
struct Route {
    cancelled: CancellationToken,
    leaving: CancellationToken,
    refusal: Option<Arc<Refusal>>,
}

/// What an ingress wants of a connection between streams.
#[derive(Debug)]
pub(crate) enum Request {
    Open(Open),
    Resume(Resume),
}

/// What matters outside the flow of data.
#[derive(Debug)]
pub(crate) enum Notice {
    Opened(Open),
    Resume(Resume),
    Accepted,
    End,
    Finished,
    /// There may be more, and others have waited long enough.
    Turn,
}

/// Establishes a connection over `path` to exactly `peer`.
pub async fn connect(
    path: PathConn,
    config: &Arc<E2eConfig>,
    peer: &Identity,
    protocol: Alpn,
) -> Result<E2e, E2eError> {
    // Asked before anything is sent, and again of what TLS found.
    let allowed = |server: &Identity| {
        may_speak(protocol, config.identity(), server).then_some(()).ok_or(E2eError::NotAllowed {
            protocol,
            client: *config.identity(),
            server: *server,
        })
    };
    allowed(peer)?;
    let client = config.client(protocol).ok_or(E2eError::NotForUs(protocol.as_str()))?;
    let connection = ClientConnection::new(client.clone(), pki_tls::server_name()).map_err(tls_error)?;
    let (tls, route) = begin(Connection::Client(connection), path);
    let e2e = establish(tls, route, config, Role::Ingress).await?;
    if e2e.peer != *peer {
        return Err(E2eError::WrongPeer(e2e.peer));
    }
    if e2e.protocol != protocol {
        return Err(E2eError::Protocol(format!("it speaks {}", e2e.protocol)));
    }
    allowed(&e2e.peer)?;
    Ok(e2e)
}

/// Answers a connection that was opened to us over `path`.
pub async fn accept(path: PathConn, config: &Arc<E2eConfig>) -> Result<E2e, E2eError> {
    let server: &Arc<_> = config.server().ok_or(E2eError::NotForUs("incoming"))?;
    let connection = ServerConnection::new(server.clone()).map_err(tls_error)?;
    let (tls, route) = begin(Connection::Server(connection), path);
    let e2e = establish(tls, route, config, Role::Egress).await?;
    if !may_speak(e2e.protocol, &e2e.peer, config.identity()) {
        let (protocol, client, server) = (e2e.protocol, e2e.peer, *config.identity());
        e2e.farewell(AbortCode::WrongUse, "this identity may not open such streams").await;
        return Err(E2eError::NotAllowed { protocol, client, server });
    }
    Ok(e2e)
}

fn begin(connection: Connection, path: PathConn) -> (Box<Tls>, Route) {
    let PathConn { conn, cancelled, meter, leaving, refusal } = path;
    (Box::new(Tls::new(connection, conn, meter)), Route { cancelled, leaving, refusal })
}

async fn establish(
    mut tls: Box<Tls>,
    Route { cancelled, leaving, refusal }: Route,
    config: &Arc<E2eConfig>,
    role: Role,
) -> Result<E2e, E2eError> {
    let began = Instant::now();
    let shaken = tokio::select! {
        biased;
        () = cancelled.cancelled() => Err(E2eError::Cancelled),
        result = timeout(HANDSHAKE_TIMEOUT, tls.handshake()) => match result {
            Ok(result) => result.map_err(lost),
            Err(_) => Err(E2eError::Timeout),
        },
    };
    if let Err(error) = shaken {
        return Err(in_its_words(refusal.as_deref(), error).await);
    }
    let (peer, protocol) =
        pki_tls::verified_peer(tls.state(), config.now()).map_err(|error| E2eError::Tls(error.to_string()))?;
    let unreadable = || E2eError::Tls("what the other end may serve and use cannot be read".to_owned());
    let limits = pki_tls::peer_limits(tls.state()).ok_or_else(unreadable)?;
    let certificate =
        pki_tls::peer_certificate(tls.state()).and_then(|der| pki::Certificate::parse(der.as_bytes()).ok());
    let expires = certificate.ok_or_else(unreadable)?.serves_until(&peer).min(config.expires());
    let secret = resume::secret_of(&tls)?;
    let made_with = config.clone();
    let made = Instant::now();
    let round_trip = u64::try_from(made.duration_since(began).as_millis()).unwrap_or(u64::MAX);
    let (decoder, mut session) = (Decoder::new(), Session::new(role));
    session.round_trip(round_trip);
    // It may have to end before the link does.
    let cancelled = cancelled.child_token();
    let (reached, cost) = (false, None);
    Ok(E2e {
        peer,
        limits,
        protocol,
        made_with,
        expires,
        secret,
        round_trip,
        tls,
        decoder,
        session,
        cancelled,
        leaving,
        replace: CancellationToken::new(),
        watched: None,
        place: None,
        refusal,
        reached,
        made,
        cost,
    })
}

/// Why a path broke: in the words of the router that led it nowhere, if one did.
async fn in_its_words(refusal: Option<&Refusal>, error: E2eError) -> E2eError {
    match refusal {
        Some(refusal) if matches!(error, E2eError::Lost(_) | E2eError::Cancelled) => match refusal.why_soon().await {
            Some(Unreachable::Denied) => E2eError::Denied,
            Some(why) => E2eError::NoWay(unreachable_words(why)),
            None => error,
        },
        _ => error,
    }
}

impl E2e {
    /// Who is at the other end, from its verified certificate.
    pub fn peer(&self) -> &Identity {
        &self.peer
    }

    /// The verified certificate of the other end.
    pub fn peer_certificate(&self) -> Der {
        pki_tls::peer_certificate(self.tls.state()).expect("a connection whose peer was verified has its certificate")
    }

    /// What the connection was made for.
    pub fn protocol(&self) -> Alpn {
        self.protocol
    }

    /// Whether it was made with exactly `config`, and not with an earlier certificate or rule.
    pub(crate) fn is_made_with(&self, config: &Arc<E2eConfig>) -> bool {
        Arc::ptr_eq(&self.made_with, config)
    }

    /// How long ago it was made.
    pub(crate) fn age(&self) -> Duration {
        self.made.elapsed()
    }

    /// Whether the other end may use `address`, by its certificate.
    pub(crate) fn peer_may_use(&self, address: &Address) -> Result<(), String> {
        let allowed = &self.limits.uses;
        if allowed.allow(address) { Ok(()) } else { Err(format!("this site may use {allowed}, and not {address}")) }
    }

    /// Whether a stream to `address` may lead there, by the certificates of both ends.
    fn may_lead_to(&self, address: &Address) -> Result<(), String> {
        let (own, theirs) = (self.made_with.limits(), &self.limits.serve);
        if !own.uses.allow(address) {
            return Err(format!("this site may use {}, and not {address}", own.uses));
        }
        if !theirs.allow(address) {
            return Err(format!("the site that offers {address} may serve {theirs} only"));
        }
        Ok(())
    }

    /// Opens a stream and waits until it is accepted. After a refusal the connection can be used again.
    pub async fn open(&mut self, open: Open, within: Duration) -> Result<(), E2eError> {
        self.may_lead_to(&open.address).map_err(E2eError::BeyondLimits)?;
        self.session.open(open).map_err(|misuse| E2eError::Protocol(misuse.to_string()))?;
        match self.next_notice(within).await {
            Ok(Notice::Accepted) => {
                self.reached = true;
                Ok(())
            }
            Ok(other) => Err(E2eError::Protocol(format!("{other:?} before the stream was accepted"))),
            // What the backbone says of a path that led somewhere is that it was lost.
            Err(error) => Err(in_its_words(self.refusal.as_deref().filter(|_| !self.reached), error).await),
        }
    }

    /// Waits for the next stream to be opened, or continued. Answer with the session's `accept` or `refuse`, or with
    /// [`E2e::continue_with`].
    pub(crate) async fn next_request(&mut self, within: Duration) -> Result<Request, E2eError> {
        match self.next_notice(within).await? {
            Notice::Opened(open) => Ok(Request::Open(open)),
            Notice::Resume(resume) => Ok(Request::Resume(resume)),
            other => Err(E2eError::Protocol(format!("{other:?} before a stream was opened"))),
        }
    }

    /// Sends what the session has to say.
    pub(crate) async fn flush(&mut self) -> Result<(), E2eError> {
        self.write_session().map_err(lost)?;
        let cancelled = self.cancelled.clone();
        tokio::select! {
            biased;
            () = cancelled.cancelled() => Err(E2eError::Cancelled),
            result = poll_fn(|cx| self.tls.poll_flush(cx)) => result.map_err(lost),
        }
    }

    async fn next_notice(&mut self, within: Duration) -> Result<Notice, E2eError> {
        self.flush().await?;
        let cancelled = self.cancelled.clone();
        let notice = async {
            loop {
                match poll_fn(|cx| self.poll_inbound(cx, &mut |_, _| ())).await? {
                    Notice::Turn => tokio::task::yield_now().await,
                    notice => return Ok(notice),
                }
            }
        };
        tokio::select! {
            biased;
            () = cancelled.cancelled() => Err(E2eError::Cancelled),
            result = timeout(within, notice) => result.map_err(|_| E2eError::Timeout)?,
        }
    }

    /// Takes in what the other end sends: data goes to `data` at once, the rest is returned as it comes.
    ///
    /// A violation is answered with an ABORT in the session's output; the caller sends it and goes.
    pub(crate) fn poll_inbound(
        &mut self,
        cx: &mut Context<'_>,
        data: &mut dyn FnMut(&mut Context<'_>, &[u8]),
    ) -> Poll<Result<Notice, E2eError>> {
        let mut taken = 0;
        loop {
            let Self { tls, decoder, session, .. } = &mut *self;
            let plain = ready!(tls.poll_plain(cx)).map_err(lost)?;
            if plain.is_empty() {
                // Orderly for TLS, but the session has not said so.
                return Poll::Ready(Err(lost(io::ErrorKind::UnexpectedEof.into())));
            }
            let mut rest = plain;
            let notice = loop {
                let frame = match decoder.decode(&mut rest) {
                    Ok(Some(frame)) => frame,
                    Ok(None) => break Ok(None),
                    Err(error) => break Err(violation(session, &error)),
                };
                match session.handle(frame) {
                    Ok(Event::Data(bytes)) => data(cx, bytes),
                    Ok(Event::Nothing) => {}
                    Ok(Event::Opened(open)) => break Ok(Some(Notice::Opened(open))),
                    Ok(Event::Resume(resume)) => break Ok(Some(Notice::Resume(resume))),
                    Ok(Event::Accepted) => break Ok(Some(Notice::Accepted)),
                    Ok(Event::End) => break Ok(Some(Notice::End)),
                    Ok(Event::Finished) => break Ok(Some(Notice::Finished)),
                    Ok(Event::Refused { code, message }) => break Err(E2eError::Refused { code, message }),
                    Ok(Event::Closed) => break Err(E2eError::Closed),
                    Ok(Event::Reset(code)) => break Err(E2eError::Reset(code)),
                    Ok(Event::Aborted { code, reason }) => break Err(E2eError::Aborted { code, reason }),
                    Err(error) => break Err(violation(session, &error)),
                }
            };
            let used = plain.len() - rest.len();
            tls.consume(used);
            if let Some(notice) = notice.transpose() {
                return Poll::Ready(notice);
            }
            taken += used;
            if taken >= TURN {
                return Poll::Ready(Ok(Notice::Turn));
            }
        }
    }

    /// Encrypts what the session has to say.
    pub(crate) fn write_session(&mut self) -> io::Result<()> {
        if !self.session.wants_output() {
            return Ok(());
        }
        let mut frames = Vec::with_capacity(64);
        self.session.output(&mut frames, EPOCH.now());
        self.tls.write(&frames)
    }

    /// Encrypts a DATA frame.
    pub(crate) fn write(&mut self, head: &[u8], bytes: &[u8]) -> io::Result<()> {
        self.tls.write_both(head, bytes)
    }

    /// Encrypts the next bytes that have to be sent once more. Says whether there were any.
    pub(crate) fn write_again(&mut self) -> io::Result<bool> {
        let Self { session, tls, .. } = self;
        let Some((head, bytes)) = session.resend() else { return Ok(false) };
        tls.write_both(&head, bytes)?;
        Ok(true)
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tls.poll_flush(cx)
    }

    /// Whether nothing has come on a connection between streams: neither bytes nor an end.
    pub(crate) fn is_quiet(&mut self) -> bool {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        !self.cancelled.is_cancelled() && self.tls.poll_plain(&mut cx).is_pending()
    }

    /// Ends the connection with a reason the other end can log, as far as it still listens.
    pub(crate) async fn farewell(mut self, code: AbortCode, reason: &str) {
        self.session.abort(code, reason);
        self.last_words().await;
    }

    /// Ends a connection between streams in good order.
    pub(crate) async fn close(mut self) {
        // Only between streams is there anything to say.
        let _ = self.session.close();
        self.last_words().await;
    }

    /// Sends what is left to say, and sees to it that it arrives.
    pub(crate) async fn last_words(mut self) {
        let cancelled = self.cancelled.clone();
        let speak = async {
            self.write_session()?;
            self.tls.shutdown().await?;
            self.tls.drain().await
        };
        let said = tokio::select! {
            biased;
            () = cancelled.cancelled() => false,
            result = timeout(FAREWELL_TIMEOUT, speak) => matches!(result, Ok(Ok(()))),
        };
        if !said {
            self.tls.reset();
        }
    }

    /// Drops the connection so that nobody can take it for ended orderly.
    pub(crate) fn reset(self) {
        self.tls.reset();
    }
}

impl E2eError {
    /// Whether it is about the path alone: what ran over it can go on over another one.
    pub(crate) fn is_loss(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Cancelled | Self::Tls(_))
    }
}

impl fmt::Debug for E2e {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("E2e").field("peer", &self.peer).field("protocol", &self.protocol).finish_non_exhaustive()
    }
}

fn violation(session: &mut Session, error: &dyn std::error::Error) -> E2eError {
    session.abort(AbortCode::Protocol, error.to_string());
    E2eError::Protocol(error.to_string())
}

fn tls_error(error: rustls::Error) -> E2eError {
    E2eError::Tls(pki_tls::explain(&error))
}

fn lost(error: io::Error) -> E2eError {
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        return E2eError::Tls(pki_tls::explain_io(&error));
    }
    if error.kind() == io::ErrorKind::UnexpectedEof {
        // What TLS has to say about it is for programmers.
        return E2eError::Lost(io::Error::new(error.kind(), "it ended in the middle"));
    }
    E2eError::Lost(error)
}
