//! Data-plane streams as gRPC connections: a call's identity is the one its stream was verified with.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use model::{BackboneId, Identity};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::{Request, transport::server::Connected};

/// A stream somebody opened to one of the platform's addresses.
#[derive(Debug)]
pub(crate) struct Inbound<S> {
    pub(crate) io: S,
    pub(crate) caller: Caller,
}

/// Who calls: read from the verified certificate of the stream, never from a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    /// The serial number of its certificate, in hexadecimal.
    pub(crate) serial: String,
    /// The backbone whose router the stream came through.
    pub(crate) backbone: BackboneId,
}

impl Caller {
    /// The caller of a request that came over an [`Inbound`] stream.
    pub(crate) fn of<T>(request: &Request<T>) -> Result<Self, tonic::Status> {
        let caller = request.extensions().get::<Self>().cloned();
        caller.ok_or_else(|| tonic::Status::unauthenticated("the call did not come over an authenticated stream"))
    }
}

impl<S> Connected for Inbound<S> {
    type ConnectInfo = Caller;

    fn connect_info(&self) -> Caller {
        self.caller.clone()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Inbound<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Inbound<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
