//! What line items bid, each on a cache line of its own, so that pricing one touches little memory.

use hashbrown::HashMap;

use super::index::{Indexed, Modifying};
use super::price::Factor;
use crate::id::LineItemId;

/// Modifiers that have room beside the other terms.
const ROOM: usize = 5;
/// In place of a number of modifiers: there are more than have room.
const MORE: u8 = u8::MAX;

/// Terms by place of a line item.
#[derive(Clone, Debug, Default)]
pub(super) struct AllTerms {
    terms: Vec<Terms>,
    /// Factors that differ, by number.
    factors: Vec<Factor>,
}

/// What a line item bids.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Terms {
    /// Before modifiers.
    pub(super) base: i64,
    pub(super) maximum: i64,
    pub(super) number: LineItemId,
    pub(super) currency: u16,
    /// How many modifiers; [`MORE`] when they lie in [`Index::modifiers`](super::index::Index::modifiers) alone.
    len: u8,
    modifiers: [Term; ROOM],
}

/// A modifier, see [`Modifying`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Term {
    pub(super) number: u32,
    /// In [`AllTerms::factors`].
    factor: u16,
    pub(super) group: u8,
    pub(super) is_segment: bool,
}

impl AllTerms {
    /// The terms of line items, whose modifiers lie in `modifiers`.
    pub(super) fn of(items: &[Indexed], modifiers: &[Modifying]) -> Self {
        let (mut own, mut numbers) = (Self::default(), HashMap::new());
        own.terms.reserve_exact(items.len());
        for item in items {
            let terms = own.terms(item, modifiers, &mut numbers);
            own.terms.push(terms);
        }
        own
    }

    fn terms(
        &mut self,
        item: &Indexed,
        modifiers: &[Modifying],
        numbers: &mut HashMap<Factor, u16>,
    ) -> Terms {
        let mut terms = Terms {
            base: item.base,
            maximum: item.maximum,
            number: item.number,
            currency: item.currency,
            len: MORE,
            modifiers: [Term::default(); ROOM],
        };
        let all = item.modifiers(modifiers);
        let mut room = terms.modifiers.get_mut(..all.len());
        for (term, own) in room.iter_mut().flat_map(|room| room.iter_mut()).zip(all) {
            let next = self.factors.len();
            let Ok(new) = u16::try_from(next) else {
                return terms;
            };
            let factor = *numbers.entry(own.factor).or_insert(new);
            if usize::from(factor) == next {
                self.factors.push(own.factor);
            }
            *term = Term {
                number: own.number,
                factor,
                group: own.group,
                is_segment: own.is_segment,
            };
        }
        if all.len() <= ROOM {
            terms.len = all.len() as u8;
        }
        terms
    }

    /// Those of the line item at a place.
    #[inline]
    pub(super) fn get(&self, place: u32) -> Option<&Terms> {
        self.terms.get(place as usize)
    }

    /// The factor of a modifier.
    #[inline]
    pub(super) fn factor(&self, own: Term) -> Option<Factor> {
        self.factors.get(usize::from(own.factor)).copied()
    }

    /// Bytes on the heap.
    pub(super) const fn heap_bytes(&self) -> usize {
        size_of::<Terms>() * self.terms.capacity() + size_of::<Factor>() * self.factors.capacity()
    }
}

impl Terms {
    /// The modifiers; `None`: there are more than have room.
    #[inline]
    pub(super) fn modifiers(&self) -> Option<&[Term]> {
        self.modifiers.get(..usize::from(self.len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_take_one_cache_line() {
        assert_eq!(64, size_of::<Terms>());
    }

    #[test]
    fn a_modifier_has_its_own_factor() {
        let modifying = |number: u32| Modifying {
            factor: Factor::of(i64::from(number % 3) * 500_000),
            number,
            group: 0,
            is_segment: false,
        };
        let modifiers: Vec<Modifying> = (0..12).map(modifying).collect();
        let item = |start: u32, len: u16| Indexed {
            modifiers: start,
            modifiers_len: len,
            ..Indexed::NOTHING
        };
        let all = AllTerms::of(&[item(0, 5), item(5, 6), item(11, 1)], &modifiers);
        let told = |place: u32| {
            let terms = all.get(place).and_then(Terms::modifiers)?;
            let told = terms.iter().map(|own| (own.number, all.factor(*own)));
            Some(told.collect::<Vec<_>>())
        };
        let expected = |from: usize, to: usize| {
            let own = modifiers.get(from..to)?.iter();
            Some(own.map(|own| (own.number, Some(own.factor))).collect())
        };

        assert_eq!(expected(0, 5), told(0));
        assert_eq!(None, told(1));
        assert_eq!(expected(11, 12), told(2));
        assert_eq!(None, told(3));
    }
}
