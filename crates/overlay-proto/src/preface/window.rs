/// Which connection numbers of a link were seen: each is accepted once.
///
/// Numbers may overtake each other by less than [`ReplayWindow::WIDTH`]; whatever is further behind is refused, because it
/// can no longer be told from a repetition. Number 0 is never accepted. A fixed 512 bytes per link.
#[derive(Clone, Debug)]
pub struct ReplayWindow {
    /// The greatest number accepted.
    greatest: u64,
    /// Bit `n % WIDTH` is set when `n`, within the window, was accepted.
    seen: [u64; Self::WORDS],
}

impl Default for ReplayWindow {
    fn default() -> Self {
        Self { greatest: 0, seen: [0; Self::WORDS] }
    }
}

impl ReplayWindow {
    /// How far a number may be behind the greatest one. Four times the largest number of dials in flight (2 × 256, of both
    /// parities), and more than a busy link opens while one lost packet is sent again.
    pub const WIDTH: u64 = 4096;

    const WORDS: usize = 64;

    /// Takes `number`, unless it was taken before or is too old to tell.
    #[must_use]
    pub fn accept(&mut self, number: u64) -> bool {
        if number > self.greatest {
            self.forget_up_to(number);
            self.greatest = number;
        } else if number == 0 || self.greatest - number >= Self::WIDTH {
            return false;
        }
        let (word, bit) = Self::place(number);
        let fresh = self.seen[word] & bit == 0;
        self.seen[word] |= bit;
        fresh
    }

    /// Clears the places of the numbers after the greatest, up to `number`.
    fn forget_up_to(&mut self, number: u64) {
        if number - self.greatest >= Self::WIDTH {
            self.seen = [0; Self::WORDS];
            return;
        }
        for passed in self.greatest + 1..=number {
            let (word, bit) = Self::place(passed);
            self.seen[word] &= !bit;
        }
    }

    fn place(number: u64) -> (usize, u64) {
        let index = usize::try_from(number % Self::WIDTH).expect("less than 4096");
        (index / 64, 1 << (index % 64))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// What the window must do, said with a set of everything ever accepted.
    #[derive(Default)]
    struct Model(BTreeSet<u64>);

    impl Model {
        fn accept(&mut self, number: u64) -> bool {
            let greatest = self.0.last().copied().unwrap_or(0);
            number != 0 && greatest.saturating_sub(number) < ReplayWindow::WIDTH && self.0.insert(number)
        }
    }

    fn agrees(numbers: impl IntoIterator<Item = u64>) {
        let (mut window, mut model) = (ReplayWindow::default(), Model::default());
        for number in numbers {
            assert_eq!(window.accept(number), model.accept(number), "{number}");
        }
    }

    proptest! {
        #[test]
        fn each_number_is_accepted_once(numbers in prop::collection::vec(0..20_000_u64, 0..600)) {
            agrees(numbers);
        }

        #[test]
        fn close_numbers_in_any_order(start in any::<u64>(), steps in prop::collection::vec(0..3_000_u64, 0..600)) {
            agrees(steps.into_iter().map(|step| start.saturating_add(step)));
        }

        #[test]
        fn leaps_of_any_size(numbers in prop::collection::vec(any::<u64>(), 0..100)) {
            agrees(numbers);
        }
    }

    #[test]
    fn the_edges_of_the_window() {
        agrees([
            1,
            1,
            ReplayWindow::WIDTH,
            1,
            2,
            ReplayWindow::WIDTH + 1,
            1,
            2,
            3,
            2 * ReplayWindow::WIDTH + 1,
            4,
            u64::MAX,
        ]);
        agrees([u64::MAX, u64::MAX, u64::MAX - ReplayWindow::WIDTH, u64::MAX - ReplayWindow::WIDTH + 1, 0]);
    }
}
