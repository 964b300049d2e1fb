//! Batches into the engine, and the report on a whole request.

use std::sync::Arc;

use arrow_array::RecordBatch;
use treffer_core::catalog::Catalog;
use treffer_core::error::{Error, Result};
use treffer_core::record::{Batch as CoreBatch, Command};
use treffer_core::rows::{Reason, Refusal, Report as CoreReport};
use treffer_core::view::View;

use crate::arrow::batch_of;
use crate::batch::Batch;
use crate::engine::Engine;
use crate::proto;

/// What the rows of a batch are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    /// Events.
    Events,
    /// Writes to profiles.
    Profiles,
    /// Writes to items.
    Items,
}

/// What a request says of all its rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taking<'a> {
    pub(crate) noun: Noun,
    /// Columns that are left aside.
    pub(crate) ignore: &'a [String],
    /// Attributes that are unset in every row.
    pub(crate) unset: &'a [String],
}

impl<'a> Taking<'a> {
    /// An error where what is to be unset is not declared, or written too; asked before anything is taken.
    pub(crate) fn check(&self, catalog: &Catalog, columns: &[&str]) -> Result<()> {
        for name in self.unset {
            let (noun, is_declared) = match self.noun {
                Noun::Profiles => ("profiles", catalog.attribute_id(name).is_some()),
                Noun::Items => ("items", catalog.item_attribute_id(name).is_some()),
                Noun::Events => ("events", false),
            };
            let field = format!("{noun}.{name}");
            if !is_declared {
                return Err(Error::invalid(field, "not declared and cannot be unset"));
            }
            if columns.contains(&name.as_str()) {
                return Err(Error::invalid(field, "both a column and to be unset"));
            }
        }
        Ok(())
    }

    /// Rows that unset nothing.
    pub(crate) const fn of(noun: Noun, ignore: &'a [String]) -> Self {
        Self {
            noun,
            ignore,
            unset: &[],
        }
    }
}

/// What became of a request.
#[derive(Clone, Debug)]
pub struct Ingested {
    /// The report, rows numbered over the whole request.
    pub report: proto::Report,
    /// The view in which the accepted rows stand.
    pub view: Arc<View>,
}

impl Engine {
    /// Takes record batches one by one, each in records of at most [`crate::Settings::rows`] rows, leaving aside the columns in
    /// `ignore`. An error ends it: what came before that batch stands, and may be sent again without harm.
    pub fn load(
        &self,
        noun: Noun,
        batches: impl IntoIterator<Item = Result<RecordBatch>>,
        ignore: &[String],
    ) -> Result<Ingested> {
        let taking = Taking::of(noun, ignore);
        let mut ingested = self.nothing_ingested();
        let mut first_row = 0;
        for batch in batches {
            for part in parts(&batch?, self.settings().rows) {
                let len = part.num_rows() as u64;
                self.ingest(taking, batch_of(&part, ignore)?, first_row, &mut ingested)?;
                first_row += len;
            }
        }
        Ok(ingested)
    }

    /// As [`Engine::load`], but nothing is taken before every batch has been read.
    pub(crate) fn load_all(
        &self,
        taking: Taking<'_>,
        batches: impl IntoIterator<Item = Result<RecordBatch>>,
    ) -> Result<Ingested> {
        let (mut read, mut bytes) = (Vec::new(), 0);
        for batch in batches {
            for part in parts(&batch?, self.settings().rows) {
                let rows = batch_of(&part, taking.ignore)?;
                bytes += rows.heap_bytes();
                if bytes > self.settings().expanded {
                    return Err(Error::Limit {
                        field: "arrow_stream".to_owned(),
                        limit: self.settings().expanded as u64,
                        actual: bytes as u64,
                    });
                }
                read.push((rows, part.num_rows() as u64));
            }
        }
        let columns = read.iter().flat_map(|(own, _)| own.names());
        taking.check(self.view().catalog(), &columns.collect::<Vec<_>>())?;
        let mut ingested = self.nothing_ingested();
        let mut first_row = 0;
        for (batch, len) in read {
            self.ingest(taking, batch, first_row, &mut ingested)?;
            first_row += len;
        }
        Ok(ingested)
    }

    /// The beginning of a report.
    pub(crate) fn nothing_ingested(&self) -> Ingested {
        Ingested {
            report: proto::Report::default(),
            view: self.view(),
        }
    }

    /// Takes one batch whose row 0 is row `first_row` of the request.
    pub(crate) fn ingest(
        &self,
        taking: Taking<'_>,
        mut batch: Batch,
        first_row: u64,
        into: &mut Ingested,
    ) -> Result<()> {
        let mut rows = CoreBatch::from(std::mem::take(&mut batch.rows));
        rows.unset = taking.unset.to_vec();
        let command = match taking.noun {
            Noun::Events => Command::Track(rows),
            Noun::Profiles => Command::LoadProfiles(rows),
            Noun::Items => Command::LoadItems(rows),
        };
        let (report, view) = self.change(command)?;
        let own = into.report.refused.len();
        add(&mut into.report, &report);
        for refusal in std::mem::take(&mut batch.refused) {
            let row = refusal.row;
            into.report
                .refused
                .push(refusal_message(refusal, first_row + u64::from(row)));
        }
        for refusal in report.refused {
            let row = batch.source_row(refusal.row);
            into.report
                .refused
                .push(refusal_message(refusal, first_row + u64::from(row)));
        }
        if let Some(own) = into.report.refused.get_mut(own..) {
            own.sort_by_key(|refusal| refusal.row);
        }
        into.view = view;
        Ok(())
    }
}

/// A record batch in parts of at most `rows` rows; an empty one is one part, so that its columns are judged.
pub(crate) fn parts(batch: &RecordBatch, rows: usize) -> Vec<RecordBatch> {
    let (len, rows) = (batch.num_rows(), rows.max(1));
    let starts = (0..len.max(1)).step_by(rows);
    starts
        .map(|start| batch.slice(start, rows.min(len - start)))
        .collect()
}

/// Adds the counts of a report.
pub(crate) fn add(whole: &mut proto::Report, part: &CoreReport) {
    whole.accepted += part.accepted;
    whole.duplicates += part.duplicates;
    whole.blocked_ids += part.blocked_ids;
    whole.links_refused += part.links_refused;
}

/// A refusal as a message; `row` counts over the whole request.
pub(crate) fn refusal_message(refusal: Refusal, row: u64) -> proto::Refusal {
    let reason = match refusal.reason {
        Reason::Missing => proto::RefusalReason::Missing,
        Reason::WrongType => proto::RefusalReason::WrongType,
        Reason::OutOfRange => proto::RefusalReason::OutOfRange,
        Reason::Undeclared => proto::RefusalReason::Undeclared,
        Reason::NoId => proto::RefusalReason::NoId,
        Reason::Future => proto::RefusalReason::Future,
        Reason::TooOld => proto::RefusalReason::TooOld,
        Reason::Conflict => proto::RefusalReason::Conflict,
    };
    proto::Refusal {
        row,
        field: refusal.field,
        reason: reason as i32,
        message: refusal.message,
    }
}
