//! Moving bytes between connections of which one at least is wrapped in TLS.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{TURN, Way};
use crate::{buffer::Buffer, data_conn::DataConn};

/// Moves bytes in both directions until both have ended.
pub(super) async fn both_ways(a: &mut DataConn, b: &mut DataConn, there: &Way<'_>, back: &Way<'_>) -> io::Result<()> {
    let (mut forward, mut backward) = (Half::default(), Half::default());
    loop {
        let turn = poll_fn(|cx| {
            // Both are polled, whatever the first says: each has its own wake-ups to arrange.
            let forward = forward.poll_turn(cx, a, b, there)?;
            let backward = backward.poll_turn(cx, b, a, back)?;
            match (forward, backward) {
                (Poll::Ready(Turn::Over), Poll::Ready(Turn::Over)) => Poll::Ready(io::Result::Ok(Turn::Over)),
                (Poll::Ready(Turn::Again), _) | (_, Poll::Ready(Turn::Again)) => Poll::Ready(Ok(Turn::Again)),
                _ => Poll::Pending,
            }
        })
        .await?;
        match turn {
            Turn::Over => return Ok(()),
            Turn::Again => tokio::task::yield_now().await,
        }
    }
}

enum Turn {
    /// There is more to do, and others have waited long enough.
    Again,
    /// The direction has ended.
    Over,
}

/// One direction.
#[derive(Default)]
struct Half {
    /// Bytes on their way, while there are any.
    held: Option<(Buffer, usize, usize)>,
    /// Something was written that may still be under way inside the connection.
    unflushed: bool,
    ended: bool,
    over: bool,
}

impl Half {
    fn poll_turn(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut DataConn,
        to: &mut DataConn,
        way: &Way<'_>,
    ) -> Poll<io::Result<Turn>> {
        let mut moved = 0;
        while !self.over {
            if moved >= TURN {
                return Poll::Ready(Ok(Turn::Again));
            }
            if let Some((buffer, start, end)) = &mut self.held {
                let went = ready!(Pin::new(&mut *to).poll_write(cx, &buffer[*start..*end]))?;
                if went == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                way.went(went);
                moved += went;
                *start += went;
                self.unflushed = true;
                if start == end {
                    self.held = None;
                }
            } else if self.ended {
                ready!(Pin::new(&mut *to).poll_shutdown(cx))?;
                self.over = true;
            } else {
                let polled = self.poll_fill(cx, from, way)?;
                if polled.is_pending() {
                    // Nothing more to read: what was written must go now.
                    if self.unflushed {
                        ready!(Pin::new(&mut *to).poll_flush(cx))?;
                        self.unflushed = false;
                    }
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(Turn::Over))
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>, from: &mut DataConn, way: &Way<'_>) -> Poll<io::Result<()>> {
        let mut buffer = Buffer::take();
        let mut space = ReadBuf::new(&mut buffer);
        ready!(Pin::new(from).poll_read(cx, &mut space))?;
        let came = space.filled().len();
        way.came(came);
        if came == 0 {
            self.ended = true;
        } else {
            self.held = Some((buffer, 0, came));
        }
        Poll::Ready(Ok(()))
    }
}
