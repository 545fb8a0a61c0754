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

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::data_conn::Meter;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        (near.expect("connected"), far.expect("accepted").0)
    }

    #[tokio::test]
    async fn where_the_kernel_cannot_move_them_bytes_are_copied() {
        let ((mut source, from), (to, mut sink)) = (pair().await, pair().await);
        let (left, right) = (Meter::default(), Meter::default());
        let way = Way::new(&left, &right);
        let bytes = vec![5; 300_000];
        let sent = bytes.clone();
        let sending = tokio::spawn(async move {
            source.write_all(&sent).await.expect("written");
            // Dropped here: the direction ends.
        });
        let copying = async {
            loop {
                from.readable().await.expect("alive");
                match through_buffer(&from, &to, &way).await {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
                }
            }
            rustix::net::shutdown(&to, Shutdown::Write).expect("ended");
        };
        let mut arrived = Vec::new();
        let ((), read) = tokio::join!(copying, sink.read_to_end(&mut arrived));
        read.expect("an orderly end");
        assert!(arrived == bytes);
        sending.await.expect("no panic");
        assert_eq!((way.moved(), left.received(), right.sent()), (300_000, 300_000, 300_000));
    }

    #[tokio::test]
    async fn a_pipe_is_given_back_empty_and_one_with_bytes_in_it_is_not() {
        let ((mut source, from), (to, sink)) = (pair().await, pair().await);
        let (left, right) = (Meter::default(), Meter::default());
        let way = Way::new(&left, &right);
        // Nobody reads, so at some point bytes are stuck in the pipe; cancelled there, they must not reach another stream.
        let writing = async {
            let bytes = vec![9; 1 << 20];
            while source.write_all(&bytes).await.is_ok() {}
        };
        let stuck = async {
            while left.received() == 0 || left.received() == right.sent() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            () = stuck => {}
            result = one_way(&from, &to, &way) => result.expect("it does not end by itself"),
            () = writing => unreachable!("it never ends"),
        }
        drop(sink);
        for _ in 0..4 {
            let pipe = Pipe::take().expect("a pipe");
            let error = rustix::io::read(&pipe.read, &mut [0_u8; 1][..]).expect_err("nothing is in it");
            assert_eq!(error, rustix::io::Errno::AGAIN);
        }
    }
}
