//! The change feed: who entered or left which segment, when and why.
//!
//! Every change has a sequence number that follows from the records alone. The latest changes are kept; whoever asks for older
//! ones is told so, and starts again from a snapshot.

use std::collections::VecDeque;
use std::sync::Arc;

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
    /// An attribute was written, or the profile is new.
    Attribute,
    /// An attribute of items was written.
    Item,
    /// The segment, or one that it uses, was defined anew, or deleted.
    Edit,
    /// Profiles were split.
    Unmerge,
    /// Profiles were merged.
    Merge,
    /// An event came, or was taken back; see [`Change::event_id`].
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

/// A change in 16 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flip {
    pub(super) segment: SegmentId,
    pub(super) profile: ProfileId,
    pub(super) entered: bool,
    pub(super) cause: Cause,
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
    Flips {
        flips: Vec<Flip>,
        /// Up to which flip they are of which instant.
        instants: Vec<(usize, Instant)>,
        /// By the number in [`Cause::Event`].
        event_ids: Texts,
    },
    /// All members of a segment that begins.
    Activation {
        segment: SegmentId,
        members: Bitmap,
        time: Instant,
    },
}

/// Flips in one page, unless one instant has more.
const PAGE: usize = 1 << 14;

impl Page {
    fn len(&self) -> u64 {
        match &self.content {
            Content::Flips { flips, .. } => flips.len() as u64,
            Content::Activation { members, .. } => members.len(),
        }
    }
}

/// Pages in one volume; a write copies the pointers of the last volume.
const VOLUME: usize = 256;

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

    /// Adds flips in the given order; `instants` tell up to which flip they are of which instant, and rise.
    ///
    /// Of `event_ids`, the ids of the record by row, only those that are a cause are kept.
    pub(super) fn push(
        &mut self,
        instants: &[(usize, Instant)],
        flips: &[Flip],
        event_ids: Option<&Texts>,
    ) {
        let (mut rest, mut start) = (instants, 0);
        while let Some((first, _)) = rest.first() {
            // At least one instant, and then as many as a page holds.
            let fits = rest.partition_point(|(end, _)| *end <= start + PAGE).max(1);
            let (own, after) = rest.split_at_checked(fits).unwrap_or((rest, &[]));
            let end = own.last().map_or(*first, |(end, _)| *end);
            let instants = own.iter().map(|(end, time)| (end - start, *time)).collect();
            if let Some(flips) = flips.get(start..end).filter(|own| !own.is_empty()) {
                self.push_page(instants, flips, event_ids);
            }
            (rest, start) = (after, end);
        }
    }

    fn push_page(
        &mut self,
        instants: Vec<(usize, Instant)>,
        flips: &[Flip],
        event_ids: Option<&Texts>,
    ) {
        let (mut flips, mut kept) = (flips.to_vec(), Texts::default());
        let (mut last, mut texts) = (None, 0);
        for flip in &mut flips {
            let Cause::Event(row) = flip.cause else {
                continue;
            };
            if last != Some(row) {
                let event_id = event_ids.and_then(|ids| ids.get(row as usize));
                kept.push(event_id.unwrap_or_default());
                (last, texts) = (Some(row), texts + 1);
            }
            flip.cause = Cause::Event(texts - 1);
        }
        self.add(Content::Flips {
            flips,
            instants,
            event_ids: kept,
        });
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
        match volumes.back_mut() {
            Some(volume) if volume.len() < VOLUME => Arc::make_mut(volume).push(Arc::new(page)),
            Some(_) | None => volumes.push_back(Arc::new(vec![Arc::new(page)])),
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
            Content::Flips {
                flips,
                instants,
                event_ids,
            } => {
                let mut open = instants.partition_point(|(end, _)| *end <= skipped);
                for (place, flip) in flips.iter().enumerate().skip(skipped) {
                    if slice.changes.len() >= most {
                        return;
                    }
                    slice.next = self.first + place as u64 + 1;
                    if instants.get(open).is_some_and(|(end, _)| *end <= place) {
                        open += 1;
                    }
                    if wanted(flip.segment) {
                        let event_id = match flip.cause {
                            Cause::Event(number) => event_ids.get(number as usize),
                            _ => None,
                        };
                        slice.changes.push(Change {
                            sequence: self.first + place as u64,
                            segment: flip.segment,
                            profile: flip.profile,
                            entered: flip.entered,
                            time: instants.get(open).map_or(Instant::MIN, |own| own.1),
                            cause: flip.cause,
                            event_id: event_id.map(str::to_owned),
                        });
                    }
                }
            }
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
