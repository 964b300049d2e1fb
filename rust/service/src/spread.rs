//! Work on chunk ranges, spread over threads where that pays.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use treffer_core::bitmap::ChunkRange;

/// Less work than this is done before another thread has started.
const WORTH_A_THREAD: Duration = Duration::from_millis(1);

/// Pieces per thread, so that a thread with cheap chunks takes more of them.
const PIECES: u32 = 8;

/// How many threads the machine offers: asked once, since the answer is read from files.
pub(crate) fn machine_threads() -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Does `work` on parts of `range` that cover it in order, on at most `threads` threads.
pub(crate) fn spread<T: Send>(
    range: ChunkRange,
    threads: usize,
    work: impl Fn(ChunkRange) -> T + Sync,
) -> Vec<T> {
    let keys = range.keys();
    if threads < 2 || range.len() < 2 {
        return vec![work(range)];
    }
    // A first piece tells what the rest may cost.
    let first = (range.len() / 16).max(1);
    let start = Instant::now();
    let mut done = vec![work(ChunkRange::new(keys.start..keys.start + first))];
    let rest = ChunkRange::new(keys.start + first..keys.end);
    if start.elapsed() * rest.len() / first < WORTH_A_THREAD {
        done.push(work(rest));
        return done;
    }
    let pieces = rest.split(threads as u32 * PIECES);
    let next = AtomicUsize::new(0);
    let take = || {
        let mut own = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            match pieces.get(place) {
                Some(piece) => own.push((place, work(*piece))),
                None => return own,
            }
        }
    };
    let mut all = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut all = take();
        for other in others {
            match other.join() {
                Ok(own) => all.extend(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_unstable_by_key(|(place, _)| *place);
    done.extend(all.into_iter().map(|(_, result)| result));
    done
}

/// The sum of vectors of `len` numbers, place by place.
pub(crate) fn sum(vectors: Vec<Vec<u64>>, len: usize) -> Vec<u64> {
    let mut total = vec![0; len];
    for vector in vectors {
        for (total, number) in total.iter_mut().zip(vector) {
            *total += number;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_is_worked_on_once_and_in_order() {
        for (range, threads) in [(0..0, 2), (3..4, 2), (0..17, 1), (5..900, 3)] {
            let range = ChunkRange::new(range);

            let slow = |piece: ChunkRange| {
                let start = Instant::now();
                while start.elapsed() < Duration::from_micros(20) {}
                piece.keys().collect::<Vec<_>>()
            };
            let keys: Vec<u32> = spread(range, threads, slow).into_iter().flatten().collect();

            assert_eq!(range.keys().collect::<Vec<_>>(), keys);
        }
    }
}
