//! Bit words by cache line, and the funnel that narrows them stage by stage.

#![expect(
    clippy::inline_always,
    reason = "a loop over words must end up in the function that is compiled for its instruction set"
)]

use super::kernel;

/// Bits in a line.
pub(crate) const LINE_BITS: usize = 512;

/// 512 neighbouring bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(64))]
pub(crate) struct Line(pub(crate) [u64; 8]);

impl Line {
    /// All bits set.
    pub(crate) const FULL: Self = Self([u64::MAX; 8]);

    /// Whether no bit is set.
    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        let mut all = 0;
        for word in self.0 {
            all |= word;
        }
        all == 0
    }

    /// Bits of both.
    #[inline(always)]
    #[must_use]
    pub(crate) fn and(mut self, other: &Self) -> Self {
        for at in 0..8 {
            self.0[at] &= other.0[at];
        }
        self
    }

    /// Bits of either.
    #[inline(always)]
    #[must_use]
    pub(crate) fn or(mut self, other: &Self) -> Self {
        for at in 0..8 {
            self.0[at] |= other.0[at];
        }
        self
    }

    /// Bits of this and not of the other.
    #[inline(always)]
    #[must_use]
    pub(crate) fn and_not(mut self, other: &Self) -> Self {
        for at in 0..8 {
            self.0[at] &= !other.0[at];
        }
        self
    }

    /// How many fields have a bit set. A field is some neighbouring bits of one word; `ends` has the highest of each, and
    /// every bit belongs to one.
    #[inline(always)]
    pub(crate) fn fields(&self, ends: &Self) -> u32 {
        let mut fields = 0;
        for at in 0..8 {
            let (own, end) = (self.0[at], ends.0[at]);
            // Below the end of a field anything set carries into the end; the end itself never carries on.
            fields += (((own & !end).wrapping_add(!end) | own) & end).count_ones();
        }
        fields
    }

    /// Bits set.
    #[inline(always)]
    pub(crate) fn count(&self) -> u32 {
        let mut count = 0;
        for word in self.0 {
            count += word.count_ones();
        }
        count
    }
}

/// Lines that are narrowed by filters, counted after some of them.
pub(crate) struct Funnel<'a> {
    /// What is left.
    pub(crate) alive: &'a mut [Line],
    /// The lines that are looked at, rising; `None`: all.
    pub(crate) live: Option<&'a [u32]>,
    /// What else must hold, in order; a line that a filter lacks is empty.
    pub(crate) filters: &'a [&'a [Line]],
    /// After how many filters what is left is counted, rising.
    pub(crate) marks: &'a [usize],
    /// Fields that are counted, see [`Line::fields`]; `None`: bits.
    pub(crate) ends: Option<&'a [Line]>,
    /// By mark: how many are left; added to what is there.
    pub(crate) left: &'a mut [u32],
}

impl Funnel<'_> {
    /// Narrows and counts. Filters after the last mark are not looked at.
    pub(crate) fn run(&mut self) {
        (kernel::kernels().funnel)(self);
    }
}

/// The bits that are set in lines, to be listed.
pub(crate) struct Listing<'a> {
    /// The lines.
    pub(crate) lines: &'a [Line],
    /// Which of them are looked at, rising.
    pub(crate) live: &'a [u32],
    /// Bits that these have too; `None`: all.
    pub(crate) within: Option<&'a [Line]>,
    /// Bits that these do not have.
    pub(crate) without: Option<&'a [Line]>,
    /// Where the numbers of bits are written, rising, in place of what was there.
    pub(crate) bits: &'a mut Vec<u32>,
}

impl Listing<'_> {
    /// Lists.
    pub(crate) fn run(&mut self) {
        (kernel::kernels().listing)(self);
    }
}

/// Lines that are narrowed by lists of members. Of each bit there are two lists of which one member must be chosen, and one of
/// which none may be; popular members are kept as lines, others elsewhere.
pub(crate) struct Sieve<'a> {
    /// What is left.
    pub(crate) alive: &'a mut [Line],
    /// The lines that are looked at, rising.
    pub(crate) live: &'a [u32],
    /// By number and line. First: bits without the first list, those without the second, those that are listed last in any case.
    /// Second: bits whose lists have members that are kept elsewhere. From the third on: bits that have a member, by list.
    pub(crate) table: &'a [[Line; 3]],
    /// Lines of a number.
    pub(crate) width: usize,
    /// Numbers of members that are chosen.
    pub(crate) chosen: &'a [u16],
    /// Bits that are left and not settled, rising, in place of what was there: those of which a member elsewhere must be chosen, by list;
    /// of which none may be; and those that are listed in any case.
    pub(crate) open: &'a mut [Vec<u32>; 4],
}

impl Sieve<'_> {
    /// Narrows.
    pub(crate) fn run(&mut self) {
        (kernel::kernels().sieve)(self);
    }
}

/// How many fields, or bits where there are none, the lines have set; `live` says which are looked at, `None` all.
pub(crate) fn count(alive: &mut [Line], live: Option<&[u32]>, ends: Option<&[Line]>) -> u32 {
    let mut left = [0];
    let mut funnel = Funnel {
        alive,
        live,
        filters: &[],
        marks: &[0],
        ends,
        left: &mut left,
    };
    funnel.run();
    left.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_counts_once_however_many_of_its_bits_are_set() {
        let mut ends = Line::FULL;
        // One field of bits 0 to 3, one of 60 to 63 of the first word; every other bit is one of its own.
        ends.0[0] = !0b111 & !(0b111 << 60);
        let mut line = Line::default();
        line.0[0] = 0b0101 | 1 << 4 | 1 << 60 | 1 << 63;
        line.0[7] = 0b11;

        assert_eq!(5, line.fields(&ends));
        assert_eq!(7, line.count());
    }

    #[test]
    fn every_instruction_set_narrows_and_counts_alike() {
        let word = |seed: u64, at: u64| {
            (seed ^ at)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(17)
        };
        let lines = |seed: u64| -> Vec<Line> {
            let line = |line: u64| Line(std::array::from_fn(|at| word(seed, line * 8 + at as u64)));
            (0..40).map(line).collect()
        };
        let (first, second) = (lines(1), lines(2));
        let ends: Vec<Line> = lines(3)
            .iter()
            .map(|own| Line(own.0.map(|word| word | 1 << 63)))
            .collect();
        let mut expected: Option<(Vec<Line>, Vec<u32>)> = None;
        for kernels in kernel::available() {
            for ends in [None, Some(ends.as_slice())] {
                let (mut alive, mut left) = (lines(4), [0; 2]);
                let mut funnel = Funnel {
                    alive: &mut alive,
                    live: None,
                    filters: &[&first, &second],
                    marks: &[1, 2],
                    ends,
                    left: &mut left,
                };
                (kernels.funnel)(&mut funnel);
                if ends.is_none() {
                    let all = lines(4).into_iter().zip(&first);
                    let once: Vec<Line> = all.map(|(own, other)| own.and(other)).collect();
                    let twice: Vec<Line> = once
                        .iter()
                        .zip(&second)
                        .map(|(own, other)| own.and(other))
                        .collect();
                    let sum = |lines: &[Line]| lines.iter().map(Line::count).sum::<u32>();
                    assert_eq!(vec![sum(&once), sum(&twice)], left.to_vec());
                    assert_eq!(twice, alive);
                } else {
                    let found = (alive, left.to_vec());
                    assert_eq!(expected.get_or_insert_with(|| found.clone()), &found);
                }
            }
        }
    }

    #[test]
    fn every_instruction_set_sieves_as_bits_do() {
        let mut dice = 1_u64;
        let mut word = |thin: u32| {
            (0..thin).fold(u64::MAX, |all, _| {
                dice = dice.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29) ^ 0x5851_F42D;
                all & (dice ^ dice >> 31)
            })
        };
        let (width, numbers) = (3, 6);
        let mut line = |thin| Line(std::array::from_fn(|_| word(thin)));
        let table: Vec<[Line; 3]> = (0..numbers * width)
            .map(|_| std::array::from_fn(|_| line(2)))
            .collect();
        let alive: Vec<Line> = (0..width).map(|_| line(1)).collect();
        let has = |line: &Line, bit: usize| line.0[bit / 64] >> (bit % 64) & 1 == 1;
        for (chosen, live) in [
            (&[2_u16, 5][..], &[0_u32, 2][..]),
            (&[], &[0, 1, 2, 9]),
            (&[4, 77], &[]),
        ] {
            let (mut lines, mut lists) = (alive.clone(), [const { Vec::new() }; 4]);
            for at in live.iter().map(|at| *at as usize).filter(|at| *at < width) {
                for bit in 0..LINE_BITS {
                    let of =
                        |number: usize, list: usize| has(&table[number * width + at][list], bit);
                    let any = |list: usize| {
                        let mut chosen = chosen.iter().map(|own| usize::from(*own));
                        chosen.any(|own| own < numbers && of(own, list))
                    };
                    let (first, second) = (of(0, 0) || any(0), of(0, 1) || any(1));
                    let stays = (first || of(1, 0)) && (second || of(1, 1)) && !any(2);
                    if !stays {
                        lines[at].0[bit / 64] &= !(1 << (bit % 64));
                    } else if has(&alive[at], bit) {
                        let open = [!first, !second, of(1, 2), of(0, 2)];
                        let row = (at * LINE_BITS + bit) as u32;
                        let open = lists.iter_mut().zip(open).filter(|own| own.1);
                        open.for_each(|(list, _)| list.push(row));
                    }
                }
            }
            for kernels in kernel::available() {
                let (mut own, mut open) = (alive.clone(), [const { Vec::new() }; 4]);
                open[1] = vec![7; 9];
                (kernels.sieve)(&mut Sieve {
                    alive: &mut own,
                    live,
                    table: &table,
                    width,
                    chosen,
                    open: &mut open,
                });

                assert_eq!(lines, own, "{}", kernels.name);
                assert_eq!(lists, open, "{}", kernels.name);
            }
        }
    }

    #[test]
    fn every_instruction_set_lists_alike() {
        let mut lines = vec![Line::default(); 5];
        for bit in [
            0_usize, 1, 5, 63, 64, 511, 512, 1_030, 1_031, 1_032, 1_033, 1_034, 1_035, 2_047,
        ] {
            lines[bit / 512].0[bit / 64 % 8] |= 1 << (bit % 64);
        }
        let (mut within, mut without) = (vec![Line::FULL; 5], vec![Line::default(); 4]);
        within[0].0[0] = !0b10;
        without[2].0[0] = 1 << 10;
        for kernels in kernel::available() {
            let mut bits = vec![7; 3];
            let mut list = |live: &[u32], within, without| {
                (kernels.listing)(&mut Listing {
                    lines: &lines,
                    live,
                    within,
                    without,
                    bits: &mut bits,
                });
                bits.clone()
            };

            let all = [
                0, 1, 5, 63, 64, 511, 512, 1_030, 1_031, 1_032, 1_033, 1_034, 1_035, 2_047,
            ];
            assert_eq!(all.to_vec(), list(&[0, 1, 2, 3, 4], None, None));
            let some = [0, 5, 63, 64, 511, 1_030, 1_031, 1_032, 1_033, 1_035];
            assert_eq!(some.to_vec(), list(&[0, 2], Some(&within), Some(&without)));
            assert_eq!(Vec::<u32>::new(), list(&[4, 9], None, None));
        }
    }
}
