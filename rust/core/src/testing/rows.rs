//! Rows as callers send them, from values.

use crate::catalog::Catalog;
use crate::person::Event;
use crate::rows::{Cells, Column, Rows, Texts};
use crate::value::{Kind, Value};

/// A column of plain values, absent ones among them.
pub fn column(name: &str, kind: Kind, values: &[Option<Value>]) -> Column {
    let mut list = (
        vec![0u32],
        Texts {
            offsets: vec![0],
            ..Texts::default()
        },
    );
    let mut texts = Texts {
        offsets: vec![0],
        ..Texts::default()
    };
    let mut numbers = Vec::new();
    for value in values {
        match value {
            Some(Value::String(text)) => texts.push(text),
            Some(Value::StringSet(set)) => {
                texts.push("");
                set.iter().for_each(|text| list.1.push(text));
            }
            _ => texts.push(""),
        }
        list.0.push(list.1.offsets.len() as u32 - 1);
        numbers.push(match value {
            Some(Value::Integer(number) | Value::Decimal(number)) => *number,
            Some(Value::Bool(truth)) => i64::from(*truth),
            Some(Value::Instant(instant)) => instant.0,
            _ => 0,
        });
    }
    let cells = match kind {
        Kind::String => Cells::Text(texts),
        Kind::StringSet => Cells::TextList {
            offsets: list.0,
            texts: list.1,
        },
        Kind::Integer => Cells::Integer(numbers),
        Kind::Decimal => Cells::Micros(numbers),
        Kind::Bool => Cells::Bool(numbers.iter().map(|number| *number == 1).collect()),
        Kind::Instant => Cells::Instant(numbers),
    };
    Column {
        name: name.to_owned(),
        cells,
        present: Some(values.iter().map(Option::is_some).collect()),
    }
}

/// A column of texts, all present.
pub fn strings(name: &str, texts: impl Iterator<Item = String>) -> Column {
    column(
        name,
        Kind::String,
        &texts
            .map(|text| Some(Value::String(text)))
            .collect::<Vec<_>>(),
    )
}

/// The rows of events, behind columns of ids; times, fields and properties come from the events.
pub fn event_rows(
    catalog: &Catalog,
    ids: Vec<Column>,
    event_ids: Vec<String>,
    events: &[&Event],
) -> Rows {
    let type_name = |event: &Event| {
        let declared = catalog.event_type(event.event_type);
        declared.map_or_else(String::new, |declared| declared.definition.name.clone())
    };
    let each = |read: &dyn Fn(&Event) -> Option<Value>| {
        events.iter().map(|event| read(event)).collect::<Vec<_>>()
    };
    let text = |text: &Option<String>| text.clone().map(Value::String);
    let mut columns = ids;
    columns.extend([
        strings("event_id", event_ids.into_iter()),
        strings("type", events.iter().map(|event| type_name(event))),
        column(
            "time",
            Kind::Instant,
            &each(&|event| Some(Value::Instant(event.time))),
        ),
        column("item", Kind::String, &each(&|event| text(&event.item))),
        column(
            "value",
            Kind::Decimal,
            &each(&|event| event.value.map(Value::Decimal)),
        ),
        column(
            "quantity",
            Kind::Integer,
            &each(&|event| event.quantity.map(Value::Integer)),
        ),
        column(
            "channel",
            Kind::String,
            &each(&|event| text(&event.channel)),
        ),
    ]);
    for (id, declared) in catalog.properties() {
        let own = |event: &Event| event.properties.get(&id).cloned();
        columns.push(column(&declared.name, declared.kind, &each(&own)));
    }
    Rows {
        len: events.len(),
        columns,
    }
}
