//! `Engine`: an engine in this process.

use std::collections::BTreeMap;

use bytes::Bytes;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict};
use treffer_core::state::Clock;
use treffer_core::time::{Duration, Instant};
use treffer_service::openrtb::{Answering, Names, Notices, Reading};
use treffer_service::status::Status;
use treffer_service::{Auctions, Keeping, Settings};

use crate::arrow::{Capsules, batches, capsules};
use crate::error::detached;

/// How `OpenRTB` requests are read and answered.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct OpenRtb {
    user: Option<String>,
    buyer: Option<String>,
    device: Option<String>,
    sources: BTreeMap<String, String>,
    vendor: Option<u16>,
    needs_inventory: bool,
    least_tmax: u32,
    seat: Option<String>,
    notices: Option<String>,
}

impl OpenRtb {
    fn settled(self) -> (Reading, Answering) {
        let reading = Reading {
            names: Names {
                user: self.user,
                buyer: self.buyer,
                device: self.device,
                sources: self.sources,
            },
            vendor: self.vendor,
            needs_inventory: self.needs_inventory,
            least_tmax: self.least_tmax,
            ..Reading::default()
        };
        let answering = Answering {
            seat: self.seat.map(Into::into),
            notices: self
                .notices
                .as_deref()
                .map(Notices::below)
                .unwrap_or_default(),
            tells_reasons: false,
        };
        (reading, answering)
    }
}

/// What auctions follow.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Followed {
    coppa: bool,
    lmt: bool,
    dnt: bool,
    open_bids: usize,
    bids: usize,
    seed: u64,
}

impl From<Followed> for Auctions {
    fn from(own: Followed) -> Self {
        Self {
            coppa: own.coppa,
            lmt: own.lmt,
            dnt: own.dnt,
            open_bids: own.open_bids,
            bids: own.bids,
            seed: own.seed,
        }
    }
}

/// How much is kept of auctions; ages in seconds.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Kept {
    log_one_in: u64,
    log_age: u32,
    log_bytes: usize,
    delivery_one_in: u64,
    delivery_bytes: usize,
    views: usize,
    view_age: u32,
}

impl Kept {
    fn settled(self) -> Keeping {
        let span = |seconds: u32| Duration(i64::from(seconds) * Duration::SECOND.0);
        Keeping {
            log_one_in: self.log_one_in,
            log_age: span(self.log_age),
            log_bytes: self.log_bytes,
            delivery_one_in: self.delivery_one_in,
            delivery_bytes: self.delivery_bytes,
            views: self.views,
            view_age: span(self.view_age),
        }
    }
}

/// An engine in this process.
#[pyclass(frozen, module = "treffer._native")]
pub(crate) struct Engine {
    inner: treffer_service::Engine,
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (clock="system", gdpr_unless_said=None, openrtb=None, keeping=None, auctions=None))]
    fn new(
        clock: &str,
        gdpr_unless_said: Option<bool>,
        openrtb: Option<OpenRtb>,
        keeping: Option<Kept>,
        auctions: Option<Followed>,
    ) -> PyResult<Self> {
        let clock = match clock {
            "system" => Clock::System,
            "events" => Clock::Events,
            "manual" => Clock::Manual,
            other => {
                return Err(PyValueError::new_err(format!(
                    "clock: {other:?} is none of system, events, manual"
                )));
            }
        };
        let mut settings = Settings::default();
        settings.state.clock = clock;
        settings.gdpr_unless_said = gdpr_unless_said;
        if let Some(own) = openrtb {
            (settings.reading, settings.answering) = own.settled();
        }
        if let Some(own) = keeping {
            settings.keeping = own.settled();
        }
        if let Some(own) = auctions {
            settings.auctions = own.into();
        }
        Ok(Self {
            inner: treffer_service::Engine::new(settings),
        })
    }

    #[pyo3(signature = (method, request, /))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        request: PyBackedBytes,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let answer = detached(py, || self.inner.call(method, Bytes::from_owner(request)))?;
        Ok(PyBytes::new(py, &answer))
    }

    #[pyo3(signature = (table, ignore, reserve, /))]
    fn match_table<'py>(
        &self,
        py: Python<'py>,
        table: &Bound<'py, PyAny>,
        ignore: Vec<String>,
        reserve: bool,
    ) -> PyResult<(Bound<'py, PyBytes>, Capsules<'py>)> {
        let batches = batches(table)?;
        let (answer, decided) = detached(py, move || {
            let matched = self.inner.match_batches(batches, &ignore, reserve);
            matched.map_err(Status::from)
        })?;
        Ok((PyBytes::new(py, &answer), capsules(py, decided)?))
    }

    #[pyo3(signature = (milliseconds, /))]
    fn advance(&self, py: Python<'_>, milliseconds: i64) -> PyResult<()> {
        detached(py, || {
            self.inner
                .advance(Instant(milliseconds))
                .map(drop)
                .map_err(Status::from)
        })
    }

    #[pyo3(signature = (arrow_stream, /))]
    fn time_auctions(&self, py: Python<'_>, arrow_stream: PyBackedBytes) -> PyResult<u64> {
        let stream = Bytes::from_owner(arrow_stream);
        detached(py, || {
            self.inner.time_auctions(stream).map_err(Status::from)
        })
    }

    fn memory<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let parts = detached(py, || self.inner.memory().map_err(Status::from))?;
        let memory = PyDict::new(py);
        parts
            .into_iter()
            .try_for_each(|(part, bytes)| memory.set_item(part, bytes))?;
        Ok(memory)
    }
}
