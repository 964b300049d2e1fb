//! RTB-mix: line items that are each an `and` of independent clauses, and requests that say everything once.
//!
//! Exchange (30 values, Zipf 1, 70 % of line items, 1-5 values), country (60, 85 %, 1-3), region (500, 15 %, 1-5), device (7, 50 %,
//! 1-3), os (8, 30 %, 1-2), format (12, 90 %, 1-3), language (30, Zipf 1.5, 10 %, 1-3), a daily window of 6-14 hours (15 %), domain
//! (20,000, Zipf 0.8, 10 % in, 25 % not in, 20-200), deals (5,000, Zipf 0.6, 10 %, 1-3), segments (20,000, Zipf 0.8, 70 % one of
//! 1-30, 20 % a second one of, 30 % none of 1-10). A request has 0-3 deals and 80 segments.

use std::collections::BTreeSet;

/// Draws that repeat.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u128::from(z ^ (z >> 31)) * n as u128) >> 64) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }
}

/// Numbers by popularity: the first is the most popular.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(values: usize, exponent: f64) -> Self {
        let mut sum = 0.0;
        let sums = (1..=values).map(|rank| {
            sum += (rank as f64).powf(-exponent);
            sum
        });
        Self(sums.collect())
    }

    fn one(&self, dice: &mut Dice) -> usize {
        let drawn = dice.below(1 << 53) as f64 / (1_u64 << 53) as f64 * self.0[self.0.len() - 1];
        self.0.partition_point(|sum| *sum <= drawn)
    }

    fn some(&self, dice: &mut Dice, how_many: usize) -> BTreeSet<usize> {
        let mut some = BTreeSet::new();
        while some.len() < how_many.min(self.0.len()) {
            some.insert(self.one(dice));
        }
        some
    }
}

/// What a clause asks about. The order is that of [`Event::said`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Exchange,
    Country,
    Region,
    Device,
    Os,
    Format,
    Language,
    Hour,
    Domain,
    Deals,
    Segments,
}

impl Asked {
    pub(crate) const ALL: [Self; 11] = [
        Self::Exchange,
        Self::Country,
        Self::Region,
        Self::Device,
        Self::Os,
        Self::Format,
        Self::Language,
        Self::Hour,
        Self::Domain,
        Self::Deals,
        Self::Segments,
    ];
}

/// `asked` has one of `values`, or, where `is_none`, none of them.
pub(crate) struct Clause {
    pub(crate) asked: Asked,
    pub(crate) values: BTreeSet<usize>,
    pub(crate) is_none: bool,
}

/// What a request says: of each thing that can be asked the numbers, rising.
pub(crate) struct Event {
    said: Vec<Vec<usize>>,
}

impl Event {
    pub(crate) fn of(&self, asked: Asked) -> &[usize] {
        &self.said[asked as usize]
    }
}

pub(crate) struct Mix {
    /// By what is asked; hours are even.
    zipfs: Vec<Option<Zipf>>,
}

/// Percent of line items and most values, of clauses that ask for one of some values.
const PLAIN: [(Asked, usize, usize); 8] = [
    (Asked::Exchange, 70, 5),
    (Asked::Country, 85, 3),
    (Asked::Region, 15, 5),
    (Asked::Device, 50, 3),
    (Asked::Os, 30, 2),
    (Asked::Format, 90, 3),
    (Asked::Deals, 10, 3),
    (Asked::Language, 10, 3),
];

impl Mix {
    pub(crate) fn new() -> Self {
        let zipf = |values, exponent| Some(Zipf::new(values, exponent));
        Self {
            zipfs: vec![
                zipf(30, 1.0),
                zipf(60, 1.0),
                zipf(500, 1.0),
                zipf(7, 1.0),
                zipf(8, 1.0),
                zipf(12, 1.0),
                zipf(30, 1.5),
                None,
                zipf(20_000, 0.8),
                zipf(5_000, 0.6),
                zipf(20_000, 0.8),
            ],
        }
    }

    pub(crate) fn some(&self, dice: &mut Dice, asked: Asked, how_many: usize) -> BTreeSet<usize> {
        match &self.zipfs[asked as usize] {
            None => BTreeSet::from([dice.below(168)]),
            Some(zipf) => zipf.some(dice, how_many),
        }
    }

    /// The clauses of a line item.
    pub(crate) fn item(&self, dice: &mut Dice) -> Vec<Clause> {
        let mut clauses = Vec::new();
        let mut ask = |dice: &mut Dice, asked, percent, (least, most), is_none| {
            if dice.chance(percent) {
                let how_many = dice.between(least, most);
                let values = self.some(dice, asked, how_many);
                clauses.push(Clause {
                    asked,
                    values,
                    is_none,
                });
            }
        };
        for (asked, percent, most) in PLAIN {
            ask(dice, asked, percent, (1, most), false);
        }
        ask(dice, Asked::Domain, 10, (20, 200), false);
        ask(dice, Asked::Domain, 25, (20, 200), true);
        ask(dice, Asked::Segments, 70, (1, 30), false);
        ask(dice, Asked::Segments, 20, (1, 30), false);
        ask(dice, Asked::Segments, 30, (1, 10), true);
        if dice.chance(15) {
            let (from, hours) = (dice.below(24), dice.between(6, 14));
            let values = (0..168).filter(|hour| (hour + 24 - from) % 24 < hours);
            clauses.push(Clause {
                asked: Asked::Hour,
                values: values.collect(),
                is_none: false,
            });
        }
        clauses
    }

    /// What a request says.
    pub(crate) fn event(&self, dice: &mut Dice) -> Event {
        let how_many = |dice: &mut Dice, asked| match asked {
            Asked::Deals => dice.below(4),
            Asked::Segments => 80,
            _ => 1,
        };
        let said = Asked::ALL.map(|asked| {
            let how_many = how_many(dice, asked);
            self.some(dice, asked, how_many).into_iter().collect()
        });
        Event { said: said.into() }
    }
}
