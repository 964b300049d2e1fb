//! What a column of auctions says, by its name.

use treffer_core::auction::dimension::DimensionKind;
use treffer_core::auction::request::{Consent, Request};
use treffer_core::catalog::Catalog;
use treffer_core::error::{Error, Result};
use treffer_core::rows::Cells;

use super::part::{Body, Part};

/// What a column says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Request,
    Impression,
    /// Whole ids.
    Ids,
    /// Ids in one namespace; what stands before them.
    Namespace(String),
    Flag(Flag),
    Purposes,
    Taxonomy,
    Texts(List),
    Floor,
    Currency,
    PrivateAuction,
    Secure,
    Expiry,
    Quantity,
    /// Whether the request is a test.
    Test,
    Deals,
    Offers,
    Offer(OfferField),
    Context(String, DimensionKind),
}

/// What is said of consent with yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    Gdpr,
    Vendor,
    Coppa,
    Lmt,
    Dnt,
    UsOptOut,
}

/// Lists of texts of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    AllowedSeats,
    BlockedSeats,
    BlockedDomains,
    BlockedApps,
    BlockedCategories,
    AllowedLanguages,
    BlockedLanguages,
    Currencies,
}

/// What an offer says, where all offers of an impression say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfferField {
    Media,
    Sizes,
    Mimes,
    Protocols,
    Apis,
    BlockedAttributes,
    MinDuration,
    MaxDuration,
}

/// What a column must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Text,
    Texts,
    Flags,
    Number,
    Numbers,
    Amounts,
    Place,
    Deals,
    Offers,
}

impl Role {
    /// What the column of a name says; an unknown name is an error. Names that are settled here go before those that are declared.
    pub(super) fn of(name: &str, catalog: &Catalog) -> Result<Self> {
        if let Some(own) = settled(name) {
            return Ok(own);
        }
        let dimension = |name: &str| {
            let own = catalog.dimension(catalog.dimension_id(name)?)?;
            Some(Self::Context(own.name.clone(), own.kind))
        };
        if let Some(own) = name.strip_prefix("ctx.") {
            let message = "no dimension of this name is declared";
            return dimension(own).ok_or_else(|| Error::invalid(name, message));
        }
        match (dimension(name), catalog.namespace_id(name)) {
            (Some(own), None) => Ok(own),
            (None, Some(_)) => Ok(Self::Namespace(format!("{name}:"))),
            (Some(_), Some(_)) => {
                let message = format!(
                    "is a dimension and a namespace: write \"ctx.{name}\", or put the ids into \"ids\""
                );
                Err(Error::invalid(name, message))
            }
            (None, None) => {
                let message = "is no column of auctions, no namespace and no dimension";
                Err(Error::invalid(name, message))
            }
        }
    }

    /// Whether it is true of all impressions of a request.
    pub(super) const fn is_of_request(&self) -> bool {
        matches!(
            self,
            Self::Ids
                | Self::Namespace(_)
                | Self::Flag(_)
                | Self::Purposes
                | Self::Taxonomy
                | Self::Texts(_)
                | Self::Test
        )
    }

    /// An error for a column that holds something else than it must.
    pub(super) fn check(&self, part: &Part) -> Result<()> {
        let holds = self.holds();
        if holds.fits(part) {
            return Ok(());
        }
        let message = format!("does not hold {}", holds.noun());
        Err(Error::invalid(&part.name, message))
    }

    const fn holds(&self) -> Holds {
        match self {
            Self::Request | Self::Impression | Self::Currency => Holds::Text,
            Self::Ids | Self::Namespace(_) | Self::Texts(_) => Holds::Texts,
            Self::Flag(_) | Self::PrivateAuction | Self::Secure | Self::Test => Holds::Flags,
            Self::Purposes => Holds::Numbers,
            Self::Taxonomy | Self::Expiry => Holds::Number,
            Self::Floor | Self::Quantity => Holds::Amounts,
            Self::Deals => Holds::Deals,
            Self::Offers => Holds::Offers,
            Self::Offer(own) => own.holds(),
            Self::Context(_, kind) => match kind {
                DimensionKind::Choice | DimensionKind::Vocabulary => Holds::Text,
                DimensionKind::Set => Holds::Texts,
                DimensionKind::Number | DimensionKind::HourOfWeek => Holds::Amounts,
                DimensionKind::Place => Holds::Place,
            },
        }
    }
}

/// What the columns say whose names nobody declares.
fn settled(name: &str) -> Option<Role> {
    Some(match name {
        "request" => Role::Request,
        "impression" => Role::Impression,
        "ids" => Role::Ids,
        "gdpr" => Role::Flag(Flag::Gdpr),
        "vendor" => Role::Flag(Flag::Vendor),
        "coppa" => Role::Flag(Flag::Coppa),
        "lmt" => Role::Flag(Flag::Lmt),
        "dnt" => Role::Flag(Flag::Dnt),
        "us_opt_out" => Role::Flag(Flag::UsOptOut),
        "purposes" => Role::Purposes,
        "taxonomy" => Role::Taxonomy,
        "allowed_seats" => Role::Texts(List::AllowedSeats),
        "blocked_seats" => Role::Texts(List::BlockedSeats),
        "blocked_domains" => Role::Texts(List::BlockedDomains),
        "blocked_apps" => Role::Texts(List::BlockedApps),
        "blocked_categories" => Role::Texts(List::BlockedCategories),
        "allowed_languages" => Role::Texts(List::AllowedLanguages),
        "blocked_languages" => Role::Texts(List::BlockedLanguages),
        "currencies" => Role::Texts(List::Currencies),
        "floor" => Role::Floor,
        "currency" => Role::Currency,
        "private_auction" => Role::PrivateAuction,
        "secure" => Role::Secure,
        "expiry" => Role::Expiry,
        "quantity" => Role::Quantity,
        "test" => Role::Test,
        "deals" => Role::Deals,
        "offers" => Role::Offers,
        _ => Role::Offer(OfferField::of(name)?),
    })
}

impl OfferField {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "media" => Self::Media,
            "sizes" => Self::Sizes,
            "mimes" => Self::Mimes,
            "protocols" => Self::Protocols,
            "apis" => Self::Apis,
            "blocked_attributes" => Self::BlockedAttributes,
            "min_duration" => Self::MinDuration,
            "max_duration" => Self::MaxDuration,
            _ => return None,
        })
    }

    const fn holds(self) -> Holds {
        match self {
            Self::Media | Self::Sizes | Self::Mimes => Holds::Texts,
            Self::Protocols | Self::Apis | Self::BlockedAttributes => Holds::Numbers,
            Self::MinDuration | Self::MaxDuration => Holds::Number,
        }
    }
}

impl Flag {
    /// Where it is kept.
    pub(super) const fn of(self, consent: &mut Consent) -> &mut Option<bool> {
        match self {
            Self::Gdpr => &mut consent.gdpr,
            Self::Vendor => &mut consent.vendor,
            Self::Coppa => &mut consent.coppa,
            Self::Lmt => &mut consent.lmt,
            Self::Dnt => &mut consent.dnt,
            Self::UsOptOut => &mut consent.us_opt_out,
        }
    }
}

impl List {
    /// Whether texts are compared in lower case.
    pub(super) const fn is_of_words(self) -> bool {
        matches!(
            self,
            Self::BlockedDomains | Self::AllowedLanguages | Self::BlockedLanguages
        )
    }

    /// Where it is kept.
    pub(super) const fn of(self, request: &mut Request) -> &mut Vec<String> {
        match self {
            Self::AllowedSeats => &mut request.allowed_seats,
            Self::BlockedSeats => &mut request.blocked_seats,
            Self::BlockedDomains => &mut request.blocked_domains,
            Self::BlockedApps => &mut request.blocked_apps,
            Self::BlockedCategories => &mut request.categories.blocked,
            Self::AllowedLanguages => &mut request.allowed_languages,
            Self::BlockedLanguages => &mut request.blocked_languages,
            Self::Currencies => &mut request.currencies,
        }
    }
}

/// Fields of a deal.
const DEAL: [(&str, Holds); 6] = [
    ("id", Holds::Text),
    ("floor", Holds::Amounts),
    ("currency", Holds::Text),
    ("at", Holds::Number),
    ("seats", Holds::Texts),
    ("advertiser_domains", Holds::Texts),
];

const PLACE: [(&str, Holds); 2] = [("latitude", Holds::Amounts), ("longitude", Holds::Amounts)];

impl Holds {
    fn fits(self, part: &Part) -> bool {
        let column = match &part.body {
            Body::Nothing => return true,
            // Empty lists throughout are lists of anything.
            Body::List { members, .. } if matches!(members.body, Body::Nothing) => {
                let lists = [Self::Texts, Self::Numbers, Self::Deals, Self::Offers];
                return lists.contains(&self);
            }
            Body::Cells(column) => Some(&column.cells),
            Body::List { .. } | Body::Struct(_) => None,
        };
        match self {
            Self::Text => matches!(column, Some(Cells::Text(_))),
            Self::Texts => matches!(column, Some(Cells::Text(_) | Cells::TextList { .. })),
            Self::Flags => matches!(
                column,
                Some(Cells::Bool(_) | Cells::Integer(_) | Cells::Float(_))
            ),
            Self::Number => matches!(column, Some(Cells::Integer(_) | Cells::Float(_))),
            Self::Numbers => match &part.body {
                Body::List { members, .. } => Self::Number.fits(members),
                Body::Nothing | Body::Cells(_) | Body::Struct(_) => Self::Number.fits(part),
            },
            Self::Amounts => matches!(
                column,
                Some(Cells::Integer(_) | Cells::Micros(_) | Cells::Float(_))
            ),
            Self::Place => of_fields(part, |name| known(&PLACE, name)),
            Self::Deals => Self::Texts.fits(part) || list_of(part, |name| known(&DEAL, name)),
            Self::Offers => list_of(part, |name| Some(OfferField::of(name)?.holds())),
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Text => "texts",
            Self::Texts => "texts or lists of texts",
            Self::Flags => "truths, or 0 and 1",
            Self::Number => "whole numbers",
            Self::Numbers => "lists of whole numbers",
            Self::Amounts => "numbers",
            Self::Place => "structs of the numbers latitude and longitude",
            Self::Deals => {
                "ids, or lists of structs of id, floor, currency, at, seats and advertiser_domains"
            }
            Self::Offers => {
                "lists of structs of media, sizes, mimes, protocols, apis, blocked_attributes, min_duration and max_duration"
            }
        }
    }
}

fn known(fields: &[(&str, Holds)], name: &str) -> Option<Holds> {
    let mut fields = fields.iter();
    fields.find(|(own, _)| *own == name).map(|(_, own)| *own)
}

/// Whether it is a struct of known fields alone.
fn of_fields(part: &Part, field: impl Fn(&str) -> Option<Holds>) -> bool {
    let Body::Struct(parts) = &part.body else {
        return false;
    };
    let mut parts = parts.iter();
    parts.all(|own| field(&own.name).is_some_and(|holds| holds.fits(own)))
}

fn list_of(part: &Part, field: impl Fn(&str) -> Option<Holds>) -> bool {
    match &part.body {
        Body::List { members, .. } => of_fields(members, field),
        Body::Nothing | Body::Cells(_) | Body::Struct(_) => false,
    }
}
