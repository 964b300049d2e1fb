//! Reservations: exposures that may come, and count for caps until they do, are called off, or lapse.

use imbl::{OrdMap, OrdSet, Vector};

use super::key::Key;
use crate::id::{EventTypeId, LineItemId};
use crate::profile::dictionary::IdSlot;
use crate::time::{Duration, Instant};

/// How long a reservation holds where nobody says.
pub const USUAL_LAPSE: Duration = Duration(5 * Duration::MINUTE.0);
/// How long one may hold.
pub const LONGEST_LAPSE: Duration = Duration::HOUR;
/// How long a key is known after its reservation was made: so late may it be confirmed.
pub const KNOWN_FOR: Duration = Duration(3 * Duration::HOUR.0);

/// How a reservation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It counts for caps.
    Held,
    /// Its time is over.
    Lapsed,
    /// It was called off.
    Cancelled,
    /// The exposure has come and is paid for.
    Confirmed,
}

/// A reservation of a line item on an impression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reservation {
    /// Of which line item.
    pub line_item: LineItemId,
    /// What kind of exposure may come; `None`: no declared one.
    pub exposure: Option<EventTypeId>,
    /// Whose it is; `None`: nobody's.
    pub owner: Option<IdSlot>,
    /// For how many exposures it stands, in millionths.
    pub quantity: i64,
    /// What it costs at the bid, in nano units of the campaign's currency.
    pub cost: i64,
    /// When it was made.
    pub made: Instant,
    /// From when on it does not count.
    pub lapses: Instant,
    /// How it stands, a lapse not considered.
    phase: Phase,
    /// Whether its exposure has come as an event.
    is_exposed: bool,
}

impl Reservation {
    /// One that is held from `made` on.
    pub(super) const fn held(
        (line_item, exposure): (LineItemId, Option<EventTypeId>),
        owner: Option<IdSlot>,
        (quantity, cost): (i64, i64),
        (made, lapses): (Instant, Instant),
        is_exposed: bool,
    ) -> Self {
        Self {
            line_item,
            exposure,
            owner,
            quantity,
            cost,
            made,
            lapses,
            phase: Phase::Held,
            is_exposed,
        }
    }

    pub(super) const fn hold(&self) -> Hold {
        Hold {
            line_item: self.line_item,
            exposure: self.exposure,
            lapses: self.lapses,
        }
    }

    /// How it stands at a time.
    pub fn phase(&self, t: Instant) -> Phase {
        match self.phase {
            Phase::Held if self.lapses <= t => Phase::Lapsed,
            phase => phase,
        }
    }
}

/// What became of reservations so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tallies {
    /// Those that were made.
    pub made: u64,
    /// Those that were confirmed.
    pub confirmed: u64,
    /// Of these, those that were called off or had lapsed before.
    pub late: u64,
    /// Of these, those that went beyond a cap.
    pub cap_overrun: u64,
    /// Those that were called off.
    pub cancelled: u64,
    /// Those that lapsed.
    pub lapsed: u64,
}

/// An exposure that may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Of which line item.
    pub line_item: LineItemId,
    /// Of what kind.
    pub exposure: Option<EventTypeId>,
    /// From when on it does not count.
    pub lapses: Instant,
}

/// All reservations whose keys are known. A clone is cheap and does not see later changes.
#[derive(Clone, Debug, Default)]
pub struct Reservations {
    known: OrdMap<u128, Reservation>,
    /// By slot of the owner and key; some may have lapsed.
    held: OrdMap<(u32, u128), Hold>,
    /// When something lapses; stale entries among them.
    lapsing: OrdSet<(Instant, u128)>,
    /// When keys were reserved, rising.
    made: Vector<(Instant, u128)>,
    tallies: Tallies,
}

impl Reservations {
    /// The reservation of a key; `None` when none was made, or too long ago.
    pub fn get(&self, key: &Key) -> Option<&Reservation> {
        self.known.get(&key.hash())
    }

    /// The reservation of the hash of a key, as of a later time.
    pub(super) fn at(&self, id: u128, t: Instant) -> Option<&Reservation> {
        let own = self.known.get(&id);
        own.filter(|own| t < own.made.plus(KNOWN_FOR))
    }

    /// What became of them.
    pub const fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// About how many bytes they take on the heap, three quarters of the room of a node in use.
    pub fn heap_bytes(&self) -> usize {
        let known = self.known.len() * size_of::<(u128, Reservation)>();
        let held = self.held.len() * size_of::<((u32, u128), Hold)>();
        let moments = self.lapsing.len() + self.made.len();
        (known + held + moments * size_of::<(Instant, u128)>()) * 4 / 3
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether no key is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// What is held for an id at a time, with the hashes of the keys.
    pub(super) fn held(&self, owner: IdSlot, t: Instant) -> impl Iterator<Item = (u128, &Hold)> {
        let own = self.held.range((owner.0, 0)..=(owner.0, u128::MAX));
        own.map(|((_, id), hold)| (*id, hold))
            .filter(move |(_, hold)| t < hold.lapses)
    }

    /// All with the hashes of their keys, rising.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&u128, &Reservation)> {
        self.known.iter()
    }

    /// Holds a reservation under a key that holds none.
    pub(super) fn hold(&mut self, id: u128, own: Reservation) {
        // What was called off may still be held until its exposure counts.
        if let Some(before) = self.known.get(&id).copied() {
            self.release(id, before.owner);
        }
        if let Some(owner) = own.owner.filter(|_| !own.is_exposed) {
            self.held.insert((owner.0, id), own.hold());
        }
        self.known.insert(id, own);
        self.lapsing.insert((own.lapses, id));
        self.made.push_back((own.made, id));
        self.tallies.made += 1;
    }

    /// Confirms what was reserved; it counts by its event from now on.
    pub(super) fn confirm(&mut self, id: u128, t: Instant) {
        if let Some(own) = self.end(id, Phase::Confirmed, t) {
            self.tallies.confirmed += 1;
            self.tallies.late += u64::from(own != Phase::Held);
        }
    }

    /// Calls off what is held.
    pub(super) fn cancel(&mut self, id: u128, t: Instant) {
        if self.end(id, Phase::Cancelled, t).is_some() {
            self.tallies.cancelled += 1;
        }
    }

    pub(super) fn overrun(&mut self, count: u64) {
        self.tallies.cap_overrun += count;
    }

    /// The exposure of a key has come as an event: that counts from its time on, and until then what was held goes on to.
    pub(crate) fn expose(&mut self, id: u128, time: Instant, now: Instant) {
        let Some(own) = self.known.get(&id).copied().filter(|own| !own.is_exposed) else {
            return;
        };
        let is_exposed = true;
        self.known.insert(id, Reservation { is_exposed, ..own });
        if time <= now {
            self.release(id, own.owner);
        } else if let Some(owner) = own.owner.filter(|_| own.phase(now) == Phase::Held) {
            let hold = Hold {
                lapses: time,
                ..own.hold()
            };
            self.held.insert((owner.0, id), hold);
            self.lapsing.insert((time, id));
        }
    }

    /// Ends what has lapsed by `t`, and forgets keys that are too old.
    pub(crate) fn run_until(&mut self, t: Instant) {
        while let Some((at, id)) = self.lapsing.get_min().copied().filter(|(at, _)| *at <= t) {
            self.lapsing.remove(&(at, id));
            let Some(own) = self.known.get(&id).copied() else {
                continue;
            };
            if own.phase == Phase::Held && own.lapses <= t {
                let phase = Phase::Lapsed;
                self.known.insert(id, Reservation { phase, ..own });
                self.tallies.lapsed += 1;
            }
            let owner = own.owner.map_or(u32::MAX, |own| own.0);
            let hold = self.held.get(&(owner, id));
            if hold.is_some_and(|own| own.lapses <= t) {
                self.release(id, own.owner);
            }
        }
        while let Some((made, id)) = self.made.front().copied() {
            if t < made.plus(KNOWN_FOR) {
                break;
            }
            self.made.pop_front();
            // The key may have been reserved again since.
            if self.known.get(&id).is_some_and(|own| own.made == made) {
                self.known.remove(&id);
            }
        }
    }

    /// Gives how it stood before.
    fn end(&mut self, id: u128, phase: Phase, t: Instant) -> Option<Phase> {
        let own = self.known.get(&id).copied()?;
        self.known.insert(id, Reservation { phase, ..own });
        // What has come as an event counts from its time on, whatever becomes of the reservation.
        if !own.is_exposed {
            self.release(id, own.owner);
        }
        Some(own.phase(t))
    }

    fn release(&mut self, id: u128, owner: Option<IdSlot>) {
        if let Some(owner) = owner {
            self.held.remove(&(owner.0, id));
        }
    }
}
