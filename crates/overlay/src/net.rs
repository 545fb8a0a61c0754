//! Sockets: how they are bound, dialled and tuned.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use model::{Host, HostPort, proxy::ProxySettings};
use rustix::{io::Errno, net::sockopt};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream, lookup_host},
    time::{sleep, timeout},
};

use crate::proxy::{self, ProxyError};

/// How long a TCP connection may take to be established.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the first of several addresses may take before the next one is tried beside it (RFC 8305).
const HEAD_START: Duration = Duration::from_millis(250);

/// Binds a listening socket that can be bound again at once after a restart. `[::]` is every address of this machine, of
/// both families; where there is no IPv6, those of IPv4.
pub(crate) fn listen(bind: SocketAddr) -> io::Result<TcpListener> {
    let everywhere = bind.is_ipv6() && bind.ip().is_unspecified();
    match listen_at(bind) {
        Err(error) if everywhere && error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error()) => {
            listen_at((Ipv4Addr::UNSPECIFIED, bind.port()).into())
        }
        result => result,
    }
}

fn listen_at(bind: SocketAddr) -> io::Result<TcpListener> {
    let socket = if bind.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        let socket = TcpSocket::new_v6()?;
        // Whatever the system's default is.
        sockopt::set_ipv6_v6only(&socket, !bind.ip().is_unspecified())?;
        socket
    };
    socket.set_reuseaddr(true)?;
    socket.bind(bind)?;
    socket.listen(1024)
}

/// Sends small frames at once, and finds out about a peer that vanished while nothing is sent.
pub(crate) fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, Duration::from_secs(15))?;
    sockopt::set_tcp_keepintvl(stream, Duration::from_secs(5))?;
    sockopt::set_tcp_keepcnt(stream, 4)?;
    Ok(())
}

/// Why a TCP connection was not established.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("the name cannot be resolved: {0}")]
    Resolve(#[source] io::Error),
    #[error("the name resolves to no address")]
    NoAddress,
    #[error("{0}: {1}")]
    Connect(SocketAddr, #[source] io::Error),
    #[error("{0}: no answer within five seconds")]
    Timeout(SocketAddr),
    #[error(transparent)]
    Proxy(#[from] Box<ProxyError>),
}

/// How a target was reached, and is reached again.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// At exactly this address.
    Direct(SocketAddr),
    /// Through a proxy, which resolves the name anew.
    Proxy(Arc<ProxySettings>, HostPort),
}

impl Way {
    /// Connects to the first address of `target` that answers, through the proxy where there is one for it.
    pub(crate) async fn find(
        target: &HostPort,
        proxy: Option<&Arc<ProxySettings>>,
    ) -> Result<(TcpStream, Self), ConnectError> {
        match proxy.filter(|settings| !settings.no_proxy.covers(target)) {
            Some(settings) => {
                let way = Self::Proxy(settings.clone(), target.clone());
                Ok((way.take().await?, way))
            }
            None => {
                let stream = connect(target).await?;
                let remote = stream.peer_addr().map_err(|_| ConnectError::NoAddress)?;
                Ok((stream, Self::Direct(remote)))
            }
        }
    }

    /// Connects once more.
    pub(crate) async fn take(&self) -> Result<TcpStream, ConnectError> {
        match self {
            Self::Direct(address) => connect_to(*address).await,
            Self::Proxy(settings, target) => Ok(proxy::connect(&settings.proxy, target).await?),
        }
    }
}

/// Connects to the first address of `target` that answers.
pub(crate) async fn connect(target: &HostPort) -> Result<TcpStream, ConnectError> {
    let addresses: Vec<SocketAddr> = match &target.host {
        Host::Ip(ip) => vec![SocketAddr::new(*ip, target.port)],
        Host::Dns(name) => {
            let resolved = timeout(CONNECT_TIMEOUT, lookup_host((name.as_str(), target.port))).await;
            let resolved = resolved.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            resolved.map_err(ConnectError::Resolve)?.collect()
        }
    };
    connect_to_any(addresses).await
}

/// Connects to the first of several addresses that answers. Each is tried when the one before it has failed, or has not
/// answered for a moment; the two families take turns, so that one that leads nowhere costs no more than that moment.
async fn connect_to_any(addresses: Vec<SocketAddr>) -> Result<TcpStream, ConnectError> {
    let mut waiting = by_turns(addresses).into_iter();
    let mut attempts = FuturesUnordered::new();
    attempts.push(connect_to(waiting.next().ok_or(ConnectError::NoAddress)?));
    loop {
        let next = tokio::select! {
            biased;
            Some(result) = attempts.next() => match result {
                Ok(stream) => return Ok(stream),
                Err(error) => match waiting.next() {
                    Some(address) => Some(address),
                    None if attempts.is_empty() => return Err(error),
                    None => None,
                },
            },
            () = sleep(HEAD_START), if waiting.len() > 0 => waiting.next(),
        };
        attempts.extend(next.map(connect_to));
    }
}

/// The families take turns, the one that came first begins.
fn by_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first().map(SocketAddr::is_ipv4) else { return addresses };
    let (these, those): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.is_ipv4() == first);
    let (mut these, mut those) = (these.into_iter(), those.into_iter());
    let mut turns = Vec::new();
    loop {
        match (these.next(), those.next()) {
            (None, None) => return turns,
            (this, that) => turns.extend([this, that].into_iter().flatten()),
        }
    }
}

/// Connects to exactly `address`.
pub(crate) async fn connect_to(address: SocketAddr) -> Result<TcpStream, ConnectError> {
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address))
        .await
        .map_err(|_| ConnectError::Timeout(address))?
        .map_err(|error| ConnectError::Connect(address, error))?;
    tune(&stream).map_err(|error| ConnectError::Connect(address, error))?;
    Ok(stream)
}

/// Under which source an address is counted: IPv6 hosts own a whole /64.
pub(crate) fn source(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => {
            let mut octets = v6.octets();
            octets[8..].fill(0);
            IpAddr::from(octets)
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn families_take_turns_beginning_with_the_one_that_comes_first() {
        let mixed = addresses(&["[2001:db8::1]:1", "[2001:db8::2]:1", "10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"]);
        let turns = addresses(&["[2001:db8::1]:1", "10.0.0.1:1", "[2001:db8::2]:1", "10.0.0.2:1", "10.0.0.3:1"]);
        assert_eq!(by_turns(mixed), turns);
        assert_eq!(by_turns(Vec::new()), []);
    }

    #[tokio::test]
    async fn every_address_of_a_name_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let good = listener.local_addr().expect("it is bound");
        let closed = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("it was bound");
        let stream = connect_to_any(vec![closed, closed, good]).await.expect("the third answers");
        assert_eq!(stream.peer_addr().expect("connected"), good);
        assert!(matches!(connect_to_any(vec![closed, closed]).await, Err(ConnectError::Connect(..))));
        assert!(matches!(connect_to_any(Vec::new()).await, Err(ConnectError::NoAddress)));
    }

    #[tokio::test]
    async fn an_address_that_swallows_everything_does_not_keep_the_next_from_being_tried() {
        // Nobody accepts there, and its backlog is full: who connects hears nothing.
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let full = socket.listen(1).expect("it listens");
        let swallows = full.local_addr().expect("it is bound");
        let mut waiting = Vec::new();
        while let Ok(Ok(stream)) = timeout(Duration::from_millis(100), TcpStream::connect(swallows)).await {
            waiting.push(stream);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let good = listener.local_addr().expect("it is bound");
        // The first one alone would take its whole time: this future is done when only one of the two is.
        let stream = connect_to_any(vec![swallows, good]).await.expect("the second answers");
        assert_eq!(stream.peer_addr().expect("connected"), good);
    }

    #[tokio::test]
    async fn everywhere_is_both_families() {
        let listener = listen((std::net::Ipv6Addr::UNSPECIFIED, 0).into()).expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        TcpStream::connect(("127.0.0.1", port)).await.expect("IPv4 is heard");
        if TcpListener::bind("[::1]:0").await.is_ok() {
            TcpStream::connect(("::1", port)).await.expect("IPv6 is heard where there is any");
        }
    }
}
