//! What the operator has settled: consent, and what an answer holds.

use std::sync::Arc;

use super::advertiser::AdvertiserDefinition;
use super::creative::DealDefinition;
use super::request::{Consent, Purposes};

/// Settings of auctions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Policy {
    /// Whether `coppa` denies the use of profiles.
    pub coppa: bool,
    /// Whether `lmt` does.
    pub lmt: bool,
    /// Whether `dnt` does.
    pub dnt: bool,
    /// Whether GDPR applies where a request does not say.
    pub gdpr_unless_said: bool,
    /// Seeds what is drawn by lot.
    pub seed: u64,
    /// Bids on the open market in an answer.
    pub open_bids: usize,
    /// Bids in an answer.
    pub bids: usize,
    /// The seat of bids whose deal and advertiser have none.
    pub house_seat: Option<Arc<str>>,
}

impl Policy {
    /// The usual settings; what an absent `gdpr` means has no usual one.
    pub const fn new(gdpr_unless_said: bool) -> Self {
        Self {
            coppa: true,
            lmt: true,
            dnt: true,
            gdpr_unless_said,
            seed: 0,
            open_bids: 2,
            bids: 16,
            house_seat: None,
        }
    }

    /// The seat that a bid is of: the deal's, else the advertiser's, else the house's.
    pub fn seat<'a>(
        &'a self,
        deal: Option<&'a DealDefinition>,
        advertiser: &'a AdvertiserDefinition,
    ) -> Option<&'a str> {
        let deal = deal.and_then(|own| own.seat.as_deref());
        let own = deal.or(advertiser.seat.as_deref());
        own.or(self.house_seat.as_deref())
    }

    /// Whether consent is denied for whatever is asked: the person's ids are not even looked up.
    pub fn denies_all(&self, consent: &Consent) -> bool {
        let said = |flag: Option<bool>| flag == Some(true);
        (self.coppa && said(consent.coppa))
            || (self.lmt && said(consent.lmt))
            || (self.dnt && said(consent.dnt))
            || said(consent.us_opt_out)
            || (self.gdpr_applies(consent) && consent.vendor != Some(true))
    }

    /// Whether consent is denied for a line item that needs these purposes.
    pub fn denies(&self, consent: &Consent, needed: Purposes) -> bool {
        let granted = consent.purposes.unwrap_or_default();
        self.denies_all(consent) || (self.gdpr_applies(consent) && !granted.grant(needed))
    }

    /// Whether GDPR applies.
    pub fn gdpr_applies(&self, consent: &Consent) -> bool {
        consent.gdpr.unwrap_or(self.gdpr_unless_said)
    }
}
