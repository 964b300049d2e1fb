//! Ready-made declarations.

use super::{
    AttributeDefinition, Declaration, EventTypeDefinition, ItemAttributeDefinition,
    NamespaceDefinition, NormalForm, PropertyDefinition,
};
use crate::value::Kind;

/// The usual namespaces, attributes and events of commerce and engagement. Declare more beside them, or other ones.
pub fn commerce() -> Vec<Declaration> {
    let mut declarations: Vec<_> = namespaces()
        .into_iter()
        .map(Declaration::Namespace)
        .collect();
    declarations.extend(ATTRIBUTES.map(|(name, kind)| {
        let name = name.to_owned();
        Declaration::Attribute(AttributeDefinition { name, kind })
    }));
    declarations.extend(ITEM_ATTRIBUTES.map(|(name, kind)| {
        let name = name.to_owned();
        Declaration::ItemAttribute(ItemAttributeDefinition { name, kind })
    }));
    declarations.extend(EVENT_TYPES.iter().map(|(name, properties)| {
        let property = |(name, kind): &(&str, Kind)| PropertyDefinition {
            name: (*name).to_owned(),
            kind: *kind,
        };
        Declaration::EventType(EventTypeDefinition {
            name: (*name).to_owned(),
            properties: properties.iter().map(property).collect(),
            retention: None,
        })
    }));
    declarations
}

const ATTRIBUTES: [(&str, Kind); 14] = [
    ("country", Kind::String),
    ("region", Kind::String),
    ("city", Kind::String),
    ("postal_code", Kind::String),
    ("language", Kind::String),
    ("gender", Kind::String),
    ("age", Kind::Integer),
    ("age_group", Kind::String),
    ("birth_date", Kind::Instant),
    ("interests", Kind::StringSet),
    ("newsletter", Kind::Bool),
    ("loyalty_tier", Kind::String),
    ("loyalty_points", Kind::Integer),
    ("customer_since", Kind::Instant),
];

const ITEM_ATTRIBUTES: [(&str, Kind); 8] = [
    ("name", Kind::String),
    ("department", Kind::String),
    ("category", Kind::String),
    ("brand", Kind::String),
    ("color", Kind::String),
    ("size", Kind::String),
    ("tags", Kind::StringSet),
    ("price", Kind::Decimal),
];

type Properties = &'static [(&'static str, Kind)];

const ORDER: (&str, Kind) = ("order", Kind::String);
const STORE: (&str, Kind) = ("store", Kind::String);
const COUPON: (&str, Kind) = ("coupon", Kind::String);
const CAMPAIGN: (&str, Kind) = ("campaign", Kind::String);
const MESSAGE: (&str, Kind) = ("message", Kind::String);
const URL: (&str, Kind) = ("url", Kind::String);
const REASON: (&str, Kind) = ("reason", Kind::String);
const DISCOUNT: (&str, Kind) = ("discount", Kind::Decimal);

const SENT: Properties = &[CAMPAIGN, MESSAGE];
const SHOWN: Properties = &[
    CAMPAIGN,
    ("line_item", Kind::String),
    ("creative", Kind::String),
    ("placement", Kind::String),
];

const EVENT_TYPES: [(&str, Properties); 33] = [
    ("purchase", &[ORDER, STORE, COUPON, DISCOUNT]),
    ("return", &[ORDER, STORE, REASON]),
    ("product_view", &[URL]),
    ("add_to_cart", &[]),
    ("remove_from_cart", &[]),
    ("add_to_wishlist", &[]),
    ("checkout_start", &[ORDER]),
    ("payment_failed", &[ORDER, REASON]),
    ("coupon_issued", &[COUPON, CAMPAIGN]),
    ("coupon_redeemed", &[COUPON, CAMPAIGN, ORDER, DISCOUNT]),
    ("review", &[("rating", Kind::Integer)]),
    (
        "search",
        &[("query", Kind::String), ("results", Kind::Integer)],
    ),
    (
        "page_view",
        &[URL, ("title", Kind::String), ("referrer", Kind::String)],
    ),
    ("sign_up", &[]),
    ("login", &[]),
    ("app_open", &[]),
    ("store_visit", &[STORE]),
    ("subscribe", &[("topic", Kind::String)]),
    ("unsubscribe", &[("topic", Kind::String), CAMPAIGN, REASON]),
    ("complaint", &[CAMPAIGN, MESSAGE, REASON]),
    ("email_sent", SENT),
    ("email_open", SENT),
    ("email_click", &[CAMPAIGN, MESSAGE, URL]),
    ("email_bounce", &[CAMPAIGN, MESSAGE, REASON]),
    ("push_sent", SENT),
    ("push_open", SENT),
    ("sms_sent", SENT),
    ("sms_click", &[CAMPAIGN, MESSAGE, URL]),
    ("in_app_shown", SENT),
    ("in_app_click", &[CAMPAIGN, MESSAGE, URL]),
    ("print_sent", SENT),
    ("impression", SHOWN),
    ("click", SHOWN),
];

fn namespaces() -> Vec<NamespaceDefinition> {
    let namespace = |name: &str, priority, limit| NamespaceDefinition {
        name: name.to_owned(),
        unique: false,
        limit,
        priority,
        blocked: BLOCKED.iter().map(|value| (*value).to_owned()).collect(),
        normal_form: NormalForm::None,
        household: false,
    };
    vec![
        NamespaceDefinition {
            unique: true,
            ..namespace("crm", 100, None)
        },
        NamespaceDefinition {
            unique: true,
            ..namespace("loyalty_card", 90, None)
        },
        NamespaceDefinition {
            normal_form: NormalForm::LowercaseTrim,
            ..namespace("email_sha256", 80, Some(10))
        },
        NamespaceDefinition {
            normal_form: NormalForm::LowercaseTrim,
            ..namespace("phone_sha256", 70, Some(10))
        },
        namespace("device", 50, Some(50)),
        namespace("cookie", 30, Some(100)),
        NamespaceDefinition {
            household: true,
            ..namespace("household", 0, None)
        },
    ]
}

/// What sources write when they know nobody; the long one is the SHA-256 of nothing.
const BLOCKED: [&str; 12] = [
    "0",
    "-1",
    "unknown",
    "undefined",
    "null",
    "NULL",
    "none",
    "None",
    "n/a",
    "anonymous",
    "00000000-0000-0000-0000-000000000000",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
];
