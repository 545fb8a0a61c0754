//! Moving bytes from one TCP connection to another within the kernel.

use std::{
    io,
    os::fd::AsFd,
    sync::atomic::{AtomicBool, Ordering},
};

use rustix::{
    net::Shutdown,
    pipe::{SpliceFlags, splice},
};
use tokio::{io::Interest, net::TcpStream};

use super::{
    TURN, Way,
    pipe::{PIPE_LEN, Pipe},
};
use crate::buffer::Buffer;

/// Some sandboxes have no splice(2); found out once.
static UNSUPPORTED: AtomicBool = AtomicBool::new(false);

/// Moves what comes from `from` to `to` until `from` ends, then ends `to` in this direction.
pub(super) async fn one_way(from: &TcpStream, to: &TcpStream, way: &Way<'_>) -> io::Result<()> {
    let mut turn = 0;
    loop {
        from.readable().await?;
        let moved = match pipe() {
            Some(pipe) => through_pipe(pipe, from, to, way).await,
            None => through_buffer(from, to, way).await,
        };
        match moved {
            Ok(0) => break,
            Ok(bytes) => turn += bytes,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => turn = 0,
            Err(error) => return Err(error),
        }
        if turn >= TURN {
            turn = 0;
            tokio::task::yield_now().await;
        }
    }
    match rustix::net::shutdown(to, Shutdown::Write) {
        // The other side is gone already; that is its own affair.
        Ok(()) | Err(rustix::io::Errno::NOTCONN) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A pipe, unless there can be none: out of descriptors, or no splice(2) here. Bytes are copied then.
fn pipe() -> Option<Pipe> {
    if UNSUPPORTED.load(Ordering::Relaxed) { None } else { Pipe::take().ok() }
}

async fn through_pipe(pipe: Pipe, from: &TcpStream, to: &TcpStream, way: &Way<'_>) -> io::Result<usize> {
    let came = match from.try_io(Interest::READABLE, || move_some(from, &pipe.write, PIPE_LEN)) {
        Ok(came) => came,
        Err(error) => {
            pipe.give_back();
            if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) {
                UNSUPPORTED.store(true, Ordering::Relaxed);
                return Err(io::ErrorKind::WouldBlock.into());
            }
            return Err(error);
        }
    };
    way.came(came);
    let mut left = came;
    while left > 0 {
        match to.try_io(Interest::WRITABLE, || move_some(&pipe.read, to, left)) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(went) => {
                left -= went;
                way.went(went);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => to.writable().await?,
            Err(error) => return Err(error),
        }
    }
    pipe.give_back();
    Ok(came)
}

fn move_some(from: impl AsFd, to: impl AsFd, len: usize) -> io::Result<usize> {
    Ok(splice(from, None, to, None, len, SpliceFlags::MOVE | SpliceFlags::NONBLOCK)?)
}

async fn through_buffer(from: &TcpStream, to: &TcpStream, way: &Way<'_>) -> io::Result<usize> {
    let mut buffer = Buffer::take();
    let came = from.try_read(&mut buffer)?;
    way.came(came);
    let mut rest = &buffer[..came];
    while !rest.is_empty() {
        match to.try_write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(went) => {
                rest = &rest[went..];
                way.went(went);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => to.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(came)
}
