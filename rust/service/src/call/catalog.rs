//! `CatalogService`.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the table of methods hands each handler its request"
)]

use std::collections::BTreeSet;

use treffer_core::catalog::{
    AttributeDefinition, Catalog, Declaration, EventTypeDefinition, ItemAttributeDefinition,
    NamespaceDefinition, NormalForm, PropertyDefinition, Segment, SegmentDefinition,
    SegmentVersion,
};
use treffer_core::error::{Error, Result};
use treffer_core::record::Command;
use treffer_core::rule::{check, parse};
use treffer_core::time::Instant;
use treffer_core::view::View;

use super::{codec, dimension, page, view};
use crate::engine::Engine;
use crate::names::Names;
use crate::proto;

pub(super) fn declare(
    engine: &Engine,
    request: proto::DeclareRequest,
) -> Result<proto::DeclareResponse> {
    let (_, after) = engine.change(Command::Declare(declarations(request)?))?;
    Ok(proto::DeclareResponse { view: view(&after) })
}

#[expect(clippy::unnecessary_wraps, reason = "handlers have one shape")]
pub(super) fn get_catalog(
    engine: &Engine,
    _: proto::GetCatalogRequest,
) -> Result<proto::GetCatalogResponse> {
    let now = engine.view();
    Ok(proto::GetCatalogResponse {
        view: view(&now),
        ..described(now.catalog())
    })
}

fn definition(request: proto::DefineSegmentRequest) -> SegmentDefinition {
    SegmentDefinition {
        name: request.name,
        rule: request.rule,
        description: request.description,
    }
}

pub(super) fn define_segment(
    engine: &Engine,
    request: proto::DefineSegmentRequest,
) -> Result<proto::DefineSegmentResponse> {
    let name = request.name.clone();
    let (_, after) = engine.change(Command::DefineSegment(definition(request)))?;
    Ok(proto::DefineSegmentResponse {
        view: view(&after),
        segment: Some(segment(&after, &name)?),
    })
}

pub(super) fn define_segments(
    engine: &Engine,
    request: proto::DefineSegmentsRequest,
) -> Result<proto::DefineSegmentsResponse> {
    let definitions = request.segments.into_iter().map(definition).collect();
    let (_, after) = engine.change(Command::DefineSegments(definitions))?;
    Ok(proto::DefineSegmentsResponse { view: view(&after) })
}

pub(super) fn get_segment(
    engine: &Engine,
    request: proto::GetSegmentRequest,
) -> Result<proto::GetSegmentResponse> {
    let now = engine.view();
    Ok(proto::GetSegmentResponse {
        view: view(&now),
        segment: Some(segment(&now, &request.name)?),
    })
}

pub(super) fn list_segments(
    engine: &Engine,
    request: proto::ListSegmentsRequest,
) -> Result<proto::ListSegmentsResponse> {
    let now = engine.view();
    let segments = now.catalog().named_segments();
    let mut names: Vec<&str> = segments.map(|own| own.definition.name.as_str()).collect();
    names.sort_unstable();
    let (size, most) = (request.page_size, engine.settings().segments);
    let (page, next) = page::of_names(&names, &request.page_token, size, most, "segments")?;
    let segments = page.iter().map(|name| segment(&now, name));
    Ok(proto::ListSegmentsResponse {
        view: view(&now),
        segments: segments.collect::<Result<_>>()?,
        next_page_token: next,
    })
}

pub(super) fn delete_segment(
    engine: &Engine,
    request: proto::DeleteSegmentRequest,
) -> Result<proto::DeleteSegmentResponse> {
    let (_, after) = engine.change(Command::DeleteSegment(request.name))?;
    Ok(proto::DeleteSegmentResponse { view: view(&after) })
}

pub(super) fn pause_segment(
    engine: &Engine,
    request: proto::PauseSegmentRequest,
) -> Result<proto::PauseSegmentResponse> {
    let (_, after) = engine.change(Command::PauseSegment(request.name.clone()))?;
    Ok(proto::PauseSegmentResponse {
        view: view(&after),
        segment: Some(segment(&after, &request.name)?),
    })
}

pub(super) fn resume_segment(
    engine: &Engine,
    request: proto::ResumeSegmentRequest,
) -> Result<proto::ResumeSegmentResponse> {
    let (_, after) = engine.change(Command::ResumeSegment(request.name.clone()))?;
    Ok(proto::ResumeSegmentResponse {
        view: view(&after),
        segment: Some(segment(&after, &request.name)?),
    })
}

pub(super) fn list_segment_versions(
    engine: &Engine,
    request: proto::ListSegmentVersionsRequest,
) -> Result<proto::ListSegmentVersionsResponse> {
    let now = engine.view();
    let versions = known(now.catalog(), &request.name)?.versions.iter();
    let message = |version: &SegmentVersion| proto::SegmentVersion {
        number: version.number,
        rule: version.rule.clone(),
        description: version.description.clone(),
        time: (version.time > Instant::MIN).then(|| codec::timestamp(version.time)),
    };
    Ok(proto::ListSegmentVersionsResponse {
        view: view(&now),
        versions: versions.map(message).collect(),
    })
}

pub(super) fn check_rule(
    engine: &Engine,
    request: proto::CheckRuleRequest,
) -> Result<proto::CheckRuleResponse> {
    let now = engine.view();
    let (catalog, limits) = (now.catalog(), now.catalog().limits());
    let rule = parse(&request.rule, limits)?;
    let names = Names::of(&check(&rule, catalog, limits)?, catalog);
    let measure = |actual, limit| Some(proto::RuleMeasure { actual, limit });
    Ok(proto::CheckRuleResponse {
        view: view(&now),
        rule: rule.to_string(),
        event_types: names.event_types.into_iter().collect(),
        attributes: names.attributes.into_iter().collect(),
        item_attributes: names.item_attributes.into_iter().collect(),
        segments: names.segments.into_iter().collect(),
        bytes: measure(request.rule.len() as u32, limits.text),
        depth: measure(names.depth, limits.depth),
        leaves: measure(names.leaves, limits.leaves),
    })
}

/// The declarations of a request, in order of dependence.
fn declarations(request: proto::DeclareRequest) -> Result<Vec<Declaration>> {
    let mut all = Vec::new();
    for namespace in request.namespaces {
        all.push(Declaration::Namespace(namespace_definition(namespace)?));
    }
    for attribute in request.attributes {
        let kind = codec::kind(attribute.kind, "attribute.kind")?;
        all.push(Declaration::Attribute(AttributeDefinition {
            name: attribute.name,
            kind,
        }));
    }
    for attribute in request.item_attributes {
        let kind = codec::kind(attribute.kind, "item_attribute.kind")?;
        all.push(Declaration::ItemAttribute(ItemAttributeDefinition {
            name: attribute.name,
            kind,
        }));
    }
    for event_type in request.event_types {
        all.push(Declaration::EventType(event_type_definition(event_type)?));
    }
    for own in request.dimensions {
        all.push(Declaration::Dimension(dimension::definition(own)?));
    }
    Ok(all)
}

fn namespace_definition(namespace: proto::Namespace) -> Result<NamespaceDefinition> {
    let normal_form = match proto::NormalForm::try_from(namespace.normal_form) {
        Ok(proto::NormalForm::Unspecified) => NormalForm::None,
        Ok(proto::NormalForm::LowercaseTrim) => NormalForm::LowercaseTrim,
        Err(_) => {
            let message = format!("{} is not a normal form", namespace.normal_form);
            return Err(Error::invalid("namespace.normal_form", message));
        }
    };
    Ok(NamespaceDefinition {
        name: namespace.name,
        unique: namespace.unique,
        limit: namespace.limit,
        priority: namespace.priority,
        blocked: namespace.blocked.into_iter().collect::<BTreeSet<_>>(),
        normal_form,
        household: namespace.household,
    })
}

fn event_type_definition(event_type: proto::EventType) -> Result<EventTypeDefinition> {
    let retention = event_type.retention.as_ref();
    let retention = retention
        .map(|span| codec::span(span, "event_type.retention"))
        .transpose()?;
    let properties = event_type.properties.into_iter().map(|property| {
        Ok(PropertyDefinition {
            kind: codec::kind(property.kind, "event_type.properties.kind")?,
            name: property.name,
        })
    });
    Ok(EventTypeDefinition {
        name: event_type.name,
        properties: properties.collect::<Result<_>>()?,
        retention,
    })
}

/// Everything that is declared.
fn described(catalog: &Catalog) -> proto::GetCatalogResponse {
    let attribute = |(_, definition): (_, &AttributeDefinition)| proto::Attribute {
        name: definition.name.clone(),
        kind: codec::kind_number(definition.kind),
    };
    let item_attribute = |(_, definition): (_, &ItemAttributeDefinition)| proto::ItemAttribute {
        name: definition.name.clone(),
        kind: codec::kind_number(definition.kind),
    };
    proto::GetCatalogResponse {
        view: None,
        namespaces: catalog
            .namespaces()
            .map(|(_, definition)| namespace(definition))
            .collect(),
        attributes: catalog.attributes().map(attribute).collect(),
        item_attributes: catalog.item_attributes().map(item_attribute).collect(),
        dimensions: catalog
            .dimensions()
            .map(|(_, declared)| dimension::message(declared))
            .collect(),
        event_types: catalog
            .event_types()
            .map(|(_, declared)| event_type(&declared.definition))
            .collect(),
    }
}

fn namespace(definition: &NamespaceDefinition) -> proto::Namespace {
    let normal_form = match definition.normal_form {
        NormalForm::None => proto::NormalForm::Unspecified,
        NormalForm::LowercaseTrim => proto::NormalForm::LowercaseTrim,
    };
    proto::Namespace {
        name: definition.name.clone(),
        unique: definition.unique,
        limit: definition.limit,
        priority: definition.priority,
        blocked: definition.blocked.iter().cloned().collect(),
        normal_form: normal_form as i32,
        household: definition.household,
    }
}

fn event_type(definition: &EventTypeDefinition) -> proto::EventType {
    let property = |property: &PropertyDefinition| proto::Property {
        name: property.name.clone(),
        kind: codec::kind_number(property.kind),
    };
    proto::EventType {
        name: definition.name.clone(),
        properties: definition.properties.iter().map(property).collect(),
        retention: definition.retention.map(codec::duration),
    }
}

/// A segment as a message; an unknown one is not found.
fn segment(view: &View, name: &str) -> Result<proto::Segment> {
    Ok(described_segment(view, known(view.catalog(), name)?))
}

fn known<'c>(catalog: &'c Catalog, name: &str) -> Result<&'c Segment> {
    let segment = catalog.segment_id(name).and_then(|id| catalog.segment(id));
    segment.ok_or_else(|| Error::not_found("segment", name))
}

fn described_segment(view: &View, segment: &Segment) -> proto::Segment {
    let state = if segment.paused {
        proto::SegmentState::Paused
    } else {
        proto::SegmentState::Active
    };
    proto::Segment {
        state: state as i32,
        members: view.members(segment.id).len(),
        name: segment.definition.name.clone(),
        rule: segment.rule.to_string(),
        description: segment.definition.description.clone(),
        version: segment.version,
    }
}
