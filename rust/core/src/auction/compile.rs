//! Rules of line items into rows of clauses.

use std::collections::{BTreeMap, BTreeSet};

use super::clause::{Domain, Key, Literal, MOST_GROUPS, Members, Row};
use super::dimension::{DimensionDefinition, DimensionKind};
use super::reason::Stage;
use super::shape::Shape;
use super::standing::segment;
use crate::catalog::Catalog;
use crate::id::{DimensionId, SegmentId};
use crate::rule::Targeting;
use crate::rule::ast::Operator;
use crate::rule::plan::Test;
use crate::rule::targeting::{ContextTest, Target};

/// Most rows of a line item.
const MOST_ROWS: usize = 16;

/// A rule as an or of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Compiled<'a> {
    /// At least one.
    pub(super) rows: Vec<Row<'a>>,
    /// Parts of the rule that fitted into no row and touch more than one stage: each is one leaf of audience, and a
    /// check of every row.
    pub(super) late: Vec<Shape<&'a Target>>,
    /// All other parts.
    pub(super) timely: Vec<Shape<&'a Target>>,
}

/// Compiles a rule; without one, a row that asks nothing.
pub(super) fn compile<'a>(catalog: &'a Catalog, rule: Option<&'a Targeting>) -> Compiled<'a> {
    let conjuncts = rule.map_or_else(Vec::new, |rule| Shape::of(rule, true).conjuncts());
    let mut compiled = Compiled {
        rows: vec![Row::default()],
        late: Vec::new(),
        timely: Vec::new(),
    };
    let mut parts: Vec<_> = conjuncts
        .into_iter()
        .map(|part| (rows(tree(catalog, &part)), part))
        .collect();
    // What multiplies least first; what multiplies too much last.
    parts.sort_by_key(|(rows, _)| rows.as_ref().map_or(usize::MAX, Vec::len));
    for (rows, part) in parts {
        if rows.is_some_and(|rows| multiply(&mut compiled.rows, rows)) {
            compiled.timely.push(part);
            continue;
        }
        if let Some(stage) = lone_stage(catalog, &part) {
            compiled.check(stage, &part);
            compiled.timely.push(part);
        } else {
            compiled.check(Stage::Audience, &part);
            compiled.late.push(part);
        }
    }
    compiled
}

impl Compiled<'_> {
    fn check(&mut self, stage: Stage, part: &Shape<&Target>) {
        for row in &mut self.rows {
            row.checks.insert((stage, part.owned()));
        }
    }
}

/// The stage of a dimension.
pub(super) fn stage_of(catalog: &Catalog, dimension: DimensionId) -> Stage {
    let declared = catalog.dimension(dimension);
    declared.map_or(Stage::Inventory, |own| own.stage)
}

/// The stage of all leaves, if they ask the context alone and have one.
pub(super) fn lone_stage(catalog: &Catalog, part: &Shape<&Target>) -> Option<Stage> {
    let stages = part.leaves().into_iter().map(|(leaf, _)| match leaf {
        Target::Context(dimension, _) => Some(stage_of(catalog, *dimension)),
        Target::Profile(..) => None,
    });
    let stages: BTreeSet<_> = stages.collect();
    stages
        .first()
        .copied()
        .flatten()
        .filter(|_| stages.len() == 1)
}

/// A shape over literals.
enum Tree<'a> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Is(Literal<'a>),
}

fn tree<'a>(catalog: &'a Catalog, shape: &Shape<&'a Target>) -> Tree<'a> {
    match shape {
        Shape::All(parts) => Tree::All(parts.iter().map(|part| tree(catalog, part)).collect()),
        Shape::Any(parts) => match segments(catalog, parts) {
            Some(named) => Tree::Is(Literal::Segments(members(named, true))),
            None => any(parts.iter().map(|part| tree(catalog, part)).collect()),
        },
        Shape::Is(target @ Target::Profile(..), sign) => {
            let named = segment(catalog, target).into_iter().collect();
            Tree::Is(Literal::Segments(members(named, *sign)))
        }
        Shape::Is(target @ Target::Context(dimension, test), sign) => {
            match catalog.dimension(*dimension) {
                Some(declared) => context(catalog, *dimension, declared, test, *sign),
                None => None,
            }
            .unwrap_or_else(|| {
                let stage = stage_of(catalog, *dimension);
                Tree::Is(Literal::Check(stage, Shape::Is((*target).clone(), *sign)))
            })
        }
    }
}

/// The segments of which one is asked for, when nothing else is: what [`any`] makes of them, at once.
fn segments(catalog: &Catalog, parts: &[Shape<&Target>]) -> Option<BTreeSet<SegmentId>> {
    let named = parts.iter().map(|part| match part {
        Shape::Is(target @ Target::Profile(..), true) => Some(segment(catalog, target)),
        Shape::Is(..) | Shape::All(_) | Shape::Any(_) => None,
    });
    let named: Option<Vec<_>> = named.collect();
    Some(named?.into_iter().flatten().collect())
}

/// One of these, or none of them; absent sets have none.
fn members<T: Ord + Clone>(texts: BTreeSet<T>, sign: bool) -> Members<T> {
    let mut members = Members::anything();
    if sign {
        members.any.insert(texts);
        members.absent = false;
    } else {
        members.none = texts;
    }
    members
}

/// A condition on a dimension as literals; `None` when it must be looked at row by row.
fn context<'a>(
    catalog: &'a Catalog,
    id: DimensionId,
    declared: &DimensionDefinition,
    test: &'a ContextTest,
    sign: bool,
) -> Option<Tree<'a>> {
    let list = || {
        let list = Target::Context(id, test.clone()).list()?;
        Some(&catalog.book().lists.entry(list.0)?.members)
    };
    let texts = |texts: &'a BTreeSet<String>, among: bool| {
        let values = texts.iter().map(|own| Key::Text(own)).collect();
        value(id, values, !among, sign)
    };
    match (declared.kind, test) {
        (DimensionKind::Set, ContextTest::Value(test)) => set(id, test, sign),
        (DimensionKind::Set, ContextTest::HasAnyList(_)) => {
            Some(Tree::Is(Literal::Set(id, members(strs(list()?), sign))))
        }
        (DimensionKind::HourOfWeek, ContextTest::Value(test)) => {
            let hours = (0..168).map(|hour| hour * 1_000_000);
            let values = hours.filter(|hour| number(test, *hour)).map(Key::Number);
            Some(value(id, values.collect(), false, sign))
        }
        (_, ContextTest::Value(Test::Present)) => Some(value(id, Vec::new(), true, sign)),
        (_, ContextTest::Value(Test::TextIn(all, among))) => Some(texts(all, *among)),
        (_, ContextTest::InList(_, among)) => Some(texts(list()?, *among)),
        (_, ContextTest::Value(Test::Number(Operator::Equal, own))) => {
            Some(value(id, keys([*own]), false, sign))
        }
        (_, ContextTest::Value(Test::Number(Operator::NotEqual, own))) => {
            Some(value(id, keys([*own]), true, sign))
        }
        (_, ContextTest::Value(Test::NumberIn(all, among))) => {
            Some(value(id, keys(all.iter().copied()), !among, sign))
        }
        (_, ContextTest::Value(_) | ContextTest::HasAnyList(_) | ContextTest::Within(..)) => None,
    }
}

fn strs(texts: &BTreeSet<String>) -> BTreeSet<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Numbers that a request can say, of some that rise.
fn keys<'a>(numbers: impl IntoIterator<Item = i128>) -> Vec<Key<'a>> {
    let said = numbers
        .into_iter()
        .filter_map(|own| i64::try_from(own).ok());
    said.map(Key::Number).collect()
}

fn number(test: &Test, micros: i64) -> bool {
    let micros = i128::from(micros);
    match test {
        Test::Present => true,
        Test::Number(operator, than) => operator.holds(micros, *than),
        Test::NumberIn(all, among) => all.contains(&micros) == *among,
        _ => false,
    }
}

fn value(id: DimensionId, values: Vec<Key<'_>>, negated: bool, sign: bool) -> Tree<'_> {
    let domain = Domain {
        values,
        negated,
        absent: false,
    };
    let domain = if sign { domain } else { domain.complement() };
    Tree::Is(Literal::Value(id, domain))
}

fn set(id: DimensionId, test: &Test, sign: bool) -> Option<Tree<'_>> {
    let literal = |members| Tree::Is(Literal::Set(id, members));
    match test {
        Test::HasAny(texts) => Some(literal(members(strs(texts), sign))),
        Test::HasAll(texts) if !texts.is_empty() => {
            let each = texts.iter().map(|text| BTreeSet::from([text.as_str()]));
            let each = each.map(|text| literal(members(text, sign))).collect();
            Some(if sign { Tree::All(each) } else { any(each) })
        }
        Test::HasAll(_) | Test::Present => Some(literal(Members {
            absent: !sign,
            present: sign,
            ..Members::anything()
        })),
        _ => None,
    }
}

/// Any of these; those over one dimension become one.
fn any(parts: Vec<Tree<'_>>) -> Tree<'_> {
    let mut values: BTreeMap<DimensionId, Domain<'_>> = BTreeMap::new();
    let mut sets: BTreeMap<DimensionId, BTreeSet<&str>> = BTreeMap::new();
    let mut segments: Option<BTreeSet<SegmentId>> = None;
    let mut rest = Vec::new();
    for part in parts.into_iter().flat_map(alternatives) {
        match part {
            Tree::Is(Literal::Value(id, domain)) => {
                let own = values.remove(&id);
                let domain = own.map_or_else(|| domain.clone(), |own| own.or(&domain));
                values.insert(id, domain);
            }
            Tree::Is(Literal::Set(id, own)) if is_one_group(&own) => {
                let groups = own.any.into_iter().flatten();
                sets.entry(id).or_default().extend(groups);
            }
            Tree::Is(Literal::Segments(own)) if is_one_group(&own) => {
                let groups = own.any.into_iter().flatten();
                segments.get_or_insert_default().extend(groups);
            }
            other => rest.push(other),
        }
    }
    let values = values.into_iter().map(|(id, own)| Literal::Value(id, own));
    let sets = sets
        .into_iter()
        .map(|(id, own)| Literal::Set(id, members(own, true)));
    let segments = segments.map(|own| Literal::Segments(members(own, true)));
    rest.extend(values.chain(sets).chain(segments).map(Tree::Is));
    match rest.pop() {
        Some(lone) if rest.is_empty() => lone,
        last => {
            rest.extend(last);
            Tree::Any(rest)
        }
    }
}

/// Whether it asks for one of a group and for nothing else.
fn is_one_group<T>(members: &Members<T>) -> bool {
    members.any.len() == 1 && members.none.is_empty() && members.present
}

fn alternatives(tree: Tree<'_>) -> Vec<Tree<'_>> {
    match tree {
        Tree::Any(parts) => parts,
        lone @ (Tree::All(_) | Tree::Is(_)) => vec![lone],
    }
}

/// The rows of a tree; `None` when they are too many or a row has too many groups.
fn rows(tree: Tree<'_>) -> Option<Vec<Row<'_>>> {
    match tree {
        Tree::Is(literal) => Some(vec![Row::of(literal)]),
        Tree::All(parts) => {
            let mut all = vec![Row::default()];
            for part in parts {
                multiply(&mut all, rows(part)?).then_some(())?;
            }
            Some(all)
        }
        Tree::Any(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(rows(part)?);
                if all.len() > MOST_ROWS {
                    return None;
                }
            }
            Some(all)
        }
    }
}

/// Every row of the one with every row of the other; `false` when they are too many or a row has too many groups, and then
/// nothing has changed.
fn multiply<'a>(left: &mut Vec<Row<'a>>, mut right: Vec<Row<'a>>) -> bool {
    if left.len() * right.len() > MOST_ROWS {
        return false;
    }
    let fits = |(one, other): (&Row<'_>, &Row<'_>)| one.groups_with(other) <= MOST_GROUPS;
    let mut pairs = left
        .iter()
        .flat_map(|one| right.iter().map(move |other| (one, other)));
    if !pairs.all(fits) {
        return false;
    }
    // The usual case copies nothing.
    if let (1, [own]) = (right.len(), left.as_mut_slice()) {
        right.into_iter().for_each(|other| own.and(other));
        return true;
    }
    let first = std::mem::take(left);
    for one in first {
        let (last, others) = (right.pop(), right.iter());
        for other in others {
            let mut both = one.clone();
            both.and(other.clone());
            left.push(both);
        }
        if let Some(last) = last {
            let mut both = one;
            both.and(last.clone());
            left.push(both);
            right.push(last);
        }
    }
    true
}
