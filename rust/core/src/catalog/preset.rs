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

/// The dimensions that `OpenRTB` requests usually fill.
pub fn openrtb() -> Vec<Declaration> {
    let dimensions = crate::auction::dimension::openrtb().into_iter();
    dimensions.map(Declaration::Dimension).collect()
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
    ("income", Kind::String),
    ("interests", Kind::StringSet),
    ("loyalty_tier", Kind::String),
    ("loyalty_points", Kind::Integer),
    ("newsletter", Kind::Bool),
    ("signed_up", Kind::Instant),
];

const ITEM_ATTRIBUTES: [(&str, Kind); 6] = [
    ("name", Kind::String),
    ("category", Kind::String),
    ("department", Kind::String),
    ("brand", Kind::String),
    ("price", Kind::Decimal),
    ("tags", Kind::StringSet),
];

type Properties = &'static [(&'static str, Kind)];

const ORDER: (&str, Kind) = ("order", Kind::String);
const STORE: (&str, Kind) = ("store", Kind::String);
const COUPON: (&str, Kind) = ("coupon", Kind::String);
const CAMPAIGN: (&str, Kind) = ("campaign", Kind::String);
const CREATIVE: (&str, Kind) = ("creative", Kind::String);
const TOPIC: (&str, Kind) = ("topic", Kind::String);
const URL: (&str, Kind) = ("url", Kind::String);
const REFERRER: (&str, Kind) = ("referrer", Kind::String);

const LINE_ITEM: (&str, Kind) = ("line_item", Kind::String);

const SENT: Properties = &[CAMPAIGN, CREATIVE, LINE_ITEM];
const CLICKED: Properties = &[CAMPAIGN, CREATIVE, LINE_ITEM, URL];

const EVENT_TYPES: [(&str, Properties); 32] = [
    ("page_view", &[URL, REFERRER]),
    (
        "search",
        &[("query", Kind::String), ("results", Kind::Integer)],
    ),
    ("product_view", &[URL]),
    ("add_to_cart", &[]),
    ("remove_from_cart", &[]),
    ("checkout", &[ORDER]),
    ("purchase", &[ORDER, STORE]),
    ("return", &[ORDER, STORE]),
    ("refund", &[ORDER, STORE]),
    ("wishlist_add", &[]),
    ("review", &[("rating", Kind::Integer)]),
    ("sign_up", &[]),
    ("login", &[]),
    ("app_open", &[]),
    ("store_visit", &[STORE]),
    ("subscribe", &[TOPIC]),
    ("unsubscribe", &[TOPIC]),
    ("complaint", &[TOPIC]),
    ("campaign_received", &[CAMPAIGN]),
    ("coupon_redeemed", &[CAMPAIGN, COUPON, ORDER]),
    ("impression", SENT),
    ("send", SENT),
    ("open", SENT),
    ("click", CLICKED),
    ("email_sent", SENT),
    ("email_open", SENT),
    ("email_click", CLICKED),
    ("email_bounce", SENT),
    ("push_sent", SENT),
    ("push_open", SENT),
    ("sms_sent", SENT),
    ("sms_click", CLICKED),
];

fn namespaces() -> Vec<NamespaceDefinition> {
    let namespace = |name: &str, priority, limit| NamespaceDefinition {
        name: name.to_owned(),
        unique: false,
        limit,
        priority,
        blocked: NOBODY.iter().map(|value| (*value).to_owned()).collect(),
        normal_form: NormalForm::None,
        household: false,
    };
    vec![
        NamespaceDefinition {
            unique: true,
            ..namespace("crm", 100, Some(1))
        },
        NamespaceDefinition {
            normal_form: NormalForm::LowercaseTrim,
            ..namespace("email_sha256", 80, Some(10))
        },
        NamespaceDefinition {
            normal_form: NormalForm::LowercaseTrim,
            ..namespace("phone_sha256", 70, Some(10))
        },
        namespace("device", 30, Some(50)),
        namespace("cookie", 10, Some(200)),
        NamespaceDefinition {
            household: true,
            ..namespace("household", 0, None)
        },
    ]
}

/// Values that systems write when they do not know who it is.
const NOBODY: [&str; 14] = [
    "",
    "0",
    "-",
    "null",
    "NULL",
    "none",
    "None",
    "undefined",
    "unknown",
    "anonymous",
    "n/a",
    "NaN",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
];
