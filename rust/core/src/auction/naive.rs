//! What an auction means: every line item is looked at, straight from the definitions. Short, obvious and slow.

use super::advertiser::AdvertiserDefinition;
use super::campaign::{Campaign, Status};
use super::choice::chosen;
use super::compile::{compile, lone_stage, stage_of};
use super::creative::CreativeDefinition;
use super::decision::{Bid, Outcome};
use super::floor::{Floors, Level, auction_currency};
use super::line_item::LineItem;
use super::lot::Lot;
use super::policy::Policy;
use super::reason::Stage;
use super::request::{Impression, Offer, Request};
use super::shape::{Shape, passes};
use super::standing::Standing;
use super::viewer::Viewer;
use crate::catalog::Catalog;
use crate::id::{CreativeId, LineItemId};
use crate::rule::ast::Boolean;
use crate::rule::plan::Leaf;
use crate::rule::targeting::Target;
use crate::rule::{Targeting, parse_targeting};

/// One impression of one request for one person.
#[derive(Clone, Copy)]
pub struct Auction<'a> {
    /// What is declared and defined.
    pub catalog: &'a Catalog,
    /// By whose status and flight line items stand: an index that lags is asked with what was edited since.
    pub stands: &'a Catalog,
    /// How line items stand beside that.
    pub standing: &'a Standing,
    /// What is settled.
    pub policy: &'a Policy,
    /// The request.
    pub request: &'a Request,
    /// One of its impressions.
    pub impression: &'a Impression,
    /// Who it is about.
    pub viewer: Viewer<'a>,
    /// Whether a condition holds of the person; asked only when there is one.
    pub truth: &'a dyn Fn(&Leaf) -> bool,
}

/// What became of a line item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Where it fell; `None`: nowhere.
    pub fell: Option<Stage>,
    /// Its bids, the open market's and one for each deal; of one that fell at pacing or later too.
    pub bids: Vec<Bid>,
}

/// Everything that speaks against a line item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failings {
    /// Stages at which it would fall if all before them were passed, in order.
    pub stages: Vec<Stage>,
    /// Leaves of its rule that are false, `not` pushed down to them, in the order of the text.
    pub leaves: Vec<String>,
}

impl<'a> Auction<'a> {
    /// What became of every line item that is not archived.
    pub fn decide(&self) -> Outcome {
        let mut outcome = Outcome::default();
        let mut bids = Vec::new();
        for (number, item) in self.line_items() {
            let judgement = self.judge(number, item);
            outcome.counts.count(judgement.fell);
            if judgement.fell.is_none() {
                bids.extend(judgement.bids);
            }
        }
        outcome.bids = self.best(bids);
        outcome
    }

    fn line_items(&self) -> impl Iterator<Item = (LineItemId, &'a LineItem)> {
        let book = self.catalog.book();
        let all = book
            .line_items
            .iter()
            .map(|(number, own)| (LineItemId(number), own));
        let now = self.stands.book();
        all.filter(|(number, _)| {
            let item = now.line_items.entry(number.0);
            item.is_some_and(|item| now.status(item) != Status::Archived)
        })
    }

    /// The best of all bids: one on each deal, some on the open market.
    fn best(&self, mut bids: Vec<Bid>) -> Vec<Bid> {
        bids.sort_by_key(Bid::rank);
        let mut taken = Vec::new();
        bids.retain(|bid| {
            let room = bid.deal.map_or(self.policy.open_bids, |_| 1);
            taken.push(bid.deal);
            taken.iter().filter(|own| **own == bid.deal).count() <= room
        });
        bids.truncate(self.policy.bids);
        bids
    }

    /// What becomes of one line item.
    pub fn judge(&self, number: LineItemId, item: &LineItem) -> Judgement {
        let Some(compared) = Compared::of(self, number, item) else {
            return Judgement::default();
        };
        compared.judgement()
    }

    /// What becomes of one line item, and all that speaks against it: its rule is taken apart once for both.
    pub fn verdict(&self, number: LineItemId, item: &LineItem) -> (Judgement, Failings) {
        let Some(compared) = Compared::of(self, number, item) else {
            return <(Judgement, Failings)>::default();
        };
        (compared.judgement(), compared.failings())
    }

    /// All that speaks against one line item.
    pub fn failings(&self, number: LineItemId, item: &LineItem) -> Failings {
        let Some(compared) = Compared::of(self, number, item) else {
            return Failings::default();
        };
        compared.failings()
    }
}

/// A creative that is shown, and what it fits.
type Shown<'a> = (CreativeId, &'a CreativeDefinition, &'a Offer);

/// A line item in an auction.
struct Compared<'a> {
    auction: &'a Auction<'a>,
    number: LineItemId,
    item: &'a LineItem,
    campaign: &'a Campaign,
    advertiser: &'a AdvertiserDefinition,
    /// Parts that count at the stage of each leaf, and parts that count as a whole at the audience.
    timely: Vec<Shape<&'a Target>>,
    late: Vec<Shape<&'a Target>>,
    is_denied: bool,
}

impl<'a> Compared<'a> {
    fn of(auction: &'a Auction<'a>, number: LineItemId, item: &'a LineItem) -> Option<Self> {
        let (campaign, advertiser) = auction.catalog.book().owners(item)?;
        let consent = &auction.request.consent;
        let (timely, late) = parts(auction.catalog, item.targeting.as_ref());
        Some(Self {
            auction,
            number,
            item,
            campaign,
            advertiser,
            timely,
            late,
            is_denied: auction.policy.denies(consent, item.definition.purposes),
        })
    }

    fn judgement(&self) -> Judgement {
        Judgement {
            fell: Stage::ALL.into_iter().find(|stage| self.falls(*stage)),
            bids: self.bids(),
        }
    }

    fn failings(&self) -> Failings {
        let alone = |stage: &Stage| self.falls_alone(*stage);
        Failings {
            stages: Stage::ALL.into_iter().filter(alone).collect(),
            leaves: self.false_leaves(),
        }
    }

    /// Whether it falls at a stage, if at none before.
    fn falls(&self, stage: Stage) -> bool {
        self.rule_is_false(stage) || self.check_fails(stage)
    }

    /// Whether something of just this stage speaks against it.
    fn falls_alone(&self, stage: Stage) -> bool {
        let before = Stage::ALL.into_iter().take_while(|own| *own < stage).last();
        let earlier = before.is_some_and(|before| self.rule_is_false(before));
        (self.rule_is_false(stage) && !earlier) || self.check_fails(stage)
    }

    fn has_person(&self) -> bool {
        self.auction.viewer.segments().is_some() && !self.is_denied
    }

    /// Whether the rule is false with what is known at a stage.
    fn rule_is_false(&self, stage: Stage) -> bool {
        let timely = self.timely.iter();
        let timely = timely.map(|part| self.value(part, stage, false));
        let late = self.late.iter();
        let late = late.map(|part| self.value(part, stage, true));
        timely.chain(late).any(|value| value == Some(false))
    }

    fn value(&self, part: &Shape<&Target>, now: Stage, is_late: bool) -> Option<bool> {
        part.value(&|target, sign| match target {
            Target::Context(dimension, _) => {
                let own = stage_of(self.auction.catalog, *dimension);
                let known = if is_late { Stage::Audience } else { own };
                (known <= now).then(|| self.holds(target) == sign)
            }
            Target::Profile(..) if self.has_person() => {
                (Stage::Audience <= now).then(|| self.holds(target) == sign)
            }
            // Of nobody nothing holds, and nothing is known not to hold.
            Target::Profile(..) => {
                let known = if self.is_denied {
                    Stage::Consent
                } else {
                    Stage::Audience
                };
                (known <= now).then_some(false)
            }
        })
    }

    /// Whether a leaf holds; those on the profile are asked only when there is one.
    fn holds(&self, target: &Target) -> bool {
        let auction = self.auction;
        match target {
            Target::Context(id, test) => {
                let dimension = auction.catalog.dimension(*id);
                let said = dimension.and_then(|own| {
                    own.read(&auction.impression.context, &auction.request.context)
                });
                passes(auction.catalog, test, said)
            }
            Target::Profile(leaf, _) => (auction.truth)(leaf),
        }
    }

    fn check_fails(&self, stage: Stage) -> bool {
        let (auction, number, item) = (self.auction, self.number, self.item);
        let caps = || auction.catalog.book().caps(number, item);
        match stage {
            Stage::Building | Stage::Status | Stage::Flight | Stage::Budget => {
                let now = auction.stands.book().line_items.entry(number.0);
                let now = now.unwrap_or(item);
                auction.standing.falls(auction.stands, number, now) == Some(stage)
            }
            Stage::Inventory
            | Stage::Daypart
            | Stage::Geo
            | Stage::Device
            | Stage::Format
            | Stage::Audience => false,
            Stage::Deal => self.ways().is_empty(),
            Stage::BlockList => auction.request.blocks(self.advertiser) || self.is_barred(),
            Stage::Consent => self.is_denied && !caps().is_empty(),
            Stage::Cap => {
                let reached = auction.viewer.reached().unwrap_or_default();
                caps().iter().any(|cap| reached.contains(cap))
            }
            Stage::CapStateMissing => auction.viewer.reached().is_none() && !caps().is_empty(),
            Stage::Creative => self.creative().is_none(),
            Stage::Floor => self.is_below(),
            Stage::Pacing => {
                let lot = Lot::of(auction.policy.seed, &auction.request.id);
                !lot.passes(number, auction.standing.pace(number))
            }
        }
    }

    /// The ways in which it may bid: on the open market and on deals, each by its first place in the impression.
    fn ways(&self) -> Vec<Option<u32>> {
        let impression = self.auction.impression;
        let is_open = self.item.is_open_market() && impression.private_auction != Some(true);
        let deals = impression.deals.iter().enumerate();
        let deals = deals.filter(|(place, deal)| {
            let mut earlier = impression.deals.iter().take(*place);
            !earlier.any(|other| other.id == deal.id) && self.may_bid_on(&deal.id, *place)
        });
        let deals = deals.map(|(place, _)| Some(place as u32));
        is_open.then_some(None).into_iter().chain(deals).collect()
    }

    fn may_bid_on(&self, id: &str, place: usize) -> bool {
        let mut own = self.item.deals.iter();
        let own = own.find_map(|deal| {
            let deal = self.auction.catalog.book().deals.entry(deal.0)?;
            (deal.id == id).then_some(deal)
        });
        let offer = self.auction.impression.deals.get(place);
        let policy = self.auction.policy;
        own.zip(offer).is_some_and(|(own, offer)| {
            let (seat, book) = (
                policy.seat(Some(own), self.advertiser),
                self.auction.catalog.book(),
            );
            offer.is_open_to(seat, self.advertiser, self.item.shown(book))
        })
    }

    /// The ways in which the request takes its bids: those of seats that it does not want are none.
    fn free_ways(&self) -> Vec<Option<u32>> {
        let (book, impression) = (self.auction.catalog.book(), self.auction.impression);
        let mut ways = self.ways();
        ways.retain(|way| {
            let deal = way.and_then(|place| impression.deals.get(place as usize));
            let deal = deal.and_then(|own| book.deals.entry(book.deals.number(&own.id)?));
            let seat = self.auction.policy.seat(deal, self.advertiser);
            self.auction.request.takes_seat(seat)
        });
        ways
    }

    /// Whether the request takes bids of none of the seats on which it may bid; where it may not bid at all, of none that it has.
    fn is_barred(&self) -> bool {
        if !self.ways().is_empty() {
            return self.free_ways().is_empty();
        }
        let book = self.auction.catalog.book();
        let is_open = self.item.is_open_market() || self.item.deals.is_empty();
        let open = is_open.then_some(None);
        let deals = self.item.deals.iter().map(|own| book.deals.entry(own.0));
        let mut seats = open.into_iter().chain(deals);
        seats.all(|deal| {
            let seat = self.auction.policy.seat(deal, self.advertiser);
            !self.auction.request.takes_seat(seat)
        })
    }

    /// Whether what it would show and how it would bid are known, and no bid reaches a floor. Where all seats are barred, that is
    /// set aside.
    fn is_below(&self) -> bool {
        let free = self.free_ways();
        let ways = if free.is_empty() { self.ways() } else { free };
        self.creative().is_some() && !ways.is_empty() && self.bids_on(ways).is_empty()
    }

    /// The creative that it would show, and what that fits.
    fn creative(&self) -> Option<Shown<'a>> {
        let auction = self.auction;
        let lot = Lot::of(auction.policy.seed, &auction.request.id);
        let lot = lot.impression(&auction.impression.id);
        let fitting = self.item.creatives.iter().filter_map(|id| {
            let creative = auction.catalog.book().creatives.entry(id.0)?;
            let offer = creative.fits(self.advertiser, auction.request, auction.impression)?;
            Some((*id, creative, offer))
        });
        chosen(fitting, |(_, own, _)| own.weight, self.number, lot)
    }

    /// The price in the currency of its campaign.
    fn price(&self) -> i64 {
        let holds = |rule: &Targeting| {
            let shape = Shape::of(rule, true);
            self.value(&shape, Stage::Pacing, false) == Some(true)
        };
        let groups = self.item.modifiers.iter();
        let factors = groups.filter_map(|group| {
            let largest = group.iter().find(|(rule, _)| holds(rule));
            largest.map(|(_, factor)| *factor)
        });
        self.item.definition.price.bid(factors)
    }

    /// Its bids, one for each way in which it reaches the floor.
    fn bids(&self) -> Vec<Bid> {
        self.bids_on(self.free_ways())
    }

    fn bids_on(&self, ways: Vec<Option<u32>>) -> Vec<Bid> {
        let (auction, book) = (self.auction, self.auction.catalog.book());
        let currency = auction_currency(book, auction.request);
        let exchange = book.exchange(&self.campaign.definition.currency, currency);
        let Some(((creative, shown, offer), exchange)) = self.creative().zip(exchange) else {
            return Vec::new();
        };
        let duration = shown.duration;
        let price = exchange.down(self.price());
        let floors = Floors {
            book,
            currency,
            impression: auction.impression,
        };
        let lot = Lot::of(auction.policy.seed, &auction.request.id);
        let order = lot.impression(&auction.impression.id).order(self.number);
        let ways = ways.into_iter();
        let bids = ways.filter_map(|deal| {
            let place = deal.and_then(|place| auction.impression.deals.get(place as usize));
            let floor = match place {
                None => floors.open(offer, duration)?,
                Some(deal) => floors.deal(deal, offer, duration)?,
            };
            let agreed = place.map_or(Level::Nothing, |deal| floors.agreed(deal));
            let bid = |price| Bid {
                line_item: self.number,
                creative,
                deal,
                price,
                floor,
                order,
            };
            match agreed {
                Level::Nothing => (floor <= price).then(|| bid(price)),
                Level::Amount(agreed) => (agreed <= price).then(|| bid(agreed)),
                Level::NoRate => None,
            }
        });
        bids.collect()
    }

    /// The text of every leaf that is false.
    fn false_leaves(&self) -> Vec<String> {
        let mut signs = Vec::new();
        if let Some(rule) = &self.item.targeting {
            sign_leaves(rule, true, &mut signs);
        }
        let fails = |(leaf, sign): &(&Target, bool)| {
            self.value(&Shape::Is(*leaf, *sign), Stage::Pacing, false) == Some(false)
        };
        let failing: Vec<bool> = signs.iter().map(fails).collect();
        if !failing.contains(&true) {
            return Vec::new();
        }
        // The text is read only for those whose words are told.
        let limits = self.auction.catalog.limits();
        let Ok(text) = parse_targeting(&self.item.definition.rule, limits) else {
            return Vec::new();
        };
        let leaves = text.leaves().into_iter().zip(signs).zip(failing);
        let leaves = leaves.filter(|(_, fails)| *fails);
        let shown = leaves.map(|((leaf, (_, sign)), _)| {
            if sign {
                leaf.to_string()
            } else {
                format!("not {leaf}")
            }
        });
        shown.collect()
    }
}

/// The parts of a rule: those that count at the stage of each leaf, and those that count as a whole at the audience.
fn parts<'a>(
    catalog: &'a Catalog,
    rule: Option<&'a Targeting>,
) -> (Vec<Shape<&'a Target>>, Vec<Shape<&'a Target>>) {
    let conjuncts = rule.map_or_else(Vec::new, |rule| Shape::of(rule, true).conjuncts());
    let mut all = conjuncts.iter();
    // A part of one stage is timely, whether it fits into rows or not: then nothing needs to be compiled.
    if all.all(|part| lone_stage(catalog, part).is_some()) {
        return (conjuncts, Vec::new());
    }
    let compiled = compile(catalog, rule);
    (compiled.timely, compiled.late)
}

/// All leaves in the order of the text, and whether each stands under an even number of `not`s.
fn sign_leaves<'a>(rule: &'a Targeting, sign: bool, out: &mut Vec<(&'a Target, bool)>) {
    match rule {
        Boolean::And(parts) | Boolean::Or(parts) => {
            parts.iter().for_each(|part| sign_leaves(part, sign, out));
        }
        Boolean::Not(inner) => sign_leaves(inner, !sign, out),
        Boolean::Leaf(leaf) => out.push((leaf, sign)),
    }
}
