//! Applications at the two ends.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::routers::LONG;

/// A server that answers every connection with its name and a colon, then with what it receives.
pub async fn echo(name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                write.write_all(name.as_bytes()).await?;
                write.write_all(b":").await?;
                tokio::io::copy(&mut read, &mut write).await?;
                write.shutdown().await
            });
        }
    });
    address
}

/// Sends `request`, ends the sending direction, and reads the whole answer.
pub async fn ask(address: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let asking = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request).await?;
        stream.shutdown().await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(answer)
    };
    timeout(LONG, asking).await.expect("an answer, or an error, in time")
}

/// Opens a connection and waits for the server's name, so that a stream is live end to end.
pub async fn connect(address: SocketAddr, name: &str) -> TcpStream {
    let connecting = async {
        let mut stream = TcpStream::connect(address).await.expect("the listener accepts");
        let mut greeting = vec![0; name.len() + 1];
        stream.read_exact(&mut greeting).await.expect("the server greets");
        assert_eq!(greeting, format!("{name}:").as_bytes());
        stream
    };
    timeout(LONG, connecting).await.expect("the server greets in time")
}

/// Waits until a live connection is cut.
pub async fn cut(mut stream: TcpStream) {
    let mut byte = [0];
    let read = timeout(LONG, stream.read(&mut byte)).await.expect("the connection is cut in time");
    assert!(matches!(read, Ok(0) | Err(_)), "no byte comes over a connection that is cut");
}

/// Passes connections on to `target`, until it is told to freeze: then nothing moves, and nothing is closed.
pub async fn relay_that_freezes(target: SocketAddr) -> (SocketAddr, tokio::sync::watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket of this machine");
    let address = listener.local_addr().expect("a socket of this machine");
    let frozen = tokio::sync::watch::Sender::new(false);
    let watching = frozen.subscribe();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let mut watching = watching.clone();
            tokio::spawn(async move {
                let mut to = TcpStream::connect(target).await.expect("a socket of this machine");
                let freezes = tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut from, &mut to) => false,
                    frozen = async { watching.wait_for(|frozen| *frozen).await.is_ok() } => frozen,
                };
                if freezes {
                    // What was connected stays so, and is never served again.
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    (address, frozen)
}
