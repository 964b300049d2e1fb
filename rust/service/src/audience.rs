//! An audience: a rule or a segment, checked against a view, and the questions that bitmaps answer about it.

use treffer_core::bitmap::{Bitmap, Expression};
use treffer_core::bulk::Query;
use treffer_core::error::{Error, Result};
use treffer_core::profile::household::Households;
use treffer_core::rule::{Plan, Rule, check, parse, plan, quoted};
use treffer_core::time::Instant;
use treffer_core::view::View;

use crate::sets::overlap_on;
use crate::spread::{spread, sum};

/// Who is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience<'a> {
    /// Those for whom a rule holds.
    Rule(&'a str),
    /// The members of a segment.
    Segment(&'a str),
}

impl Audience<'_> {
    /// The audience as a rule and its plan; a segment as the rule that names it. An error when it needs a paused segment.
    pub fn checked(self, view: &View) -> Result<(Rule, Plan)> {
        let (rule, plan) = self.planned(view)?;
        view.catalog().refuse_unreadable(&plan)?;
        Ok((rule, plan))
    }

    fn planned(self, view: &View) -> Result<(Rule, Plan)> {
        let catalog = view.catalog();
        match self {
            Self::Rule(text) => {
                let rule = parse(text, catalog.limits())?;
                let plan = check(&rule, catalog, catalog.limits())?;
                Ok((rule, plan))
            }
            Self::Segment(name) => {
                let id = catalog
                    .segment_id(name)
                    .ok_or_else(|| Error::not_found("segment", name))?;
                let rule = parse(&format!("segment({})", quoted(name)), catalog.limits())?;
                Ok((rule, Plan::Leaf(plan::Leaf::Segment(id, None))))
            }
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Profiles.
    #[default]
    Profile,
    /// Different households; profiles without one count for none.
    Household,
}

/// One view at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'v> {
    /// What is true.
    pub view: &'v View,
    /// When it is asked for.
    pub at: Instant,
    /// Threads that may work on it.
    pub threads: usize,
}

impl<'v> Moment<'v> {
    /// The query of an audience.
    pub(crate) fn query(&self, audience: Audience<'_>) -> Result<Query<'v>> {
        let (_, plan) = audience.checked(self.view)?;
        Ok(Query::prepare(self.view, &plan, self.at))
    }

    /// How many profiles the audience has.
    pub fn count(&self, audience: Audience<'_>) -> Result<u64> {
        let query = self.query(audience)?;
        let expression = query.expression();
        let counts = spread(expression.chunks(), self.threads, |keys| {
            expression.count_within(keys)
        });
        Ok(counts.into_iter().sum())
    }

    /// In how many different households the audience lives.
    pub fn households(&self, audience: Audience<'_>) -> Result<u64> {
        let query = self.query(audience)?;
        let expression = query.expression();
        let found = spread(expression.chunks(), self.threads, |keys| {
            let mut households = Households::default();
            expression.for_each_chunk(keys, |key, words| households.add(self.view, key, words));
            households
        });
        let mut whole = Households::default();
        found.iter().for_each(|part| whole.merge(part));
        Ok(whole.len())
    }

    /// Who is in the audience.
    pub fn members(&self, audience: Audience<'_>) -> Result<Bitmap> {
        let query = self.query(audience)?;
        let expression = query.expression();
        let parts = spread(expression.chunks(), self.threads, |keys| {
            expression.members_within(keys)
        });
        Ok(parts
            .into_iter()
            .reduce(|whole, part| &whole | &part)
            .unwrap_or_default())
    }

    /// How many profiles each two audiences share, row by row. An error names the audience by its place.
    pub fn overlap(&self, audiences: &[Audience<'_>]) -> Result<Vec<u64>> {
        let member_sets = audiences.iter().enumerate().map(|(place, audience)| {
            let whole = format!("audiences[{place}]");
            self.members(*audience)
                .map_err(|error| error.within(&whole))
        });
        let sets = member_sets.collect::<Result<Vec<Bitmap>>>()?;
        let sets: Vec<&Bitmap> = sets.iter().collect();
        Ok(overlap_on(&sets, self.threads))
    }

    /// How many members of the audience are in each segment, last how many are in none of them, and how many there are in all.
    pub fn by_segments(
        &self,
        audience: Audience<'_>,
        segments: &[String],
        unit: Unit,
    ) -> Result<(u64, Vec<u64>)> {
        let parts = segments
            .iter()
            .map(|name| self.members(Audience::Segment(name)));
        let parts = parts.collect::<Result<Vec<Bitmap>>>()?;
        if unit == Unit::Household {
            let members = self.members(audience)?;
            let households = |part: &Bitmap| self.view.households_of(&(&members & part));
            let mut counts: Vec<u64> = parts.iter().map(households).collect();
            let rest = parts
                .iter()
                .fold(members.clone(), |rest, part| &rest - part);
            counts.push(self.view.households_of(&rest));
            return Ok((self.view.households_of(&members), counts));
        }
        let parts: Vec<&Bitmap> = parts.iter().collect();
        let query = self.query(audience)?;
        let expression = query.expression();
        let counts = spread(expression.chunks(), self.threads, |keys| {
            let members = expression.members_within(keys);
            let own = Expression::Set(&members);
            let mut counts = own.breakdown_within(keys, &parts);
            let some = parts.iter().map(|part| Expression::Set(part)).collect();
            let rest = Expression::Minus(own.clone().into(), Expression::Or(some).into());
            counts.push(rest.count());
            (own.count(), counts)
        });
        let total = counts.iter().map(|(count, _)| count).sum();
        let counts = counts.into_iter().map(|(_, counts)| counts).collect();
        Ok((total, sum(counts, parts.len() + 1)))
    }
}
