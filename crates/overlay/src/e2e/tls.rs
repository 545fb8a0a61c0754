//! TLS over a data connection, driven by hand: large reads from the socket, records written as they were encrypted,
//! and no buffer held while nothing moves.

use std::{
    future::poll_fn,
    io::{self, IoSlice, Read, Write},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use rustls::{CommonState, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{
    buffer::Buffer,
    data_conn::{DataConn, Meter},
};

/// A TLS connection over a data connection.
pub(super) struct Tls {
    tls: Connection,
    conn: DataConn,
    meter: Arc<Meter>,
    /// Ciphertext that was read and not yet given to TLS.
    cipher: Option<(Buffer, usize, usize)>,
    /// The data connection has ended; authenticated or not is for TLS to say.
    ended: bool,
}

impl Tls {
    pub(super) fn new(mut tls: Connection, conn: DataConn, meter: Arc<Meter>) -> Self {
        // What is written is bounded by those who write: they wait until the last was sent.
        tls.set_buffer_limit(None);
        Self { tls, conn, meter, cipher: None, ended: false }
    }

    pub(super) fn state(&self) -> &CommonState {
        &self.tls
    }

    /// Fills `output` with bytes that only the two ends know, different ones for every label.
    pub(super) fn export<const LEN: usize>(&self, output: [u8; LEN], label: &[u8]) -> Result<[u8; LEN], rustls::Error> {
        self.tls.export_keying_material(output, label, None)
    }

    /// Completes the handshake, as far as this end can tell: a client does not know yet whether it was admitted.
    pub(super) async fn handshake(&mut self) -> io::Result<()> {
        poll_fn(|cx| {
            loop {
                match self.poll_flush(cx) {
                    Poll::Ready(result) => result?,
                    // Whether something can be read is asked all the same: it may be why nothing is taken.
                    Poll::Pending if self.tls.is_handshaking() => {}
                    Poll::Pending => return Poll::Pending,
                }
                if !self.tls.is_handshaking() {
                    return Poll::Ready(Ok(()));
                }
                if !ready!(self.poll_advance(cx))? {
                    return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                }
            }
        })
        .await
    }

    /// The next plaintext: one record's at most. Empty when the other end has closed TLS in good order.
    pub(super) fn poll_plain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        loop {
            match self.tls.reader().into_first_chunk() {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
            ready!(self.poll_advance(cx))?;
        }
        // Asked again, because the borrow of the answer above could not leave the loop.
        Poll::Ready(self.tls.reader().into_first_chunk())
    }

    /// Takes `len` bytes off the front of what [`Tls::poll_plain`] showed.
    pub(super) fn consume(&mut self, len: usize) {
        io::BufRead::consume(&mut self.tls.reader(), len);
    }

    /// Encrypts `plain`, to be sent by [`Tls::poll_flush`].
    pub(super) fn write(&mut self, plain: &[u8]) -> io::Result<()> {
        self.tls.writer().write_all(plain)
    }

    /// The same, of two pieces that go into records together.
    pub(super) fn write_both(&mut self, first: &[u8], second: &[u8]) -> io::Result<()> {
        let taken = self.tls.writer().write_vectored(&[IoSlice::new(first), IoSlice::new(second)])?;
        // Without a limit, all is taken.
        if taken == first.len() + second.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
    }

    /// Sends what was encrypted.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut wrote = false;
        while self.tls.wants_write() {
            let mut sink = Sink { conn: &mut self.conn, cx };
            match self.tls.write_tls(&mut sink) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(sent) => {
                    self.meter.add_sent(sent);
                    wrote = true;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        if wrote || matches!(self.conn, DataConn::Tls(_)) {
            ready!(Pin::new(&mut self.conn).poll_flush(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Sends what was encrypted, says goodbye, and ends the sending direction.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        self.tls.send_close_notify();
        poll_fn(|cx| self.poll_flush(cx)).await?;
        poll_fn(|cx| Pin::new(&mut self.conn).poll_shutdown(cx)).await
    }

    /// Reads and forgets until the data connection ends, so that closing it cannot destroy what was sent last.
    pub(super) async fn drain(&mut self) -> io::Result<()> {
        let mut buffer = Buffer::take();
        poll_fn(|cx| {
            loop {
                let mut space = ReadBuf::new(&mut buffer);
                ready!(Pin::new(&mut self.conn).poll_read(cx, &mut space))?;
                if space.filled().is_empty() {
                    return Poll::Ready(Ok(()));
                }
            }
        })
        .await
    }

    pub(super) fn reset(self) {
        self.conn.reset();
    }

    /// Gives TLS more to read. False at the end of the data connection.
    fn poll_advance(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if self.cipher.is_none() {
            match self.poll_fill(cx) {
                Poll::Ready(result) => result?,
                Poll::Pending => {
                    // Lets TLS give up the space of a large record once nothing more comes.
                    let _ = self.tls.read_tls(&mut Nothing);
                    return Poll::Pending;
                }
            }
        }
        let Some((buffer, start, end)) = &mut self.cipher else {
            // Tells TLS that nothing more comes.
            self.tls.read_tls(&mut io::empty())?;
            return Poll::Ready(Ok(false));
        };
        let mut rest = &buffer[*start..*end];
        self.tls.read_tls(&mut rest)?;
        *start = *end - rest.len();
        if start == end {
            self.cipher = None;
        }
        if let Err(error) = self.tls.process_new_packets() {
            // Tells the other end why, as far as that goes without waiting.
            let _ = self.poll_flush(cx);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, error)));
        }
        Poll::Ready(Ok(true))
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ended {
            return Poll::Ready(Ok(()));
        }
        let mut buffer = Buffer::take();
        let mut space = ReadBuf::new(&mut buffer);
        ready!(Pin::new(&mut self.conn).poll_read(cx, &mut space))?;
        let len = space.filled().len();
        self.meter.add_received(len);
        if len == 0 {
            self.ended = true;
        } else {
            self.cipher = Some((buffer, 0, len));
        }
        Poll::Ready(Ok(()))
    }
}

/// A reader at which nothing is ready.
struct Nothing;

impl Read for Nothing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

/// A data connection as TLS writes to it.
struct Sink<'a, 'b> {
    conn: &'a mut DataConn,
    cx: &'a mut Context<'b>,
}

impl Sink<'_, '_> {
    fn now(poll: Poll<io::Result<usize>>) -> io::Result<usize> {
        match poll {
            Poll::Ready(result) => result,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Sink<'_, '_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Self::now(Pin::new(&mut *self.conn).poll_write(self.cx, buf))
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        Self::now(Pin::new(&mut *self.conn).poll_write_vectored(self.cx, bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
