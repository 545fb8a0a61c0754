//! What was sent and may have to be sent again over another path.

use std::collections::VecDeque;

use bytes::Bytes;

/// How large the pieces are in which copied bytes are kept: the first is small, so that a quiet stream costs little.
const PACKED_MIN: usize = 1024;
const PACKED_MAX: usize = 16 * 1024;

/// The bytes of one direction from the first that is not known to have arrived. Holds memory only while there are some.
#[derive(Debug, Default)]
pub(super) struct Replay {
    /// The offset of the first byte of the first piece.
    start: u64,
    end: u64,
    pieces: VecDeque<Piece>,
}

#[derive(Debug)]
enum Piece {
    /// Kept as it was handed in.
    Whole(Bytes),
    /// Several short ones, copied together.
    Packed(Vec<u8>),
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Packed(bytes) => bytes,
        }
    }
}

impl Replay {
    /// Keeps `bytes`, which follow on what is kept, without copying them.
    pub(super) fn keep(&mut self, bytes: Bytes) {
        self.end += bytes.len() as u64;
        self.pieces.push_back(Piece::Whole(bytes));
    }

    /// Keeps a copy of `bytes`, which follow on what is kept.
    pub(super) fn keep_copy(&mut self, mut bytes: &[u8]) {
        self.end += bytes.len() as u64;
        while !bytes.is_empty() {
            let capacity = match self.pieces.back_mut() {
                Some(Piece::Packed(last)) if last.len() < last.capacity() => {
                    let (now, later) = bytes.split_at(bytes.len().min(last.capacity() - last.len()));
                    last.extend_from_slice(now);
                    bytes = later;
                    continue;
                }
                Some(Piece::Packed(last)) => last.capacity() * 2,
                _ => PACKED_MIN,
            };
            let capacity = capacity.max(bytes.len()).min(PACKED_MAX);
            self.pieces.push_back(Piece::Packed(Vec::with_capacity(capacity)));
        }
    }

    /// What comes before `offset` has arrived.
    pub(super) fn forget_before(&mut self, offset: u64) {
        while let Some(first) = self.pieces.front() {
            let end = self.start + first.bytes().len() as u64;
            if end > offset {
                return;
            }
            self.start = end;
            self.pieces.pop_front();
        }
        // Nothing is left: neither is the space for it.
        self.pieces = VecDeque::new();
    }

    /// The bytes from `offset` on, as far as they lie side by side, and at most `max`; none beyond the end.
    pub(super) fn from(&self, offset: u64, max: usize) -> &[u8] {
        let mut start = self.start;
        for piece in &self.pieces {
            let bytes = piece.bytes();
            let end = start + bytes.len() as u64;
            if offset < end {
                // Never before the beginning: what is forgotten has arrived.
                let skip = usize::try_from(offset.saturating_sub(start)).unwrap_or(bytes.len());
                return &bytes[skip..bytes.len().min(skip + max)];
            }
            start = end;
        }
        &[]
    }

    /// How many bytes of memory it holds at least.
    #[cfg(test)]
    pub(super) fn footprint(&self) -> usize {
        self.pieces.iter().map(|piece| piece.bytes().len()).sum::<usize>() + self.pieces.capacity()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_byte_that_is_not_forgotten_is_given_back(
            pieces in prop::collection::vec((any::<bool>(), 1usize..3_000), 1..40),
            forget in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        ) {
            let mut replay = Replay::default();
            let mut all: Vec<u8> = Vec::new();
            for (copied, len) in pieces {
                let bytes: Vec<u8> = (all.len()..all.len() + len).map(|at| u8::try_from(at % 251).expect("small")).collect();
                all.extend(&bytes);
                if copied { replay.keep_copy(&bytes) } else { replay.keep(bytes.into()) }
            }
            let mut forgotten = 0;
            for index in forget {
                forgotten = forgotten.max(index.index(all.len() + 1));
                replay.forget_before(forgotten as u64);
                let (mut at, mut seen) = (forgotten, Vec::<u8>::new());
                loop {
                    let bytes = replay.from(at as u64, 700);
                    if bytes.is_empty() {
                        break;
                    }
                    seen.extend(bytes);
                    at += bytes.len();
                }
                prop_assert_eq!(&seen, &all[forgotten..]);
            }
            replay.forget_before(all.len() as u64);
            prop_assert_eq!(replay.footprint(), 0);
        }
    }

    #[test]
    fn many_short_writes_take_little_more_memory_than_their_bytes() {
        let mut replay = Replay::default();
        for _ in 0..100_000 {
            replay.keep_copy(b"x");
        }
        assert!(replay.pieces.len() < 12, "{} pieces", replay.pieces.len());
    }
}
