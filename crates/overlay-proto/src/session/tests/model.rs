//! Two sessions over a lossless byte pipe against a reference model: whatever the order in which applications write,
//! read, finish and give up, and however the bytes are cut, each end sees exactly a prefix of what the other wrote,
//! and the end only where the other put it.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::super::{Decoder, Event, Open, Protocol, ResetCode, Role, Session};
use crate::Millis;

const WINDOW: u32 = 1_000;

#[derive(Clone, Debug)]
enum Op {
    /// The application of an end offers bytes.
    Write(bool, usize),
    /// The application of an end takes bytes.
    Read(bool, usize),
    Finish(bool),
    /// Bytes travel towards an end.
    Deliver(bool, usize),
    Reset(bool),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        8 => (any::<bool>(), 1usize..700).prop_map(|(end, n)| Op::Write(end, n)),
        8 => (any::<bool>(), 1usize..700).prop_map(|(end, n)| Op::Read(end, n)),
        1 => any::<bool>().prop_map(Op::Finish),
        12 => (any::<bool>(), 1usize..900).prop_map(|(end, n)| Op::Deliver(end, n)),
    ];
    prop::collection::vec(op, 0..200)
}

/// One end: the session, its application's view, and the reference.
struct End {
    session: Session,
    decoder: Decoder,
    /// Bytes on their way to this end.
    wire: VecDeque<u8>,
    /// Everything this end's application wrote: the reference.
    wrote: Vec<u8>,
    finished: bool,
    /// What came and the application has not taken.
    held: VecDeque<u8>,
    /// What the application took.
    took: Vec<u8>,
    end_seen: bool,
    end_passed_on: bool,
    reset_seen: bool,
    accepted: bool,
}

impl End {
    fn new(role: Role) -> Self {
        Self {
            session: Session::with_window(role, WINDOW),
            decoder: Decoder::new(),
            wire: VecDeque::new(),
            wrote: Vec::new(),
            finished: false,
            held: VecDeque::new(),
            took: Vec::new(),
            end_seen: false,
            end_passed_on: false,
            reset_seen: false,
            accepted: false,
        }
    }

    fn receive(&mut self, n: usize) {
        let bytes: Vec<u8> = self.wire.drain(..n.min(self.wire.len())).collect();
        let mut rest = bytes.as_slice();
        while let Some(frame) = self.decoder.decode(&mut rest).expect("both ends are honest") {
            match self.session.handle(frame).expect("both ends are honest") {
                Event::Opened(_) => {
                    self.session.accept().unwrap();
                    self.accepted = true;
                }
                Event::Accepted => self.accepted = true,
                Event::Data(bytes) => {
                    assert!(!self.end_seen, "data after the end");
                    self.held.extend(bytes);
                    assert!(self.held.len() <= WINDOW as usize, "more than the window is held");
                    assert_eq!(self.session.held(), self.held.len() as u64);
                }
                Event::End => self.end_seen = true,
                Event::Reset(_) => self.reset_seen = true,
                Event::Nothing | Event::Finished => {}
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    fn write(&mut self, n: usize) -> Vec<u8> {
        let n = n.min(self.session.sendable());
        if n == 0 {
            return Vec::new();
        }
        let bytes: Vec<u8> = (self.wrote.len()..).take(n).map(|at| u8::try_from(at % 251).unwrap()).collect();
        self.wrote.extend(&bytes);
        let mut out = self.session.data_copied(&bytes).unwrap().to_vec();
        out.extend(bytes);
        assert!(self.session.outstanding() <= u64::from(WINDOW));
        out
    }

    fn read(&mut self, n: usize) {
        let n = n.min(self.held.len());
        self.took.extend(self.held.drain(..n));
        self.session.consumed(n);
        if self.end_seen && self.held.is_empty() && !self.end_passed_on && !self.session.is_over() {
            self.end_passed_on = true;
            self.session.passed_on_end().unwrap();
        }
    }
}

struct World {
    ends: [End; 2],
    reset: bool,
}

impl World {
    fn new() -> Self {
        let mut ends = [End::new(Role::Ingress), End::new(Role::Egress)];
        let open =
            Open { stream: [0; 16], address: "a".parse().unwrap(), protocol: Protocol::Tcp, flags: 0, window: 0 };
        ends[0].session.open(open).unwrap();
        Self { ends, reset: false }
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Write(end, n) => {
                let bytes = self.ends[usize::from(end)].write(n);
                self.ends[usize::from(!end)].wire.extend(bytes);
            }
            Op::Read(end, n) => self.ends[usize::from(end)].read(n),
            Op::Finish(end) => {
                let end = &mut self.ends[usize::from(end)];
                if end.accepted && !end.finished && !end.session.is_over() {
                    end.finished = true;
                    end.session.finish().unwrap();
                }
            }
            Op::Deliver(end, n) => self.ends[usize::from(end)].receive(n),
            Op::Reset(end) => {
                self.reset = true;
                self.ends[usize::from(end)].session.reset(ResetCode::Application);
            }
        }
        for end in [0, 1] {
            let mut out = Vec::new();
            self.ends[end].session.output(&mut out, Millis(0));
            self.ends[1 - end].wire.extend(out);
        }
        self.check();
    }

    fn check(&self) {
        for (me, other) in [(0, 1), (1, 0)] {
            let (me, other) = (&self.ends[me], &self.ends[other]);
            assert!(other.wrote.starts_with(&me.took), "an end took what the other did not write");
            if me.end_seen {
                assert!(other.finished, "an end that nobody put there");
                assert_eq!(other.wrote.len(), me.took.len() + me.held.len(), "the end before all the data");
            }
            assert!(!me.reset_seen || self.reset);
        }
    }

    /// Lets everything that is under way arrive and be taken, and finishes both directions.
    fn settle(&mut self) {
        for _ in 0..40 {
            for end in [false, true] {
                self.apply(&Op::Deliver(end, usize::MAX));
                self.apply(&Op::Read(end, usize::MAX));
                self.apply(&Op::Finish(end));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn all_that_was_written_arrives_in_order_with_its_end_and_the_connection_is_free_again(ops in ops()) {
        let mut world = World::new();
        for op in &ops {
            world.apply(op);
        }
        world.settle();
        for (me, other) in [(0, 1), (1, 0)] {
            prop_assert_eq!(&world.ends[me].took, &world.ends[other].wrote);
            prop_assert!(world.ends[me].end_passed_on);
            prop_assert!(world.ends[me].session.is_ready());
            prop_assert!(world.ends[me].decoder.is_between_frames());
            prop_assert_eq!(world.ends[me].session.outstanding(), 0);
        }
    }

    #[test]
    fn after_a_reset_no_end_appears_that_was_not_put_there(ops in ops(), end in any::<bool>(), after in ops()) {
        let mut world = World::new();
        for op in &ops {
            world.apply(op);
        }
        // Lets OPEN leave: one that never did is not taken back.
        world.apply(&Op::Deliver(true, 0));
        world.apply(&Op::Reset(end));
        // Without effect where the stream was over already.
        let took_effect = world.ends[usize::from(end)].session.is_over();
        for op in &after {
            world.apply(op);
        }
        world.settle();
        if took_effect {
            prop_assert!(world.ends[usize::from(end)].session.is_over());
            prop_assert!(world.ends[usize::from(!end)].session.is_over());
        }
    }
}
