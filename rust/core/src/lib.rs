//! treffer core: the audience matching engine as a pure state machine, and the views that answer from it.
//!
//! The crate does no I/O, reads no clock, starts no thread and knows neither Python nor protobuf. Time comes in with each
//! record, work is split over threads by whoever calls, and everything that changes goes one way:
//!
//! ```text
//! Command -> State::check -> Record -> State::apply -> State::view -> View -> answers
//! ```
//!
//! # Laws
//!
//! 1. Every change is a [`record`](record::Record): the same records give the same state, bit for bit.
//! 2. The truth is small: ids, attributes, items, events, catalog. Indexes, postings and merged runs are derived.
//! 3. Arrival order does not matter: the set of accepted events decides (`content_hash`).
//! 4. One meaning: [`explain`] says straight from the definitions whether a rule holds for one person at an instant; the
//!    [`bulk`] evaluator must agree with it for every profile.
//! 5. One bitmap layer and one fused evaluator: a count never builds what it counts.
//! 6. Batch is the primitive.
//! 7. Readers never wait: a view is immutable, and its clones share chunks with the state that goes on.
//! 8. Nothing is silent: what is refused carries row, field and reason.
//!
//! # Data model
//!
//! An id is `namespace:value` outside and a dense slot inside; what happened and what was written stays with the slot of its
//! owner. A profile is a set of slots, numbered by the smallest, its survivor. [`pool`]s give dense codes to texts: ids, items, string
//! values, channels; lookup is by linear hashing (Litwin 1980), in which one bucket at a time is split and buckets are shared
//! between clones until one is written. Attribute values and event fields are numbers in [`column::Packed`] columns: frame of
//! reference, common unit, narrowest width. Attributes keep the time of the write that won. Events lie in
//! [`event::history`]: per type and 4,096 profiles a few packed runs sorted by profile and time, merged as they grow.
//!
//! # Identity
//!
//! A row with k ids makes k - 1 links, each between the owner (the id of the highest namespace priority, then the bytewise
//! smallest) and another id. Of each pair the earliest link is kept. Links are decided greedily in the order of time, event id
//! and texts: one that would give a profile two ids of a unique namespace, more than a limit allows, or ids that an unmerge set
//! apart is refused. Ids that are not unique and have more than 100 partners link nothing. Merges by hand come before all links.
//! A link is decided without a second look at others where order cannot matter; otherwise the ids that links connect with it are
//! decided anew, once per record. A household is a second grouping, which merges nothing.
//!
//! # The rule language
//!
//! A rule says something of one profile at one time. [`rule::parse`] reads text into a tree, [`rule::Rule`] shows itself
//! as canonical text, and [`rule::check`] resolves a tree against a [`catalog::Catalog`].
//!
//! ```text
//! rule      = part { "and" part } | part { "or" part }       never both without parentheses
//! part      = "not" part | "(" rule ")" | leaf               "not" takes the next part and no more
//! leaf      = attribute condition | asked(attribute)
//!           | aggregate comparison literal | sequence
//!           | segment "(" text ")" [ "for" age ]             age: 10m..2d, 10m.. or ..2d
//! condition = comparison literal                             = != < <= > >=
//!           | [ "not" ] "in" "{" literal, ... "}"
//!           | "starts_with" text | "contains" text           strings
//!           | "has" text | "has any" set | "has all" set     string sets
//! asked(x)  = "has(" x ")" | "since(" x ")" order duration | "until(" x ")" order duration
//! aggregate = ("count" | "since_last" | "since_first") "(" events [ window ] ")"
//!           | ("sum" | "min" | "max" | "avg" | "distinct") "(" type "." field [ where ] [ window ] ")"
//! events    = type [ where ]                                 the type "any" names all
//! where     = "where" conditions on fields, joined like parts
//! field     = "item" | "item." attribute | "value" | "quantity" | "channel" | property
//! window    = "last" duration | "since" instant | "between" instant "and" instant
//! sequence  = "sequence(" events, ... [ "within" duration ]
//!             [ ", not" events ("within" | "for") duration ] [ "on" field ] [ "last" duration ] ")"
//! literal   = "text" | 25 | 2.5 | true | false | 2017-03-01 | 2017-03-01T10:00:00Z
//! duration  = a whole number of s, m, h, d or w
//! ```
//!
//! Rules of line items, and those alone, ask the context of a request too ([`rule::parse_targeting`]):
//!
//! ```text
//! leaf      = ... | "ctx." dimension condition | "has(ctx." dimension ")"
//! condition = ... | [ "not" ] "in" "list(" text ")" | "has any list(" text ")"
//!           | "within" distance "of" "(" degrees "," degrees ")"       a place: north, east
//! distance  = 5km or 0.25km
//! ```
//!
//! `ctx.hour_of_week` is a number from 0, the first hour of Monday, to 167: `ctx.hour_of_week >= 8 and ctx.hour_of_week < 20`.
//!
//! Texts know the escapes `\"`, `\\`, `\n`, `\r`, `\t` and `\u{e9}`. Integers have 64 bits, decimals 64 bits of micro units.
//! An instant may carry milliseconds and a zone; without one it is UTC. Whatever is asked of an absent value is false,
//! `!=` and `not in` included; `not` is the complement over all profiles.
//!
//! At t, `last D` is (t - D, t], `since T` is [T, t], `between T1 and T2` is [T1, T2) cut at t. A sequence holds if any choice
//! of events fits: strictly rising times, the last positive step s at most `within` after the first, the same present key in
//! all steps; a final `not E within W` means none in (s, s + W], decided at s + W; a final `not E for W` means none in
//! (s, t], and W has passed. An event is invisible from its time + the retention of its type on.
//!
//! # Bitmaps and the fused evaluator
//!
//! A [`bitmap::Bitmap`] is a spine of shared chunks of 65,536 ids: array, bits, runs or full; an empty chunk is absent. An
//! expression over bitmaps and computed operands is interpreted chunk by chunk over scratch words that stay in the first-level
//! cache; absent and full chunks, empty intermediate results and small arrays cut work short, and the last step of a count is
//! a fused popcount. Kernels for plain words, AVX2 and AVX-512 are chosen once, at run time. Chunk layout and portable format
//! follow Lemire, Kaser, Kurz, Deri, O'Hara, Saint-Jacques, Ssi-Yan-Kai, "Roaring bitmaps: implementation of an optimized
//! software library" (2018); arrays hold at most 1,024 ids here, since time, not size, decides.
//!
//! # Bulk evaluation
//!
//! A plan compiles to an expression whose leaves fill one chunk of profiles at a time. An attribute test is a scan of packed
//! codes, or a look-up in the chunk's index of codes where texts are named. An aggregate walks the runs of the chunk's
//! shards: the window cuts each profile's events by binary search, a condition becomes a bit per event, or, where it names
//! texts, a walk along postings (events by code). What holds of nothing (`count(...) = 0`) is evaluated as the complement of
//! what does not. Of profiles of several ids the events of all of them are looked at together; where many are asked for, what the
//! ids of a shard have is counted once and added up. Sequences keep, per key and step, the latest start of a chain that ends there.
//!
//! # Live segments
//!
//! The leaves of all live rules are atoms; equal atoms are one. Atoms that look at the same events are judged as one group over
//! the matches of its streams (event type, condition, payload field), which are kept per owner id, sorted by time: merging and
//! splitting profiles moves nothing. An event finds its streams by the texts that it carries, so segments about other items or
//! channels cost nothing. The way of one record:
//!
//! ```text
//! alarms due before the record, each at its own instant
//!   -> change of the truth -> matches -> groups touched, per profile -> atoms that flip
//!   -> segments that name them, by rank -> flips -> columns, rows, feed of the next view
//! ```
//!
//! A judgement says until when it stands if nothing arrives: the instant at which a window, a wait, an age or a retention turns
//! it. An alarm for that instant goes on a calendar queue (Brown 1988); too early an alarm looks again, so that rising activity
//! does not move alarms. Late events land in their place of the sorted matches, and the group is judged anew. What streams cannot
//! serve (conditions that ask for the time, ages, aggregates over several retentions) is judged over the whole history of the one profile that
//! was touched: one walk over what comes and goes in it finds all instants at which a rule turned, in n log n of its events. Everything live is derived: a test makes it anew from the truth after random scripts and compares.
//!
//! The column form is a bitmap per segment, with a pile of turns beside that all views share: the writer adds to it, each view knows
//! how high it was, and the bitmap takes it in once it is high. The row form is a log of rows (after Rosenblum and Ousterhout 1992).
//! Both share with older views what did not change.
//! The [`segment::feed`] numbers every change; a segment that begins is one set.
//!
//! # Auctions
//!
//! The book ([`auction::Book`]) holds lists, advertisers, campaigns, creatives, deals, line items and rates; one command edits it,
//! all or none. [`auction::Auction`] says what a decision means: it walks every line item and evaluates its rule with three values
//! (Kleene), the leaves of later stages unknown; an item falls at the first stage at which its rule is false or a check beside it
//! fails. Of nobody, and of a person whom consent forbids to know, every condition on the profile is false once `not` is pushed down.
//!
//! [`auction::Index`] decides the same from rows. `not` is pushed to the leaves; ors over one dimension become one clause; what
//! remains is multiplied out to at most 16 rows a line item, with at most four any-of groups a dimension. A part that fits into no row
//! is a check of its stage when it has one, else of the audience. What is asked of profiles beside plain membership is a hidden live
//! segment, whose name is its rule behind `#`, so a request looks at context and segments only.
//!
//! ```text
//! mask (status, flight, budget)                               one bitmap over rows, made anew without a new index
//!   and, for each clause slot, the rows that pass its value    folded and ready where values are few, else base + add - sub
//!   -> counts by stage: popcounts between the ands, in one pass over lines of 512 rows (funnel)
//!   -> consent, block lists, caps: and-not of postings
//!   -> segments: few rows left: popular ones by lines, then lists of the others, eight places at a time, of many rows at once; many:
//!      posting by posting in live lines; people who come again: kept (clock, Corbato 1968)
//!   -> survivors: rows by look of creatives and by level of bid tell how many fit and reach the floor, which may be another for each
//!      look; whose turn it is not is drawn for each row that is left; the levels from the top down tell which can be among the best,
//!      and those alone are priced
//! ```
//!
//! [`auction::Index::rebuilt`] takes the rows of line items that did not change from the index of the book before.
//!
//! Rows are sorted by the values of the three dimensions that narrow most, popular values first, so that most lines are empty after a
//! few ands. The rows of a line item share a word and are one field of it: with E the ends of fields,
//! `(((x & !E) + !E) | x) & E` has one bit for each line item that has a row left. A value of many rows is kept as bits, one of few as
//! a list. Bids are base times the largest factor of each group, a product of reduced fractions with one division.

pub mod auction;
mod batch;
pub mod bitmap;
pub mod bulk;
pub mod catalog;
mod chunked;
pub mod column;
pub mod directory;
pub mod error;
pub mod event;
pub mod explain;
pub mod fit;
pub mod hash;
pub mod id;
pub mod item;
mod line;
mod order;
pub mod person;
pub mod pool;
pub mod profile;
pub mod record;
mod refusals;
pub mod rows;
pub mod rule;
pub mod segment;
pub mod state;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod typed;
pub mod value;
pub mod view;
