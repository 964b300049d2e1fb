//! The numbers of bits that are set in lines.

use super::super::line::{LINE_BITS, Line, Listing};

/// Bits of a word that are listed without a branch.
const AHEAD: usize = 4;

#[inline(always)]
pub(super) fn run(own: &mut Listing<'_>) {
    let Listing {
        lines,
        live,
        within,
        without,
        bits,
    } = own;
    bits.clear();
    let mut listed = 0;
    for at in live.iter().map(|at| *at as usize) {
        let Some(mut line) = lines.get(at).copied() else {
            continue;
        };
        if let Some(within) = within {
            line = within
                .get(at)
                .map_or_else(Default::default, |own| line.and(own));
        }
        if let Some(without) = without.and_then(|own| own.get(at)) {
            line = line.and_not(without);
        }
        list(at, &line, bits, &mut listed);
    }
    bits.truncate(listed);
}

/// Writes the bits of line `at` from `listed` on, which then says where they end; what lies behind is in vain.
#[inline(always)]
pub(super) fn list(at: usize, line: &Line, bits: &mut Vec<u32>, listed: &mut usize) {
    if line.is_empty() {
        return;
    }
    let most = *listed + line.count() as usize + AHEAD;
    if bits.len() < most {
        bits.resize(most.max(2 * bits.len()), 0);
    }
    for (place, word) in line.0.into_iter().enumerate() {
        let first = (at * LINE_BITS + place * 64) as u32;
        list_word(first, word, bits, *listed);
        *listed += word.count_ones() as usize;
    }
}

/// Writes the bits of a word from `listed` on, some in vain: cheaper than a branch for each.
#[inline(always)]
fn list_word(first: u32, word: u64, bits: &mut [u32], mut listed: usize) {
    let (mut left, mut count) = (word, word.count_ones() as usize);
    while count > 0 {
        let cells = bits.get_mut(listed..);
        let Some(cells) = cells.and_then(<[u32]>::first_chunk_mut::<AHEAD>) else {
            return;
        };
        for cell in cells {
            *cell = first | left.trailing_zeros() & 63;
            left &= left.wrapping_sub(1);
        }
        count = count.saturating_sub(AHEAD);
        listed += AHEAD;
    }
}
