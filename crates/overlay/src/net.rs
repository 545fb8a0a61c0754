//! Sockets: how they are bound, dialled and tuned.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use model::{Host, HostPort};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream, lookup_host},
    time::timeout,
};

/// How long a TCP connection may take to be established.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Binds a listening socket that can be bound again at once after a restart.
pub(crate) fn listen(bind: SocketAddr) -> io::Result<TcpListener> {
    let socket = if bind.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(bind)?;
    socket.listen(1024)
}

/// Sends small frames at once, and finds out about a peer that vanished while nothing is sent.
pub(crate) fn tune(stream: &TcpStream) -> io::Result<()> {
    use rustix::net::sockopt;
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
    let mut error = ConnectError::NoAddress;
    for address in addresses {
        match connect_to(address).await {
            Ok(stream) => return Ok(stream),
            Err(failed) => error = failed,
        }
    }
    Err(error)
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
