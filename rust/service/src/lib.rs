//! treffer service: the running engine. One writer applies commands and publishes views; any number of readers answer from them;
//! under the system clock a thread lets time pass, in steps.
//!
//! [`Engine::call`] is the one table of the methods of `treffer.v1`, for every listener and for bindings; what moves in bulk may
//! pass it by: [`Engine::load`], [`Moment`].

pub mod arrow;
mod audience;
pub mod batch;
mod breakdown;
mod call;
mod clock;
mod delivery;
mod dry_run;
mod engine;
pub mod google;
mod hindsight;
mod ingest;
mod journal;
mod market;
mod names;
pub mod openrtb;
pub mod proto;
mod running;
pub mod sets;
mod settings;
mod spans;
mod spread;
pub mod status;
mod swaps;
pub mod table;
mod ticker;

pub use audience::{Audience, Moment};
pub use breakdown::Breakdown;
pub use call::METHODS;
pub use engine::Engine;
pub use hindsight::Keeping;
pub use ingest::{Ingested, Noun};
pub use names::Names;
pub use running::Live;
pub use settings::{Auctions, Settings};
