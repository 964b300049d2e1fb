//! Every Arrow type that a column may have becomes the cells that it means, and every other type is refused by name.

use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, LargeListBuilder, ListBuilder, StringBuilder};
use arrow_array::types::{Int8Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array,
    Decimal256Array, DictionaryArray, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, LargeStringArray, NullArray, RecordBatch, StringArray, StringViewArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    TimestampSecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_buffer::i256;
use bytes::Bytes;
use proptest::prelude::*;
use treffer_core::error::Error;
use treffer_core::rows::{Cells, Column, Reason};
use treffer_service::arrow::{Batches, batch_of};
use treffer_service::batch::Batch;

fn read(array: ArrayRef) -> Result<Batch, Error> {
    let batch = RecordBatch::try_from_iter_with_nullable([("x", array, true)]).unwrap();
    batch_of(&batch, &[])
}

fn column(array: impl Array + 'static) -> Column {
    let batch = read(Arc::new(array)).unwrap();
    assert_eq!(Vec::<treffer_core::rows::Refusal>::new(), batch.refused);
    batch.rows.columns.into_iter().next().unwrap()
}

/// Present texts by row.
fn texts(column: &Column) -> Vec<Option<&str>> {
    let Cells::Text(texts) = &column.cells else {
        panic!("{:?} holds no texts", column.cells)
    };
    let rows = column.present.as_ref().map_or_else(
        || {
            texts
                .keys
                .as_ref()
                .map_or(texts.offsets.len() - 1, Vec::len)
        },
        Vec::len,
    );
    (0..rows)
        .map(|row| column.is_present(row).then(|| texts.get(row).unwrap()))
        .collect()
}

/// Present lists by row.
fn lists(column: &Column) -> Vec<Option<Vec<&str>>> {
    let Cells::TextList { offsets, texts } = &column.cells else {
        panic!("{:?} holds no lists", column.cells)
    };
    let range = |row: usize| offsets[row] as usize..offsets[row + 1] as usize;
    (0..offsets.len() - 1)
        .map(|row| {
            column.is_present(row).then(|| {
                range(row)
                    .map(|member| texts.get(member).unwrap())
                    .collect()
            })
        })
        .collect()
}

#[test]
fn integers_of_every_width_become_integers() {
    let expected = Cells::Integer(vec![1, 2]);

    assert_eq!(expected, column(Int8Array::from(vec![1, 2])).cells);
    assert_eq!(expected, column(Int16Array::from(vec![1, 2])).cells);
    assert_eq!(expected, column(Int32Array::from(vec![1, 2])).cells);
    assert_eq!(expected, column(Int64Array::from(vec![1, 2])).cells);
    assert_eq!(expected, column(UInt8Array::from(vec![1, 2])).cells);
    assert_eq!(expected, column(UInt16Array::from(vec![1, 2])).cells);
    assert_eq!(expected, column(UInt32Array::from(vec![1, 2])).cells);
    assert_eq!(expected, column(UInt64Array::from(vec![1, 2])).cells);
}

#[test]
fn floats_and_truths_stay_what_they_are() {
    assert_eq!(
        Cells::Float(vec![0.5, -1.0]),
        column(Float32Array::from(vec![0.5, -1.0])).cells
    );
    assert_eq!(
        Cells::Float(vec![0.1, -1.0]),
        column(Float64Array::from(vec![0.1, -1.0])).cells
    );
    assert_eq!(
        Cells::Bool(vec![true, false]),
        column(BooleanArray::from(vec![true, false])).cells
    );
}

#[test]
fn decimals_become_exact_micro_units() {
    let cents = Decimal128Array::from(vec![1_299, -5])
        .with_precision_and_scale(12, 2)
        .unwrap();
    let nanos = Decimal256Array::from(vec![i256::from(7_000)])
        .with_precision_and_scale(20, 9)
        .unwrap();

    assert_eq!(
        Cells::Micros(vec![12_990_000, -50_000]),
        column(cents).cells
    );
    assert_eq!(Cells::Micros(vec![7]), column(nanos).cells);
}

#[test]
fn instants_of_every_unit_and_zone_are_floored_to_milliseconds() {
    assert_eq!(
        Cells::Instant(vec![-2_000]),
        column(TimestampSecondArray::from(vec![-2])).cells
    );
    assert_eq!(
        Cells::Instant(vec![5]),
        column(TimestampMillisecondArray::from(vec![5])).cells
    );
    assert_eq!(
        Cells::Instant(vec![-1, 1]),
        column(TimestampMicrosecondArray::from(vec![-1, 1_999])).cells
    );
    let zoned = TimestampNanosecondArray::from(vec![-1, 1_999_999]).with_timezone("Europe/Berlin");
    assert_eq!(Cells::Instant(vec![-1, 1]), column(zoned).cells);
    assert_eq!(
        Cells::Instant(vec![-86_400_000]),
        column(Date32Array::from(vec![-1])).cells
    );
    assert_eq!(
        Cells::Instant(vec![9]),
        column(Date64Array::from(vec![9])).cells
    );
}

#[test]
fn texts_of_every_layout_are_equal() {
    let given = [
        Some("wine"),
        None,
        Some(""),
        Some("Zürich, the long name of a place"),
    ];
    let dictionary: DictionaryArray<Int8Type> = given.into_iter().collect();

    assert_eq!(
        given.to_vec(),
        texts(&column(StringArray::from(given.to_vec())))
    );
    assert_eq!(
        given.to_vec(),
        texts(&column(LargeStringArray::from(given.to_vec())))
    );
    assert_eq!(
        given.to_vec(),
        texts(&column(StringViewArray::from(given.to_vec())))
    );
    assert_eq!(given.to_vec(), texts(&column(dictionary)));
}

#[test]
fn a_dictionary_keeps_its_keys_and_its_nulls_count() {
    let values: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
    let keys = UInt32Array::from(vec![Some(0), Some(1), None, Some(0)]);
    let column = column(DictionaryArray::<UInt32Type>::try_new(keys, values).unwrap());

    assert_eq!(vec![Some("a"), None, None, Some("a")], texts(&column));
    let Cells::Text(texts) = &column.cells else {
        panic!()
    };
    assert_eq!(3, texts.offsets.len());
}

#[test]
fn a_dictionary_of_nothing_is_all_absent() {
    let values: ArrayRef = Arc::new(StringArray::from(Vec::<&str>::new()));
    let keys = UInt32Array::from(vec![None, None]);

    assert_eq!(
        vec![None, None],
        texts(&column(
            DictionaryArray::<UInt32Type>::try_new(keys, values).unwrap()
        ))
    );
}

#[test]
fn of_a_large_dictionary_only_what_is_used_is_read() {
    let values = (0..1_000).map(|number| number.to_string());
    let values: ArrayRef = Arc::new(StringArray::from_iter_values(values));
    let keys = UInt32Array::from(vec![Some(999), None, Some(7), Some(999)]);
    let column = column(DictionaryArray::<UInt32Type>::try_new(keys, values).unwrap());

    assert_eq!(
        vec![Some("999"), None, Some("7"), Some("999")],
        texts(&column)
    );
    let Cells::Text(texts) = &column.cells else {
        panic!()
    };
    assert!(texts.offsets.len() <= 5);
}

#[test]
fn a_column_of_the_null_type_is_all_absent() {
    assert_eq!(vec![None, None], texts(&column(NullArray::new(2))));
}

#[test]
fn a_slice_holds_its_own_rows_only() {
    let strings = StringArray::from(vec!["a", "bb", "ccc"]).slice(1, 2);
    let mut builder = ListBuilder::new(StringBuilder::new());
    for row in [vec!["x"], vec!["y", "z"], vec![]] {
        builder.append_value(row.into_iter().map(Some));
    }

    assert_eq!(vec![Some("bb"), Some("ccc")], texts(&column(strings)));
    assert_eq!(
        vec![Some(vec!["y", "z"]), Some(vec![])],
        lists(&column(builder.finish().slice(1, 2)))
    );
}

#[test]
fn lists_of_every_layout_are_equal() {
    let given = [Some(vec!["a", "b"]), None, Some(vec!["c", "d"])];
    let mut small = ListBuilder::new(StringBuilder::new());
    let mut large = LargeListBuilder::new(StringBuilder::new());
    let mut fixed = FixedSizeListBuilder::new(StringBuilder::new(), 2);
    for row in &given {
        small.append_option(row.as_ref().map(|row| row.iter().map(|text| Some(*text))));
        large.append_option(row.as_ref().map(|row| row.iter().map(|text| Some(*text))));
        for member in 0..2 {
            fixed
                .values()
                .append_option(row.as_ref().map(|row| row[member]));
        }
        fixed.append(row.is_some());
    }

    assert_eq!(given.to_vec(), lists(&column(small.finish())));
    assert_eq!(given.to_vec(), lists(&column(large.finish())));
    assert_eq!(given.to_vec(), lists(&column(fixed.finish())));
}

#[test]
fn a_row_with_a_number_out_of_range_is_refused_and_the_rest_is_taken() {
    let batch = read(Arc::new(UInt64Array::from(vec![
        Some(1),
        Some(u64::MAX),
        None,
        Some(4),
    ])))
    .unwrap();

    let refused: Vec<_> = batch
        .refused
        .iter()
        .map(|refusal| (refusal.row, refusal.field.as_str(), refusal.reason))
        .collect();
    assert_eq!(vec![(1, "x", Reason::OutOfRange)], refused);
    assert_eq!(Cells::Integer(vec![1, 0, 4]), batch.rows.columns[0].cells);
    assert_eq!(
        vec![0, 2, 3],
        (0..3).map(|row| batch.source_row(row)).collect::<Vec<_>>()
    );
}

#[test]
fn a_decimal_that_is_not_exact_in_micro_units_is_refused() {
    let fine = Decimal128Array::from(vec![1, 1_000])
        .with_precision_and_scale(20, 9)
        .unwrap();
    let batch = read(Arc::new(fine)).unwrap();

    assert_eq!(1, batch.refused.len());
    assert_eq!(Cells::Micros(vec![1]), batch.rows.columns[0].cells);
}

#[test]
fn a_null_inside_a_set_refuses_its_row() {
    let mut builder = ListBuilder::new(StringBuilder::new());
    builder.append_value([Some("a"), None]);
    builder.append_value([Some("b")]);
    let batch = read(Arc::new(builder.finish())).unwrap();

    assert_eq!(Reason::WrongType, batch.refused[0].reason);
    assert_eq!(vec![Some(vec!["b"])], lists(&batch.rows.columns[0]));
}

#[test]
fn a_type_that_is_not_read_is_named_together_with_its_column() {
    let error = read(Arc::new(BinaryArray::from(vec![b"a".as_slice()]))).unwrap_err();

    let Error::Invalid { field, message } = &error else {
        panic!("{error:?}")
    };
    assert_eq!("x", field);
    assert!(message.contains("Binary"), "{message}");
}

#[test]
fn an_ignored_column_may_have_any_type() {
    let array: ArrayRef = Arc::new(BinaryArray::from(vec![b"a".as_slice()]));
    let batch = RecordBatch::try_from_iter([("x", array)]).unwrap();

    let batch = batch_of(&batch, &["x".to_owned()]).unwrap();

    assert_eq!((1, 0), (batch.rows.len, batch.rows.columns.len()));
}

fn stream(batches: &[RecordBatch]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer =
        arrow_ipc::writer::StreamWriter::try_new(&mut out, &batches[0].schema()).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
    out
}

fn example() -> Vec<u8> {
    let names: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c"]));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let dictionary: DictionaryArray<Int8Type> = ["x", "y", "x"].into_iter().collect();
    let mut sets = ListBuilder::new(StringBuilder::new());
    for row in [vec!["x"], vec!["y", "z"], vec![]] {
        sets.append_value(row.into_iter().map(Some));
    }
    let columns: [(&str, ArrayRef); 6] = [
        ("name", names),
        ("number", numbers),
        ("code", Arc::new(dictionary)),
        ("set", Arc::new(sets.finish())),
        ("view", Arc::new(StringViewArray::from(vec!["a", "b", "c"]))),
        ("nothing", Arc::new(NullArray::new(3))),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)));
    let batch = batch.unwrap();
    stream(&[batch.clone(), batch.slice(1, 1)])
}

#[test]
fn a_stream_that_claims_more_cells_than_it_can_hold_is_damaged() {
    let nothing = |rows| {
        let array: ArrayRef = Arc::new(NullArray::new(rows));
        RecordBatch::try_from_iter_with_nullable([("nothing", array, true)]).unwrap()
    };
    let small = stream(&[nothing(1_000_000)]);
    let large = stream(&[nothing(1_000_000), nothing(1_000_000)]);

    assert!(Batches::new(Bytes::from(small)).all(|batch| batch.is_ok()));
    assert!(Batches::new(Bytes::from(large)).any(|batch| batch.is_err()));
}

#[test]
fn a_stream_gives_its_batches_in_order() {
    let rows: Vec<_> = Batches::new(Bytes::from(example()))
        .map(|batch| batch.unwrap().num_rows())
        .collect();

    assert_eq!(vec![3, 1], rows);
}

#[test]
fn an_empty_stream_is_damaged() {
    assert!(Batches::new(Bytes::new()).next().unwrap().is_err());
}

proptest! {
    #[test]
    fn a_damaged_stream_ends_in_an_error_or_in_batches_and_never_in_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = example();
        for (place, byte) in &changes {
            let place = place.index(bytes.len());
            bytes[place] = *byte;
        }
        bytes.truncate(cut.index(bytes.len() + 1));

        for batch in Batches::new(Bytes::from(bytes)).flatten() {
            let _ = batch_of(&batch, &[]);
        }
    }
}
