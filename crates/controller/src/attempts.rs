//! How often somebody may be wrong: what makes guessing slow for who guesses, and for nobody else.
//!
//! Nobody is locked out. Whoever comes from where they have signed in before is held to what was tried at their own name
//! from there, whatever strangers do. A name that is tried from everywhere may still be tried from everywhere, but by
//! each source once in a minute. All of it is kept in memory by each replica, and bounded: what is forgotten first is
//! what was least often wrong.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// How many wrong passwords of one source cost nothing.
const OF_SOURCE: u32 = 10;
/// How many wrong passwords at one name by one source cost nothing.
const OF_PAIR: u32 = 5;
/// The same, at a name that is tried by many.
const OF_PAIR_UNDER_ATTACK: u32 = 1;
/// How many wrong passwords by strangers make a name one that is tried by many.
const UNDER_ATTACK: u32 = 20;
/// How many wrong tokens of one source are looked up.
const OF_GUESSER: u32 = 100;
/// How long until one failure is forgiven.
const FORGIVEN: SignedDuration = SignedDuration::from_secs(60);
/// How long somebody has to wait at first.
const SHORTEST: SignedDuration = SignedDuration::from_secs(2);
/// The longest that somebody has to wait.
const LONGEST: SignedDuration = SignedDuration::from_secs(60);
/// How many sources, names, or pairs of them are told apart.
const TOLD_APART: usize = 10_000;

/// What was tried and was wrong, of late.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    sources: Table,
    names: Table,
    pairs: Table,
    guessers: Table,
    /// Tokens that were good here lately, by digest. Who has one is not slowed down by guessers beside them.
    good: HashMap<[u8; 32], Timestamp>,
}

#[derive(Debug, Default)]
struct Table(HashMap<String, Failures>);

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Timestamp,
}

/// A password that is being tried. It counts as wrong until it was right.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    attempts: &'a Attempts,
    source: String,
    name: String,
    known: bool,
}

impl Attempts {
    /// Tries a password at `name` from `source`, from where who has the name is `known`; or how long to wait first.
    pub(crate) fn begin(
        &self,
        source: &str,
        name: &str,
        known: bool,
        now: Timestamp,
    ) -> Result<Attempt<'_>, SignedDuration> {
        let pair = pair(source, name);
        let mut state = self.lock();
        let under_attack = !known && state.names.count(name, now) >= UNDER_ATTACK;
        let of_pair = if under_attack {
            state.pairs.wait(&pair, OF_PAIR_UNDER_ATTACK, LONGEST, now)
        } else {
            state.pairs.wait(&pair, OF_PAIR, SHORTEST, now)
        };
        let of_source = if known { None } else { state.sources.wait(source, OF_SOURCE, SHORTEST, now) };
        if let Some(wait) = of_source.max(of_pair) {
            return Err(wait);
        }
        if !known {
            state.sources.add(source, now);
            state.names.add(name, now);
        }
        state.pairs.add(&pair, now);
        Ok(Attempt { attempts: self, source: source.to_owned(), name: name.to_owned(), known })
    }

    /// Whether a token of this digest from `source` is looked up; or how long to wait first.
    pub(crate) fn may_look_up(&self, source: &str, digest: &[u8; 32], now: Timestamp) -> Result<(), SignedDuration> {
        let state = self.lock();
        if state.good.contains_key(digest) {
            return Ok(());
        }
        state.guessers.wait(source, OF_GUESSER, SHORTEST, now).map_or(Ok(()), Err)
    }

    /// A token was looked up, and there is none.
    pub(crate) fn wrong_token(&self, source: &str, digest: &[u8; 32], now: Timestamp) {
        let mut state = self.lock();
        state.good.remove(digest);
        state.guessers.add(source, now);
    }

    /// A token was good.
    pub(crate) fn good_token(&self, digest: [u8; 32], now: Timestamp) {
        let good = &mut self.lock().good;
        if good.len() >= TOLD_APART && !good.contains_key(&digest) {
            let mut times: Vec<Timestamp> = good.values().copied().collect();
            let (_, middle, _) = times.select_nth_unstable(TOLD_APART / 2);
            let middle = *middle;
            good.retain(|_, time| *time > middle);
        }
        good.insert(digest, now);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// It was right, and costs nothing.
    pub(crate) fn was_right(self) {
        let mut state = self.attempts.lock();
        if !self.known {
            state.sources.give_back(&self.source);
            state.names.give_back(&self.name);
        }
        state.pairs.give_back(&pair(&self.source, &self.name));
    }
}

fn pair(source: &str, name: &str) -> String {
    format!("{source} {name}")
}

impl Table {
    /// How many failures are not forgiven.
    fn count(&self, key: &str, now: Timestamp) -> u32 {
        self.0.get(key).map_or(0, |failures| failures.left(now))
    }

    /// How long `key` has to wait: not at all for the first `free` failures, and then, from `shortest` on, twice as long
    /// after each.
    fn wait(&self, key: &str, free: u32, shortest: SignedDuration, now: Timestamp) -> Option<SignedDuration> {
        let failures = self.0.get(key)?;
        let beyond = failures.left(now).checked_sub(free)?;
        let pause = shortest.saturating_mul(1 << beyond.min(16)).min(LONGEST);
        let wait = pause - now.duration_since(failures.last);
        wait.is_positive().then_some(wait)
    }

    fn add(&mut self, key: &str, now: Timestamp) {
        if self.0.len() >= TOLD_APART && !self.0.contains_key(key) {
            self.forget_least(now);
        }
        let failures = self.0.entry(key.to_owned()).or_insert(Failures { count: 0, last: now });
        *failures = Failures { count: failures.left(now).saturating_add(1), last: now };
    }

    fn give_back(&mut self, key: &str) {
        if let Some(failures) = self.0.get_mut(key) {
            failures.count = failures.count.saturating_sub(1);
        }
    }

    /// Forgets a tenth: first those with the fewest failures, of these the oldest.
    fn forget_least(&mut self, now: Timestamp) {
        let mut all: Vec<(u32, Timestamp)> = self.0.values().map(|f| (f.left(now), f.last)).collect();
        let (_, pivot, _) = all.select_nth_unstable(TOLD_APART / 10);
        let pivot = *pivot;
        self.0.retain(|_, f| (f.left(now), f.last) > pivot);
    }
}

impl Failures {
    fn left(&self, now: Timestamp) -> u32 {
        let forgiven = now.duration_since(self.last).as_secs().max(0) / FORGIVEN.as_secs();
        self.count.saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn after(seconds: i64) -> Timestamp {
        START + SignedDuration::from_secs(seconds)
    }

    /// Tries until it has to wait; says how often it could.
    fn tries(attempts: &Attempts, source: &str, name: &str, known: bool, now: Timestamp) -> usize {
        (0..1_000).take_while(|_| attempts.begin(source, name, known, now).is_ok()).count()
    }

    #[test]
    fn who_guesses_one_password_waits_longer_each_time_and_not_for_ever() {
        let attempts = Attempts::default();
        assert_eq!(tries(&attempts, "a", "ada", false, START), 5);
        let mut now = START;
        for pause in [2, 4, 8, 16, 32, 60, 60] {
            let wait = attempts.begin("a", "ada", false, now).expect_err("it waits");
            assert!(wait <= SignedDuration::from_secs(pause), "{wait:?} at {now}");
            now += wait;
            attempts.begin("a", "ada", false, now).expect("it has waited");
        }
        assert_eq!(tries(&attempts, "b", "bob", false, now), 5, "others are served");
        assert_eq!(tries(&attempts, "a", "ada", false, now + SignedDuration::from_hours(1)), 5, "all is forgiven");
    }

    #[test]
    fn who_tries_one_password_at_every_name_is_slowed_down() {
        let attempts = Attempts::default();
        let tried = (0..1_000).take_while(|n| attempts.begin("a", &format!("n{n}"), false, START).is_ok()).count();
        assert_eq!(tried, 10);
    }

    #[test]
    fn strangers_lock_nobody_out() {
        let attempts = Attempts::default();
        for stranger in 0..2_000 {
            drop(attempts.begin(&format!("s{stranger}"), "ada", false, START));
        }
        assert_eq!(tries(&attempts, "home", "ada", true, START), 5, "from where she has signed in before");
        assert_eq!(tries(&attempts, "new", "ada", false, START), 1, "from elsewhere, slowly");
        assert_eq!(tries(&attempts, "new", "ada", false, after(60)), 1);
        let spraying = (0..50).filter(|n| attempts.begin("home", &format!("n{n}"), false, START).is_ok()).count();
        assert_eq!(spraying, 10);
        assert!(attempts.begin("home", "bob", true, START).is_ok(), "a neighbour who guesses is not in the way");
    }

    #[test]
    fn what_is_right_costs_nothing() {
        let attempts = Attempts::default();
        for _ in 0..100 {
            attempts.begin("a", "ada", false, START).expect("not slowed down").was_right();
        }
    }

    #[test]
    fn a_flood_of_sources_and_names_is_bounded_and_forgets_nobody_who_was_often_wrong() {
        let attempts = Attempts::default();
        tries(&attempts, "a", "ada", false, START);
        for n in 0..3 * TOLD_APART {
            drop(attempts.begin(&format!("s{n}"), &format!("n{n}"), false, START));
        }
        let state = attempts.lock();
        assert!(state.sources.0.len() <= TOLD_APART && state.names.0.len() <= TOLD_APART, "bounded");
        drop(state);
        assert_eq!(tries(&attempts, "a", "ada", false, START), 0);
    }

    #[test]
    fn who_guesses_tokens_is_slowed_down_and_who_has_a_good_one_is_not() {
        let attempts = Attempts::default();
        let digest = |n: u32| {
            let mut digest = [0; 32];
            digest[..4].copy_from_slice(&n.to_be_bytes());
            digest
        };
        attempts.good_token(digest(7), START);
        let guesses = (100..1_000).take_while(|n| {
            let may = attempts.may_look_up("a", &digest(*n), START).is_ok();
            attempts.wrong_token("a", &digest(*n), START);
            may
        });
        assert_eq!(guesses.count(), 100);
        assert!(attempts.may_look_up("a", &digest(7), START).is_ok());
        assert!(attempts.may_look_up("b", &digest(8), START).is_ok());
        for n in 0..u32::try_from(2 * TOLD_APART).expect("small") {
            attempts.good_token(digest(n), after(i64::from(n)));
        }
        assert!(attempts.lock().good.len() <= TOLD_APART);
    }
}
