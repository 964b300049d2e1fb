//! At least k of some operands.

use super::chunk::Chunk;
use super::conjunction::Conjunction;
use super::disjunction::Disjunction;
use super::evaluator::{Task, test_chunk};
use super::expression::Expression;
use super::hits::{self, Hits};
use super::kernel::kernels;
use super::program::{Leaf, Node, sort_out};
use super::range::KEYS;
use super::scratch::{FULL, Scratch, Value};
use super::words::{Block, bit_of, word_of};

/// Operands of which `least` must hold: more than one, and fewer than there are.
pub(super) struct Threshold<'a> {
    least: usize,
    sets: Vec<Leaf<'a>>,
    others: Vec<Node<'a>>,
    /// Binary counters, one for each id: plane `i` holds bit `i` of all of them.
    planes: Vec<Block>,
    values: Vec<Value<'a>>,
    keys: Vec<u32>,
}

impl<'a> Threshold<'a> {
    /// Makes an `AtLeast` ready.
    pub(super) fn prepare(least: usize, list: &[Expression<'a>]) -> Option<Node<'a>> {
        if least <= 1 {
            return Disjunction::any(list);
        }
        if least >= list.len() {
            return (least == list.len()).then(|| Conjunction::all(list))?;
        }
        let (sets, others) = sort_out(list.iter().filter_map(Node::prepare));
        if sets.len() + others.len() < least {
            return None;
        }
        Some(Node::AtLeast(Box::new(Self {
            least,
            sets,
            others,
            planes: Vec::new(),
            values: Vec::new(),
            keys: Vec::new(),
        })))
    }

    pub(super) fn cost(&self) -> u32 {
        // Counting takes a few passes for each operand.
        let sets = 3 * self.sets.len() as u32;
        self.others
            .iter()
            .map(Node::cost)
            .fold(sets, u32::saturating_add)
    }

    pub(super) fn is_stored(&self) -> bool {
        self.others.iter().all(Node::is_stored)
    }

    /// The first key that so many operands may have: before the `least` smallest of their next keys, fewer can.
    pub(super) fn seek(&mut self, from: u32) -> u32 {
        self.keys.clear();
        self.keys
            .extend(self.sets.iter_mut().map(|leaf| leaf.seek(from)));
        self.keys
            .extend(self.others.iter_mut().map(|node| node.seek(from)));
        self.keys.sort_unstable();
        self.keys.get(self.least - 1).copied().unwrap_or(KEYS)
    }

    pub(super) fn rewind(&mut self) {
        self.sets.iter_mut().for_each(Leaf::rewind);
        self.others.iter_mut().for_each(Node::rewind);
    }

    pub(super) fn value(&mut self, task: Task<'_>, scratch: &mut Scratch) -> Value<'a> {
        let full = self.gather(task, scratch);
        let result = match self.least.checked_sub(full) {
            None | Some(0) => Value::Chunk(&FULL),
            Some(least) if least > self.values.len() => Value::Empty,
            Some(least) => self.count(least, scratch),
        };
        self.values.drain(..).for_each(|value| scratch.give(value));
        result
    }

    /// Looks up the operands of a chunk; gives how many are full and keeps the rest that are not empty.
    fn gather(&mut self, task: Task<'_>, scratch: &mut Scratch) -> usize {
        let mut full = 0;
        let sets = self.sets.iter_mut().filter_map(|leaf| leaf.chunk(task.key));
        let others = self
            .others
            .iter_mut()
            .map(|node| node.value(task.operand(), scratch));
        for value in sets.map(Value::Chunk).chain(others) {
            match value {
                Value::Chunk(Chunk::Full) => full += 1,
                Value::Empty => {}
                value => self.values.push(value),
            }
        }
        full
    }

    /// The ids that are in at least `least` of the values.
    fn count(&mut self, least: usize, scratch: &mut Scratch) -> Value<'a> {
        let needed = planes_for(self.values.len());
        while self.planes.len() < needed {
            self.planes.push(Block::zeroed());
        }
        let planes = self.planes.get_mut(..needed).unwrap_or_default();
        for plane in &mut *planes {
            plane.fill(0);
        }
        for (before, value) in self.values.iter().enumerate() {
            // So far a counter holds at most `before`, so the carry stops early.
            let reach = planes_for(before + 1);
            tally(planes.get_mut(..reach).unwrap_or_default(), value, scratch);
        }
        let mut block = scratch.block();
        let len = (kernels().at_least)(planes, least, &mut block);
        scratch.settle(block, len)
    }

    /// Which of the candidates are in so many operands.
    pub(super) fn test(
        &mut self,
        key: u16,
        candidates: &[u16],
        hits: &mut Hits,
        scratch: &mut Scratch,
    ) {
        let mut planes = vec![hits::NONE; planes_for(self.sets.len() + self.others.len())];
        let mut found = hits::NONE;
        for leaf in &mut self.sets {
            if let Some(chunk) = leaf.chunk(key) {
                test_chunk(Some(chunk), candidates, &mut found);
                tally_hits(&mut planes, found);
            }
        }
        for node in &mut self.others {
            node.test(key, candidates, &mut found, scratch);
            tally_hits(&mut planes, found);
        }
        *hits = hits::first(candidates.len());
        for (bit, plane) in planes.iter().enumerate() {
            if self.least >> bit & 1 == 1 {
                hits::keep(hits, plane);
            } else {
                hits::add(hits, plane);
            }
        }
    }
}

/// Bits of a counter that goes up to `most`.
fn planes_for(most: usize) -> usize {
    (usize::BITS - most.leading_zeros()) as usize
}

/// Adds one to the counters of the value's ids.
fn tally(planes: &mut [Block], value: &Value<'_>, scratch: &mut Scratch) {
    let words: &Block = match value {
        Value::Bits(words, _) => words,
        Value::Chunk(Chunk::Bits { words, .. }) => words,
        _ => {
            if let Some(ids) = value.as_ids() {
                return ids.iter().for_each(|&id| tally_id(planes, id));
            }
            let mut block = scratch.empty_block();
            super::disjunction::add(&mut block, 0, value);
            (kernels().tally)(planes, &block);
            return scratch.give_block(block);
        }
    };
    (kernels().tally)(planes, words);
}

fn tally_id(planes: &mut [Block], id: u16) {
    for plane in planes {
        let word = &mut plane[word_of(id)];
        *word ^= bit_of(id);
        if *word & bit_of(id) != 0 {
            return;
        }
    }
}

fn tally_hits(planes: &mut [Hits], mut carry: Hits) {
    for plane in planes {
        let before = *plane;
        hits::flip(plane, &carry);
        hits::keep(&mut carry, &before);
    }
}
