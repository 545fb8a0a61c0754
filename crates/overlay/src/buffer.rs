//! Buffers that are held only while bytes are in them, so that ten thousand quiet streams hold none.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{Mutex, PoisonError},
};

/// The size of a [`Buffer`]: four full TLS records of plaintext.
pub(crate) const BUFFER_LEN: usize = 64 * 1024;

/// How many unused buffers are kept for the next to need one: 16 MiB at most.
const KEPT: usize = 256;

static POOL: Mutex<Vec<Box<[u8]>>> = Mutex::new(Vec::new());

/// [`BUFFER_LEN`] bytes of scratch space, with whatever their last user left in them.
pub(crate) struct Buffer(Box<[u8]>);

impl Buffer {
    /// Takes an unused buffer, or makes one.
    pub(crate) fn take() -> Self {
        let kept = POOL.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self(kept.unwrap_or_else(|| vec![0; BUFFER_LEN].into_boxed_slice()))
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.0);
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < KEPT {
            pool.push(buffer);
        }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the content: it is some tenant's.
        f.write_str("Buffer")
    }
}
