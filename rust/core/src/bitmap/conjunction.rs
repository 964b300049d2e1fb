//! All of some operands and none of others.

use super::chunk::{Chunk, Run};
use super::disjunction::Disjunction;
use super::evaluator::{Task, keep_runs, test_chunk, test_runs};
use super::expression::Expression;
use super::hits::{self, Hits};
use super::kernel::{Formula, kernels};
use super::program::{Leaf, Node, sort_out};
use super::range::KEYS;
use super::scratch::{FULL, Scratch, Value};
use super::words::{Block, Words, clear_span};

/// Operands that must hold and operands that must not, bare sets apart from the rest.
pub(super) struct Conjunction<'a> {
    sets: Vec<Leaf<'a>>,
    others: Vec<Node<'a>>,
    minus_sets: Vec<Leaf<'a>>,
    minus_others: Vec<Node<'a>>,
    /// The sets' chunks under the key last gathered.
    plus: Found<'a>,
    minus: Found<'a>,
    formula: Formula<'a>,
}

/// Chunks by container; full ones are left out.
#[derive(Default)]
pub(super) struct Found<'a> {
    chunks: Vec<&'a Chunk>,
    pub(super) arrays: Vec<&'a [u16]>,
    pub(super) words: Vec<&'a Words>,
    pub(super) runs: Vec<&'a [Run]>,
}

impl<'a> Found<'a> {
    pub(super) fn clear(&mut self) {
        self.chunks.clear();
        self.arrays.clear();
        self.words.clear();
        self.runs.clear();
    }

    pub(super) fn push(&mut self, chunk: &'a Chunk) {
        match chunk {
            Chunk::Array(ids) => self.arrays.push(ids),
            Chunk::Bits { words, .. } => self.words.push(words),
            Chunk::Runs { runs, .. } => self.runs.push(runs),
            Chunk::Full => return,
        }
        self.chunks.push(chunk);
    }

    /// Whether there are no chunks but those of words.
    pub(super) fn only_words(&self) -> bool {
        self.arrays.is_empty() && self.runs.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The chunk, where there is one only.
    pub(super) fn only(&self) -> Option<&'a Chunk> {
        match self.chunks[..] {
            [chunk] => Some(chunk),
            _ => None,
        }
    }
}

/// What a chunk looks like once its operands have been looked up.
pub(super) enum Gathered<'a> {
    Empty,
    /// One chunk of one set decides alone.
    Chunk(&'a Chunk),
    /// Words only: the product of `plus` and `minus`.
    Words,
    Mixed,
}

impl<'a> Conjunction<'a> {
    /// Makes an `And` or `Minus` ready.
    pub(super) fn prepare(expression: &Expression<'a>) -> Option<Node<'a>> {
        let mut parts = Parts::default();
        parts.include(expression)?;
        Self::of(parts)
    }

    /// The conjunction of all nodes; none when one can have no members.
    pub(super) fn all(list: &[Expression<'a>]) -> Option<Node<'a>> {
        let mut parts = Parts::default();
        for expression in list {
            parts.include(expression)?;
        }
        Self::of(parts)
    }

    fn of(mut parts: Parts<'a>) -> Option<Node<'a>> {
        if parts.minus.is_empty() && parts.plus.len() < 2 {
            return parts.plus.pop();
        }
        let (sets, others) = sort_out(parts.plus.into_iter());
        let (minus_sets, minus_others) = sort_out(parts.minus.into_iter());
        Some(Node::And(Box::new(Self {
            sets,
            others,
            minus_sets,
            minus_others,
            plus: Found::default(),
            minus: Found::default(),
            formula: Formula::new(),
        })))
    }

    pub(super) fn cost(&self) -> u32 {
        let sets = (self.sets.len() + self.minus_sets.len()) as u32;
        let others = self.others.iter().chain(&self.minus_others);
        others.map(Node::cost).fold(sets, u32::saturating_add)
    }

    /// Whether all operands are bitmaps, at any depth.
    pub(super) fn is_stored(&self) -> bool {
        self.others
            .iter()
            .chain(&self.minus_others)
            .all(Node::is_stored)
    }

    /// The first key from `from` on that all operands may have.
    pub(super) fn seek(&mut self, from: u32) -> u32 {
        let mut key = from;
        loop {
            let sets = self.sets.iter_mut().map(|leaf| leaf.seek(key)).max();
            let others = self.others.iter_mut().map(|node| node.seek(key)).max();
            match sets.max(others) {
                Some(next) if next > key && next < KEYS => key = next,
                next => return next.unwrap_or(KEYS),
            }
        }
    }

    pub(super) fn rewind(&mut self) {
        self.sets
            .iter_mut()
            .chain(&mut self.minus_sets)
            .for_each(Leaf::rewind);
        self.others
            .iter_mut()
            .chain(&mut self.minus_others)
            .for_each(Node::rewind);
    }

    /// Looks up the sets' chunks of `key`.
    pub(super) fn gather(&mut self, key: u16) -> Gathered<'a> {
        self.plus.clear();
        self.minus.clear();
        for leaf in &mut self.sets {
            match leaf.chunk(key) {
                None => return Gathered::Empty,
                Some(chunk) => self.plus.push(chunk),
            }
        }
        for leaf in &mut self.minus_sets {
            match leaf.chunk(key) {
                None => {}
                Some(Chunk::Full) => return Gathered::Empty,
                Some(chunk) => self.minus.push(chunk),
            }
        }
        self.outline()
    }

    fn outline(&mut self) -> Gathered<'a> {
        if !self.others.is_empty() || !self.minus_others.is_empty() {
            return Gathered::Mixed;
        }
        if self.minus.is_empty() {
            if self.plus.is_empty() {
                return Gathered::Chunk(&FULL);
            }
            if let Some(chunk) = self.plus.only() {
                return Gathered::Chunk(chunk);
            }
        }
        if self.plus.is_empty() {
            self.plus.words.push(ones());
        }
        if self.plus.only_words() && self.minus.only_words() {
            Gathered::Words
        } else {
            Gathered::Mixed
        }
    }

    pub(super) fn value(&mut self, task: Task<'_>, scratch: &mut Scratch) -> Value<'a> {
        match self.gather(task.key) {
            Gathered::Empty => Value::Empty,
            Gathered::Chunk(chunk) => Value::Chunk(chunk),
            Gathered::Words => {
                self.formula.clear();
                self.formula.add(&self.plus.words, &self.minus.words);
                run(&self.formula, task, scratch)
            }
            Gathered::Mixed => self.mixed(task, scratch),
        }
    }

    /// Adds what has been gathered to a formula, as one term.
    pub(super) fn add_to(&self, formula: &mut Formula<'a>) {
        formula.add(&self.plus.words, &self.minus.words);
    }

    /// The value of a chunk that was gathered as mixed.
    pub(super) fn mixed(&mut self, task: Task<'_>, scratch: &mut Scratch) -> Value<'a> {
        if let Some(shortest) = self.plus.arrays.iter().copied().min_by_key(|ids| ids.len()) {
            self.plus.arrays.retain(|ids| !std::ptr::eq(*ids, shortest));
            return self.filter(shortest, 0, task, scratch);
        }
        let (base, done) = self.base(task, scratch);
        let value = match base {
            Value::Empty => return Value::Empty,
            value if value.as_ids().is_some() => {
                let result = self.filter(value.as_ids().unwrap_or_default(), done, task, scratch);
                scratch.give(value);
                return result;
            }
            Value::Counted(len) => return Value::Counted(len),
            value => value,
        };
        let len = value.len();
        let block = scratch.block_of(value);
        self.confine(block, len, done, task, scratch)
    }

    /// The value to begin with, and how many of the other operands are in it. The words of `plus` and
    /// `minus` that are in it are taken off the lists.
    fn base(&mut self, task: Task<'_>, scratch: &mut Scratch) -> (Value<'a>, usize) {
        let joined = matches!(self.others.first(), Some(Node::Or(or)) if or.is_stored());
        let last = self.others.len() <= usize::from(joined)
            && self.minus_others.is_empty()
            && self.plus.only_words()
            && self.minus.only_words();
        let task = Task {
            counting: task.counting && last,
            ..task
        };
        match self.others.first_mut() {
            // A union of sets and of products goes through the same pass as our own words.
            Some(Node::Or(or)) if or.is_stored() => (
                self::or(or, &mut self.plus, &mut self.minus, task, scratch),
                1,
            ),
            Some(node) if self.plus.is_empty() => (node.value(task.operand(), scratch), 1),
            _ if self.plus.words.is_empty() => {
                let mut block = scratch.block();
                block.fill(u64::MAX);
                let len = self.plus.runs.pop().map_or(super::CHUNK_BITS, |runs| {
                    keep_runs(&mut block, runs, super::CHUNK_BITS)
                });
                (scratch.settle(block, len), 0)
            }
            _ => {
                self.formula.clear();
                self.formula.add(&self.plus.words, &self.minus.words);
                self.plus.words.clear();
                self.minus.words.clear();
                // Other operands are still to come: a number would leave them out.
                let task = Task {
                    counting: false,
                    ..task
                };
                (run(&self.formula, task, scratch), 0)
            }
        }
    }

    /// Takes from `block`, which holds `len` ids, what the remaining operands do not allow.
    fn confine(
        &mut self,
        mut block: Box<Block>,
        mut len: u32,
        done: usize,
        task: Task<'_>,
        scratch: &mut Scratch,
    ) -> Value<'a> {
        for words in &self.plus.words {
            len = (kernels().and)(&mut block, words);
        }
        for words in &self.minus.words {
            len = (kernels().and_not)(&mut block, words);
        }
        for runs in &self.plus.runs {
            len = keep_runs(&mut block, runs, len);
        }
        for ids in &self.minus.arrays {
            len -= (kernels().clear_ids)(&mut block, ids);
        }
        for run in self.minus.runs.iter().copied().flatten() {
            len -= clear_span(&mut block, run.start, run.end);
        }
        for node in self.others.iter_mut().skip(done) {
            if len == 0 {
                break;
            }
            let value = node.value(task.within(&block), scratch);
            len = keep(&mut block, len, value, scratch);
        }
        for node in &mut self.minus_others {
            if len == 0 {
                break;
            }
            let value = node.value(task.within(&block), scratch);
            len = drop(&mut block, len, value, scratch);
        }
        scratch.settle(block, len)
    }

    /// The candidates that pass all operands, other than the first `done` of the others.
    fn filter(
        &mut self,
        candidates: &[u16],
        done: usize,
        task: Task<'_>,
        scratch: &mut Scratch,
    ) -> Value<'a> {
        let mut hits = hits::first(candidates.len());
        self.filter_sets(candidates, &mut hits);
        if hits::is_none(&hits) {
            return Value::Empty;
        }
        let mut list = scratch.list();
        if self.others.len() > done || !self.minus_others.is_empty() {
            list.select(candidates, &hits);
            let fewer = list;
            hits = hits::first(fewer.as_slice().len());
            self.filter_others(fewer.as_slice(), done, &mut hits, task.key, scratch);
            list = scratch.list();
            list.select(fewer.as_slice(), &hits);
            scratch.give(Value::Ids(fewer));
        } else if task.counting {
            scratch.give(Value::Ids(list));
            return Value::Counted(hits::count(&hits));
        } else {
            list.select(candidates, &hits);
        }
        if list.as_slice().is_empty() {
            scratch.give(Value::Ids(list));
            return Value::Empty;
        }
        Value::Ids(list)
    }

    fn filter_sets(&self, candidates: &[u16], hits: &mut Hits) {
        let mut found = hits::NONE;
        for (side, apply) in [
            (&self.plus, hits::keep as fn(&mut Hits, &Hits)),
            (&self.minus, hits::drop),
        ] {
            for ids in &side.arrays {
                (kernels().match_ids)(candidates, ids, &mut found);
                apply(hits, &found);
            }
            if hits::is_none(hits) {
                return;
            }
            for words in &side.words {
                (kernels().probe)(candidates, words, &mut found);
                apply(hits, &found);
            }
            for runs in &side.runs {
                test_runs(runs, candidates, &mut found);
                apply(hits, &found);
            }
        }
    }

    fn filter_others(
        &mut self,
        candidates: &[u16],
        done: usize,
        hits: &mut Hits,
        key: u16,
        scratch: &mut Scratch,
    ) {
        let mut found = hits::NONE;
        for node in self.others.iter_mut().skip(done) {
            node.test(key, candidates, &mut found, scratch);
            hits::keep(hits, &found);
            if hits::is_none(hits) {
                return;
            }
        }
        for node in &mut self.minus_others {
            node.test(key, candidates, &mut found, scratch);
            hits::drop(hits, &found);
            if hits::is_none(hits) {
                return;
            }
        }
    }

    /// Which of the candidates pass all operands.
    pub(super) fn test(
        &mut self,
        key: u16,
        candidates: &[u16],
        hits: &mut Hits,
        scratch: &mut Scratch,
    ) {
        *hits = hits::first(candidates.len());
        let mut found = hits::NONE;
        for leaf in &mut self.sets {
            test_chunk(leaf.chunk(key), candidates, &mut found);
            hits::keep(hits, &found);
            if hits::is_none(hits) {
                return;
            }
        }
        for leaf in &mut self.minus_sets {
            if let Some(chunk) = leaf.chunk(key) {
                test_chunk(Some(chunk), candidates, &mut found);
                hits::drop(hits, &found);
            }
        }
        if !hits::is_none(hits) {
            self.filter_others(candidates, 0, hits, key, scratch);
        }
    }
}

/// The value of a union, in one pass with the words of `plus` and `minus` where it can be.
fn or<'a>(
    or: &mut Disjunction<'a>,
    plus: &mut Found<'a>,
    minus: &mut Found<'a>,
    task: Task<'_>,
    scratch: &mut Scratch,
) -> Value<'a> {
    let (value, confined) = or.confined(task, &plus.words, &minus.words, scratch);
    if confined {
        plus.words.clear();
        minus.words.clear();
    }
    value
}

/// The value of a formula.
pub(super) fn run<'a>(formula: &Formula<'_>, task: Task<'_>, scratch: &mut Scratch) -> Value<'a> {
    if task.counting {
        return Value::Counted((kernels().formula_count)(formula));
    }
    let mut block = scratch.block();
    let len = (kernels().formula)(formula, &mut block);
    scratch.settle(block, len)
}

/// Keeps in `block`, which holds `len` ids, what is in `value`; gives how many are left.
fn keep(block: &mut Block, len: u32, value: Value<'_>, scratch: &mut Scratch) -> u32 {
    let left = match &value {
        Value::Empty | Value::Counted(_) => 0,
        Value::Chunk(Chunk::Full) => len,
        Value::Chunk(Chunk::Bits { words, .. }) => (kernels().and)(block, words),
        Value::Chunk(Chunk::Runs { runs, .. }) => keep_runs(block, runs, len),
        Value::Bits(words, _) => (kernels().and)(block, words),
        Value::Chunk(Chunk::Array(_)) | Value::Ids(_) => {
            let candidates = value.as_ids().unwrap_or_default();
            let mut hits = hits::NONE;
            (kernels().probe)(candidates, block, &mut hits);
            let mut list = scratch.list();
            list.select(candidates, &hits);
            block.fill(0);
            let left = super::scratch::set(block, list.as_slice());
            scratch.give(Value::Ids(list));
            left
        }
    };
    scratch.give(value);
    left
}

/// Takes from `block`, which holds `len` ids, what is in `value`; gives how many are left.
fn drop(block: &mut Block, len: u32, value: Value<'_>, scratch: &mut Scratch) -> u32 {
    let left = match &value {
        Value::Empty | Value::Counted(_) => len,
        Value::Chunk(Chunk::Full) => 0,
        Value::Chunk(Chunk::Bits { words, .. }) => (kernels().and_not)(block, words),
        Value::Chunk(Chunk::Runs { runs, .. }) => runs.iter().fold(len, |left, run| {
            left - clear_span(block, run.start, run.end)
        }),
        Value::Bits(words, _) => (kernels().and_not)(block, words),
        Value::Chunk(Chunk::Array(_)) | Value::Ids(_) => {
            len - (kernels().clear_ids)(block, value.as_ids().unwrap_or_default())
        }
    };
    scratch.give(value);
    left
}

/// Words that hold all ids.
fn ones() -> &'static Words {
    static ONES: std::sync::OnceLock<Box<Block>> = std::sync::OnceLock::new();
    ONES.get_or_init(|| {
        let mut block = Box::new(Block::zeroed());
        block.fill(u64::MAX);
        block
    })
}

/// The operands of a conjunction while it is made ready.
#[derive(Default)]
struct Parts<'a> {
    plus: Vec<Node<'a>>,
    minus: Vec<Node<'a>>,
}

impl<'a> Parts<'a> {
    /// Adds an operand that must hold; none when it can have no members.
    fn include(&mut self, expression: &Expression<'a>) -> Option<()> {
        match expression {
            Expression::And(list) if !list.is_empty() => {
                list.iter().try_for_each(|part| self.include(part))
            }
            Expression::And(_) => None,
            Expression::Minus(a, b) => {
                self.include(a)?;
                self.exclude(b);
                Some(())
            }
            other => {
                self.plus.push(Node::prepare(other)?);
                Some(())
            }
        }
    }

    /// Adds an operand that must not hold.
    fn exclude(&mut self, expression: &Expression<'a>) {
        match expression {
            Expression::Or(list) => list.iter().for_each(|part| self.exclude(part)),
            other => self.minus.extend(Node::prepare(other)),
        }
    }
}
