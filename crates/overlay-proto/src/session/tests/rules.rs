//! What each end may do when.

use super::{
    super::{
        AbortCode, Decoder, Event, Frame, INITIAL_WINDOW, MAX_WINDOW, Open, Protocol, RefuseCode, ResetCode, Role,
        Session, Violation,
    },
    progress,
};
use crate::Millis;

fn open() -> Open {
    Open { stream: [7; 16], address: "web".parse().unwrap(), protocol: Protocol::Tcp, flags: 0, window: 0 }
}

fn frames(session: &mut Session) -> Vec<Frame<'static>> {
    let mut bytes = Vec::new();
    session.output(&mut bytes, Millis(0));
    let mut rest: &'static [u8] = bytes.leak();
    let mut decoder = Decoder::new();
    std::iter::from_fn(|| decoder.decode(&mut rest).unwrap()).collect()
}

fn opened() -> (Session, Session) {
    let (mut ingress, mut egress) = (Session::new(Role::Ingress), Session::new(Role::Egress));
    ingress.open(open()).unwrap();
    for frame in frames(&mut ingress) {
        egress.handle(frame).unwrap();
    }
    egress.accept().unwrap();
    for frame in frames(&mut egress) {
        assert_eq!(ingress.handle(frame), Ok(Event::Accepted));
    }
    (ingress, egress)
}

#[test]
fn no_data_is_sent_before_the_stream_is_accepted() {
    let mut ingress = Session::new(Role::Ingress);
    assert_eq!(ingress.sendable(), 0);
    ingress.open(open()).unwrap();
    assert_eq!(ingress.sendable(), 0);
    ingress.data_copied(b"x").unwrap_err();
    frames(&mut ingress);
    ingress.handle(Frame::Accept(progress(0, 10))).unwrap();
    assert_eq!(ingress.sendable(), 10);
}

#[test]
fn data_before_open_or_before_accept_breaks_the_protocol() {
    let mut egress = Session::new(Role::Egress);
    let data = Frame::Data { offset: 0, bytes: b"x" };
    assert_eq!(egress.handle(data.clone()), Err(Violation::Unexpected("DATA")));
    egress.handle(Frame::Open(open())).unwrap();
    assert_eq!(egress.handle(data), Err(Violation::Unexpected("DATA")));
}

#[test]
fn offsets_are_contiguous() {
    let (_, mut egress) = opened();
    assert_eq!(egress.handle(Frame::Data { offset: 0, bytes: b"ab" }), Ok(Event::Data(b"ab")));
    for offset in [0, 1, 3, u64::MAX] {
        assert_eq!(
            egress.handle(Frame::Data { offset, bytes: b"c" }),
            Err(Violation::Offset { got: offset, expected: 2 })
        );
        assert_eq!(egress.handle(Frame::Fin { offset }), Err(Violation::Offset { got: offset, expected: 2 }));
    }
}

#[test]
fn the_window_is_a_bound_for_both_ends() {
    let (mut ingress, mut egress) = opened();
    let window = usize::try_from(INITIAL_WINDOW).unwrap();
    let mut sent = 0;
    while ingress.sendable() > 0 {
        let len = ingress.sendable().min(60_000);
        let bytes = vec![0; len];
        ingress.data(bytes.clone().into()).unwrap();
        egress.handle(Frame::Data { offset: sent as u64, bytes: &bytes }).unwrap();
        sent += len;
    }
    assert_eq!(sent, window);
    ingress.data_copied(b"x").unwrap_err();
    assert_eq!(egress.handle(Frame::Data { offset: sent as u64, bytes: b"x" }), Err(Violation::Window));

    // Room appears when the application takes bytes, in steps worth a frame.
    egress.consumed(window / 4 - 1);
    assert!(!egress.wants_output());
    egress.consumed(1);
    for frame in frames(&mut egress) {
        ingress.handle(frame).unwrap();
    }
    assert_eq!(ingress.sendable(), window / 4);
}

#[test]
fn acknowledgements_cannot_lie() {
    let (mut ingress, _) = opened();
    ingress.data_copied(&[0; 100]).unwrap();
    let window = INITIAL_WINDOW;
    assert_eq!(ingress.handle(Frame::Ack { offset: 101, window }), Err(Violation::Ack));
    assert_eq!(ingress.handle(Frame::Ack { offset: 50, window: 10 }), Err(Violation::Ack));
    ingress.handle(Frame::Ack { offset: 50, window }).unwrap();
    assert_eq!(ingress.handle(Frame::Ack { offset: 49, window }), Err(Violation::Ack));
    assert_eq!(
        ingress.handle(Frame::Ack { offset: 50, window: MAX_WINDOW + 1 }),
        Err(Violation::TooLargeWindow(MAX_WINDOW + 1))
    );
}

#[test]
fn each_direction_ends_on_its_own_and_the_connection_serves_the_next_stream() {
    let (mut ingress, mut egress) = opened();
    for round in 0..3 {
        ingress.data_copied(b"abc").unwrap();
        egress.handle(Frame::Data { offset: 0, bytes: b"abc" }).unwrap();
        ingress.finish().unwrap();
        ingress.finish().unwrap_err();
        assert_eq!(ingress.sendable(), 0);
        assert_eq!(frames(&mut ingress), [Frame::Fin { offset: 3 }]);
        assert_eq!(egress.handle(Frame::Fin { offset: 3 }), Ok(Event::End));
        egress.consumed(3);
        egress.passed_on_end().unwrap();
        assert_eq!(frames(&mut egress), [], "nothing to say while the other direction lives");

        egress.data_copied(b"de").unwrap();
        assert_eq!(ingress.handle(Frame::Data { offset: 0, bytes: b"de" }), Ok(Event::Data(b"de")));
        egress.finish().unwrap();
        assert_eq!(frames(&mut egress), [Frame::Fin { offset: 2 }, Frame::Idle]);
        assert_eq!(ingress.handle(Frame::Fin { offset: 2 }), Ok(Event::End));
        assert_eq!(ingress.handle(Frame::Idle), Ok(Event::Nothing));
        assert!(!ingress.is_ready());
        ingress.consumed(2);
        ingress.passed_on_end().unwrap();
        assert_eq!(frames(&mut ingress), [Frame::Idle]);
        assert!(ingress.is_ready());
        assert_eq!(egress.handle(Frame::Idle), Ok(Event::Finished), "round {round}");

        ingress.open(open()).unwrap();
        for frame in frames(&mut ingress) {
            assert!(matches!(egress.handle(frame), Ok(Event::Opened(_))));
        }
        egress.accept().unwrap();
        for frame in frames(&mut egress) {
            ingress.handle(frame).unwrap();
        }
    }
}

#[test]
fn idle_cannot_be_claimed_early() {
    let (mut ingress, mut egress) = opened();
    assert_eq!(ingress.handle(Frame::Idle), Err(Violation::Unexpected("IDLE")));
    egress.handle(Frame::Fin { offset: 0 }).unwrap();
    assert_eq!(egress.handle(Frame::Idle), Err(Violation::Unexpected("IDLE")), "our own direction has not ended");
}

#[test]
fn a_refused_stream_leaves_the_connection_usable() {
    let (mut ingress, mut egress) = (Session::new(Role::Ingress), Session::new(Role::Egress));
    ingress.open(open()).unwrap();
    for frame in frames(&mut ingress) {
        egress.handle(frame).unwrap();
    }
    egress.refuse(RefuseCode::NoSuchAddress, "nothing serves web here").unwrap();
    for frame in frames(&mut egress) {
        assert!(matches!(
            ingress.handle(frame),
            Ok(Event::Refused { code: RefuseCode::NoSuchAddress, message }) if message == "nothing serves web here"
        ));
    }
    assert!(ingress.is_ready() && egress.is_ready());
}

#[test]
fn another_version_ends_the_connection() {
    let mut egress = Session::new(Role::Egress);
    assert_eq!(egress.handle(Frame::UnknownVersion(1)), Ok(Event::Closed));
    assert!(matches!(frames(&mut egress).as_slice(), [Frame::Refuse { code: RefuseCode::Version, .. }]));
    assert!(egress.is_over());
}

#[test]
fn what_was_consumed_is_told_with_the_next_data_or_when_it_is_asked_for() {
    let (mut ingress, mut egress) = opened();
    egress.handle(Frame::Data { offset: 0, bytes: b"abc" }).unwrap();
    egress.consumed(3);
    assert!(!egress.wants_output() && egress.owes_ack(), "so little is not worth a frame of its own");
    let mut bytes = egress.data_copied(b"de").unwrap().to_vec();
    bytes.extend(b"de");
    assert!(!egress.owes_ack());
    ingress.data_copied(b"abc").unwrap();
    let (mut decoder, mut rest) = (Decoder::new(), bytes.as_slice());
    assert_eq!(ingress.outstanding(), 3);
    while let Some(frame) = decoder.decode(&mut rest).unwrap() {
        ingress.handle(frame).unwrap();
    }
    assert_eq!(ingress.outstanding(), 0);
    ingress.consumed(2);
    ingress.acknowledge();
    assert_eq!(frames(&mut ingress), [Frame::Ack { offset: 2, window: INITIAL_WINDOW }]);
    ingress.acknowledge();
    assert_eq!(frames(&mut ingress), []);
}

#[test]
fn the_window_grows_on_a_long_way_that_it_holds_up_and_stays_on_a_short_one() {
    for (round_trip, grows) in [(1, false), (100, true)] {
        let (_, mut egress) = opened();
        egress.round_trip(round_trip);
        let mut windows = Vec::new();
        let (mut received, mut now) = (0, 0);
        for _ in 0..200 {
            let bytes = vec![0; usize::try_from(INITIAL_WINDOW / 4).unwrap()];
            egress.handle(Frame::Data { offset: received, bytes: &bytes }).unwrap();
            egress.consumed(bytes.len());
            received += bytes.len() as u64;
            // What a window allows in a round trip.
            now += 25;
            let mut out = Vec::new();
            egress.output(&mut out, Millis(now));
            if let Some(Frame::Ack { window, .. }) = Decoder::new().decode(&mut out.as_slice()).unwrap() {
                windows.push(window);
            }
        }
        assert!(windows.is_sorted() && windows.iter().all(|window| *window <= MAX_WINDOW));
        // Twice what flows in a round trip is enough.
        assert_eq!(windows.last(), Some(&(INITIAL_WINDOW * if grows { 2 } else { 1 })));
    }
}

#[test]
fn reset_and_abort_end_everything_at_both_ends() {
    let (mut ingress, mut egress) = opened();
    ingress.finish().unwrap();
    ingress.reset(ResetCode::Application);
    assert_eq!(frames(&mut ingress), [Frame::Reset { code: ResetCode::Application }], "what was due no longer matters");
    assert_eq!(egress.handle(Frame::Reset { code: ResetCode::Application }), Ok(Event::Reset(ResetCode::Application)));
    for session in [&mut ingress, &mut egress] {
        assert!(session.is_over());
        assert_eq!(session.sendable(), 0);
        assert_eq!(session.handle(Frame::Data { offset: 0, bytes: b"late" }), Ok(Event::Nothing));
    }

    let (mut ingress, mut egress) = opened();
    egress.abort(AbortCode::Trust, "the site was evicted");
    for frame in frames(&mut egress) {
        assert!(matches!(ingress.handle(frame), Ok(Event::Aborted { code: AbortCode::Trust, .. })));
    }
    assert!(ingress.is_over());
}

#[test]
fn closing_crosses_opening_without_harm() {
    let mut ingress = Session::new(Role::Ingress);
    ingress.open(open()).unwrap();
    assert_eq!(ingress.handle(Frame::Close), Ok(Event::Closed));
    let (mut ingress, _) = opened();
    assert_eq!(ingress.handle(Frame::Close), Err(Violation::Unexpected("CLOSE")));
}

#[test]
fn ends_do_not_take_each_others_roles() {
    let mut ingress = Session::new(Role::Ingress);
    assert!(ingress.handle(Frame::Open(open())).is_err());
    ingress.accept().unwrap_err();
    let mut egress = Session::new(Role::Egress);
    egress.open(open()).unwrap_err();
    assert!(egress.handle(Frame::Accept(progress(0, 1))).is_err());
    assert!(egress.handle(Frame::Refuse { code: RefuseCode::Limit, message: String::new() }).is_err());
}
