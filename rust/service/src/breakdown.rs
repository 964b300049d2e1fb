//! An audience by the values of an attribute.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use treffer_core::bitmap::{Bitmap, Words};
use treffer_core::error::{Error, Result};
use treffer_core::id::AttributeId;
use treffer_core::profile::fact::Fact;
use treffer_core::value::Value;

use crate::audience::{Audience, Moment, Unit};
use crate::spread::spread;

/// An audience in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// Size of the whole audience.
    pub total: u64,
    /// Label and size of each part; no label: those without a value.
    pub parts: Vec<(Option<String>, u64)>,
    /// How many parts the limit cut off.
    pub left_out: u64,
}

/// How many members have which code.
#[derive(Default)]
struct Tally {
    total: u64,
    codes: HashMap<i64, u64>,
}

impl Moment<'_> {
    /// The audience by an attribute: at most `limit` values, the largest part first, then those without one.
    pub fn by_attribute(
        &self,
        audience: Audience<'_>,
        attribute: &str,
        unit: Unit,
        limit: usize,
    ) -> Result<Breakdown> {
        let id = self.view.catalog().attribute_id(attribute);
        let id = id.ok_or_else(|| Error::not_found("attribute", attribute))?;
        if unit == Unit::Household {
            let members = self.members(audience)?;
            return Ok(self.households_by(id, &members, limit));
        }
        let query = self.query(audience)?;
        let expression = query.expression();
        let tallies = spread(expression.chunks(), self.threads, |keys| {
            let mut tally = Tally::default();
            expression.for_each_chunk(keys, |key, words| self.tally(id, key, words, &mut tally));
            tally
        });
        let mut whole = Tally::default();
        for tally in tallies {
            whole.total += tally.total;
            for (code, count) in tally.codes {
                *whole.codes.entry(code).or_default() += count;
            }
        }
        Ok(whole.into_breakdown(self.view.fact(id), limit))
    }

    /// Households by the values of their members; one counts under each of them.
    fn households_by(&self, attribute: AttributeId, members: &Bitmap, limit: usize) -> Breakdown {
        let fact = self.view.fact(attribute);
        let mut by_code: BTreeMap<Option<i64>, Vec<u32>> = BTreeMap::new();
        for profile in members {
            let code = fact.column().read(profile).map(|(code, _)| code);
            by_code.entry(code).or_default().push(profile);
        }
        let mut by_label: BTreeMap<Option<String>, BTreeSet<u32>> = BTreeMap::new();
        for (code, profiles) in by_code {
            let labels = code.map_or_else(
                || vec![None],
                |code| labels_of(fact, code).into_iter().map(Some).collect(),
            );
            for label in labels {
                by_label.entry(label).or_default().extend(&profiles);
            }
        }
        let count = |profiles: BTreeSet<u32>| {
            let profiles = Bitmap::from_sorted(profiles);
            self.view.households_of(&profiles)
        };
        let absent = by_label.remove(&None).map(count);
        let parts = by_label.into_iter().map(|(label, own)| (label, count(own)));
        let mut parts: Vec<_> = parts.filter(|(_, count)| *count > 0).collect();
        let left_out = cut(&mut parts, limit);
        parts.extend(absent.filter(|count| *count > 0).map(|count| (None, count)));
        Breakdown {
            total: self.view.households_of(members),
            parts,
            left_out,
        }
    }

    fn tally(&self, attribute: AttributeId, key: u16, words: &Words, tally: &mut Tally) {
        tally.total += words
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum::<u64>();
        let Some(chunk) = self.view.attribute(attribute).chunk(u32::from(key)) else {
            return;
        };
        let values = chunk.values();
        for (place, word) in words.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let row = place * 64 + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                if let Some(code) = values.get(row) {
                    *tally.codes.entry(code).or_default() += 1;
                }
            }
        }
    }
}

impl Tally {
    fn into_breakdown(self, fact: &Fact, limit: usize) -> Breakdown {
        let present: u64 = self.codes.values().sum();
        let mut labels: HashMap<String, u64> = HashMap::new();
        for (code, count) in self.codes {
            for label in labels_of(fact, code) {
                *labels.entry(label).or_default() += count;
            }
        }
        let mut parts: Vec<(Option<String>, u64)> = labels
            .into_iter()
            .map(|(label, count)| (Some(label), count))
            .collect();
        let left_out = cut(&mut parts, limit);
        if present < self.total {
            parts.push((None, self.total - present));
        }
        Breakdown {
            total: self.total,
            parts,
            left_out,
        }
    }
}

/// Keeps the `limit` largest parts, the largest first, and says how many fell away.
fn cut(parts: &mut Vec<(Option<String>, u64)>, limit: usize) -> u64 {
    parts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let left_out = parts.len().saturating_sub(limit) as u64;
    parts.truncate(limit);
    left_out
}

/// The value behind a code as text; of a set each member.
fn labels_of(fact: &Fact, code: i64) -> Vec<String> {
    match fact.value(code) {
        None => Vec::new(),
        Some(Value::String(text)) => vec![text],
        Some(Value::StringSet(members)) => members.into_iter().collect(),
        Some(
            value @ (Value::Integer(_) | Value::Decimal(_) | Value::Bool(_) | Value::Instant(_)),
        ) => {
            vec![value.to_string()]
        }
    }
}
