//! `BookService`.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the table of methods hands each handler its request"
)]

use treffer_core::auction::campaign::{Budget, Flight, Status};
use treffer_core::auction::line_item::{LineItem, LineItemDefinition, Pacing};
use treffer_core::auction::spend::Spend;
use treffer_core::error::{Error, Result};
use treffer_core::id::LineItemId;
use treffer_core::record::Command;
use treffer_core::view::View;

use super::entry::{cap_message, entry};
use super::{codec, page, view};
use crate::engine::Engine;
use crate::proto;

pub(super) fn define_entries(
    engine: &Engine,
    request: proto::DefineEntriesRequest,
) -> Result<proto::DefineEntriesResponse> {
    let entries = request.entries.into_iter().enumerate();
    let entries = entries
        .map(|(place, own)| entry(own).map_err(|error| error.within(&format!("entries[{place}]"))));
    let entries = entries.collect::<Result<Vec<_>>>()?;
    let (_, after) = engine.change(Command::DefineEntries(entries))?;
    Ok(proto::DefineEntriesResponse {
        view: view(&after),
        index: engine.stall().rebuild(&after),
    })
}

pub(super) fn get_line_item(
    engine: &Engine,
    request: proto::GetLineItemRequest,
) -> Result<proto::GetLineItemResponse> {
    let now = engine.view();
    let book = now.catalog().book();
    let found = book.line_item_id(&request.name);
    let (id, item) = found
        .and_then(|id| Some((id, book.line_items.entry(id.0)?)))
        .ok_or_else(|| Error::not_found("line item", &request.name))?;
    Ok(proto::GetLineItemResponse {
        view: view(&now),
        line_item: Some(line_item(item)),
        spend: Some(spend(&now, id, item)),
    })
}

fn spend(now: &View, id: LineItemId, item: &LineItem) -> proto::Spend {
    let (book, spending) = (now.catalog().book(), now.spending());
    proto::Spend {
        total_nanos: spending.of_line_item(id).map_or(0, Spend::total),
        day_nanos: spending.on_day(book, id, now.time()),
        pace: spending.pace(id),
        spent: spending.is_spent(book, id, item, now.time()),
    }
}

pub(super) fn list_line_items(
    engine: &Engine,
    request: proto::ListLineItemsRequest,
) -> Result<proto::ListLineItemsResponse> {
    let now = engine.view();
    let items = &now.catalog().book().line_items;
    let mut names: Vec<&str> = items.names().collect();
    names.sort_unstable();
    let (size, most) = (request.page_size, engine.settings().line_items);
    let (page, next) = page::of_names(&names, &request.page_token, size, most, "line items")?;
    let found = page
        .iter()
        .filter_map(|name| items.entry(items.number(name)?));
    Ok(proto::ListLineItemsResponse {
        view: view(&now),
        line_items: found.map(line_item).collect(),
        next_page_token: next,
    })
}

fn line_item(item: &LineItem) -> proto::LineItem {
    let LineItemDefinition {
        name,
        campaign,
        status,
        rule,
        flight,
        budget,
        pacing,
        caps,
        price,
        creatives,
        deals,
        open_market,
        purposes,
    } = item.definition.clone();
    let pacing = match pacing {
        Pacing::AsFast => proto::Pacing::AsFast,
        Pacing::Even => proto::Pacing::Even,
    };
    let groups = price.groups.into_iter().map(|group| proto::ModifierGroup {
        name: group.name,
        modifiers: group
            .modifiers
            .into_iter()
            .map(|own| proto::PriceModifier {
                condition: own.condition,
                factor_micros: own.factor,
            })
            .collect(),
    });
    proto::LineItem {
        name,
        campaign,
        status: status_message(status) as i32,
        rule,
        flight: flight_message(flight),
        budget: budget_message(budget),
        pacing: pacing as i32,
        caps: caps.iter().map(cap_message).collect(),
        price: Some(proto::LineItemPrice {
            base_micros: price.base,
            maximum_micros: price.maximum,
            groups: groups.collect(),
        }),
        creatives,
        deals,
        open_market,
        purposes: purposes.iter().map(u32::from).collect(),
    }
}

const fn status_message(status: Status) -> proto::DeliveryStatus {
    match status {
        Status::Active => proto::DeliveryStatus::Active,
        Status::Paused => proto::DeliveryStatus::Paused,
        Status::Archived => proto::DeliveryStatus::Archived,
    }
}

fn flight_message(flight: Flight) -> Option<proto::Flight> {
    (flight != Flight::default()).then(|| proto::Flight {
        start: flight.start.map(codec::timestamp),
        end: flight.end.map(codec::timestamp),
    })
}

fn budget_message(budget: Budget) -> Option<proto::Budget> {
    (budget != Budget::default()).then_some(proto::Budget {
        total_micros: budget.total,
        day_micros: budget.day,
    })
}
