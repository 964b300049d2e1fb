//! The change feed: who entered or left which segment, when and why.
//!
//! Every change has a sequence number that follows from the records alone. The latest changes are kept; whoever asks for older
//! ones is told so, and starts again from a snapshot.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::flips::{Flips, Switch};
use crate::bitmap::Bitmap;
use crate::id::{ProfileId, SegmentId};
use crate::rows::Texts;
use crate::time::Instant;

/// Why a membership changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Time passed: a window ran out, an age was reached, a wait ended.
    Time,
    /// An event left its retention.
    Retention,
    /// An attribute was written, or a row has made the profile.
    Attribute,
    /// An attribute of items was written.
    Item,
    /// The segment, or one that it uses, was defined anew, or deleted.
    Edit,
    /// Profiles were split.
    Unmerge,
    /// Profiles were merged.
    Merge,
    /// An event came, and made the profile where that is new, or was taken back; see [`Change::event_id`].
    Event(u32),
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Rises by one with every change of any segment.
    pub sequence: u64,
    /// Which segment.
    pub segment: SegmentId,
    /// Whose membership.
    pub profile: ProfileId,
    /// `true`: entered; `false`: left.
    pub entered: bool,
    /// At which instant.
    pub time: Instant,
    /// Why.
    pub cause: Cause,
    /// The id of the event, where one is the cause.
    pub event_id: Option<String>,
}

/// The changes of a few instants.
#[derive(Debug)]
struct Page {
    /// Sequence number of the first change.
    first: u64,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Flips(Flipped),
    /// All members of a segment that begins.
    Activation {
        segment: SegmentId,
        members: Bitmap,
        time: Instant,
    },
}

/// Flips as they are kept.
#[derive(Debug, Default)]
struct Flipped {
    switches: Vec<Switch>,
    /// Whose the switches are and why, and up to which of them.
    runs: Vec<(u32, ProfileId, Cause)>,
    /// Up to which switch they are of which instant.
    instants: Vec<(u32, Instant)>,
    /// By the number in [`Cause::Event`].
    event_ids: Texts,
}

/// Flips in one page, unless one run has more.
const PAGE: usize = if cfg!(test) { 8 } else { 1 << 13 };

impl Page {
    fn heap_bytes(&self) -> usize {
        match &self.content {
            Content::Flips(own) => own.heap_bytes(),
            Content::Activation { members, .. } => members.heap_bytes(),
        }
    }

    fn len(&self) -> u64 {
        match &self.content {
            Content::Flips(own) => own.switches.len() as u64,
            Content::Activation { members, .. } => members.len(),
        }
    }
}

impl Flipped {
    fn heap_bytes(&self) -> usize {
        self.switches.capacity() * size_of::<Switch>()
            + self.runs.capacity() * size_of::<(u32, ProfileId, Cause)>()
            + self.instants.capacity() * size_of::<(u32, Instant)>()
            + self.event_ids.heap_bytes()
    }
}

/// Pages in one volume; a write copies the pointers of the last volume.
const VOLUME: usize = 256;

/// Changes after which a volume ends, for they are let go of volume by volume.
const VOLUME_CHANGES: u64 = 1 << 18;

/// The latest changes. A clone is cheap and does not see later ones.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    /// None is empty.
    volumes: Arc<VecDeque<Arc<Vec<Arc<Page>>>>>,
    /// Sequence number of the next change.
    next: u64,
}

/// What a reader got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// In order.
    pub changes: Vec<Change>,
    /// From where to read on.
    pub next: u64,
}

/// A cursor that cannot be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadCursor {
    /// The changes from there on are no longer kept; the first that is.
    Gone(u64),
    /// No change has such a number yet; the next that will.
    Future(u64),
}

impl Feed {
    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let pages = self.volumes.iter().flat_map(|own| own.iter());
        pages.map(|own| size_of::<Page>() + own.heap_bytes()).sum()
    }

    /// Sequence number of the next change.
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Sequence number of the first change that is kept.
    pub fn first(&self) -> u64 {
        let first = self.volumes.front().and_then(|volume| volume.first());
        first.map_or(self.next, |page| page.first)
    }

    /// The changes from `cursor` on of the segments that are `wanted`, at most `most` of them; fewer when there are no more.
    pub fn read(
        &self,
        cursor: u64,
        most: usize,
        wanted: impl Fn(SegmentId) -> bool,
    ) -> Result<Slice, BadCursor> {
        if cursor > self.next {
            return Err(BadCursor::Future(self.next));
        }
        if cursor < self.first() {
            return Err(BadCursor::Gone(self.first()));
        }
        let mut slice = Slice {
            changes: Vec::new(),
            next: cursor,
        };
        let is_past = |page: &Arc<Page>| page.first + page.len() <= cursor;
        let start = self
            .volumes
            .partition_point(|volume| volume.last().is_some_and(is_past));
        let pages = self.volumes.range(start..).flat_map(|volume| volume.iter());
        for page in pages.skip_while(|page| is_past(page)) {
            page.read(most, &wanted, &mut slice);
            if slice.changes.len() >= most {
                return Ok(slice);
            }
        }
        slice.next = self.next;
        Ok(slice)
    }

    /// Adds runs of flips in the given order, with their instants, which rise.
    ///
    /// Of `event_ids`, the ids of the record by row, only those that are a cause are kept.
    pub(super) fn push(
        &mut self,
        flips: &Flips,
        told: impl Iterator<Item = (Instant, Range<usize>)>,
        event_ids: Option<&Texts>,
    ) {
        let (mut page, mut left) = (Flipped::default(), flips.len());
        let (mut row_before, mut event_ids_kept) = (None, 0);
        for (time, range) in told {
            for run in flips.runs().get(range).unwrap_or_default() {
                if page.switches.len() + run.len() > PAGE {
                    self.add_flipped(std::mem::take(&mut page));
                    (row_before, event_ids_kept) = (None, 0);
                }
                if page.switches.is_empty() {
                    page.switches.reserve_exact(left.min(PAGE));
                }
                left = left.saturating_sub(run.len());
                let cause = match run.cause {
                    Cause::Event(row) => {
                        if row_before != Some(row) {
                            let event_id = event_ids.and_then(|ids| ids.get(row as usize));
                            page.event_ids.push(event_id.unwrap_or_default());
                            row_before = Some(row);
                            event_ids_kept += 1;
                        }
                        Cause::Event(event_ids_kept - 1)
                    }
                    other => other,
                };
                page.switches.extend_from_slice(flips.switches(run));
                let end = page.switches.len() as u32;
                page.runs.push((end, run.profile, cause));
                match page.instants.last_mut().filter(|own| own.1 == time) {
                    Some(own) => own.0 = end,
                    None => page.instants.push((end, time)),
                }
            }
        }
        self.add_flipped(page);
    }

    fn add_flipped(&mut self, mut flipped: Flipped) {
        if !flipped.switches.is_empty() {
            flipped.switches.shrink_to_fit();
            flipped.runs.shrink_to_fit();
            flipped.instants.shrink_to_fit();
            self.add(Content::Flips(flipped));
        }
    }

    /// Adds all members of a segment that begins.
    pub(super) fn activate(&mut self, time: Instant, segment: SegmentId, members: &Bitmap) {
        if !members.is_empty() {
            self.add(Content::Activation {
                segment,
                members: members.clone(),
                time,
            });
        }
    }

    fn add(&mut self, content: Content) {
        let page = Page {
            first: self.next,
            content,
        };
        self.next += page.len();
        let volumes = Arc::make_mut(&mut self.volumes);
        let has_room = |volume: &&mut Arc<Vec<Arc<Page>>>| {
            let first = volume.first().map_or(page.first, |own| own.first);
            volume.len() < VOLUME && page.first - first < VOLUME_CHANGES
        };
        match volumes.back_mut().filter(has_room) {
            Some(volume) => Arc::make_mut(volume).push(Arc::new(page)),
            None => volumes.push_back(Arc::new(vec![Arc::new(page)])),
        }
    }

    /// Lets go of the oldest changes, volume by volume, as long as at least `most` are kept.
    pub(super) fn trim(&mut self, most: u64) {
        let next = self.next;
        let end = |volume: &Vec<Arc<Page>>| volume.last().map_or(0, |page| page.first + page.len());
        let too_old = |volume: Option<&Arc<Vec<Arc<Page>>>>| {
            volume.is_some_and(|volume| next - end(volume) >= most)
        };
        while too_old(self.volumes.front()) {
            Arc::make_mut(&mut self.volumes).pop_front();
        }
    }
}

impl Page {
    fn read(&self, most: usize, wanted: &impl Fn(SegmentId) -> bool, slice: &mut Slice) {
        let skipped = slice.next.saturating_sub(self.first) as usize;
        match &self.content {
            Content::Flips(own) => own.read(self.first, skipped, most, wanted, slice),
            Content::Activation {
                segment,
                members,
                time,
            } if wanted(*segment) => {
                for (place, profile) in members.iter().enumerate().skip(skipped) {
                    if slice.changes.len() >= most {
                        return;
                    }
                    slice.next = self.first + place as u64 + 1;
                    slice.changes.push(Change {
                        sequence: self.first + place as u64,
                        segment: *segment,
                        profile: ProfileId(profile),
                        entered: true,
                        time: *time,
                        cause: Cause::Edit,
                        event_id: None,
                    });
                }
            }
            Content::Activation { .. } => slice.next = self.first + self.len(),
        }
    }
}

impl Flipped {
    /// Reads from the switch `skipped` on; `first` is the sequence number of the first switch.
    fn read(
        &self,
        first: u64,
        skipped: usize,
        most: usize,
        wanted: &impl Fn(SegmentId) -> bool,
        slice: &mut Slice,
    ) {
        let mut run = self.runs.partition_point(|own| own.0 as usize <= skipped);
        let is_over = |own: &(u32, Instant)| own.0 as usize <= skipped;
        let mut open = self.instants.partition_point(is_over);
        for (place, switch) in self.switches.iter().enumerate().skip(skipped) {
            if slice.changes.len() >= most {
                return;
            }
            slice.next = first + place as u64 + 1;
            while self
                .runs
                .get(run)
                .is_some_and(|own| own.0 as usize <= place)
            {
                run += 1;
            }
            while self
                .instants
                .get(open)
                .is_some_and(|own| own.0 as usize <= place)
            {
                open += 1;
            }
            let (Some((_, profile, cause)), Some((_, time))) =
                (self.runs.get(run), self.instants.get(open))
            else {
                return;
            };
            if wanted(switch.segment()) {
                let event_id = match cause {
                    Cause::Event(number) => self.event_ids.get(*number as usize),
                    _ => None,
                };
                slice.changes.push(Change {
                    sequence: first + place as u64,
                    segment: switch.segment(),
                    profile: *profile,
                    entered: switch.entered(),
                    time: *time,
                    cause: *cause,
                    event_id: event_id.map(str::to_owned),
                });
            }
        }
    }
}
