//! A batch as it comes in: named columns of loosely typed cells, which the catalog then judges.

use crate::auction::reserve::Answer;
use crate::error::{Error, Result};

/// Named columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Number of rows.
    pub len: usize,
    /// The columns; a repeated name is refused by whoever reads them.
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name as the caller wrote it.
    pub name: String,
    /// One cell per row; what stands where `present` is false is meaningless.
    pub cells: Cells,
    /// Which rows have a value; `None`: all.
    pub present: Option<Vec<bool>>,
}

/// The cells of a column in the form the source had them.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Texts.
    Text(Texts),
    /// Per row a range of a list of texts: row r holds `offsets[r]..offsets[r + 1]` of `texts`.
    TextList {
        /// `len + 1` offsets, rising.
        offsets: Vec<u32>,
        /// All texts, end to end.
        texts: Texts,
    },
    /// Integers.
    Integer(Vec<i64>),
    /// Exact decimals in micro units.
    Micros(Vec<i64>),
    /// Binary floats, to be rounded half to even where a decimal is declared.
    Float(Vec<f64>),
    /// Truths.
    Bool(Vec<bool>),
    /// Milliseconds since the epoch.
    Instant(Vec<i64>),
}

/// UTF-8 texts end to end, optionally behind a dictionary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// `texts + 1` byte offsets, rising.
    pub offsets: Vec<u32>,
    /// Valid UTF-8, cut at character boundaries by the offsets.
    pub bytes: String,
    /// Which text each row has; `None`: text r in row r.
    pub keys: Option<Vec<u32>>,
}

impl Texts {
    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let keys = self.keys.as_ref().map_or(0, Vec::capacity);
        (self.offsets.capacity() + keys) * size_of::<u32>() + self.bytes.capacity()
    }

    /// The text of row `row`; `None` past the end or where a key or offset leads nowhere.
    pub fn get(&self, row: usize) -> Option<&str> {
        let text = match &self.keys {
            Some(keys) => *keys.get(row)? as usize,
            None => row,
        };
        let start = *self.offsets.get(text)? as usize;
        let end = *self.offsets.get(text + 1)? as usize;
        self.bytes.get(start..end)
    }

    /// Adds one text as the next row. Only for texts without a dictionary.
    pub fn push(&mut self, text: &str) {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        self.bytes.push_str(text);
        self.offsets.push(self.bytes.len() as u32);
    }
}

impl<'a> FromIterator<&'a str> for Texts {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        let mut out = Self {
            offsets: vec![0],
            ..Self::default()
        };
        for text in texts {
            out.push(text);
        }
        out
    }
}

impl Column {
    /// Whether row `row` has a value.
    pub fn is_present(&self, row: usize) -> bool {
        self.present
            .as_ref()
            .is_none_or(|present| present.get(row).copied().unwrap_or(false))
    }
}

impl Rows {
    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Rows {
    /// Checks that the batch is one: different names, columns of equal length, texts cut where texts end.
    ///
    /// `noun` is what the rows are, such as `events`, and stands before the column in errors.
    pub fn check(&self, noun: &str) -> Result<()> {
        u32::try_from(self.len).map_err(|_| Error::Limit {
            field: noun.to_owned(),
            limit: u64::from(u32::MAX),
            actual: self.len as u64,
        })?;
        for (place, column) in self.columns.iter().enumerate() {
            let field = format!("{noun}.{}", column.name);
            if self
                .columns
                .iter()
                .take(place)
                .any(|other| other.name == column.name)
            {
                return Err(Error::invalid(field, "two columns have this name"));
            }
            column
                .check(self.len)
                .map_err(|message| Error::invalid(field, message))?;
        }
        Ok(())
    }
}

impl Column {
    fn check(&self, len: usize) -> std::result::Result<(), String> {
        let exact = |found: usize| {
            if found == len {
                Ok(())
            } else {
                Err(format!("{found} cells in a batch of {len} rows"))
            }
        };
        if let Some(present) = &self.present {
            exact(present.len())?;
        }
        match &self.cells {
            Cells::Text(texts) => {
                let distinct = texts.check()?;
                let Some(keys) = &texts.keys else {
                    return exact(distinct);
                };
                exact(keys.len())?;
                let stray = keys
                    .iter()
                    .enumerate()
                    .find(|(row, key)| **key as usize >= distinct && self.is_present(*row));
                stray.map_or(Ok(()), |(row, key)| {
                    Err(format!(
                        "row {row} has text {key} of a dictionary of {distinct}"
                    ))
                })
            }
            Cells::TextList { offsets, texts } => {
                texts.check()?;
                let held = texts
                    .keys
                    .as_ref()
                    .map_or(texts.offsets.len().saturating_sub(1), Vec::len);
                exact(rising(offsets, held)?)?;
                let stray = (0..held).find(|text| texts.get(*text).is_none());
                stray.map_or(Ok(()), |text| {
                    Err(format!("text {text} of the lists is not in the dictionary"))
                })
            }
            Cells::Integer(cells) | Cells::Micros(cells) | Cells::Instant(cells) => {
                exact(cells.len())
            }
            Cells::Float(cells) => exact(cells.len()),
            Cells::Bool(cells) => exact(cells.len()),
        }
    }
}

impl Texts {
    /// How many different texts there are, or what is wrong with their offsets.
    fn check(&self) -> std::result::Result<usize, String> {
        let texts = rising(&self.offsets, self.bytes.len())?;
        let torn = self
            .offsets
            .iter()
            .find(|offset| !self.bytes.is_char_boundary(**offset as usize));
        torn.map_or(Ok(texts), |offset| {
            Err(format!("offset {offset} lies inside a letter"))
        })
    }
}

/// How many ranges the offsets cut; they rise and end within `end`.
fn rising(offsets: &[u32], end: usize) -> std::result::Result<usize, String> {
    if let Some((before, after)) = offsets.windows(2).find_map(|pair| match pair {
        [before, after] if before > after => Some((before, after)),
        _ => None,
    }) {
        return Err(format!("offset {after} follows {before}"));
    }
    match offsets.last() {
        Some(last) if *last as usize > end => {
            Err(format!("offset {last} lies past the end at {end}"))
        }
        Some(_) | None => Ok(offsets.len().saturating_sub(1)),
    }
}

/// Why one row was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Index of the row in the batch.
    pub row: u32,
    /// Column at fault.
    pub field: String,
    /// Kind of fault.
    pub reason: Reason,
    /// For people.
    pub message: String,
}

/// The kinds of fault a row can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A required column is null or missing.
    Missing,
    /// A cell does not fit the declared kind.
    WrongType,
    /// Out of range: an instant, a number, a text too long.
    OutOfRange,
    /// An event type, namespace or column that is not declared.
    Undeclared,
    /// No id, or only blocked ids.
    NoId,
    /// Further in the future than the allowed skew.
    Future,
    /// Older than the retention of its type.
    TooOld,
    /// Same event id, other content.
    Conflict,
}

impl Refusal {
    /// The refusal of a row.
    pub fn new(row: usize, field: &str, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            row: row as u32,
            field: field.to_owned(),
            reason,
            message: message.into(),
        }
    }
}

/// What became of a batch. `accepted + duplicates + refused.len()` is the number of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that took effect.
    pub accepted: u64,
    /// Rows that repeat an accepted one, id and content.
    pub duplicates: u64,
    /// Ids that were dropped from accepted rows because they are blocked.
    pub blocked_ids: u64,
    /// Links between ids of accepted rows, each pair counted once, that were refused: uniqueness, a limit or an unmerge
    /// forbids them. Known once the record is applied; 0 before.
    pub links_refused: u64,
    /// Rows that were refused, in order.
    pub refused: Vec<Refusal>,
    /// What became of each row of a command on reservations; none of others.
    pub answers: Vec<Answer>,
}
