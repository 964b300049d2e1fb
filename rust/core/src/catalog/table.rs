//! Named things with dense numbers.

use hashbrown::HashMap;

/// Entries in order of declaration, found by number or by name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table<T> {
    entries: Vec<T>,
    numbers: HashMap<String, u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            numbers: HashMap::new(),
        }
    }
}

impl<T> Table<T> {
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    pub(super) fn entry(&self, number: u32) -> Option<&T> {
        self.entries.get(number as usize)
    }

    pub(super) fn entry_mut(&mut self, number: u32) -> Option<&mut T> {
        self.entries.get_mut(number as usize)
    }

    /// Adds an entry under a name that is not yet taken.
    pub(super) fn push(&mut self, name: &str, entry: T) -> u32 {
        let number = self.entries.len() as u32;
        self.numbers.insert(name.to_owned(), number);
        self.entries.push(entry);
        number
    }

    /// Takes the name off an entry, which keeps its number.
    pub(super) fn forget(&mut self, name: &str) {
        self.numbers.remove(name);
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (u32, &T)> + ExactSizeIterator {
        self.entries
            .iter()
            .enumerate()
            .map(|(number, entry)| (number as u32, entry))
    }
}
