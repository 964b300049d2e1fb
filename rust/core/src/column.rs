//! A packed column of optional integers: frame of reference, the narrowest width that fits.
