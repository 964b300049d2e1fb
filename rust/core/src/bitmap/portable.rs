//! The portable roaring format, in and out.
//!
//! The format is specified at <https://github.com/RoaringBitmap/RoaringFormatSpec>; all numbers are
//! little endian. A header says whether there are runs and how many chunks; for each chunk follow its key and its
//! cardinality less one, then, unless there are runs and fewer than four chunks, where it starts; then the
//! chunks: at most 4,096 ids as an array, more as bits, or runs where the header says so.

use super::chunk::{Chunk, Run};
use super::set::Bitmap;
use super::words::{Block, CHUNK_BITS, WORDS};
use thiserror::Error;

const COOKIE: u32 = 12_346;
const COOKIE_WITH_RUNS: u16 = 12_347;
/// With runs, fewer chunks than this carry no offsets.
const OFFSETS_FROM: usize = 4;
/// The most ids of an array in this format.
const PORTABLE_ARRAY: u32 = 4096;
const BITS_BYTES: usize = WORDS * 8;

/// Why bytes are not a bitmap in the portable roaring format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PortableError {
    /// The bytes end too early.
    #[error("ends at byte {len}, within {what} at byte {at}")]
    Truncated {
        /// The part that is cut off.
        what: &'static str,
        /// Where that part starts.
        at: usize,
        /// How many bytes there are.
        len: usize,
    },
    /// A number contradicts the format or other numbers.
    #[error("{what} at byte {at}")]
    Damaged {
        /// What is wrong.
        what: &'static str,
        /// Where it stands.
        at: usize,
    },
    /// There are bytes after the bitmap.
    #[error("{extra} bytes too many after byte {at}")]
    Trailing {
        /// Where the bitmap ends.
        at: usize,
        /// How many bytes follow.
        extra: usize,
    },
}

type Result<T> = std::result::Result<T, PortableError>;

impl Bitmap {
    /// Reads the portable roaring format (32-bit, as written by `CRoaring`, Java, Go, `roaring` and pyroaring).
    ///
    /// This is the entry for bytes that nobody vouches for: everything is checked before it is used, and
    /// memory is taken only for what the bytes really hold. Fails without effect on damaged, cut or overlong input.
    pub fn from_portable(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader { bytes, at: 0 };
        let header = Header::read(&mut reader)?;
        let mut set = Self::new();
        for (index, part) in header.parts.iter().enumerate() {
            if part
                .offset
                .is_some_and(|offset| offset as usize != reader.at)
            {
                return Err(damaged(
                    "offset is not where the chunk starts",
                    header.offsets_at + 4 * index,
                ));
            }
            set.put(part.key, read_chunk(&mut reader, part)?);
        }
        match bytes.len() - reader.at {
            0 => Ok(set),
            extra => Err(PortableError::Trailing {
                at: reader.at,
                extra,
            }),
        }
    }

    /// Writes the portable roaring format.
    pub fn to_portable(&self) -> Vec<u8> {
        let (keys, chunks) = self.spine();
        let with_runs = chunks.iter().any(is_run);
        let mut out = Vec::new();
        if with_runs {
            put_u16(&mut out, COOKIE_WITH_RUNS);
            put_u16(&mut out, (chunks.len() - 1) as u16);
            out.extend(chunks.chunks(8).map(|group| {
                group
                    .iter()
                    .rev()
                    .fold(0, |byte, chunk| byte << 1 | u8::from(is_run(chunk)))
            }));
        } else {
            put_u32(&mut out, COOKIE);
            put_u32(&mut out, chunks.len() as u32);
        }
        for (&key, chunk) in keys.iter().zip(chunks) {
            put_u16(&mut out, key);
            put_u16(&mut out, (chunk.len() - 1) as u16);
        }
        if !with_runs || chunks.len() >= OFFSETS_FROM {
            let mut offset = out.len() + 4 * chunks.len();
            for chunk in chunks {
                put_u32(&mut out, offset as u32);
                offset += size_of_chunk(chunk);
            }
        }
        for chunk in chunks {
            write_chunk(&mut out, chunk);
        }
        out
    }
}

fn is_run(chunk: &Chunk) -> bool {
    matches!(chunk, Chunk::Runs { .. } | Chunk::Full)
}

fn size_of_chunk(chunk: &Chunk) -> usize {
    match chunk {
        Chunk::Full => 2 + 4,
        Chunk::Runs { runs, .. } => 2 + 4 * runs.len(),
        Chunk::Array(_) | Chunk::Bits { .. } if chunk.len() <= PORTABLE_ARRAY => {
            2 * chunk.len() as usize
        }
        Chunk::Array(_) | Chunk::Bits { .. } => BITS_BYTES,
    }
}

fn write_chunk(out: &mut Vec<u8>, chunk: &Chunk) {
    match chunk {
        Chunk::Full => [1, 0, u16::MAX]
            .into_iter()
            .for_each(|number| put_u16(out, number)),
        Chunk::Runs { runs, .. } => {
            put_u16(out, runs.len() as u16);
            for run in runs.iter() {
                put_u16(out, run.start);
                put_u16(out, run.end - run.start);
            }
        }
        Chunk::Bits { words, len } if *len > PORTABLE_ARRAY => {
            out.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        }
        Chunk::Array(_) | Chunk::Bits { .. } => {
            super::iter::Lows::new(chunk).for_each(|id| put_u16(out, id));
        }
    }
}

fn put_u16(out: &mut Vec<u8>, number: u16) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_u32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn damaged(what: &'static str, at: usize) -> PortableError {
    PortableError::Damaged { what, at }
}

/// Bytes and how far they have been read.
struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, len: usize, what: &'static str) -> Result<&'b [u8]> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.get(..len));
        let taken = taken.ok_or(PortableError::Truncated {
            what,
            at: self.at,
            len: self.bytes.len(),
        })?;
        self.at += len;
        Ok(taken)
    }

    fn u16(&mut self, what: &'static str) -> Result<u16> {
        let mut bytes = [0; 2];
        bytes.copy_from_slice(self.take(2, what)?);
        Ok(u16::from_le_bytes(bytes))
    }

    fn u32(&mut self, what: &'static str) -> Result<u32> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take(4, what)?);
        Ok(u32::from_le_bytes(bytes))
    }
}

/// What the header says of one chunk.
struct Part {
    key: u16,
    len: u32,
    is_run: bool,
    offset: Option<u32>,
}

struct Header {
    parts: Vec<Part>,
    offsets_at: usize,
}

impl Header {
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let cookie = reader.u32("the cookie")?;
        let (count, flags) = if cookie as u16 == COOKIE_WITH_RUNS {
            let count = (cookie >> 16) as usize + 1;
            (
                count,
                Some(reader.take(count.div_ceil(8), "the run flags")?),
            )
        } else if cookie == COOKIE {
            let count = reader.u32("the number of chunks")?;
            if count > CHUNK_BITS {
                return Err(damaged("more chunks than there are keys", 4));
            }
            (count as usize, None)
        } else {
            return Err(damaged("unknown cookie", 0));
        };
        let described = reader.take(4 * count, "the keys")?;
        let offsets_at = reader.at;
        let offsets = if flags.is_none() || count >= OFFSETS_FROM {
            Some(reader.take(4 * count, "the offsets")?)
        } else {
            None
        };
        let mut parts: Vec<Part> = Vec::with_capacity(count);
        for (index, entry) in described.chunks_exact(4).enumerate() {
            let &[k0, k1, c0, c1] = entry else { continue };
            let key = u16::from_le_bytes([k0, k1]);
            if parts.last().is_some_and(|last| last.key >= key) {
                return Err(damaged(
                    "keys do not rise",
                    offsets_at - described.len() + 4 * index,
                ));
            }
            let flag = flags.and_then(|flags| flags.get(index / 8));
            parts.push(Part {
                key,
                len: u32::from(u16::from_le_bytes([c0, c1])) + 1,
                is_run: flag.is_some_and(|byte| byte >> (index % 8) & 1 == 1),
                offset: offsets.and_then(|all| number_at(all, index)),
            });
        }
        Ok(Self { parts, offsets_at })
    }
}

fn number_at(numbers: &[u8], index: usize) -> Option<u32> {
    let bytes = numbers.get(4 * index..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

fn read_chunk(reader: &mut Reader<'_>, part: &Part) -> Result<Option<Chunk>> {
    if part.is_run {
        read_runs(reader, part.len)
    } else if part.len <= PORTABLE_ARRAY {
        read_array(reader, part.len)
    } else {
        read_bits(reader, part.len)
    }
}

fn read_array(reader: &mut Reader<'_>, len: u32) -> Result<Option<Chunk>> {
    let at = reader.at;
    let bytes = reader.take(2 * len as usize, "an array")?;
    let ids: Vec<u16> = bytes
        .chunks_exact(2)
        .filter_map(|pair| pair.first_chunk().map(|pair| u16::from_le_bytes(*pair)))
        .collect();
    if let Some(place) = ids.windows(2).position(|pair| pair.first() >= pair.last()) {
        return Err(damaged("ids of an array do not rise", at + 2 * (place + 1)));
    }
    Ok(Chunk::from_ids(&ids))
}

fn read_bits(reader: &mut Reader<'_>, len: u32) -> Result<Option<Chunk>> {
    let at = reader.at;
    let bytes = reader.take(BITS_BYTES, "bits")?;
    let mut block = Block::zeroed();
    for (word, bytes) in block.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = bytes
            .first_chunk()
            .map_or(0, |bytes| u64::from_le_bytes(*bytes));
    }
    if (super::kernel::kernels().count)(&block) != len {
        return Err(damaged("bits are not as many as the header says", at));
    }
    Ok(Chunk::from_words(&block, len))
}

fn read_runs(reader: &mut Reader<'_>, len: u32) -> Result<Option<Chunk>> {
    let at = reader.at;
    let count = reader.u16("the number of runs")?;
    let bytes = reader.take(4 * usize::from(count), "runs")?;
    let mut runs: Vec<Run> = Vec::with_capacity(usize::from(count));
    for (index, entry) in bytes.chunks_exact(4).enumerate() {
        let &[s0, s1, l0, l1] = entry else { continue };
        let start = u16::from_le_bytes([s0, s1]);
        let place = at + 2 + 4 * index;
        let end = start
            .checked_add(u16::from_le_bytes([l0, l1]))
            .ok_or_else(|| damaged("run goes beyond its chunk", place))?;
        match runs.last_mut() {
            Some(last) if last.end >= start => {
                return Err(damaged("runs overlap or do not rise", place));
            }
            // Other writers may leave runs that touch.
            Some(last) if last.end + 1 == start => last.end = end,
            _ => runs.push(Run { start, end }),
        }
    }
    if runs.iter().map(|run| run.len()).sum::<u32>() != len {
        return Err(damaged(
            "runs do not hold as many ids as the header says",
            at,
        ));
    }
    Ok(Chunk::from_runs(runs))
}

#[cfg(test)]
#[path = "portable_tests.rs"]
mod tests;
