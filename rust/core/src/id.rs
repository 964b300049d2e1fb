//! Newtypes for the dense numbers that stand for named things inside the engine.

use std::fmt;

macro_rules! dense_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The number as an index into dense tables.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )*};
}

dense_id! {
    /// One person or device. Never reused.
    ProfileId;
    /// A namespace of ids, in order of declaration.
    NamespaceId;
    /// A profile attribute, in order of declaration.
    AttributeId;
    /// An item (what was viewed or bought), in order of first mention.
    ItemId;
    /// An attribute of items, in order of declaration.
    ItemAttributeId;
    /// An event type, in order of declaration.
    EventTypeId;
    /// An event property; a name has one kind in all event types that declare it.
    PropertyId;
    /// A segment, in order of definition.
    SegmentId;
    /// A dimension of the context of auctions, in order of declaration.
    DimensionId;
    /// A named list, in order of definition.
    ListId;
    /// An advertiser, in order of definition.
    AdvertiserId;
    /// A campaign, in order of definition.
    CampaignId;
    /// A line item, in order of definition.
    LineItemId;
    /// A creative, in order of definition.
    CreativeId;
    /// A deal, in order of definition.
    DealId;
    /// A stream of matching events that live segments watch. Never reused.
    StreamId;
    /// A group of atoms that are judged together. Never reused.
    GroupId;
    /// A predicate that live segments share. Never reused.
    AtomId;
}
