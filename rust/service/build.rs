//! Compiles the wire contract.

use std::error::Error;

/// The files of `proto/treffer/v1` that hold services; they name the rest.
const SERVICES: [&str; 7] = [
    "treffer/v1/audience.proto",
    "treffer/v1/book.proto",
    "treffer/v1/catalog.proto",
    "treffer/v1/identity.proto",
    "treffer/v1/ingest.proto",
    "treffer/v1/match.proto",
    "treffer/v1/status.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
    println!("cargo::rerun-if-changed={root}");
    let files = protox::compile(SERVICES, [root])?;
    // Bulk columns stay where the request lies.
    prost_build::Config::new()
        .bytes(["."])
        .btree_map(["."])
        .compile_fds(files)?;
    Ok(())
}
