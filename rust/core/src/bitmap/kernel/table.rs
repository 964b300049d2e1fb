//! How a table of loops is made for an instruction set.

/// The table of an instruction set: each generic loop compiled for `$features` over `$vector`.
///
/// A table must be handed out only where its features are present; `available` sees to that. Within
/// `compiled!` the features are there, which is all that the generic loops ask of their caller.
macro_rules! table {
    ($name:literal, $vector:ty, $merge:path, $pick:path $(, $features:literal)?) => {
        use super::super::hits::Hits;
        use super::super::line::{Funnel, Listing, Sieve};
        use super::super::words::{Block, Words};
        use super::{Formula, Kernels, array, funnel, generic, listing, scalar, sieve};

        pub(super) static KERNELS: Kernels = Kernels {
            name: $name,
            count: super::table::compiled!([$($features)?] fn(a: &Words) -> u32 { unsafe { generic::count::<$vector>(a) } }),
            and_count: super::table::compiled!([$($features)?] fn(a: &Words, b: &Words) -> u32 {
                unsafe { generic::and_count::<$vector>(a, b) }
            }),
            formula_count: super::table::compiled!([$($features)?] fn(f: &Formula<'_>) -> u32 {
                unsafe { generic::formula_count::<$vector>(f) }
            }),
            formula: super::table::compiled!([$($features)?] fn(f: &Formula<'_>, out: &mut Words) -> u32 {
                unsafe { generic::formula::<$vector>(f, out) }
            }),
            and: super::table::compiled!([$($features)?] fn(a: &mut Words, b: &Words) -> u32 {
                unsafe { generic::and::<$vector>(a, b) }
            }),
            or: super::table::compiled!([$($features)?] fn(a: &mut Words, b: &Words) -> u32 {
                unsafe { generic::or::<$vector>(a, b) }
            }),
            xor: super::table::compiled!([$($features)?] fn(a: &mut Words, b: &Words) -> u32 {
                unsafe { generic::xor::<$vector>(a, b) }
            }),
            and_not: super::table::compiled!([$($features)?] fn(a: &mut Words, b: &Words) -> u32 {
                unsafe { generic::and_not::<$vector>(a, b) }
            }),
            probe_count: super::table::compiled!([$($features)?] fn(ids: &[u16], words: &Words) -> u32 {
                scalar::probe_count(ids, words, |word, id| $pick(word, id))
            }),
            probe: super::table::compiled!([$($features)?] fn(ids: &[u16], words: &Words, hits: &mut Hits) -> () {
                scalar::probe(ids, words, hits, |word, id| $pick(word, id));
            }),
            match_count: super::table::compiled!([$($features)?] fn(a: &[u16], b: &[u16]) -> u32 {
                array::match_count(a, b, |a, b, found| $merge(a, b, found))
            }),
            match_ids: super::table::compiled!([$($features)?] fn(a: &[u16], b: &[u16], hits: &mut Hits) -> () {
                array::match_ids(a, b, hits, |a, b, found| $merge(a, b, found));
            }),
            set_ids: super::table::compiled!([$($features)?] fn(words: &mut Words, ids: &[u16]) -> u32 {
                scalar::set_ids(words, ids)
            }),
            clear_ids: super::table::compiled!([$($features)?] fn(words: &mut Words, ids: &[u16]) -> u32 {
                scalar::clear_ids(words, ids)
            }),
            flip_ids: super::table::compiled!([$($features)?] fn(words: &mut Words, ids: &[u16]) -> u32 {
                scalar::flip_ids(words, ids)
            }),
            decode: super::table::compiled!([$($features)?] fn(words: &Words, out: &mut [u16]) -> usize {
                scalar::decode(words, out)
            }),
            transpose: super::table::compiled!([$($features)?] fn(squares: &mut [[u64; 4]; 64]) -> () {
                scalar::transpose(squares);
            }),
            tally: super::table::compiled!([$($features)?] fn(planes: &mut [Block], words: &Words) -> () {
                unsafe { generic::tally::<$vector>(planes, words) }
            }),
            at_least: super::table::compiled!([$($features)?] fn(planes: &[Block], least: usize, out: &mut Words) -> u32 {
                unsafe { generic::at_least::<$vector>(planes, least, out) }
            }),
            funnel: super::table::compiled!([$($features)?] fn(own: &mut Funnel<'_>) -> () {
                funnel::run(own);
            }),
            listing: super::table::compiled!([$($features)?] fn(own: &mut Listing<'_>) -> () {
                listing::run(own);
            }),
            sieve: super::table::compiled!([$($features)?] fn(own: &mut Sieve<'_>) -> () {
                sieve::run(own);
            }),
        };
    };
}

/// A function pointer to `$body`, compiled for the features in brackets.
macro_rules! compiled {
    ([] fn($($arg:ident: $ty:ty),*) -> $out:ty $body:block) => {{
        fn run($($arg: $ty),*) -> $out $body
        run
    }};
    ([$features:literal] fn($($arg:ident: $ty:ty),*) -> $out:ty $body:block) => {{
        #[target_feature(enable = $features)]
        fn featured($($arg: $ty),*) -> $out $body
        #[expect(unsafe_code, reason = "the table is handed out only where its features are present")]
        fn run($($arg: $ty),*) -> $out {
            // SAFETY: `available` has found every feature of this table on this processor.
            unsafe { featured($($arg),*) }
        }
        run
    }};
}

pub(super) use {compiled, table};
