//! Where every single line item falls, from the index: what a decision counts, told one by one.

use super::decide::{CONTEXT, Decider, Left, Pass, take_failing};
use super::decision::Outcome;
use super::posting::has;
use super::reason::Stage;
use super::request::{Impression, Request};
use super::scratch::Scratch;
use super::viewer::Viewer;
use crate::bitmap::line::Line;
use crate::id::LineItemId;

/// Line items by place in the index, and where they fell so far.
struct Trail<'a, 'v> {
    pass: &'a Pass<'a>,
    /// Those that fell nowhere yet.
    open: Vec<u32>,
    visit: &'v mut dyn FnMut(LineItemId, Option<Stage>),
}

impl<'a> Decider<'a> {
    /// Calls `visit` for every line item of the index that is not archived with the stage at which it falls, in no order: what
    /// [`Decider::decide`] counts.
    pub fn trail(
        &self,
        (request, impression): (&'a Request, &'a Impression),
        viewer: Viewer<'a>,
        scratch: &mut Scratch,
        visit: &mut dyn FnMut(LineItemId, Option<Stage>),
    ) {
        let pass = Pass::of(*self, request, impression, viewer);
        scratch.start(&pass);
        let mut trail = Trail {
            pass: &pass,
            open: Vec::with_capacity(pass.index.items.len()),
            visit,
        };
        trail.standing();
        trail.context(scratch);
        trail.person(scratch);
        trail.survivors(scratch);
        scratch.end();
    }
}

impl Trail<'_, '_> {
    fn standing(&mut self) {
        let (items, fates) = (&self.pass.index.items, &self.pass.mask.fates);
        for (place, (own, fate)) in items.iter().zip(fates).enumerate() {
            match fate {
                None => {}
                Some(Some(stage)) => (self.visit)(own.number, Some(*stage)),
                Some(None) => self.open.push(place as u32),
            }
        }
    }

    /// What has no row left fell at this stage.
    fn after(&mut self, stage: Stage, alive: &[Line]) {
        let Self { pass, open, visit } = self;
        open.retain(|place| {
            let Some(item) = pass.index.items.get(*place as usize) else {
                return false;
            };
            let mut rows = item.start..item.start + u32::from(item.rows);
            let is_left = rows.any(|row| has(alive, row));
            if !is_left {
                visit(item.number, Some(stage));
            }
            is_left
        });
    }

    fn context(&mut self, scratch: &mut Scratch) {
        let pass = self.pass;
        pass.pass_slots(scratch);
        let has_ways = pass.ways(scratch);
        for stage in CONTEXT {
            let Scratch {
                alive,
                rooms,
                passing,
                memo,
                ..
            } = scratch;
            let slots = pass
                .index
                .slots
                .iter()
                .zip(passing.iter())
                .zip(rooms.iter());
            for ((slot, passing), room) in slots.filter(|own| own.0.0.stage == stage) {
                narrow(alive, slot.lines(*passing, room));
            }
            if stage == Stage::Deal && has_ways {
                narrow(alive, rooms.last().map_or(&[], Vec::as_slice));
            }
            if let Some(checked) = pass.index.checked(stage) {
                let question = pass.question(true);
                take_failing(checked, alive, |check| {
                    pass.index.checks.holds(check, &question, memo)
                });
            }
            self.after(stage, &scratch.alive);
        }
    }

    /// Block lists, consent, audience and caps.
    fn person(&mut self, scratch: &mut Scratch) {
        type Step<'a> = fn(&Pass<'a>, &mut Scratch, &mut Left<'_>);
        let has_caps = self.pass.viewer.reached().is_some();
        let cap = if has_caps {
            Stage::Cap
        } else {
            Stage::CapStateMissing
        };
        let steps: [(Step<'_>, Stage); 4] = [
            (Pass::block_list, Stage::BlockList),
            (Pass::consent, Stage::Consent),
            (Pass::audience, Stage::Audience),
            (Pass::caps, cap),
        ];
        let mut outcome = Outcome::default();
        for (step, stage) in steps {
            let mut left = Left {
                outcome: &mut outcome,
                count: self.open.len() as u32,
            };
            step(self.pass, scratch, &mut left);
            self.after(stage, &scratch.alive);
        }
    }

    fn survivors(&mut self, scratch: &mut Scratch) {
        let market = self.pass.market(scratch);
        for place in &self.open {
            if let Some(item) = self.pass.index.items.get(*place as usize) {
                (self.visit)(item.number, self.pass.fate(*place, &market, scratch));
            }
        }
    }
}

fn narrow(alive: &mut [Line], filter: &[Line]) {
    let pairs = alive.iter_mut().zip(filter);
    pairs.for_each(|(line, filter)| *line = line.and(filter));
}
