//! Sets of dense `u32` ids.
