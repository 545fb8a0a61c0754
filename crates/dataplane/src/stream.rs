use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{
    StreamExt as _,
    stream::{BoxStream, Stream as FuturesStream},
};
use model::{Der, Identity};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A byte stream to or from another site.
///
/// Reading ends (`Ok(0)`) only where the other end put the end; whatever else happens is an error. Each direction is
/// ended on its own, by shutting it down.
pub struct Stream {
    io: Box<dyn Io>,
    /// Who is at the other end, from its verified certificate.
    pub peer: Identity,
    /// That certificate: for whom it matters which of its holder's certificates it is.
    pub peer_certificate: Der,
}

impl Stream {
    pub(crate) fn new(
        io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        peer: Identity,
        peer_certificate: Der,
    ) -> Self {
        Self { io: Box::new(io), peer, peer_certificate }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// The streams opened to an address that is served within the process. Dropping it ends the serving; streams that were
/// taken live on.
pub struct Incoming {
    streams: BoxStream<'static, Stream>,
}

impl Incoming {
    pub(crate) fn new(streams: impl FuturesStream<Item = Stream> + Send + 'static) -> Self {
        Self { streams: streams.boxed() }
    }
}

impl FuturesStream for Incoming {
    type Item = Stream;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Stream>> {
        self.streams.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").finish_non_exhaustive()
    }
}
