//! A stream whose connections are lost at any byte, and whose attempts to go on overtake each other, against a reference
//! model: each end reads exactly what the other wrote, once and in order, and the end only where it was put. And what nobody
//! may do with a stream that waits to be continued.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::{
    super::{
        AbortCode, Decoder, Event, Frame, Misuse, Open, Progress, Protocol, RefuseCode, Resume, Role, Secret, Session,
        Violation,
    },
    progress,
};
use crate::Millis;

const WINDOW: u32 = 1_000;

fn secret() -> Secret {
    Secret::new([9; 32])
}

/// What is exported from a connection.
fn binding(line: usize) -> [u8; 32] {
    [u8::try_from(line % 256).unwrap(); 32]
}

#[derive(Clone, Debug)]
enum Op {
    Write(bool, usize),
    Read(bool, usize),
    Acknowledge(bool),
    Finish(bool),
    /// Bytes travel towards an end, on one of the lines.
    Deliver(bool, prop::sample::Index, usize),
    /// The line the ingress uses is cut; what is on it is lost.
    Cut,
    /// The egress notices that its line is gone.
    Notice,
    /// The ingress goes on over another line. What it has sent on the old one may still arrive.
    Resume,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        8 => (any::<bool>(), 1usize..700).prop_map(|(end, n)| Op::Write(end, n)),
        8 => (any::<bool>(), 1usize..700).prop_map(|(end, n)| Op::Read(end, n)),
        2 => any::<bool>().prop_map(Op::Acknowledge),
        1 => any::<bool>().prop_map(Op::Finish),
        16 => (any::<bool>(), any::<prop::sample::Index>(), 1usize..900).prop_map(|(end, line, n)| Op::Deliver(end, line, n)),
        1 => Just(Op::Cut),
        1 => Just(Op::Notice),
        3 => Just(Op::Resume),
    ];
    prop::collection::vec(op, 0..300)
}

/// One end of the stream.
struct End {
    session: Session,
    line: usize,
    wrote: Vec<u8>,
    finished: bool,
    held: VecDeque<u8>,
    took: Vec<u8>,
    end_seen: bool,
    end_passed_on: bool,
}

impl End {
    fn new(session: Session) -> Self {
        Self {
            session,
            line: 0,
            wrote: Vec::new(),
            finished: false,
            held: VecDeque::new(),
            took: Vec::new(),
            end_seen: false,
            end_passed_on: false,
        }
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Data(bytes) => {
                assert!(!self.end_seen, "data after the end");
                self.held.extend(bytes);
                assert!(self.held.len() <= WINDOW as usize, "more than the window is held");
            }
            Event::End => {
                assert!(!self.end_seen, "the end comes once");
                self.end_seen = true;
            }
            Event::Nothing | Event::Finished | Event::Accepted | Event::Refused { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }

    /// What this end says now: what is due, what has to be said again, and `n` new bytes.
    fn say(&mut self, n: usize) -> Vec<u8> {
        let mut out = Vec::new();
        self.session.output(&mut out, Millis(0));
        if let Some((head, bytes)) = self.session.resend() {
            out.extend_from_slice(&head);
            out.extend_from_slice(bytes);
        }
        let n = n.min(self.session.sendable());
        if n > 0 {
            let bytes: Vec<u8> = (self.wrote.len()..).take(n).map(|at| u8::try_from(at % 251).unwrap()).collect();
            self.wrote.extend(&bytes);
            let head = if n.is_multiple_of(2) {
                self.session.data_copied(&bytes)
            } else {
                self.session.data(bytes.clone().into())
            };
            out.extend_from_slice(&head.unwrap());
            out.extend(bytes);
            assert!(self.session.outstanding() <= u64::from(WINDOW), "the replay buffer is bounded");
        }
        self.session.output(&mut out, Millis(0));
        out
    }

    fn read(&mut self, n: usize) {
        let n = n.min(self.held.len());
        self.took.extend(self.held.drain(..n));
        self.session.consumed(n);
        if self.end_seen && self.held.is_empty() && !self.end_passed_on && self.session.passed_on_end().is_ok() {
            self.end_passed_on = true;
        }
    }
}

/// One connection, and the session with which its egress end began.
struct Line {
    /// Towards the ingress, and towards the egress.
    bytes: [VecDeque<u8>; 2],
    decoders: [Decoder; 2],
    fresh: Session,
    cut: bool,
}

impl Line {
    fn new() -> Self {
        Self {
            bytes: Default::default(),
            decoders: Default::default(),
            fresh: Session::with_window(Role::Egress, WINDOW),
            cut: false,
        }
    }
}

const INGRESS: usize = 0;
const EGRESS: usize = 1;

struct World {
    ends: [End; 2],
    lines: Vec<Line>,
}

impl World {
    fn new() -> Self {
        let mut sessions = [Role::Ingress, Role::Egress].map(|role| Session::with_window(role, WINDOW));
        let open =
            Open { stream: [5; 16], address: "a".parse().unwrap(), protocol: Protocol::Tcp, flags: 0, window: 0 };
        sessions[INGRESS].open(open).unwrap();
        pass(&mut sessions, INGRESS);
        sessions[EGRESS].accept().unwrap();
        pass(&mut sessions, EGRESS);
        Self { ends: sessions.map(End::new), lines: vec![Line::new()] }
    }

    /// What an end says goes onto its line, unless that is cut.
    fn say(&mut self, end: usize, n: usize) {
        let said = self.ends[end].say(n);
        let line = &mut self.lines[self.ends[end].line];
        if !line.cut {
            line.bytes[1 - end].extend(said);
        }
    }

    fn apply(&mut self, op: &Op) {
        match op {
            Op::Write(end, n) => self.say(usize::from(*end), *n),
            Op::Read(end, n) => self.ends[usize::from(*end)].read(*n),
            Op::Acknowledge(end) => self.ends[usize::from(*end)].session.acknowledge(),
            Op::Finish(end) => {
                let end = &mut self.ends[usize::from(*end)];
                end.finished |= end.session.finish().is_ok();
            }
            Op::Deliver(end, line, n) => self.deliver(usize::from(*end), line.index(self.lines.len()), *n),
            Op::Cut => {
                let line = &mut self.lines[self.ends[INGRESS].line];
                line.cut = true;
                line.bytes = Default::default();
            }
            Op::Notice => {
                if self.lines[self.ends[EGRESS].line].cut {
                    self.ends[EGRESS].session.lose();
                }
            }
            Op::Resume => self.resume(),
        }
        for end in [INGRESS, EGRESS] {
            self.say(end, 0);
        }
        self.check();
    }

    fn resume(&mut self) {
        let ingress = &mut self.ends[INGRESS];
        if ingress.session.lose() {
            // What the egress says on the old line is not looked at any more.
            self.lines[ingress.line].bytes[INGRESS].clear();
            ingress.line = self.lines.len();
            ingress.session.resume(&secret(), &binding(ingress.line)).unwrap();
            self.lines.push(Line::new());
        }
    }

    fn deliver(&mut self, end: usize, at: usize, n: usize) {
        let line = &mut self.lines[at];
        let n = n.min(line.bytes[end].len());
        let bytes: Vec<u8> = line.bytes[end].drain(..n).collect();
        if end == INGRESS && self.ends[INGRESS].line != at {
            return;
        }
        let mut rest = bytes.as_slice();
        while let Some(frame) = self.lines[at].decoders[end].decode(&mut rest).expect("both ends are honest") {
            let End { session, line, .. } = &mut self.ends[end];
            if *line == at {
                let event = session.handle(frame).expect("both ends are honest");
                self.ends[end].take(event);
            } else {
                self.arrive(at, frame);
            }
        }
    }

    /// Something comes at the egress on a line that is not, or no longer, the one it uses.
    fn arrive(&mut self, at: usize, frame: Frame<'_>) {
        let (egress, line) = (&mut self.ends[EGRESS], &mut self.lines[at]);
        if at < egress.line {
            return;
        }
        let Event::Resume(resume) = line.fresh.handle(frame).expect("the first word is RESUME") else {
            panic!("no RESUME")
        };
        assert!(secret().is_proven_by(&resume, &binding(at)));
        if egress.session.is_ready() {
            line.fresh.refuse(RefuseCode::NoSuchStream, "it has ended").unwrap();
            let mut out = Vec::new();
            line.fresh.output(&mut out, Millis(0));
            line.bytes[INGRESS].extend(out);
        } else {
            egress.session.resumed(&resume).expect("the attempts come in their order here");
            egress.line = at;
        }
    }

    fn check(&self) {
        for (me, other) in [(0, 1), (1, 0)] {
            let (me, other) = (&self.ends[me], &self.ends[other]);
            assert!(other.wrote.starts_with(&me.took), "an end took what the other did not write");
            if me.end_seen {
                assert!(other.finished, "an end that nobody put there");
                assert_eq!(other.wrote.len(), me.took.len() + me.held.len(), "the end before all the data");
            }
        }
    }

    /// Lets everything that is under way arrive and be taken, and finishes both directions.
    fn settle(&mut self) {
        for _ in 0..60 {
            if self.lines[self.ends[INGRESS].line].cut {
                self.apply(&Op::Resume);
            }
            for end in [INGRESS, EGRESS] {
                for line in 0..self.lines.len() {
                    self.deliver(end, line, usize::MAX);
                }
                for op in
                    [Op::Read(end == EGRESS, usize::MAX), Op::Finish(end == EGRESS), Op::Acknowledge(end == EGRESS)]
                {
                    self.apply(&op);
                }
            }
        }
    }
}

/// Lets one session say what it has to the other.
fn pass(sessions: &mut [Session; 2], from: usize) {
    let mut out = Vec::new();
    sessions[from].output(&mut out, Millis(0));
    let (mut decoder, mut rest) = (Decoder::new(), out.as_slice());
    while let Some(frame) = decoder.decode(&mut rest).unwrap() {
        sessions[1 - from].handle(frame).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn whatever_is_lost_on_the_way_each_end_reads_exactly_what_the_other_wrote_and_its_end(ops in ops()) {
        let mut world = World::new();
        for op in &ops {
            world.apply(op);
        }
        world.settle();
        for (me, other) in [(0, 1), (1, 0)] {
            let (me, other) = (&world.ends[me], &world.ends[other]);
            prop_assert_eq!(&me.took, &other.wrote);
            prop_assert!(me.end_passed_on);
            // The last word may be lost for good: who misses it has nothing else left to do.
            prop_assert!(me.session.is_settled());
        }
        prop_assert!(world.ends.iter().any(|end| end.session.is_ready()));
    }
}

fn accepted() -> [Session; 2] {
    World::new().ends.map(|end| end.session)
}

/// What the ingress says first on another connection.
fn request(ingress: &mut Session) -> Resume {
    assert!(ingress.lose());
    ingress.resume(&secret(), &binding(1)).unwrap();
    let mut out = Vec::new();
    ingress.output(&mut out, Millis(0));
    match Decoder::new().decode(&mut out.as_slice()) {
        Ok(Some(Frame::Resume(resume))) => resume,
        other => panic!("no RESUME but {other:?}"),
    }
}

#[test]
fn a_proof_holds_for_its_stream_its_attempt_and_its_connection_only() {
    let [mut ingress, _] = accepted();
    let resume = request(&mut ingress);
    assert!(secret().is_proven_by(&resume, &binding(1)));
    assert!(!secret().is_proven_by(&resume, &binding(2)), "replayed on another connection");
    assert!(!Secret::new([8; 32]).is_proven_by(&resume, &binding(1)), "by somebody who does not know the secret");
    for changed in [
        Resume { stream: [6; 16], ..resume.clone() },
        Resume { attempt: resume.attempt + 1, ..resume.clone() },
        Resume { proof: [0; 32], ..resume.clone() },
    ] {
        assert!(!secret().is_proven_by(&changed, &binding(1)), "{changed:?}");
    }
    assert_eq!(format!("{:?}", secret()), "Secret");
}

#[test]
fn of_two_attempts_the_later_one_counts_in_whatever_order_they_come() {
    let [mut ingress, mut egress] = accepted();
    let (first, second) = (request(&mut ingress), request(&mut ingress));
    egress.resumed(&second).unwrap();
    assert_eq!(egress.resumed(&first), Err(Violation::Attempt));
    assert_eq!(egress.resumed(&second), Err(Violation::Attempt), "and each only once");
    let third = request(&mut ingress);
    egress.resumed(&third).unwrap();
}

#[test]
fn a_stream_is_not_continued_from_where_it_never_was() {
    let [mut ingress, mut egress] = accepted();
    egress.data_copied(b"abc").unwrap();
    let resume = request(&mut ingress);
    let with = |progress| Resume { progress, ..resume.clone() };
    let told = resume.progress;
    for impossible in [
        Progress { received: 4, ..told },
        Progress { ended: true, ..told },
        Progress { idle: true, ..told },
        Progress { window: 10, ..told },
        progress(0, u32::MAX),
    ] {
        egress.resumed(&with(impossible)).unwrap_err();
    }
    egress.handle(Frame::Ack { offset: 2, window: WINDOW }).unwrap();
    assert_eq!(egress.resumed(&with(Progress { received: 1, ..told })), Err(Violation::Ack), "it had come further");
    assert_eq!(egress.sendable(), WINDOW as usize - 1, "an attempt that fails changes nothing");
    egress.resumed(&with(Progress { received: 3, ..told })).unwrap();
    assert_eq!(egress.handle(Frame::Ack { offset: 4, window: WINDOW }), Err(Violation::Ack));
}

#[test]
fn what_has_come_is_not_sent_again_and_what_has_not_is() {
    let [mut ingress, mut egress] = accepted();
    egress.data_copied(b"abcdef").unwrap();
    ingress.handle(Frame::Data { offset: 0, bytes: b"abc" }).unwrap();
    let resume = request(&mut ingress);
    egress.resumed(&resume).unwrap();
    assert_eq!(egress.sendable(), 0, "not before ACCEPT and what is missing were sent");
    assert!(egress.resend().is_none());
    egress.output(&mut Vec::new(), Millis(0));
    let (_, bytes) = egress.resend().unwrap();
    assert_eq!(bytes, b"def");
    assert!(egress.resend().is_none());
    assert_eq!(egress.sendable(), WINDOW as usize - 6);
}

#[test]
fn only_a_stream_that_was_accepted_and_has_not_ended_goes_on() {
    let mut opening = Session::new(Role::Ingress);
    assert!(!opening.lose(), "between streams");
    opening.resume(&secret(), &binding(0)).unwrap_err();
    let open = Open { stream: [5; 16], address: "a".parse().unwrap(), protocol: Protocol::Tcp, flags: 0, window: 0 };
    opening.open(open).unwrap();
    assert!(!opening.lose(), "nobody has accepted it");

    let [mut ingress, mut egress] = accepted();
    ingress.resume(&secret(), &binding(0)).unwrap_err();
    egress.abort(AbortCode::Trust, "evicted");
    assert!(!egress.lose());
    let resume = request(&mut ingress);
    assert!(egress.resumed(&resume).is_err());
    let [mut ingress, _] = accepted();
    ingress.handle(Frame::Abort { code: AbortCode::Trust, reason: String::new() }).unwrap();
    assert!(!ingress.lose(), "an abort is for good");
    assert!(matches!(egress.resume(&secret(), &binding(0)), Err(Misuse(_))), "only the ingress asks");
}

#[test]
fn an_attempt_that_is_turned_away_can_be_followed_by_another() {
    for answer in [
        Frame::Refuse { code: RefuseCode::Limit, message: String::new() },
        Frame::Abort { code: AbortCode::Limit, reason: String::new() },
        Frame::Close,
    ] {
        let [mut ingress, mut egress] = accepted();
        request(&mut ingress);
        ingress.handle(answer).unwrap();
        assert!(ingress.lose());
        let resume = request(&mut ingress);
        egress.resumed(&resume).unwrap();
    }
}

#[test]
fn quiet_streams_keep_nothing() {
    let [mut ingress, _] = accepted();
    ingress.data_copied(&[0; 700]).unwrap();
    ingress.handle(Frame::Ack { offset: 700, window: WINDOW }).unwrap();
    assert_eq!(ingress.tx.replay.footprint(), 0);
}
