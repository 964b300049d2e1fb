//! treffer core: the audience matching engine as a pure state machine.

mod batch;
pub mod bitmap;
pub mod bulk;
pub mod catalog;
pub mod column;
pub mod directory;
pub mod error;
pub mod event;
pub mod fit;
pub mod hash;
pub mod explain;
pub mod id;
pub mod item;
pub mod person;
pub mod pool;
pub mod profile;
pub mod record;
mod refusals;
pub mod rows;
pub mod rule;
pub mod state;
pub mod time;
pub mod typed;
pub mod value;
pub mod view;
