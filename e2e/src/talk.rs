//! Long conversations over TCP: what tells whether a stream goes on unbroken.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Serves whoever connects by saying back what they say, until the task or process ends; gives the bound address.
pub async fn serve() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let bound = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut reader, mut writer) = stream.into_split();
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
            });
        }
    });
    Ok(bound)
}

/// One conversation, on a connection of its own.
#[derive(Debug)]
pub struct Talk {
    stream: TcpStream,
}

impl Talk {
    /// Begins one, and says a first word.
    pub async fn begin(door: SocketAddr) -> Result<Self> {
        let mut talk = Self { stream: TcpStream::connect(door).await? };
        talk.say(b"hello").await?;
        Ok(talk)
    }

    /// Says something, and hears it.
    pub async fn say(&mut self, words: &[u8]) -> Result<()> {
        let (mut reader, mut writer) = self.stream.split();
        let mut heard = vec![0; words.len()];
        let (said, listened) = tokio::join!(writer.write_all(words), reader.read_exact(&mut heard));
        said?;
        listened?;
        ensure!(heard == words, "something else came back");
        Ok(())
    }
}
