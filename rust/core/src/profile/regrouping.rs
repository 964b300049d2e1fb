//! How the slots of profiles moved in one record.

/// What has to move with the slots: every old group in `apart` goes back to its slots, then every group in `together` becomes
/// one. Profiles that kept their slots are in neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Regrouping {
    /// The slots of old profiles of several slots.
    pub(crate) apart: Vec<Vec<u32>>,
    /// Parts of new profiles, each under the number of its survivor, with whether it was, or is by now, one slot alone.
    pub(crate) together: Vec<Vec<(u32, bool)>>,
    /// Old and new survivors whose slots changed, rising; one that is new in this record too.
    pub(crate) profiles: Vec<u32>,
    /// New links that were refused.
    pub(crate) refused: u64,
}

impl Regrouping {
    /// Whether every profile kept its slots.
    pub(crate) const fn is_empty(&self) -> bool {
        self.profiles.is_empty()
    }
}
