//! At least one of some operands.

use super::chunk::Chunk;
use super::conjunction::{Found, Gathered, run};
use super::evaluator::{Task, test_chunk};
use super::expression::Expression;
use super::hits::{self, Hits};
use super::kernel::{Formula, kernels};
use super::program::{Leaf, Node, sort_out};
use super::range::KEYS;
use super::scratch::{FULL, Scratch, Value, set};
use super::words::{Block, CHUNK_BITS, Words, set_span};

/// Operands of which one must hold, bare sets apart from the rest.
pub(super) struct Disjunction<'a> {
    sets: Vec<Leaf<'a>>,
    others: Vec<Node<'a>>,
    /// Whether all operands are bitmaps, at any depth.
    stored: bool,
    /// Chunks under the key at hand; those of words are terms of the formula.
    found: Found<'a>,
    formula: Formula<'a>,
    values: Vec<Value<'a>>,
}

impl<'a> Disjunction<'a> {
    /// Makes an `Or` ready.
    pub(super) fn prepare(expression: &Expression<'a>) -> Option<Node<'a>> {
        let mut parts = Vec::new();
        include(expression, &mut parts);
        Self::of(parts)
    }

    /// The union of all.
    pub(super) fn any(list: &[Expression<'a>]) -> Option<Node<'a>> {
        let mut parts = Vec::new();
        for part in list {
            include(part, &mut parts);
        }
        Self::of(parts)
    }

    fn of(mut parts: Vec<Node<'a>>) -> Option<Node<'a>> {
        if parts.len() < 2 {
            return parts.pop();
        }
        let (sets, others) = sort_out(parts.into_iter());
        Some(Node::Or(Box::new(Self {
            stored: others.iter().all(Node::is_stored),
            sets,
            others,
            found: Found::default(),
            formula: Formula::new(),
            values: Vec::new(),
        })))
    }

    pub(super) fn cost(&self) -> u32 {
        let sets = self.sets.len() as u32;
        self.others
            .iter()
            .map(Node::cost)
            .fold(sets, u32::saturating_add)
    }

    /// Whether all operands are bitmaps, at any depth.
    pub(super) fn is_stored(&self) -> bool {
        self.stored
    }

    pub(super) fn seek(&mut self, from: u32) -> u32 {
        let sets = self.sets.iter_mut().map(|leaf| leaf.seek(from));
        let others = self.others.iter_mut().map(|node| node.seek(from));
        sets.chain(others).min().unwrap_or(KEYS)
    }

    pub(super) fn rewind(&mut self) {
        self.sets.iter_mut().for_each(Leaf::rewind);
        self.others.iter_mut().for_each(Node::rewind);
    }

    pub(super) fn value(&mut self, task: Task<'_>, scratch: &mut Scratch) -> Value<'a> {
        self.confined(task, &[], &[], scratch).0
    }

    /// Its value, and whether that is already confined to what is in all of `plus` and in none of `minus`.
    ///
    /// With `task.counting`, a number is given only if it is confined, or if there is nothing to confine.
    pub(super) fn confined(
        &mut self,
        task: Task<'_>,
        plus: &[&'a Words],
        minus: &[&'a Words],
        scratch: &mut Scratch,
    ) -> (Value<'a>, bool) {
        if self.gather(task, scratch) {
            self.values.drain(..).for_each(|value| scratch.give(value));
            return (Value::Chunk(&FULL), false);
        }
        if self.found.is_empty() && self.values.is_empty() {
            if self.formula.is_empty() {
                return (Value::Empty, false);
            }
            self.formula.confine(plus, minus);
            return (run(&self.formula, task, scratch), true);
        }
        if self.formula.is_empty() {
            match (self.found.only(), self.values.len()) {
                (Some(chunk), 0) => return (Value::Chunk(chunk), false),
                (None, 1) if self.found.is_empty() => {
                    return (self.values.pop().unwrap_or(Value::Empty), false);
                }
                _ => {}
            }
        }
        (self.unite(scratch), false)
    }

    /// Looks up the operands of a chunk; true when one of them is full.
    fn gather(&mut self, task: Task<'_>, scratch: &mut Scratch) -> bool {
        self.found.clear();
        self.formula.clear();
        for leaf in &mut self.sets {
            let full = leaf
                .chunk(task.key)
                .is_some_and(|chunk| sort(chunk, &mut self.found, &mut self.formula));
            if full {
                return true;
            }
        }
        for node in &mut self.others {
            let value = match node {
                Node::And(and) => match and.gather(task.key) {
                    Gathered::Empty => Value::Empty,
                    Gathered::Chunk(chunk) => Value::Chunk(chunk),
                    Gathered::Words => {
                        and.add_to(&mut self.formula);
                        continue;
                    }
                    Gathered::Mixed => and.mixed(task.operand(), scratch),
                },
                other => other.value(task.operand(), scratch),
            };
            match value {
                Value::Empty => {}
                Value::Chunk(chunk) => {
                    if sort(chunk, &mut self.found, &mut self.formula) {
                        return true;
                    }
                }
                value => self.values.push(value),
            }
        }
        false
    }

    /// The union of the formula, of the chunks that are no words, and of the computed values.
    fn unite(&mut self, scratch: &mut Scratch) -> Value<'a> {
        if let Some(list) = self.short(scratch) {
            return list;
        }
        let mut block = scratch.block();
        let mut len = if self.formula.is_empty() {
            block.fill(0);
            0
        } else {
            (kernels().formula)(&self.formula, &mut block)
        };
        for ids in &self.found.arrays {
            len += set(&mut block, ids);
        }
        for run in self.found.runs.iter().copied().flatten() {
            len += set_span(&mut block, run.start, run.end);
        }
        for value in self.values.drain(..) {
            len = add(&mut block, len, &value);
            scratch.give(value);
        }
        scratch.settle(block, len)
    }

    /// The union as a list, where it is made of a few ids only: cheaper than to clear a block for them.
    fn short(&mut self, scratch: &mut Scratch) -> Option<Value<'a>> {
        const FEW: usize = 32;
        if !self.formula.is_empty() || !self.found.runs.is_empty() {
            return None;
        }
        let lists = || {
            let values = self.values.iter().map(|value| value.as_ids());
            self.found.arrays.iter().map(|ids| Some(*ids)).chain(values)
        };
        let total = lists()
            .map(|ids| ids.map(<[u16]>::len))
            .sum::<Option<usize>>()?;
        if total > FEW {
            return None;
        }
        let mut list = scratch.list();
        list.unite(lists().flatten());
        self.values.drain(..).for_each(|value| scratch.give(value));
        Some(Value::Ids(list))
    }

    /// Which of the candidates are in one of the operands.
    pub(super) fn test(
        &mut self,
        key: u16,
        candidates: &[u16],
        hits: &mut Hits,
        scratch: &mut Scratch,
    ) {
        *hits = hits::NONE;
        let mut found = hits::NONE;
        for leaf in &mut self.sets {
            if let Some(chunk) = leaf.chunk(key) {
                test_chunk(Some(chunk), candidates, &mut found);
                hits::add(hits, &found);
            }
        }
        let all = candidates.len() as u32;
        for node in &mut self.others {
            if hits::count(hits) == all {
                return;
            }
            node.test(key, candidates, &mut found, scratch);
            hits::add(hits, &found);
        }
    }
}

/// Puts a chunk where it belongs; true when it is full.
fn sort<'a>(chunk: &'a Chunk, found: &mut Found<'a>, formula: &mut Formula<'a>) -> bool {
    match chunk {
        Chunk::Bits { words, .. } => formula.add(&[words], &[]),
        Chunk::Full => return true,
        Chunk::Array(_) | Chunk::Runs { .. } => found.push(chunk),
    }
    false
}

/// Adds a value to `block`, which holds `len` ids; gives how many it holds then.
pub(super) fn add(block: &mut Block, len: u32, value: &Value<'_>) -> u32 {
    match value {
        Value::Empty | Value::Counted(_) => len,
        Value::Ids(ids) => len + set(block, ids.as_slice()),
        Value::Bits(words, _) => (kernels().or)(block, words),
        Value::Chunk(Chunk::Array(ids)) => len + set(block, ids),
        Value::Chunk(Chunk::Bits { words, .. }) => (kernels().or)(block, words),
        Value::Chunk(Chunk::Runs { runs, .. }) => runs
            .iter()
            .fold(len, |len, run| len + set_span(block, run.start, run.end)),
        Value::Chunk(Chunk::Full) => {
            block.fill(u64::MAX);
            CHUNK_BITS
        }
    }
}

/// Collects the operands of nested unions.
fn include<'a>(expression: &Expression<'a>, parts: &mut Vec<Node<'a>>) {
    match expression {
        Expression::Or(list) => list.iter().for_each(|part| include(part, parts)),
        other => parts.extend(Node::prepare(other)),
    }
}
