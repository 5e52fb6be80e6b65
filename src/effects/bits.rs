use smallvec::SmallVec;

/// A set of small numbers. Sets that are put together are of one size.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bits(SmallVec<[u64; 2]>);

impl Bits {
    /// No number, of those below `size`.
    pub fn none(size: usize) -> Self {
        Self(SmallVec::from_elem(0, size.div_ceil(64)))
    }

    /// All numbers below `size`.
    pub fn all(size: usize) -> Self {
        Self::of(size, 0..size)
    }

    /// These numbers, of those below `size`.
    pub fn of(size: usize, numbers: impl IntoIterator<Item = usize>) -> Self {
        let mut bits = Self::none(size);
        numbers.into_iter().for_each(|number| bits.put(number));
        bits
    }

    /// So many numbers fit, counted in words.
    pub fn size(&self) -> usize {
        self.0.len() * 64
    }

    /// One number more.
    pub fn put(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    /// Whether a number is in it.
    pub fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Whether both have a number in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    /// Whether all numbers of the other are in it.
    pub fn covers(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| b & !a == 0)
    }

    /// What both have.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.keep(other);
        self
    }

    /// Keeps what the other has too.
    pub fn keep(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= b);
    }

    /// Takes the numbers of the other in.
    pub fn join(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    /// Without what the other has.
    #[must_use]
    pub fn minus(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= !b);
        self
    }

    /// The numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, word)| Ones(*word).map(move |bit| at * 64 + bit))
    }

    /// The smallest number from one on.
    pub fn next(&self, from: usize) -> Option<usize> {
        let mut at = from / 64;
        let mut word = self.0.get(at).copied()? & (u64::MAX << (from % 64));
        loop {
            if word != 0 {
                return Some(at * 64 + word.trailing_zeros() as usize);
            }
            at += 1;
            word = self.0.get(at).copied()?;
        }
    }
}

/// The places of the ones of a word.
struct Ones(u64);

impl Iterator for Ones {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let bit = (self.0 != 0).then_some(self.0.trailing_zeros() as usize)?;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}
