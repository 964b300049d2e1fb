//! Who sells the place.

use treffer_core::auction::Context;

use super::model::{Source, SupplyChain};
use super::words::{say_all, say_number, say_word, words};

/// Says the chain of sellers, as 2.6 tells it or else as 2.5 did; a chain of nobody says nothing.
pub(super) fn say_supply(context: &mut Context, source: Option<Source>) {
    let is_told = |own: &SupplyChain| !own.nodes.is_empty();
    let Some(source) = source else { return };
    let new = source.schain.filter(is_told);
    let old = || source.ext?.schain.filter(is_told);
    let Some(chain) = new.or_else(old) else {
        return;
    };
    let word = |is_complete| {
        if is_complete {
            "complete"
        } else {
            "incomplete"
        }
    };
    say_word(context, "supply_chain", chain.complete.map(word));
    let hops = u32::try_from(chain.nodes.len()).ok();
    say_number(context, "supply_chain_hops", hops);
    let sellers = chain.nodes.into_iter().filter_map(|own| own.asi);
    say_all(context, "sellers", words(sellers.collect()));
}
