//! The bound: a TCP relay that does nothing but copy.

use std::net::SocketAddr;

use anyhow::Result;
use tokio::{
    io::copy_bidirectional_with_sizes,
    net::{TcpListener, TcpStream},
};

/// Forwards every connection to `target`, on one thread, until the process ends.
pub(crate) fn run(listen: SocketAddr, target: SocketAddr) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(listen).await?;
        loop {
            let (mut inbound, _) = listener.accept().await?;
            tokio::spawn(async move {
                inbound.set_nodelay(true)?;
                let mut outbound = TcpStream::connect(target).await?;
                outbound.set_nodelay(true)?;
                copy_bidirectional_with_sizes(&mut inbound, &mut outbound, 64 * 1024, 64 * 1024).await
            });
        }
    })
}
