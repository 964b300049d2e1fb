//! treffer core: the audience matching engine as a pure state machine.

pub mod bitmap;
pub mod bulk;
pub mod catalog;
pub mod column;
pub mod directory;
pub mod error;
pub mod event;
pub mod id;
pub mod person;
pub mod pool;
pub mod profile;
pub mod rows;
pub mod rule;
pub mod time;
pub mod value;
