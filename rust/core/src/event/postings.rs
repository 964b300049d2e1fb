//! Postings: the events of a run by the code of one field. Derived, rebuilt from the run.

/// For each code the events that have it, rising.
#[derive(Debug)]
pub struct Postings {
    /// Rising.
    codes: Vec<u32>,
    /// One more than codes.
    starts: Vec<u32>,
    events: Vec<u32>,
    locals: Vec<u16>,
}

impl Postings {
    /// Groups `(code, event, local profile)`, in any order.
    pub fn new(mut entries: Vec<(u32, u32, u16)>) -> Self {
        entries.sort_unstable();
        let (mut codes, mut starts) = (Vec::new(), Vec::new());
        for (at, (code, ..)) in entries.iter().enumerate() {
            if codes.last() != Some(code) {
                codes.push(*code);
                starts.push(at as u32);
            }
        }
        starts.push(entries.len() as u32);
        let events = entries.iter().map(|(_, event, _)| *event).collect();
        let locals = entries.iter().map(|(.., local)| *local).collect();
        Self {
            codes,
            starts,
            events,
            locals,
        }
    }

    /// The events with `code`, rising, and the profile of each; empty when there are none.
    pub fn of(&self, code: u32) -> (&[u32], &[u16]) {
        let Ok(place) = self.codes.binary_search(&code) else {
            return (&[], &[]);
        };
        let (Some(&start), Some(&end)) = (self.starts.get(place), self.starts.get(place + 1))
        else {
            return (&[], &[]);
        };
        let range = start as usize..end as usize;
        (
            self.events.get(range.clone()).unwrap_or(&[]),
            self.locals.get(range).unwrap_or(&[]),
        )
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        (self.codes.capacity() + self.starts.capacity() + self.events.capacity()) * 4
            + self.locals.capacity() * 2
    }
}
