//! Runs the private PostgreSQL of a directory until it is killed: the process that the test of orphans kills.

#![expect(clippy::print_stdout, reason = "the test waits for its word")]

use std::{io, path::PathBuf};

use store::private::PrivateServer;

fn main() -> io::Result<()> {
    let home: PathBuf = std::env::args_os().nth(1).ok_or_else(|| io::Error::other("usage: private-server DIR"))?.into();
    tokio::runtime::Runtime::new()?.block_on(async {
        let _server = PrivateServer::start(&home).await.map_err(io::Error::other)?;
        println!("ready");
        std::future::pending().await
    })
}
