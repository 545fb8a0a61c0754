//! Streams whose local end is in this process: what `open` returns and `serve` hands out.

use std::{
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::{Buf, BytesMut};
use model::{Der, Identity};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many bytes one direction holds between its writer and its reader.
const CAPACITY: usize = 64 * 1024;

/// A byte stream to or from another site, mutually authenticated end to end.
///
/// Reading ends (`Ok(0)`) only where the other end put the end; whatever else happens is an error. Dropping it before
/// it was shut down resets the stream at the other end.
pub struct Stream {
    end: PipeEnd,
    peer: Identity,
    certificate: Der,
}

impl Stream {
    /// A stream with `peer`, and the end at which its bytes come out of and go into the network.
    pub(crate) fn new(peer: Identity, certificate: Der) -> (Self, PipeEnd) {
        let (near, far) = pipe();
        (Self { end: near, peer, certificate }, far)
    }

    /// Who is at the other end, from its verified certificate.
    pub fn peer(&self) -> &Identity {
        &self.peer
    }

    /// That certificate: for whom it matters which of its holder's certificates it is.
    pub fn peer_certificate(&self) -> &Der {
        &self.certificate
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.end).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.end).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.end).poll_shutdown(cx)
    }
}

/// One direction of a pipe.
#[derive(Default)]
struct Half {
    bytes: BytesMut,
    ended: bool,
    broken: Option<(io::ErrorKind, String)>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Half {
    fn wake(&mut self) {
        for waker in [self.reader.take(), self.writer.take()].into_iter().flatten() {
            waker.wake();
        }
    }

    fn break_off(&mut self, kind: io::ErrorKind, reason: &str) {
        if self.broken.is_none() {
            self.broken = Some((kind, reason.to_owned()));
            self.bytes = BytesMut::new();
        }
        self.wake();
    }

    fn error(&self) -> Option<io::Error> {
        self.broken.as_ref().map(|(kind, reason)| io::Error::new(*kind, reason.clone()))
    }
}

/// One end of a pipe within the process that can be reset, as a socket can.
pub(crate) struct PipeEnd {
    incoming: Arc<Mutex<Half>>,
    outgoing: Arc<Mutex<Half>>,
}

fn pipe() -> (PipeEnd, PipeEnd) {
    let (a, b) = (Arc::<Mutex<Half>>::default(), Arc::<Mutex<Half>>::default());
    (PipeEnd { incoming: a.clone(), outgoing: b.clone() }, PipeEnd { incoming: b, outgoing: a })
}

fn lock(half: &Mutex<Half>) -> MutexGuard<'_, Half> {
    half.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PipeEnd {
    /// Breaks both directions: the other end sees a reset connection and `reason`.
    pub(crate) fn reset(&mut self, reason: &str) {
        for half in [&self.incoming, &self.outgoing] {
            lock(half).break_off(io::ErrorKind::ConnectionReset, reason);
        }
    }
}

impl Drop for PipeEnd {
    fn drop(&mut self) {
        let mut outgoing = lock(&self.outgoing);
        if !outgoing.ended {
            outgoing.break_off(io::ErrorKind::ConnectionReset, "the other end was dropped");
        }
        drop(outgoing);
        let mut incoming = lock(&self.incoming);
        if !(incoming.ended && incoming.bytes.is_empty()) {
            incoming.break_off(io::ErrorKind::BrokenPipe, "nobody reads any more");
        }
    }
}

impl AsyncRead for PipeEnd {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut half = lock(&self.incoming);
        if let Some(error) = half.error() {
            return Poll::Ready(Err(error));
        }
        if half.bytes.is_empty() {
            if half.ended {
                return Poll::Ready(Ok(()));
            }
            half.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let len = half.bytes.len().min(buf.remaining());
        buf.put_slice(&half.bytes[..len]);
        half.bytes.advance(len);
        if half.bytes.is_empty() {
            // Quiet streams hold no memory.
            half.bytes = BytesMut::new();
        }
        if let Some(writer) = half.writer.take() {
            writer.wake();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for PipeEnd {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut half = lock(&self.outgoing);
        if let Some(error) = half.error() {
            return Poll::Ready(Err(error));
        }
        if half.ended {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::BrokenPipe, "the stream was shut down")));
        }
        let len = buf.len().min(CAPACITY - half.bytes.len());
        if len == 0 && !buf.is_empty() {
            half.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        half.bytes.extend_from_slice(&buf[..len]);
        if let Some(reader) = half.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut half = lock(&self.outgoing);
        if let Some(error) = half.error() {
            return Poll::Ready(Err(error));
        }
        half.ended = true;
        half.wake();
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn each_direction_ends_on_its_own() {
        let (mut a, mut b) = pipe();
        a.write_all(b"question").await.expect("written");
        a.shutdown().await.expect("ended");
        let mut text = String::new();
        b.read_to_string(&mut text).await.expect("an orderly end");
        b.write_all(b"answer").await.expect("the other direction lives");
        b.shutdown().await.expect("ended");
        drop(b);
        a.read_to_string(&mut text).await.expect("an orderly end");
        assert_eq!(text, "questionanswer");
    }

    #[tokio::test]
    async fn a_writer_waits_for_its_reader() {
        let (mut a, mut b) = pipe();
        let written = vec![7; 3 * CAPACITY];
        let writing = tokio::spawn(async move {
            a.write_all(&written).await.expect("written");
            a.shutdown().await.expect("ended");
        });
        let mut read = Vec::new();
        b.read_to_end(&mut read).await.expect("an orderly end");
        assert_eq!(read.len(), 3 * CAPACITY);
        writing.await.expect("no panic");
    }

    #[tokio::test]
    async fn an_end_that_is_dropped_or_reset_is_never_taken_for_the_end_of_the_data() {
        let (a, mut b) = pipe();
        drop(a);
        let error = b.read(&mut [0]).await.expect_err("reset");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);

        let (mut a, mut b) = pipe();
        a.write_all(b"half a sent").await.expect("written");
        a.reset("the path was lost");
        let error = b.read(&mut [0]).await.expect_err("reset");
        assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::ConnectionReset, "the path was lost"));
        let error = b.write(b"x").await.expect_err("reset");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}
