//! Who the person is: ids, and what others say of them.

use std::collections::BTreeMap;

use super::model::{BidRequest, Data, Eid, User};
use super::words::text;

/// Namespaces that ids of a request are of; ids of what has none are not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Of `user.id`, the exchange's own.
    pub user: Option<String>,
    /// Of `user.buyeruid`, ours as the exchange knows it.
    pub buyer: Option<String>,
    /// Of `device.ifa`, the device's.
    pub device: Option<String>,
    /// Of `user.eids`, by source: `liveramp.com` may be `ramp`.
    pub sources: BTreeMap<String, String>,
}

impl Names {
    /// The ids as `namespace:value`: ours, the exchange's, those of others, the device's.
    pub(super) fn ids(&self, request: &mut BidRequest) -> Vec<String> {
        let device = request.device.as_mut().and_then(|own| own.ifa.take());
        let device = device.filter(|own| own.bytes().any(|own| !matches!(own, b'0' | b'-')));
        let mut ids = request
            .user
            .as_mut()
            .map_or_else(Vec::new, |own| self.of_user(own));
        ids.extend(named(self.device.as_ref(), device));
        ids
    }

    fn of_user(&self, user: &mut User) -> Vec<String> {
        let buyer = named(self.buyer.as_ref(), user.buyeruid.take());
        let own = named(self.user.as_ref(), user.id.take());
        let eids = eids(user).into_iter().flat_map(|eid| {
            let source = text(eid.source);
            let namespace = source.and_then(|source| self.sources.get(&source));
            let uids = eid.uids.into_iter();
            uids.filter_map(move |uid| named(namespace, uid.id))
        });
        buyer.into_iter().chain(own).chain(eids).collect()
    }
}

/// Those of 2.6, else those where 2.5 had them.
fn eids(user: &mut User) -> Vec<Eid> {
    let old = user.ext.as_mut().map(|own| std::mem::take(&mut own.eids));
    let own = std::mem::take(&mut user.eids);
    if own.is_empty() {
        old.unwrap_or_default()
    } else {
        own
    }
}

fn named(namespace: Option<&String>, id: Option<String>) -> Option<String> {
    let (namespace, id) = (namespace?, text(id)?);
    Some(format!("{namespace}:{id}"))
}

/// Segments as `provider:segment`, never without the provider, whose id goes before its name. Where the taxonomy is told there is
/// `provider/taxonomy:segment` as well.
pub(super) fn segments(data: impl IntoIterator<Item = Data>) -> Vec<String> {
    let all = data.into_iter().flat_map(|own| {
        let provider = text(own.id).or_else(|| text(own.name));
        let taxonomy = own.ext.and_then(|ext| ext.segtax);
        let segments = own.segment.into_iter().filter_map(|own| text(own.id));
        segments.flat_map(move |segment| {
            let provider = provider.as_ref();
            let plain = provider.map(|own| format!("{own}:{segment}"));
            let both = provider.zip(taxonomy);
            let exact = both.map(|(own, taxonomy)| format!("{own}/{taxonomy}:{segment}"));
            plain.into_iter().chain(exact)
        })
    });
    all.collect()
}
