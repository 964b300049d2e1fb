//! treffer core: the audience matching engine as a pure state machine.

pub mod bitmap;
