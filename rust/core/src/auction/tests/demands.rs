//! What rows ask of people, looked at many at once, says what clauses say.

use super::dice::Dice;
use crate::auction::code::{Code, CodedClause, CodedRow, Subject};
use crate::auction::demand::{Demands, Members, Ranks};
use crate::auction::posting::{has, set};
use crate::bitmap::line::Line;
use crate::id::SegmentId;

/// Rows of up to four groups and some that must not be, over so many segments.
fn coded(dice: &mut Dice, rows: u32, segments: usize) -> Code {
    let mut code = Code::default();
    for _ in 0..rows {
        let start = code.clauses.len() as u32;
        let groups = dice.below(6);
        for group in 0..groups.min(4) {
            let range = |code: &mut Code, dice: &mut Dice, most: usize| {
                let start = code.values.len() as u32;
                // Squares are small more often.
                let mut draw = || (dice.below(segments) * dice.below(segments) / segments) as u32;
                let mut drawn: Vec<u32> = (0..most).map(|_| draw()).collect();
                drawn.sort_unstable();
                drawn.dedup();
                code.values.extend(drawn);
                start..code.values.len() as u32
            };
            // A few lists are longer than a word can tell.
            let most = dice.one(&[12; 60].iter().chain(&[4_000]).copied().collect::<Vec<_>>());
            let (most, least) = (dice.below(most), dice.below(3));
            let add = range(&mut code, dice, most);
            let sub = range(&mut code, dice, if group == 0 { least } else { 0 });
            code.clauses.push(CodedClause {
                subject: Subject::Segments,
                group: group as u8,
                present: groups == 1 && most == 0,
                absent: false,
                add,
                sub,
            });
        }
        code.rows.push(CodedRow {
            clauses: start..code.clauses.len() as u32,
            checks: 0..0,
            needs_person: true,
        });
    }
    code
}

fn holds(code: &Code, row: &CodedRow, segments: &[SegmentId]) -> bool {
    let among = |own: &u32| segments.contains(&SegmentId(*own));
    code.clauses_of(row).iter().all(|clause| {
        (clause.present || code.codes(&clause.add).iter().any(among))
            && !code.codes(&clause.sub).iter().any(among)
    })
}

#[test]
fn popular_segments_and_lists_tell_what_clauses_say() {
    for seed in 0..60 {
        let dice = &mut Dice(seed);
        let segments = [3, 21, 24, 200, 6_000, 70_000][seed as usize % 6];
        let code = coded(dice, 700, segments);
        let ranks = Ranks::of(&code, &[1], segments);
        let mut demands = Demands::of_none(2);
        for (row, at) in code.rows.iter().zip(0..) {
            demands.push(&code, row, at, &ranks);
        }
        demands.pack(&ranks);
        let mut members = Members::default();
        for _ in 0..20 {
            let own = dice.below(80);
            let own: Vec<_> = (0..own)
                .map(|_| SegmentId(dice.below(segments) as u32))
                .collect();
            let mut alive = vec![Line::default(); 2];
            (0..700).for_each(|row| set(&mut alive, row));
            let (mut open, mut tasks) = Default::default();

            members.put(&own, &ranks);
            demands.narrow(&[0, 1], &mut alive, &members, (&mut open, &mut tasks));
            members.take();

            for (row, at) in code.rows.iter().zip(0..) {
                assert_eq!(
                    holds(&code, row, &own),
                    has(&alive, at),
                    "seed {seed}, row {at}"
                );
            }
        }
    }
}
