//! Where line items fall.

/// The checks of a line item for an impression, in their order. What fails more than one falls at the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// A segment that it needs is not live yet.
    Building,
    /// It or its campaign is paused.
    Status,
    /// Outside its flight or its campaign's.
    Flight,
    /// Its budget or its campaign's is spent.
    Budget,
    /// Where the ad would stand: exchange, site, app, publisher ...
    Inventory,
    /// When.
    Daypart,
    /// Where the person is.
    Geo,
    /// On what device.
    Device,
    /// What would be shown: size, media type, position ...
    Format,
    /// Deals asked in the rule, and no deal or open market that it may bid on.
    Deal,
    /// Advertiser, app, category or seat are not allowed.
    BlockList,
    /// It needs to know the person, which consent forbids.
    Consent,
    /// Who the person is.
    Audience,
    /// Shown often enough.
    Cap,
    /// It has caps and nobody can tell what was shown.
    CapStateMissing,
    /// No creative fits.
    Creative,
    /// The price is below the floor, or has no rate to the currency of the auction.
    Floor,
    /// Not its turn.
    Pacing,
}

/// How many stages there are.
pub const STAGES: usize = 18;

impl Stage {
    /// All stages in their order.
    pub const ALL: [Self; STAGES] = [
        Self::Building,
        Self::Status,
        Self::Flight,
        Self::Budget,
        Self::Inventory,
        Self::Daypart,
        Self::Geo,
        Self::Device,
        Self::Format,
        Self::Deal,
        Self::BlockList,
        Self::Consent,
        Self::Audience,
        Self::Cap,
        Self::CapStateMissing,
        Self::Creative,
        Self::Floor,
        Self::Pacing,
    ];

    /// Its place among all stages.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether dimensions may belong to it.
    pub const fn is_of_context(self) -> bool {
        matches!(
            self,
            Self::Inventory
                | Self::Daypart
                | Self::Geo
                | Self::Device
                | Self::Format
                | Self::Deal
                | Self::Audience
        )
    }

    /// As answers and metrics write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Status => "status",
            Self::Flight => "flight",
            Self::Budget => "budget",
            Self::Inventory => "inventory",
            Self::Daypart => "daypart",
            Self::Geo => "geo",
            Self::Device => "device",
            Self::Format => "format",
            Self::Deal => "deal",
            Self::BlockList => "block_list",
            Self::Consent => "consent",
            Self::Audience => "audience",
            Self::Cap => "cap",
            Self::CapStateMissing => "cap_state_missing",
            Self::Creative => "creative",
            Self::Floor => "floor",
            Self::Pacing => "pacing",
        }
    }
}

/// How many line items fell at each stage, and how many are eligible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// By [`Stage::index`].
    pub fallen: [u32; STAGES],
    /// Those that fell nowhere.
    pub eligible: u32,
}

impl Counts {
    /// All line items that are not archived.
    pub fn total(&self) -> u32 {
        self.eligible + self.fallen.iter().sum::<u32>()
    }

    /// One more fell at a stage, or nowhere.
    pub fn count(&mut self, fell: Option<Stage>) {
        match fell.and_then(|stage| self.fallen.get_mut(stage.index())) {
            Some(fallen) => *fallen += 1,
            None => self.eligible += 1,
        }
    }

    /// One less fell at a stage, or nowhere.
    pub fn take(&mut self, fell: Option<Stage>) {
        let own = fell.and_then(|stage| self.fallen.get_mut(stage.index()));
        let own = own.unwrap_or(&mut self.eligible);
        *own = own.saturating_sub(1);
    }

    /// So many fell at a stage.
    pub fn add(&mut self, stage: Stage, fell: u32) {
        if let Some(fallen) = self.fallen.get_mut(stage.index()) {
            *fallen += fell;
        }
    }
}
