//! Dialling through an HTTP proxy: `CONNECT` (RFC 9110, 9.3.6).

use std::{io, time::Duration};

use model::{HostPort, proxy::Proxy};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{link::words, net};

/// How long the proxy may take to answer: it has to reach the target first.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest answer that is read.
const LONGEST: usize = 16 * 1024;

/// Why a proxy did not connect. Says nothing of user and password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProxyError {
    #[error("the proxy {proxy} cannot be reached: {error}")]
    Unreachable {
        proxy: Proxy,
        #[source]
        error: Box<net::ConnectError>,
    },
    #[error("the proxy {proxy} did not connect to {target} within ten seconds")]
    Timeout { proxy: Proxy, target: HostPort },
    #[error("the proxy {proxy} ended the connection when it was asked for {target}: {error}")]
    Lost {
        proxy: Proxy,
        target: HostPort,
        #[source]
        error: io::Error,
    },
    #[error("the proxy {proxy}, asked for {target}, answered \"{status}\"{hint}")]
    Refused { proxy: Proxy, target: HostPort, status: String, hint: &'static str },
    #[error("{proxy} does not answer as an HTTP proxy does: \"{status}\"")]
    NoProxy { proxy: Proxy, status: String },
}

/// Connects to `target` through `proxy`.
pub(crate) async fn connect(proxy: &Proxy, target: &HostPort) -> Result<TcpStream, Box<ProxyError>> {
    let unreachable = |error| Box::new(ProxyError::Unreachable { proxy: proxy.clone(), error: Box::new(error) });
    // Boxed, because the way to a target may be one through a proxy; the way to a proxy never is.
    let mut stream = Box::pin(net::connect(&proxy.address)).await.map_err(unreachable)?;
    let answer = timeout(ANSWER_TIMEOUT, ask(&mut stream, proxy, target)).await;
    let lost = |error| Box::new(ProxyError::Lost { proxy: proxy.clone(), target: target.clone(), error });
    let late = |_| Box::new(ProxyError::Timeout { proxy: proxy.clone(), target: target.clone() });
    let answer = answer.map_err(late)?;
    judge(&answer.map_err(lost)?, proxy, target)?;
    Ok(stream)
}

async fn ask(stream: &mut TcpStream, proxy: &Proxy, target: &HostPort) -> io::Result<Vec<u8>> {
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if let Some(authorization) = proxy.authorization() {
        request.push_str("Proxy-Authorization: ");
        request.push_str(&authorization);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    // Byte by byte: what follows the answer is the target's. It is short, and comes once per connection.
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its answer does not end"));
        }
        answer.push(stream.read_u8().await?);
    }
    Ok(answer)
}

fn judge(answer: &[u8], proxy: &Proxy, target: &HostPort) -> Result<(), Box<ProxyError>> {
    let line = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = words(&String::from_utf8_lossy(line));
    let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.split_once(' ')).map(|(_, status)| status.trim());
    let Some(status) = status else {
        return Err(Box::new(ProxyError::NoProxy { proxy: proxy.clone(), status: line }));
    };
    let code = status.split(' ').next().unwrap_or_default();
    if code.len() == 3 && code.starts_with('2') {
        return Ok(());
    }
    let hint = match (code, proxy.credentials()) {
        ("407", None) => "; it wants to know who asks: give it as http://USER:PASSWORD@HOST:PORT",
        ("407", Some(_)) => "; it does not take this user and password",
        ("403" | "405", _) => "; it may have to be told to allow CONNECT to this port",
        ("502" | "503" | "504", _) => "; it cannot reach the target itself",
        _ => "",
    };
    let status = status.to_owned();
    Err(Box::new(ProxyError::Refused { proxy: proxy.clone(), target: target.clone(), status, hint }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(answer: &str, proxy: &str) -> Result<(), String> {
        let target = "router.example.com:5671".parse().expect("a target");
        judge(answer.as_bytes(), &proxy.parse().expect("a proxy"), &target).map_err(|error| error.to_string())
    }

    #[test]
    fn what_the_proxy_answers_is_said_and_what_to_do_but_never_the_password() {
        assert_eq!(judged("HTTP/1.1 200 Connection established\r\n\r\n", "http://p:1"), Ok(()));
        assert_eq!(judged("HTTP/1.0 204\r\n\r\n", "http://p:1"), Ok(()));
        let error =
            judged("HTTP/1.1 407 Proxy Authentication Required\r\nX: y\r\n\r\n", "http://p:1").expect_err("407");
        assert_eq!(
            error,
            "the proxy http://p:1, asked for router.example.com:5671, answered \"407 Proxy Authentication Required\"; \
             it wants to know who asks: give it as http://USER:PASSWORD@HOST:PORT"
        );
        let error = judged("HTTP/1.1 407 No\r\n\r\n", "http://me:hunter2@p:1").expect_err("407");
        assert!(error.contains("does not take this user") && !error.contains("hunter2"), "{error}");
        assert!(judged("HTTP/1.1 403 Forbidden\r\n\r\n", "http://p:1").expect_err("403").contains("allow CONNECT"));
        assert!(judged("SSH-2.0-OpenSSH\r\n\r\n", "http://p:1").expect_err("no proxy").contains("SSH-2.0-OpenSSH"));
    }
}
