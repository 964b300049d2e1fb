//! Sums of products over bit words, the shape that one pass can evaluate.

use super::super::words::Words;

/// A product: words that must be set, then words that must be clear.
#[derive(Clone, Copy)]
pub(in crate::bitmap) struct Term {
    pub(super) plus: u32,
    pub(super) minus: u32,
}

/// `(term or term ...) and every outer plus and no outer minus`.
///
/// Private fields keep the promise the loops rely on: `words` holds, in order, for each term its
/// plus words (at least one) and its minus words, then the outer plus and the outer minus words, no more and
/// no fewer. Without a term the value is empty.
pub(in crate::bitmap) struct Formula<'w> {
    words: Vec<&'w Words>,
    terms: Vec<Term>,
    outer: Term,
}

impl<'w> Formula<'w> {
    pub(in crate::bitmap) fn new() -> Self {
        Self {
            words: Vec::new(),
            terms: Vec::new(),
            outer: Term { plus: 0, minus: 0 },
        }
    }

    /// Forgets all terms and keeps the room.
    pub(in crate::bitmap) fn clear(&mut self) {
        self.words.clear();
        self.terms.clear();
        self.outer = Term { plus: 0, minus: 0 };
    }

    pub(in crate::bitmap) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Adds a term; one without plus words is nothing. Must come before `confine`.
    pub(in crate::bitmap) fn add(&mut self, plus: &[&'w Words], minus: &[&'w Words]) {
        debug_assert!(self.outer.plus + self.outer.minus == 0);
        if plus.is_empty() {
            return;
        }
        // Outer words stand last; without any, the term goes to the end.
        let at = self.words.len() - (self.outer.plus + self.outer.minus) as usize;
        self.words.splice(at..at, plus.iter().chain(minus).copied());
        self.terms.push(Term {
            plus: plus.len() as u32,
            minus: minus.len() as u32,
        });
    }

    /// Sets the outer words, once.
    pub(in crate::bitmap) fn confine(&mut self, plus: &[&'w Words], minus: &[&'w Words]) {
        let inner = self.words.len() - (self.outer.plus + self.outer.minus) as usize;
        self.words.truncate(inner);
        self.words.extend(plus.iter().chain(minus));
        self.outer = Term {
            plus: plus.len() as u32,
            minus: minus.len() as u32,
        };
    }

    /// The two words of a bare `a and b`, the most frequent formula.
    pub(super) fn as_pair(&self) -> Option<(&'w Words, &'w Words)> {
        match (&self.words[..], &self.terms[..]) {
            ([a, b], [Term { plus: 2, .. }]) => Some((a, b)),
            _ => None,
        }
    }

    pub(super) fn words(&self) -> &[&'w Words] {
        &self.words
    }

    pub(super) fn terms(&self) -> &[Term] {
        &self.terms
    }

    pub(super) fn outer(&self) -> Term {
        self.outer
    }
}
