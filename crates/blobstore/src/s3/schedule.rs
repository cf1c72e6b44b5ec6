//! How large the parts of an upload are.
//!
//! An object has at most 10,000 parts, of which all but the last have at least 5 MiB. The size of a part follows from its
//! number alone, so that all processes cut an upload at the same places. Parts begin small, so that small layers are sent
//! in parallel and a part costs little memory, and double after every thousand of them.

/// The most parts that S3 allows.
pub(super) const MOST_PARTS: u32 = 10_000;

/// The size of the first parts.
pub(super) const FIRST_PART: u64 = 8 << 20;

/// How many parts have the same size before it doubles.
const STEP: u32 = 1_000;

/// How many parts are sent as they are. The others are put together by the server, so that what is in memory at once
/// does not grow with the object.
const PLAIN: u32 = 5_000;

/// The least size of a part that the server puts together: so many of them, and the plain ones, make 5 TiB.
const BIG: u64 = 1088 << 20;

/// The sizes of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schedule {
    first: u64,
    largest: u64,
    plain: u32,
    big: u64,
}

impl Schedule {
    /// Begins with parts of `first` bytes and goes no further than half of the memory that there is, so that one part can
    /// be filled while another is sent.
    pub(super) fn new(first: u64, budget: u64) -> Self {
        let mut largest = first;
        while largest * 2 <= budget / 2 {
            largest *= 2;
        }
        Self { first, largest, plain: PLAIN, big: BIG }
    }

    /// With other limits.
    #[cfg(test)]
    pub(super) fn with_limits(self, plain: u32, big: u64) -> Self {
        Self { plain, big, ..self }
    }

    /// The size of what is sent at once for a part, by its number, which counts from 1.
    pub(super) fn size(self, number: u32) -> u64 {
        if self.is_staged(number) {
            return self.largest;
        }
        let doublings = number.saturating_sub(1) / STEP;
        self.first.saturating_mul(1 << doublings.min(16)).min(self.largest)
    }

    /// Whether a part is put together of pieces.
    pub(super) fn is_staged(self, number: u32) -> bool {
        number > self.plain && self.largest < self.big
    }

    /// How many pieces make a part that is put together.
    pub(super) fn pieces(self) -> u32 {
        u32::try_from(self.big.div_ceil(self.largest)).unwrap_or(MOST_PARTS)
    }

    /// The largest object.
    #[cfg(test)]
    fn most(self) -> u64 {
        let part = |number| self.size(number) * if self.is_staged(number) { u64::from(self.pieces()) } else { 1 };
        (1..=MOST_PARTS).map(part).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn parts_begin_with_eight_mebibytes_and_double_after_every_thousand() {
        let schedule = Schedule::new(FIRST_PART, 128 << 20);
        let sizes = [1, 1000, 1001, 2000, 2001, 3001, 10_000].map(|number| schedule.size(number) >> 20);
        assert_eq!(sizes, [8, 8, 16, 16, 32, 64, 64]);
    }

    #[test]
    fn a_part_never_takes_more_than_half_of_the_budget() {
        for budget in [16_u64 << 20, 100 << 20, 128 << 20, GIB, 64 * GIB] {
            let schedule = Schedule::new(FIRST_PART, budget);
            assert!((1..=MOST_PARTS).all(|number| schedule.size(number) <= budget / 2), "{budget}");
        }
    }

    #[test]
    fn ten_thousand_parts_reach_five_tebibytes_whatever_the_memory() {
        for budget in [16_u64 << 20, 100 << 20, 128 << 20, GIB, 2 * GIB, 64 * GIB] {
            assert!(Schedule::new(FIRST_PART, budget).most() >= 5 * 1024 * GIB, "{budget}");
        }
    }

    #[test]
    fn no_part_is_larger_than_the_server_allows() {
        for budget in [16_u64 << 20, 128 << 20, GIB, 2 * GIB] {
            let schedule = Schedule::new(FIRST_PART, budget);
            assert!(u64::from(schedule.pieces()) * schedule.size(MOST_PARTS) <= 5 * GIB, "{budget}");
        }
    }
}
