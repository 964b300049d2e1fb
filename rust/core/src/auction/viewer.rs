//! Who an auction is about.

use super::cap::CapKey;
use crate::explain;
use crate::id::SegmentId;
use crate::person::Person;
use crate::view::View;

/// The person who might see the ad, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub enum Viewer<'a> {
    /// No id was given, or consent forbids to look it up.
    Nobody,
    /// An id was given; of one that nobody knows all is empty.
    Person {
        /// Segments, rising: the row of the profile in the view, or those of a [`stranger`].
        segments: &'a [SegmentId],
        /// What was shown already.
        caps: Caps<'a>,
        /// Equal keys promise equal segments, so that what follows from them may be kept; `None`: nothing is kept.
        key: Option<u64>,
    },
}

/// What is known of caps.
#[derive(Clone, Copy, Debug)]
pub enum Caps<'a> {
    /// Nobody can tell: whatever has caps falls.
    Missing,
    /// Those that are reached, in any order.
    Reached(&'a [CapKey]),
}

impl<'a> Viewer<'a> {
    /// The segments of the person; `None` of nobody.
    pub const fn segments(self) -> Option<&'a [SegmentId]> {
        match self {
            Self::Nobody => None,
            Self::Person { segments, .. } => Some(segments),
        }
    }

    /// The caps that are reached; `None` when nobody can tell.
    pub const fn reached(self) -> Option<&'a [CapKey]> {
        match self {
            Self::Person {
                caps: Caps::Reached(keys),
                ..
            } => Some(keys),
            Self::Nobody
            | Self::Person {
                caps: Caps::Missing,
                ..
            } => None,
        }
    }
}

/// The live segments that somebody is in of whom nothing is known but an id, rising. They follow from the catalog alone.
pub fn stranger(view: &View) -> Vec<SegmentId> {
    let (catalog, nothing) = (view.catalog(), Person::default());
    let live = catalog.segments().filter(|own| !own.paused);
    let holds = live.filter(|own| explain::holds(&own.plan, &nothing, catalog, view.time()));
    let mut segments: Vec<_> = holds.map(|own| own.id).collect();
    segments.sort_unstable();
    segments
}
