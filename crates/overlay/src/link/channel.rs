//! A control channel: frames over mutually authenticated TLS.

use std::io;

use bytes::BytesMut;
use overlay_proto::{
    link::frame::Body,
    wire::{self, FrameDecoder, FrameError, Limits},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split},
    net::TcpStream,
    time::{Duration, timeout},
};
use tokio_rustls::TlsStream;

use super::goodbye;
use crate::observe::Farewell;

/// How long a peer that is sent away may take to read why.
const LINGER: Duration = Duration::from_millis(500);

/// Why nothing more can be read from a control channel.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiveError {
    #[error("the connection failed: {}", pki::tls::explain_io(.0))]
    Io(#[from] io::Error),
    #[error("the connection was closed without a word")]
    Closed,
    #[error("the peer broke the protocol: {0}")]
    Frame(#[from] FrameError),
}

/// The reading end.
#[derive(Debug)]
pub(crate) struct Receiver<R> {
    io: R,
    buffer: BytesMut,
    decoder: FrameDecoder,
}

impl<R: AsyncRead + Unpin> Receiver<R> {
    /// The next frame. Cancelling loses nothing.
    pub(crate) async fn receive(&mut self) -> Result<Body, ReceiveError> {
        loop {
            if let Some(body) = self.decoder.decode(&mut self.buffer)? {
                return Ok(body);
            }
            if self.io.read_buf(&mut self.buffer).await? == 0 {
                self.decoder.end(&self.buffer)?;
                return Err(ReceiveError::Closed);
            }
        }
    }

    /// Accepts from now on what a peer that is known by now may send.
    pub(crate) fn limit(&mut self, limits: Limits) {
        self.decoder = FrameDecoder::new(limits);
    }
}

/// The writing end.
#[derive(Debug)]
pub(crate) struct Sender<W> {
    io: W,
    buffer: BytesMut,
}

impl<W: AsyncWrite + Unpin> Sender<W> {
    /// Adds a frame to what the next [`Sender::flush`] writes. One that is too long for the protocol is dropped: it
    /// could end the link at the other end, and with it everybody's streams.
    pub(crate) fn push(&mut self, body: Body) {
        if let Err(error) = wire::encode(body, &mut self.buffer) {
            tracing::error!(%error, "a frame was not sent");
        }
    }

    /// How many bytes wait.
    pub(crate) fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Writes everything that was pushed.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        self.io.write_all(&self.buffer).await?;
        self.buffer.clear();
        if self.buffer.capacity() > 1 << 20 {
            // A trust document passed; its room need not stay with every link.
            self.buffer = BytesMut::new();
        }
        self.io.flush().await
    }

    /// Ends the channel in order.
    pub(crate) async fn shutdown(&mut self) -> io::Result<()> {
        self.io.shutdown().await
    }
}

/// Both ends of a control channel.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) receiver: Receiver<ReadHalf<TlsStream<TcpStream>>>,
    pub(crate) sender: Sender<WriteHalf<TlsStream<TcpStream>>>,
}

impl Channel {
    pub(crate) fn new(stream: TlsStream<TcpStream>) -> Self {
        let (read, write) = split(stream);
        let ordinary = Limits::PROTOCOL.ordinary;
        // Until the peer has said hello it may send little.
        let limits = Limits { ordinary, attach: ordinary, record: ordinary, trust: ordinary };
        Self {
            receiver: Receiver { io: read, buffer: BytesMut::new(), decoder: FrameDecoder::new(limits) },
            sender: Sender { io: write, buffer: BytesMut::new() },
        }
    }

    pub(crate) async fn send(&mut self, body: Body) -> io::Result<()> {
        self.sender.push(body);
        self.sender.flush().await
    }

    /// Tells the peer why it is sent away, and gives it a moment to read it. Closing with unread bytes would reset
    /// the connection and take the reason with it.
    pub(crate) async fn refuse(mut self, farewell: &Farewell) {
        let parting = async {
            self.send(goodbye(farewell)).await?;
            self.sender.shutdown().await?;
            while self.receiver.receive().await.is_ok() {}
            Ok::<_, io::Error>(())
        };
        // A peer that is gone, or too slow, goes without.
        let _ = timeout(LINGER, parting).await;
    }
}
