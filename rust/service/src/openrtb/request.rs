//! Bid requests as the core knows them.

use std::collections::BTreeSet;

use treffer_core::auction::Context;
use treffer_core::auction::request::{Categories, Impression, Request};
use treffer_core::time::Instant;

use super::consent::consent;
use super::device::say_device;
use super::geo::say_place;
use super::hour::{hour_of_week, offset};
use super::impression::impression;
use super::inventory::say_inventory;
use super::model::{BidRequest, Imp};
use super::money::currency;
use super::person::{Names, segments};
use super::refused::{Fault, Refused};
use super::supply::say_supply;
use super::words::{count, id, joined, say, say_all, say_flag, text, texts, words};

/// What the operator has settled about reading requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Who sends the requests: the dimension `exchange`; `None`: it stays absent.
    pub exchange: Option<String>,
    /// Which ids are read.
    pub names: Names,
    /// Our number in the global vendor list of TCF. Without it no string grants us anything.
    pub vendor: Option<u16>,
    /// Whether a request without site, app and screen is refused.
    pub needs_inventory: bool,
    /// The least `tmax` in milliseconds for which an answer can be back in time; requests that leave less are not decided. 0: all are.
    pub least_tmax: u32,
    /// Most impressions of a request.
    pub most_impressions: usize,
}

impl Default for Reading {
    /// No ids are read, requests without site, app and screen are refused, and so are those with more than 256 impressions.
    fn default() -> Self {
        Self {
            exchange: None,
            names: Names::default(),
            vendor: None,
            needs_inventory: true,
            least_tmax: 0,
            most_impressions: 256,
        }
    }
}

impl Reading {
    /// The request that a message holds, as it stands at `now`.
    pub fn request(&self, mut own: BidRequest, now: Instant) -> Result<Request, Refused> {
        let Some(id) = id(own.id.take()) else {
            return Err(Refused::new("id", Fault::Missing));
        };
        match self.read(own, now) {
            Ok(read) => Ok(Request { id, ..read }),
            Err(refused) => Err(Refused {
                request: id,
                ..refused
            }),
        }
    }

    /// All but its id.
    fn read(&self, mut own: BidRequest, now: Instant) -> Result<Request, Refused> {
        self.check_inventory(&own)?;
        // 0 says nothing: nobody could answer in it.
        let tmax = count(own.tmax).filter(|tmax| *tmax > 0);
        if tmax.is_some_and(|tmax| tmax < self.least_tmax) {
            return Err(Refused::new("tmax", Fault::TooSoon(self.least_tmax)));
        }
        let (allowed_seats, blocked_seats) = seats(&mut own)?;
        let (consent, offset) = (consent(&own, self.vendor), offset(&own));
        let ids = self.names.ids(&mut own);
        let impressions = self.impressions(std::mem::take(&mut own.imp), offset)?;
        let mut context = Context::default();
        context.hour("hour_of_week", hour_of_week(now, offset));
        say_flag(&mut context, "all_impressions", own.allimps);
        self.say_all_of(&mut context, &mut own)?;
        Ok(Request {
            id: String::new(),
            ids,
            consent,
            test: own.test.unwrap_or(false),
            allowed_seats,
            blocked_seats,
            blocked_domains: words(own.badv),
            blocked_apps: texts(own.bapp),
            categories: Categories {
                taxonomy: count(own.cattax),
                allowed: texts(own.acat),
                blocked: texts(own.bcat),
            },
            allowed_languages: words(joined([own.wlang, own.wlangb])),
            blocked_languages: Vec::new(),
            currencies: currencies(own.cur)?,
            at: count(own.at),
            tmax: count(own.tmax),
            context,
            impressions,
        })
    }

    fn check_inventory(&self, own: &BidRequest) -> Result<(), Refused> {
        let site = own.site.as_ref().map(|_| "site");
        let app = own.app.as_ref().map(|_| "app");
        let dooh = own.dooh.as_ref().map(|_| "dooh");
        let mut said = [site, app, dooh].into_iter().flatten();
        match (said.next(), said.next()) {
            (Some(first), Some(second)) => Err(Refused::new(second, Fault::Beside(first))),
            (None, _) if self.needs_inventory => Err(Refused::new("site", Fault::Missing)),
            (Some(_) | None, _) => Ok(()),
        }
    }

    fn impressions(&self, all: Vec<Imp>, offset: i32) -> Result<Vec<Impression>, Refused> {
        let (limit, actual) = (self.most_impressions, all.len());
        if actual == 0 {
            return Err(Refused::new("imp", Fault::Missing));
        }
        if actual > limit {
            return Err(Refused::new("imp", Fault::TooMany { limit, actual }));
        }
        let read = |(place, own)| impression(own, offset).map_err(|own| own.at("imp", place));
        let read = all.into_iter().enumerate().map(read);
        let impressions = read.collect::<Result<Vec<_>, _>>()?;
        let mut seen = BTreeSet::new();
        let again = impressions.iter().position(|own| !seen.insert(&own.id));
        match again.and_then(|place| Some((place, impressions.get(place)?))) {
            Some((place, own)) => {
                let fault = Fault::Repeated(own.id.clone());
                Err(Refused::new("id", fault).at("imp", place))
            }
            None => Ok(impressions),
        }
    }

    fn say_all_of(&self, context: &mut Context, own: &mut BidRequest) -> Result<(), Refused> {
        say(context, "exchange", text(self.exchange.clone()));
        let of_content = say_inventory(context, own);
        say_supply(context, own.source.take());
        let (mut device, mut user) = (own.device.take(), own.user.take());
        let now = device.as_mut().and_then(|own| own.geo.take());
        let home = user.as_mut().and_then(|own| own.geo.take());
        say_place(context, now, home)?;
        if let Some(device) = device {
            say_device(context, *device);
        }
        let of_user = user.map_or_else(Vec::new, |own| own.data);
        say_all(
            context,
            "data",
            segments(of_user.into_iter().chain(of_content)),
        );
        Ok(())
    }
}

fn seats(own: &mut BidRequest) -> Result<(Vec<String>, Vec<String>), Refused> {
    let allowed = texts(std::mem::take(&mut own.wseat));
    let blocked = texts(std::mem::take(&mut own.bseat));
    if !allowed.is_empty() && !blocked.is_empty() {
        return Err(Refused::new("bseat", Fault::Beside("wseat")));
    }
    Ok((allowed, blocked))
}

fn currencies(all: Vec<String>) -> Result<Vec<String>, Refused> {
    let read = |(place, own)| {
        let own = currency("", Some(own));
        own.map_err(|refused| refused.at("cur", place)).transpose()
    };
    all.into_iter().enumerate().filter_map(read).collect()
}
