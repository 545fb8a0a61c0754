use std::collections::BTreeSet;

use model::GenericUuid;
use proptest::prelude::*;

use super::*;

const READY: Ready = Ready { ours: Pool::DEFAULT, theirs: Pool::DEFAULT };

fn filled(side: Side, numbers: &[u64]) -> Pool {
    let mut pool = Pool::new(side, READY, Millis(0));
    for number in numbers {
        if side == Side::Acceptor {
            assert_eq!(pool.established(*number, Millis(*number)), Established::Idle);
        }
    }
    pool
}

/// Dials everything that is needed at `now`, successfully.
fn dial(pool: &mut Pool, now: Millis) -> Vec<u64> {
    let mut numbers = Vec::new();
    loop {
        let needed = pool.dials_needed(now);
        let mut begun: Vec<u64> = (0..needed.ours).map(|_| pool.begin_dial(Whose::Ours)).collect();
        begun.extend((0..needed.theirs).map(|_| pool.begin_dial(Whose::Theirs)));
        if begun.is_empty() {
            return numbers;
        }
        for number in begun {
            assert_eq!(pool.established(number, now), Established::Idle);
            numbers.push(number);
        }
    }
}

#[test]
fn each_end_is_given_what_it_wants_and_only_the_dialler_dials() {
    let mut pool = Pool::new(Side::Dialler, READY, Millis(0));
    pool.peer_wants(20);
    let numbers = dial(&mut pool, Millis(0));
    assert_eq!(numbers.iter().filter(|n| **n % 2 == 1).count(), 8);
    assert_eq!(numbers.iter().filter(|n| **n % 2 == 0).count(), 20);
    assert_eq!(Pool::new(Side::Acceptor, READY, Millis(0)).dials_needed(Millis(9)), DialsNeeded::default());
}

#[test]
fn idle_connections_are_few_for_members_one_for_who_only_claims_and_none_to_it() {
    let network = GenericUuid::from_untyped_uuid(uuid::Uuid::from_u128(1));
    let (claim, member) = (PeerKind::Claim { network }, PeerKind::Member { network });
    let ready = |me, peer| (Ready::between(me, peer).ours, Ready::between(me, peer).theirs);
    for (me, peer, expected) in [
        (claim, PeerKind::Backbone, (1, 0)),
        (PeerKind::Backbone, claim, (0, 1)),
        (PeerKind::Bootstrap, PeerKind::Backbone, (1, 0)),
        (PeerKind::Controller, PeerKind::Bootstrap, (0, 1)),
        (member, PeerKind::Backbone, (2, 2)),
        (PeerKind::Backbone, member, (2, 2)),
        (PeerKind::Backbone, PeerKind::Backbone, (8, 8)),
    ] {
        assert_eq!(ready(me, peer), expected, "{me:?} with {peer:?}");
    }
    let mut pool = Pool::new(Side::Dialler, Ready::between(claim, PeerKind::Backbone), Millis(0));
    assert_eq!(dial(&mut pool, Millis(0)), [1]);
    assert_eq!(pool.take(), Some(1));
    assert_eq!(dial(&mut pool, Millis(0)), [3], "for another attempt");
    assert_eq!((pool.adapt(Millis(1_000)), pool.wanted()), (None, 1));
}

#[test]
fn the_first_stream_waits_for_no_connections_but_the_first() {
    let mut pool = Pool::new(Side::Dialler, READY, Millis(0));
    assert_eq!(pool.dials_needed(Millis(0)), DialsNeeded { ours: 1, theirs: 1 });
    let (ours, theirs) = (pool.begin_dial(Whose::Ours), pool.begin_dial(Whose::Theirs));
    assert_eq!(pool.dials_needed(Millis(0)), DialsNeeded::default());
    assert_eq!(pool.established(ours, Millis(1)), Established::Idle);
    assert_eq!(pool.dials_needed(Millis(1)), DialsNeeded { ours: 7, theirs: 7 });
    assert_eq!(pool.established(theirs, Millis(1)), Established::Idle);
}

#[test]
fn what_the_peer_wants_is_bounded() {
    let mut pool = Pool::new(Side::Dialler, READY, Millis(0));
    pool.peer_wants(u32::MAX);
    dial(&mut pool, Millis(0));
    assert_eq!(pool.idle(Whose::Theirs), 256);
    pool.peer_wants(0);
    assert_eq!(pool.want_theirs, 1);
}

#[test]
fn the_most_recent_connection_is_taken_first_and_only_ones_own() {
    let mut pool = filled(Side::Acceptor, &[2, 1, 4, 6, 3]);
    assert_eq!((pool.take(), pool.take(), pool.take(), pool.take()), (Some(6), Some(4), Some(2), None));
    assert_eq!(pool.idle(Whose::Theirs), 2);
}

#[test]
fn what_the_other_end_assigns_must_be_there_and_its_own() {
    let mut pool = filled(Side::Acceptor, &[1, 2]);
    assert_eq!(pool.assigned(1), Assignment::Ready);
    assert_eq!(pool.assigned(1), Assignment::Unknown);
    assert_eq!(pool.assigned(2), Assignment::Unknown, "even numbers are the acceptor's to assign");
    assert_eq!(pool.assigned(99), Assignment::Unknown);
}

#[test]
fn a_connection_assigned_before_its_dial_ends_goes_to_its_stream() {
    let mut pool = Pool::new(Side::Dialler, READY, Millis(0));
    let number = pool.begin_dial(Whose::Theirs);
    assert_eq!(pool.assigned(number), Assignment::Soon);
    assert_eq!(pool.assigned(number), Assignment::Unknown);
    assert_eq!(pool.established(number, Millis(1)), Established::Assigned);
    let lost = pool.begin_dial(Whose::Theirs);
    assert_eq!(pool.assigned(lost), Assignment::Soon);
    assert!(pool.dial_failed(lost, Millis(2)));
}

#[test]
fn failing_dials_are_repeated_at_growing_intervals_one_at_a_time() {
    let mut pool = Pool::new(Side::Dialler, READY, Millis(0));
    let mut now = Millis(0);
    let mut pauses = Vec::new();
    for _ in 0..9 {
        let number = pool.begin_dial(Whose::Ours);
        assert!(!pool.dial_failed(number, now));
        assert_eq!(pool.dials_needed(now), DialsNeeded::default());
        let next = pool.next_deadline(now).expect("it will be tried again");
        pauses.push(next.since(now));
        now = next;
        let needed = pool.dials_needed(now);
        assert_eq!(needed.ours + needed.theirs, 1);
    }
    assert_eq!(pauses, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
    dial(&mut pool, now);
    assert_eq!(pool.idle(Whose::Ours), 8);
}

#[test]
fn connections_that_end_at_once_are_not_replaced_at_once() {
    let mut pool = Pool::new(Side::Dialler, READY, Millis(0));
    let numbers = dial(&mut pool, Millis(0));
    assert!(pool.closed(numbers[0], Millis(10)));
    assert!(!pool.closed(numbers[0], Millis(10)));
    assert_eq!(pool.dials_needed(Millis(10)), DialsNeeded::default());
    assert_eq!(pool.dials_needed(Millis(110)).ours, 1);
}

#[test]
fn old_connections_are_replaced_before_they_go() {
    let mut pool = Pool::new(Side::Dialler, READY, Millis(0));
    let old = dial(&mut pool, Millis(0));
    let later = Millis(Pool::LIFETIME);
    assert_eq!(pool.next_deadline(Millis(0)), Some(later));
    assert!(pool.expired(later).is_empty(), "nothing has replaced them");
    dial(&mut pool, later);
    let mut expected: Vec<u64> = old.into_iter().filter(|n| n % 2 == 1).collect();
    expected.sort_unstable();
    assert_eq!(pool.expired(later), expected, "only those this end assigns");
    assert_eq!((pool.idle(Whose::Ours), pool.idle(Whose::Theirs)), (8, 16));
}

#[test]
fn connections_that_cannot_be_replaced_go_in_the_end() {
    let mut pool = filled(Side::Acceptor, &[2, 4]);
    assert!(pool.expired(Millis(2 * Pool::LIFETIME)).is_empty());
    assert_eq!(pool.expired(Millis(2 * Pool::LIFETIME + 4)), [2, 4]);
}

#[test]
fn an_acceptor_does_not_collect_connections_without_end() {
    let mut pool = Pool::new(Side::Acceptor, READY, Millis(0));
    let kept = (1..5_000).filter(|n| pool.established(*n, Millis(0)) == Established::Idle).count();
    assert_eq!(kept, 1024, "twice the most of each parity");
}

#[test]
fn wants_follow_demand_and_fade() {
    let mut pool = Pool::new(Side::Acceptor, READY, Millis(0));
    assert_eq!(pool.adapt(Millis(1_000)), None);
    for _ in 0..100 {
        pool.take();
    }
    assert_eq!(pool.adapt(Millis(1_100)), None, "too early to tell");
    assert_eq!(pool.adapt(Millis(2_000)), Some(128));
    let mut now = Millis(2_000);
    let mut steps = Vec::new();
    while pool.wanted() > Pool::DEFAULT {
        now = now.after(1_000);
        steps.extend(pool.adapt(now));
    }
    assert_eq!(steps, [64, 32, 16, 8]);
}

proptest! {
    /// Whatever happens, numbers are never used twice, and no connection is in two places.
    #[test]
    fn numbers_are_never_reused(steps in prop::collection::vec((0..7_u8, any::<u16>()), 0..300)) {
        let mut pool = Pool::new(Side::Dialler, READY, Millis(0));
        let (mut now, mut used, mut flying, mut idle) = (Millis(0), BTreeSet::new(), Vec::new(), BTreeSet::new());
        for (step, value) in steps {
            now = now.after(value.into());
            let whose = if value % 2 == 0 { Whose::Ours } else { Whose::Theirs };
            match step {
                0 | 1 => {
                    let number = pool.begin_dial(whose);
                    prop_assert!(used.insert(number));
                    prop_assert_eq!(Side::Dialler.whose(number), whose);
                    flying.push(number);
                }
                2 => if let Some(number) = flying.pop() && pool.established(number, now) == Established::Idle {
                    idle.insert(number);
                },
                3 => if let Some(number) = flying.pop() {
                    pool.dial_failed(number, now);
                },
                4 => if let Some(number) = pool.take() {
                    prop_assert!(idle.remove(&number));
                },
                5 => {
                    let number = u64::from(value % 64);
                    if pool.assigned(number) == Assignment::Ready {
                        prop_assert!(idle.remove(&number));
                    }
                }
                _ => for number in pool.expired(now) {
                    prop_assert!(idle.remove(&number));
                },
            }
            prop_assert_eq!(pool.idle(Whose::Ours) + pool.idle(Whose::Theirs), idle.len());
            let needed = pool.dials_needed(now);
            prop_assert!(needed.ours + needed.theirs <= Pool::DIALS);
        }
    }
}
