"""The wire contract, generated from proto/treffer/v1 by `make proto`."""
