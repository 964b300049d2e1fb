//! Which creative a line item shows.

use super::creative::CreativeDefinition;
use super::line_item::LineItem;
use super::lot::ImpressionLot;
use super::request::{Impression, Offer, Request};
use crate::catalog::Catalog;
use crate::id::{CreativeId, LineItemId};

/// A creative that was chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen<'a> {
    pub(super) id: CreativeId,
    pub(super) creative: &'a CreativeDefinition,
    /// What it fits.
    pub(super) offer: &'a Offer,
}

/// Among the creatives that fit, one by weight and lot; `None` when none does.
pub(super) fn chosen<'a>(
    catalog: &'a Catalog,
    (number, item): (LineItemId, &LineItem),
    (request, impression): (&Request, &'a Impression),
    lot: ImpressionLot,
) -> Option<Chosen<'a>> {
    let fitting = || {
        item.creatives.iter().filter_map(|id| {
            let creative = catalog.book().creatives.entry(id.0)?;
            let offer = creative.fits(request, impression)?;
            Some(Chosen {
                id: *id,
                creative,
                offer,
            })
        })
    };
    let weight = |own: &Chosen<'_>| u64::from(own.creative.weight);
    let total: u64 = fitting().map(|own| weight(&own)).sum();
    let mut left = lot.below(number, total);
    fitting().find(|own| {
        let is_it = left < weight(own);
        left = left.saturating_sub(weight(own));
        is_it
    })
}
