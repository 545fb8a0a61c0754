//! When a generation of a certificate authority is announced, begins to issue, and goes: a pure function of what is stored
//! and the time.

use jiff::{SignedDuration, Timestamp};
use model::AuthorityId;
use store::authority::AuthorityState;

/// By how much certificates are dated back, for clocks that are a little slow.
const BACKDATED: SignedDuration = SignedDuration::from_mins(5);
/// How long what was issued is still accepted after it has expired here, at most: for routers whose clocks are slow. Never longer
/// than a leaf lives: what lives for less cannot be used by clocks that are so far off.
const SLOW_CLOCKS: SignedDuration = SignedDuration::from_hours(1);

/// One generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Generation {
    pub(crate) id: AuthorityId,
    pub(crate) state: AuthorityState,
    /// Since when it is in that state.
    pub(crate) since: Timestamp,
    /// The generation above that signed it.
    pub(crate) issuer: Option<AuthorityId>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    /// When the last of what it has issued ends.
    pub(crate) last_issued: Option<Timestamp>,
}

/// The generation above that issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Above {
    pub(crate) id: AuthorityId,
    pub(crate) not_after: Timestamp,
}

/// What the plan for one authority follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inputs {
    /// Oldest first.
    pub(crate) generations: Vec<Generation>,
    /// None for the installation's own authority, which comes from outside, and for networks that are over.
    pub(crate) above: Option<Above>,
    /// How long a new generation is valid, at most.
    pub(crate) lifetime: SignedDuration,
    /// How long leaf certificates are valid, at most.
    pub(crate) leaf: SignedDuration,
    /// Whether somebody must hear of the announced generation before it may issue.
    pub(crate) awaited: bool,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A new generation is made, and everybody told to trust it.
    Announce(Reason),
    /// This generation issues from now on, and the others issue nothing new.
    Begin(AuthorityId),
    /// Nothing this generation has issued can be in use any more: nobody trusts it from now on.
    Withdraw(AuthorityId),
}

/// Why a new generation is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The one that issues has lived two thirds of its life.
    Age,
    /// The authority above was replaced.
    Above,
}

impl Reason {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Age => "the generation before has lived two thirds of its life",
            Self::Above => "the authority above it was replaced",
        }
    }
}

/// What to do now, and when to look again though nothing changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) step: Option<Step>,
    pub(crate) again: Option<Timestamp>,
}

/// Plans the next step for an authority. After it, the rest is planned anew.
pub(crate) fn plan(inputs: &Inputs, now: Timestamp) -> Plan {
    let edges = [aged(inputs), latest(inputs)].into_iter().flatten();
    let withdrawals = inputs.generations.iter().filter_map(|it| withdrawn_at(inputs, it));
    let again = edges.chain(withdrawals).filter(|edge| *edge > now).min();
    Plan { step: step(inputs, now), again }
}

fn step(inputs: &Inputs, now: Timestamp) -> Option<Step> {
    if let Some(next) = in_state(inputs, AuthorityState::Announced) {
        let cannot_wait = latest(inputs).is_none_or(|latest| latest <= now);
        if !inputs.awaited || cannot_wait {
            return Some(Step::Begin(next.id));
        }
    } else if let (Some(issuing), Some(above)) = (in_state(inputs, AuthorityState::Active), inputs.above) {
        if issuing.issuer != Some(above.id) {
            return Some(Step::Announce(Reason::Above));
        }
        if aged(inputs).is_some_and(|aged| aged <= now) && later(now, inputs.lifetime) > issuing.not_after {
            return Some(Step::Announce(Reason::Age));
        }
    }
    let mut retired = inputs.generations.iter();
    retired.find(|it| withdrawn_at(inputs, it).is_some_and(|at| at <= now)).map(|it| Step::Withdraw(it.id))
}

fn in_state(inputs: &Inputs, state: AuthorityState) -> Option<&Generation> {
    inputs.generations.iter().rev().find(|generation| generation.state == state)
}

/// When the generation that issues has lived two thirds of its life, if a new one would last longer.
fn aged(inputs: &Inputs) -> Option<Timestamp> {
    let issuing = in_state(inputs, AuthorityState::Active)?;
    inputs.above.filter(|above| above.not_after > issuing.not_after)?;
    Some(two_thirds(issuing.not_before, issuing.not_after))
}

/// At two thirds of a life. The minutes by which it was dated back are no part of it.
pub(crate) fn two_thirds(not_before: Timestamp, not_after: Timestamp) -> Timestamp {
    let issued = later(not_before, BACKDATED);
    let begin = if issued < not_after { issued } else { not_before };
    not_after.saturating_sub(not_after.duration_since(begin) / 3).unwrap_or(not_after)
}

/// From when on an announced generation waits for nobody: what the one before it issues would end with that.
fn latest(inputs: &Inputs) -> Option<Timestamp> {
    in_state(inputs, AuthorityState::Announced)?;
    let issuing = in_state(inputs, AuthorityState::Active)?;
    Some(issuing.not_after.saturating_sub(inputs.leaf).unwrap_or(issuing.not_after))
}

/// When nothing that a retired generation has issued can be in use any more.
fn withdrawn_at(inputs: &Inputs, generation: &Generation) -> Option<Timestamp> {
    let Generation { state, since, last_issued, .. } = *generation;
    (state == AuthorityState::Retired).then(|| withdrawn_after(since, last_issued, inputs.leaf))
}

/// The same, of one that is retired since then, and whose last certificate ends then, where leaf certificates live as long as
/// `leaf`.
pub(crate) fn withdrawn_after(since: Timestamp, last_issued: Option<Timestamp>, leaf: SignedDuration) -> Timestamp {
    last_issued.map_or(since, |last| later(last, SLOW_CLOCKS.min(leaf)).max(since))
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use model::GenericUuid;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const LEAF: SignedDuration = SignedDuration::from_secs(100);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn id(n: u128) -> AuthorityId {
        AuthorityId::from_untyped_uuid(Uuid::from_u128(n))
    }

    /// Made at `made`, for 3000 s, by the authority 100.
    fn generation(n: u128, state: AuthorityState, made: i64) -> Generation {
        Generation {
            id: id(n),
            state,
            since: at(made),
            issuer: Some(id(100)),
            not_before: at(made - 300),
            not_after: at(made + 3_000),
            last_issued: None,
        }
    }

    fn inputs(generations: Vec<Generation>) -> Inputs {
        let above = Some(Above { id: id(100), not_after: at(1_000_000) });
        Inputs { generations, above, lifetime: SignedDuration::from_secs(3_000), leaf: LEAF, awaited: false }
    }

    use AuthorityState::{Active, Announced, Retired, Withdrawn};

    #[test]
    fn a_new_generation_is_made_at_two_thirds_of_a_life_and_not_a_second_before() {
        let inputs = inputs(vec![generation(1, Active, 0)]);
        assert_eq!(plan(&inputs, at(1_999)), Plan { step: None, again: Some(at(2_000)) });
        assert_eq!(plan(&inputs, at(2_000)).step, Some(Step::Announce(Reason::Age)));
    }

    #[test]
    fn none_is_made_that_would_not_last_longer() {
        let mut inputs = inputs(vec![generation(1, Active, 0)]);
        inputs.above = Some(Above { id: id(100), not_after: at(3_000) });
        assert_eq!(plan(&inputs, at(2_500)), Plan { step: None, again: None });
    }

    #[test]
    fn what_is_below_follows_at_once_when_the_authority_above_was_replaced() {
        let mut inputs = inputs(vec![generation(1, Active, 0)]);
        inputs.above = Some(Above { id: id(101), not_after: at(1_000_000) });
        assert_eq!(plan(&inputs, at(1)).step, Some(Step::Announce(Reason::Above)));
    }

    #[test]
    fn an_announced_generation_waits_for_those_who_must_know_but_never_until_it_is_too_late() {
        let mut inputs = inputs(vec![generation(1, Active, 0), generation(2, Announced, 2_000)]);
        assert_eq!(plan(&inputs, at(2_000)).step, Some(Step::Begin(id(2))));
        inputs.awaited = true;
        // A leaf that the first issues after 2900 would end before its time.
        assert_eq!(plan(&inputs, at(2_899)), Plan { step: None, again: Some(at(2_900)) });
        assert_eq!(plan(&inputs, at(2_900)).step, Some(Step::Begin(id(2))));
    }

    #[test]
    fn a_retired_generation_is_trusted_until_nothing_it_has_issued_can_be_in_use() {
        let retired = Generation { last_issued: Some(at(3_000)), ..generation(1, Retired, 2_500) };
        let inputs = inputs(vec![retired, generation(2, Active, 2_400)]);
        // Where leaves live for less than an hour, clocks that are slower by more are of no use anyhow.
        assert_eq!(plan(&inputs, at(3_099)), Plan { step: None, again: Some(at(3_100)) });
        assert_eq!(plan(&inputs, at(3_100)).step, Some(Step::Withdraw(id(1))));
        let leaf = SignedDuration::from_hours(24);
        let others = Inputs { above: None, leaf, ..inputs };
        assert_eq!(plan(&others, at(6_599)), Plan { step: None, again: Some(at(6_600)) });
        assert_eq!(plan(&others, at(6_600)).step, Some(Step::Withdraw(id(1))));
    }

    #[test]
    fn what_has_issued_nothing_goes_at_once_and_what_is_withdrawn_stays_so() {
        let idle = inputs(vec![generation(1, Retired, 10), generation(2, Active, 5)]);
        assert_eq!(plan(&idle, at(10)).step, Some(Step::Withdraw(id(1))));
        let gone = inputs(vec![generation(1, Withdrawn, 10), generation(2, Active, 5)]);
        assert_eq!(plan(&gone, at(11)).step, None);
    }

    proptest! {
        /// Whenever it is looked, however long somebody is awaited: exactly one generation issues, it is one that was
        /// announced while the one before was valid, and nothing is withdrawn while a leaf of it lives.
        #[test]
        fn at_every_moment_one_generation_issues_and_everything_in_use_is_trusted(
            awaited in prop::collection::vec(any::<bool>(), 40),
            pauses in prop::collection::vec(1i64..600, 40),
        ) {
            let mut inputs = inputs(vec![generation(1, Active, 0)]);
            let (mut now, mut made) = (0, 1);
            for (awaited, pause) in awaited.into_iter().zip(pauses) {
                inputs.awaited = awaited;
                // No later than it says; sooner happens.
                let again = plan(&inputs, at(now)).again.map_or(i64::MAX, Timestamp::as_second);
                now = (now + pause).min(again);
                while let Some(step) = plan(&inputs, at(now)).step {
                    match step {
                        Step::Announce(_) => {
                            made += 1;
                            inputs.generations.push(generation(made, Announced, now));
                        }
                        Step::Begin(next) => for it in &mut inputs.generations {
                            if it.id == next {
                                (it.state, it.since) = (Active, at(now));
                            } else if it.state == Active {
                                (it.state, it.since) = (Retired, at(now));
                            }
                        },
                        Step::Withdraw(gone) => for it in inputs.generations.iter_mut().filter(|it| it.id == gone) {
                            prop_assert!(it.last_issued.is_none_or(|last| last < at(now)));
                            (it.state, it.since) = (Withdrawn, at(now));
                        },
                    }
                }
                let issuing: Vec<_> = inputs.generations.iter_mut().filter(|it| it.state == Active).collect();
                prop_assert_eq!(issuing.len(), 1);
                for it in issuing {
                    prop_assert!(at(now) + LEAF <= it.not_after, "a leaf issued now has its whole life");
                    it.last_issued = Some(at(now) + LEAF);
                }
            }
        }
    }
}
