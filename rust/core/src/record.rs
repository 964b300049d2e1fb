//! All changes: what is asked for, and what was accepted of it.

use crate::auction::Entry;
use crate::auction::confirm::{Confirmations, Confirmed};
use crate::auction::key::Key;
use crate::auction::reserve::{Asked, Grant};
use crate::catalog::{Declaration, SegmentDefinition};
use crate::event::ingest::EventBatch;
use crate::item::ItemBatch;
use crate::profile::ingest::ProfileBatch;
use crate::rows::Rows;
use crate::time::Instant;

/// What a caller asks for, before it is judged.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Declare namespaces, attributes and event types: all or none.
    Declare(Vec<Declaration>),
    /// Write attributes of items: columns `item` and item attributes.
    LoadItems(Batch),
    /// Write attributes of profiles: columns named after namespaces and attributes, optionally `time`.
    LoadProfiles(Batch),
    /// Store events: columns `event_id`, `type`, `time`, namespaces, `item`, `value`, `quantity`, `channel`, properties.
    Track(Batch),
    /// Take events back, by event id.
    Void(Vec<String>),
    /// Make two known ids one profile, before all links and whatever an earlier unmerge said.
    Merge {
        /// One id, as `crm:4711`.
        a: String,
        /// The other.
        b: String,
    },
    /// Set these ids of one profile apart from its others, until a merge by hand.
    Unmerge {
        /// Some of the ids of a profile, as `crm:4711`; no matter in which order.
        ids: Vec<String>,
    },
    /// Define or edit a segment.
    DefineSegment(SegmentDefinition),
    /// Define or edit several, all or none; one may use those before it.
    DefineSegments(Vec<SegmentDefinition>),
    /// Delete the segment of this name.
    DeleteSegment(String),
    /// Keep the segment of this name no longer live; it cannot be read until it is resumed.
    PauseSegment(String),
    /// Make a paused segment live again.
    ResumeSegment(String),
    /// Define or edit what auctions know of advertisers: all or none.
    DefineEntries(Vec<Entry>),
    /// Reserve exposures that may come: each counts for caps until it is confirmed, called off, or lapses.
    Reserve(Vec<Asked>),
    /// Confirm exposures that were reserved: they are stored as events, and what they cost is spent.
    Confirm(Vec<Confirmed>),
    /// Call off exposures that were reserved and will not come.
    Cancel(Vec<Key>),
    /// Let time pass.
    Advance,
}

/// Rows and how their columns are to be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The rows.
    pub rows: Rows,
    /// Columns to leave aside; any other undeclared column is an error. A name without a column does nothing.
    pub ignore: Vec<String>,
    /// Attributes to unset in every row; not for events.
    pub unset: Vec<String>,
}

impl From<Rows> for Batch {
    fn from(rows: Rows) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }
}

/// One change with its time: complete in itself and no more than what was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Engine time from this record on.
    pub time: Instant,
    /// What changes.
    pub change: Change,
}

/// What changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Declarations that the catalog takes.
    Declare(Vec<Declaration>),
    /// Writes to items.
    LoadItems(ItemBatch),
    /// Writes to profiles.
    LoadProfiles(ProfileBatch),
    /// Events.
    Track(EventBatch),
    /// Ids of known events that are taken back.
    Void(Vec<String>),
    /// Two ids that become one profile.
    Merge {
        /// One id.
        a: String,
        /// The other.
        b: String,
    },
    /// Ids that are set apart from the others of their profile.
    Unmerge {
        /// The ids.
        ids: Vec<String>,
    },
    /// Segments that the catalog takes.
    DefineSegments(Vec<SegmentDefinition>),
    /// The name of a segment that nobody needs.
    DeleteSegment(String),
    /// The name of a segment that nobody needs for now.
    PauseSegment(String),
    /// The name of a paused segment.
    ResumeSegment(String),
    /// Entries that the book takes.
    DefineEntries(Vec<Entry>),
    /// Reservations that are granted.
    Reserve(Vec<Grant>),
    /// Reservations that are confirmed.
    Confirm(Confirmations),
    /// Reservations that are called off.
    Cancel(Vec<Key>),
    /// Nothing but time.
    Advance,
}
