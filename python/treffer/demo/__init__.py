"""What `treffer demo` shows: real purchases, telling segments, and what the engine says about them."""
