//! What creatives may be, and the deals on offer.

use treffer_core::auction::request::{DealOffer, Media, Offer, Size};
use treffer_core::rows::Reason;

use super::fill::{Refill, floor, say_currency};
use super::part::{Body, Part, Read};
use super::role::OfferField;
use super::sheet::Sheet;
use crate::openrtb::lower_all;

impl Sheet {
    /// Writes the offers of a row over what stands there; without a word of them it is a banner of any size.
    pub(super) fn fill_offers(&self, row: usize, offers: &mut Vec<Offer>) -> Read<()> {
        if let Some(part) = self.offers.as_ref().filter(|own| own.is_present(row)) {
            *offers = part.offers(row)?;
            return Ok(());
        }
        let media = self
            .offer
            .first()
            .filter(|(own, _)| *own == OfferField::Media);
        let count = media.map_or(1, |(_, part)| part.texts(row).count().max(1));
        offers.resize_with(count, Offer::default);
        for (field, part) in &self.offer {
            for (place, offer) in offers.iter_mut().enumerate() {
                match field {
                    OfferField::Media => {
                        let word = part.texts(row).nth(place);
                        offer.media = part.media(row, word)?;
                    }
                    field => part.fill_offer(*field, row, offer)?,
                }
            }
        }
        Ok(())
    }
}

impl Part {
    fn offers(&self, row: usize) -> Read<Vec<Offer>> {
        let Some((range, members)) = self.members(row) else {
            return Ok(vec![Offer::default()]);
        };
        if range.is_empty() {
            let message = "an impression offers at least one media type";
            return Err(self.fault(row, Reason::Missing, message));
        }
        let one = |at: usize| {
            if !members.is_present(at) {
                return Err(self.fault(row, Reason::WrongType, "a list cannot hold null"));
            }
            let mut offer = Offer::default();
            for part in members.fields() {
                match OfferField::of(&part.name) {
                    Some(OfferField::Media) => offer.media = part.media(at, part.text(at))?,
                    Some(field) => part.fill_offer(field, at, &mut offer)?,
                    None => {}
                }
            }
            Ok(offer)
        };
        let all: Read<_> = range.map(one).collect();
        all.map_err(|own| self.at(row, own))
    }

    fn fields(&self) -> &[Self] {
        match &self.body {
            Body::Struct(parts) => parts,
            Body::Nothing | Body::Cells(_) | Body::List { .. } => &[],
        }
    }

    fn fill_offer(&self, field: OfferField, row: usize, offer: &mut Offer) -> Read<()> {
        match field {
            OfferField::Media => {}
            OfferField::Sizes => {
                offer.sizes.clear();
                for text in self.texts(row) {
                    offer.sizes.push(self.size(row, text)?);
                }
            }
            OfferField::Mimes => Refill::all(&mut offer.mimes, self.texts(row)),
            OfferField::Protocols => offer.protocols = self.numbers(row)?,
            OfferField::Apis => offer.apis = self.numbers(row)?,
            OfferField::BlockedAttributes => offer.blocked_attributes = self.numbers(row)?,
            OfferField::MinDuration => offer.min_duration = self.number(row)?,
            OfferField::MaxDuration => offer.max_duration = self.number(row)?,
        }
        Ok(())
    }

    fn media(&self, row: usize, word: Option<&str>) -> Read<Media> {
        match word {
            None | Some("" | "banner") => Ok(Media::Banner),
            Some("video") => Ok(Media::Video),
            Some("audio") => Ok(Media::Audio),
            Some("native") => Ok(Media::Native),
            Some(other) => {
                let message = format!("{other:.40?} is none of banner, video, audio, native");
                Err(self.fault(row, Reason::OutOfRange, &message))
            }
        }
    }

    fn size(&self, row: usize, text: &str) -> Read<Size> {
        let sides = text.split_once('x');
        let sides = sides.and_then(|(width, height)| {
            Some(Size {
                width: width.parse().ok()?,
                height: height.parse().ok()?,
            })
        });
        sides.ok_or_else(|| {
            let message = format!("{text:.40?} is not a size such as \"300x250\"");
            self.fault(row, Reason::WrongType, &message)
        })
    }

    /// Writes the deals of a row over what stands there.
    pub(super) fn fill_deals(&self, row: usize, deals: &mut Vec<DealOffer>) -> Read<()> {
        deals.clear();
        if let Some((range, members)) = self.members(row) {
            for at in range {
                deals.push(members.deal(at).map_err(|own| self.at(row, own))?);
            }
        }
        for id in self.texts(row) {
            deals.push(DealOffer {
                id: id.to_owned(),
                ..DealOffer::default()
            });
        }
        match deals.iter().find(|own| own.id.is_empty()) {
            Some(_) => Err(self.fault(row, Reason::Missing, "the id of a deal is required")),
            None => Ok(()),
        }
    }

    fn deal(&self, at: usize) -> Read<DealOffer> {
        let mut deal = DealOffer::default();
        let text = |name| self.field(name).and_then(|own| own.text(at));
        text("id").unwrap_or_default().clone_into(&mut deal.id);
        if let Some(own) = self.field("floor") {
            deal.floor = floor(own, at)?;
        }
        if let Some(own) = self.field("currency") {
            say_currency(own, at, &mut deal.floor)?;
        }
        if let Some(own) = self.field("at") {
            deal.at = own.number(at)?;
        }
        for (name, list) in [
            ("seats", &mut deal.seats),
            ("advertiser_domains", &mut deal.advertiser_domains),
        ] {
            if let Some(own) = self.field(name) {
                list.extend(own.texts(at).map(str::to_owned));
            }
        }
        lower_all(&mut deal.advertiser_domains);
        Ok(deal)
    }
}
