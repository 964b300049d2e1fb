//! The inner loops, once for each instruction set, chosen once for each process.
//!
//! `generic` holds each loop once, over a `Vector`; `plain`, `avx2` and `avx512` say
//! what a vector is there. The only `unsafe` code of the crate is in this folder: vector loads and
//! stores, and calls of code compiled for an instruction set that has been found present.

#![expect(
    clippy::inline_always,
    reason = "a loop must end up in the function that is compiled for its instruction set"
)]

mod array;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod formula;
mod funnel;
mod generic;
mod listing;
mod plain;
mod scalar;
mod sieve;
mod table;

#[cfg(test)]
mod tests;

pub(in crate::bitmap) use formula::Formula;

use super::hits::Hits;
use super::line::{Funnel, Listing, Sieve};
use super::words::{Block, Words};
use std::sync::OnceLock;

/// The loops of one instruction set.
pub(in crate::bitmap) struct Kernels {
    /// `plain`, `avx2` or `avx512`.
    pub(in crate::bitmap) name: &'static str,
    /// Bits set.
    pub(in crate::bitmap) count: fn(&Words) -> u32,
    /// Bits set in both.
    pub(in crate::bitmap) and_count: fn(&Words, &Words) -> u32,
    /// Bits set in the value of a formula.
    pub(in crate::bitmap) formula_count: fn(&Formula<'_>) -> u32,
    /// Writes the value of a formula; gives how many bits are set in it.
    pub(in crate::bitmap) formula: fn(&Formula<'_>, &mut Words) -> u32,
    /// `a &= b`, and the bits then set in `a`; likewise the next three.
    pub(in crate::bitmap) and: fn(&mut Words, &Words) -> u32,
    pub(in crate::bitmap) or: fn(&mut Words, &Words) -> u32,
    pub(in crate::bitmap) xor: fn(&mut Words, &Words) -> u32,
    pub(in crate::bitmap) and_not: fn(&mut Words, &Words) -> u32,
    /// How many of the ids are set.
    pub(in crate::bitmap) probe_count: fn(&[u16], &Words) -> u32,
    /// Which of the ids, at most `ARRAY_LIMIT`, are set.
    pub(in crate::bitmap) probe: fn(&[u16], &Words, &mut Hits),
    /// How many ids two strictly increasing lists share.
    pub(in crate::bitmap) match_count: fn(&[u16], &[u16]) -> u32,
    /// Which of the ids of the first list, at most `ARRAY_LIMIT`, are in the second; both strictly increasing.
    pub(in crate::bitmap) match_ids: fn(&[u16], &[u16], &mut Hits),
    /// Sets the ids; gives how many were clear before.
    pub(in crate::bitmap) set_ids: fn(&mut Words, &[u16]) -> u32,
    /// Clears the ids; gives how many were set before.
    pub(in crate::bitmap) clear_ids: fn(&mut Words, &[u16]) -> u32,
    /// Flips the ids, which differ from one another; gives how many were set before.
    pub(in crate::bitmap) flip_ids: fn(&mut Words, &[u16]) -> u32,
    /// Writes the members in order, as many as there is room for; gives how many it wrote.
    pub(in crate::bitmap) decode: fn(&Words, &mut [u16]) -> usize,
    /// Transposes four squares of 64 by 64 bits that lie side by side.
    pub(in crate::bitmap) transpose: fn(&mut [[u64; 4]; 64]),
    /// Adds the words to binary counters, one for each id; plane `i` holds bit `i` of all of them.
    pub(in crate::bitmap) tally: fn(&mut [Block], &Words),
    /// Writes which counters have reached a number; gives how many.
    pub(in crate::bitmap) at_least: fn(&[Block], usize, &mut Words) -> u32,
    /// Narrows lines and counts what is left.
    pub(in crate::bitmap) funnel: fn(&mut Funnel<'_>),
    /// Lists the bits that are set in lines.
    pub(in crate::bitmap) listing: fn(&mut Listing<'_>),
    /// Narrows lines by the popular members of lists.
    pub(in crate::bitmap) sieve: fn(&mut Sieve<'_>),
}

/// The loops of the best instruction set that this processor has.
pub(in crate::bitmap) fn kernels() -> &'static Kernels {
    static CHOSEN: OnceLock<&'static Kernels> = OnceLock::new();
    CHOSEN.get_or_init(|| available().last().copied().unwrap_or(&plain::KERNELS))
}

/// The loops this processor can run, the best last.
pub(in crate::bitmap) fn available() -> Vec<&'static Kernels> {
    let mut sets = vec![&plain::KERNELS];
    #[cfg(target_arch = "x86_64")]
    {
        let avx2 = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vpopcntdq");
        if avx2 {
            sets.push(&avx2::KERNELS);
        }
        if avx2 && avx512 {
            sets.push(&avx512::KERNELS);
        }
    }
    sets
}
