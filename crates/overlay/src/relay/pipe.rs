//! Pipes through which the kernel moves bytes between sockets, held only while bytes are in them.

use std::{
    io,
    os::fd::OwnedFd,
    sync::{Mutex, PoisonError},
};

use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};

/// What a pipe should hold. The kernel may allow less: 64 KiB is its default.
pub(super) const PIPE_LEN: usize = 256 * 1024;

/// How many unused pipes are kept for the next to need one.
const KEPT: usize = 64;

static POOL: Mutex<Vec<Pipe>> = Mutex::new(Vec::new());

/// A pipe.
pub(super) struct Pipe {
    pub(super) read: OwnedFd,
    pub(super) write: OwnedFd,
}

impl Pipe {
    /// Takes an empty pipe, or makes one.
    pub(super) fn take() -> io::Result<Self> {
        let kept = POOL.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(pipe) = kept {
            return Ok(pipe);
        }
        let (read, write) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?;
        // A smaller pipe works as well, only with more system calls.
        let _ = fcntl_setpipe_size(&write, PIPE_LEN);
        Ok(Self { read, write })
    }

    /// Gives back a pipe that is empty again. One that is not must be dropped: what is in it belongs to a stream.
    pub(super) fn give_back(self) {
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < KEPT {
            pool.push(self);
        }
    }
}
