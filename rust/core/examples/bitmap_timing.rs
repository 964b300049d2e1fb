//! How long do the bitmap operations take, one thread, data in memory?
//!
//! Measured: medians over repeated runs on uniform random sets (the worst case for containers) that are
//! seeded and named by shape, or on sets from files. Left out: building the sets, and any other process.
//!
//! ```text
//! bitmap_timing                      # uniform sets of 10M ids
//! bitmap_timing large                # of 100M ids
//! bitmap_timing expression A B C D E F   # six files in the portable roaring format
//! bitmap_timing overlap FOLDER       # a folder of comma-separated lists, one set in each file
//! ```

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;
use treffer_core::bitmap::{Bitmap, Expression, instruction_set, overlap};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    println!("kernels: {}", instruction_set());
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["overlap", ref folders @ ..] => folders
            .iter()
            .try_for_each(|folder| time_overlap(Path::new(folder))),
        ["expression", ref files @ ..] => {
            let sets = files
                .iter()
                .map(|file| Ok(Bitmap::from_portable(&std::fs::read(file)?)?))
                .collect::<Result<Vec<_>>>()?;
            time_six("from files", &sets);
            Ok(())
        }
        ["large"] => {
            time_mixes(100_000_000);
            Ok(())
        }
        _ => {
            time_mixes(10_000_000);
            time_pairs(10_000_000);
            time_answers(10_000_000);
            Ok(())
        }
    }
}

/// Microseconds of the median run, and of the quickest.
fn median<T>(label: &str, mut run: impl FnMut() -> T) {
    let mut times = Vec::new();
    let start = Instant::now();
    while times.len() < 5 || (start.elapsed().as_millis() < 400 && times.len() < 2001) {
        let begin = Instant::now();
        black_box(run());
        times.push(begin.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{label:<60} {:>10.1} us, best {:.1}",
        times[times.len() / 2],
        times[0]
    );
}

/// Each id below `ids` with the given probability in parts per million.
fn uniform(ids: u32, millionths: u64, seed: u64) -> Bitmap {
    let mut state = seed;
    let chosen = |_: &u32| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((z ^ (z >> 31)) >> 32) * 1_000_000) >> 32 < millionths
    };
    Bitmap::from_sorted((0..ids).filter(chosen))
}

fn six(ids: u32, millionths: [u64; 6]) -> Vec<Bitmap> {
    let seeds = 1..;
    millionths
        .into_iter()
        .zip(seeds)
        .map(|(share, seed)| uniform(ids, share, seed))
        .collect()
}

/// `((a and b) or (c and d)) minus e minus f`.
fn expression(sets: &[Bitmap]) -> Expression<'_> {
    let set = |at: usize| Expression::Set(&sets[at]);
    let both = |a, b| Expression::And(vec![set(a), set(b)]);
    let minus = |a, b| Expression::Minus(Box::new(a), Box::new(b));
    minus(
        minus(Expression::Or(vec![both(0, 1), both(2, 3)]), set(4)),
        set(5),
    )
}

fn time_six(label: &str, sets: &[Bitmap]) {
    let expression = expression(sets);
    println!("{label}: {} of six operands", expression.count());
    median(&format!("{label}: count"), || expression.count());
    median(&format!("{label}: exceeds 1000"), || {
        expression.exceeds(1000)
    });
    median(&format!("{label}: members"), || expression.members());
    median(&format!("{label}: sample 1000"), || {
        expression.sample(1000, 7)
    });
}

fn time_mixes(ids: u32) {
    for (label, shares) in [
        (
            "50/30/20/10/5/2 %",
            [500_000, 300_000, 200_000, 100_000, 50_000, 20_000],
        ),
        (
            "5/3/2/1/0.5/0.2 %",
            [50_000, 30_000, 20_000, 10_000, 5_000, 2_000],
        ),
        (
            "1/1/0.5/0.5/0.1/0.1 %",
            [10_000, 10_000, 5_000, 5_000, 1_000, 1_000],
        ),
    ] {
        time_six(label, &six(ids, shares));
    }
}

fn time_pairs(ids: u32) {
    for (label, a, b) in [
        ("30 % and 30 %", 300_000, 300_000),
        ("1 % and 1 %", 10_000, 10_000),
        ("30 % and 1 %", 300_000, 10_000),
        ("1 % and 0.01 %", 10_000, 100),
    ] {
        let (a, b) = (uniform(ids, a, 21), uniform(ids, b, 22));
        let both = Expression::And(vec![(&a).into(), (&b).into()]);
        let either = Expression::Or(vec![(&a).into(), (&b).into()]);
        median(&format!("{label}: and, count"), || both.count());
        median(&format!("{label}: and, members"), || both.members());
        median(&format!("{label}: or, count"), || either.count());
        median(&format!("{label}: or, members"), || either.members());
    }
}

fn time_answers(ids: u32) {
    let sets: Vec<Bitmap> = (0..20)
        .map(|seed| uniform(ids, 20_000 + 9_000 * seed, seed + 40))
        .collect();
    let refs: Vec<&Bitmap> = sets.iter().collect();
    let all = || sets.iter().map(Expression::Set).collect::<Vec<_>>();
    let universe = Bitmap::full(0..ids);
    let rest = Expression::Minus(Box::new((&universe).into()), Box::new((&sets[3]).into()));
    median("20 sets of 2..19 %: at least 3, count", || {
        Expression::AtLeast(3, all()).count()
    });
    median("20 sets of 2..19 %: or, count", || {
        Expression::Or(all()).count()
    });
    median("20 sets of 2..19 %: overlap", || overlap(&refs));
    median("20 sets of 2..19 %: breakdown of one", || {
        Expression::Set(&sets[19]).breakdown(&refs)
    });
    median("not 5 %: count", || rest.count());
    median("20 %: to_vec", || sets[19].to_vec());
    let list = sets[19].to_vec();
    median("20 %: from_sorted", || {
        Bitmap::from_sorted(list.iter().copied())
    });
    let mut shuffled = list.clone();
    shuffled.sort_unstable_by_key(|id| id.wrapping_mul(2_654_435_761));
    median("20 %: from_slice, shuffled", || {
        Bitmap::from_slice(&shuffled)
    });
    let bytes = sets[19].to_portable();
    median("20 %: to_portable", || sets[19].to_portable());
    median("20 %: from_portable", || Bitmap::from_portable(&bytes));
    median("20 %: clone", || sets[19].clone());
}

fn time_overlap(folder: &Path) -> Result<()> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?.collect::<std::io::Result<_>>()?;
    files.sort_by_key(std::fs::DirEntry::path);
    let mut sets = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file.path())?;
        let ids = text
            .trim()
            .split(',')
            .map(str::parse)
            .collect::<std::result::Result<Vec<u32>, _>>()?;
        sets.push(Bitmap::from_slice(&ids));
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    for optimized in [false, true] {
        if optimized {
            sets.iter_mut().for_each(Bitmap::optimize);
        }
        let refs: Vec<&Bitmap> = sets.iter().collect();
        let matrix = overlap(&refs);
        let n = refs.len();
        let total: u64 = (0..n)
            .flat_map(|i| matrix[i * n + i..(i + 1) * n].iter())
            .sum();
        let label = format!("{name}: overlap of {n}, optimized {optimized}, total {total}");
        median(&label, || overlap(&refs));
    }
    Ok(())
}
