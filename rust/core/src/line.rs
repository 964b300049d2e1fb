//! Lines of an open hash table: as many entries as are fetched from memory at once.
//!
//! An entry lies in the first line from its home on, around the end of the table, that was not full when it came.

/// Entries in one line.
pub(crate) const WIDTH: usize = 8;

/// So many look-ups wait for memory together.
const AT_ONCE: usize = 64;

/// No entry.
const FREE: u32 = u32::MAX;

/// Numbers with the hashes that lead to them; the number `u32::MAX` cannot be held.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Line {
    hashes: [u32; WIDTH],
    /// Those in use come first.
    numbers: [u32; WIDTH],
}

impl Line {
    pub(crate) const EMPTY: Self = Self {
        hashes: [0; WIDTH],
        numbers: [FREE; WIDTH],
    };

    #[inline]
    fn is_full(&self) -> bool {
        self.numbers.last() != Some(&FREE)
    }

    #[inline]
    fn has(&self, hash: u32) -> bool {
        // Without a branch for each: one comparison of vectors.
        let each = self.hashes.iter().map(|own| *own == hash);
        each.fold(false, |any, own| any | own)
    }

    #[inline]
    fn entries(&self) -> impl Iterator<Item = (u32, u32)> {
        let entries = self.hashes.iter().copied().zip(self.numbers);
        entries.take_while(|(_, number)| *number != FREE)
    }

    #[inline]
    fn push(&mut self, hash: u32, number: u32) -> bool {
        let mut places = self.hashes.iter_mut().zip(&mut self.numbers);
        let Some((own, free)) = places.find(|(_, number)| **number == FREE) else {
            return false;
        };
        (*own, *free) = (hash, number);
        true
    }

    /// Takes an entry out; the last one comes to its place.
    fn take(&mut self, number: u32) {
        let Some(last) = self.entries().count().checked_sub(1) else {
            return;
        };
        if let Some(place) = self.numbers.iter().position(|own| *own == number) {
            self.numbers.swap(place, last);
            self.hashes.swap(place, last);
            if let Some(free) = self.numbers.get_mut(last) {
                *free = FREE;
            }
        }
    }
}

/// Where an entry belongs: by the upper bits of the hash, for the lower ones are the same in the whole table.
#[inline]
const fn home(hash: u32, lines: usize) -> usize {
    ((hash as u64 * lines as u64) >> 32) as usize
}

/// Calls `visit` with the place of each hash, the hash, and its table, the line in which the look-up begins read already.
///
/// Memory is what look-ups wait for: here many wait at once.
#[inline]
pub(crate) fn for_each<'a>(
    hashes: &[u32],
    table: impl Fn(u32) -> Option<&'a [Line]>,
    mut visit: impl FnMut(usize, u32, Option<&'a [Line]>),
) {
    let mut tables: Vec<Option<&[Line]>> = Vec::with_capacity(AT_ONCE);
    for (group, hashes) in hashes.chunks(AT_ONCE).enumerate() {
        tables.clear();
        tables.extend(hashes.iter().map(|hash| table(*hash)));
        let lines = tables.iter().zip(hashes);
        let lines = lines.filter_map(|(table, hash)| first((*table)?, *hash));
        std::hint::black_box(lines.fold(false, |any, line| any | line.is_full()));
        for (at, (hash, table)) in hashes.iter().zip(&tables).enumerate() {
            visit(group * AT_ONCE + at, *hash, *table);
        }
    }
}

/// The line in which a look-up begins; `None` in a table without lines.
#[inline]
fn first(lines: &[Line], hash: u32) -> Option<&Line> {
    lines.get(home(hash, lines.len()))
}

/// All entries.
pub(crate) fn entries(lines: &[Line]) -> impl Iterator<Item = (u32, u32)> {
    lines.iter().flat_map(Line::entries)
}

/// The entry with this hash that `is_it` recognises.
#[inline]
pub(crate) fn find(lines: &[Line], hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
    let (before, from) = lines.split_at_checked(home(hash, lines.len()))?;
    for line in from.iter().chain(before) {
        if line.has(hash) {
            let mut entries = line.entries();
            if let Some((_, number)) = entries.find(|own| own.0 == hash && is_it(own.1)) {
                return Some(number);
            }
        }
        if !line.is_full() {
            return None;
        }
    }
    None
}

/// Adds an entry; `false` where there is no room.
#[inline]
pub(crate) fn push(lines: &mut [Line], hash: u32, number: u32) -> bool {
    let (before, from) = lines.split_at_mut(home(hash, lines.len()));
    let mut lines = from.iter_mut().chain(before);
    lines.any(|line| line.push(hash, number))
}

/// Takes an entry out; `false` where it is not.
pub(crate) fn take(lines: &mut [Line], number: u32) -> bool {
    let mut all = lines.iter_mut();
    let Some(line) = all.find(|line| line.numbers.contains(&number)) else {
        return false;
    };
    let was_full = line.is_full();
    line.take(number);
    if was_full {
        // Others may lie further on because this line was full.
        let rest: Vec<_> = entries(lines).collect();
        lines.fill(Line::EMPTY);
        for (hash, number) in rest {
            push(lines, hash, number);
        }
    }
    true
}

/// How many entries there are, when each can be found.
pub(crate) fn validate(lines: &[Line]) -> Result<usize, String> {
    for (place, line) in lines.iter().enumerate() {
        for (hash, number) in line.entries() {
            let from = home(hash, lines.len());
            let (before, after) = if from <= place {
                (from..place, 0..0)
            } else {
                (from..lines.len(), 0..place)
            };
            let mut passed = before.chain(after).filter_map(|line| lines.get(line));
            if !passed.all(Line::is_full) {
                return Err(format!("{number} cannot be found from line {from}"));
            }
        }
    }
    Ok(entries(lines).count())
}
