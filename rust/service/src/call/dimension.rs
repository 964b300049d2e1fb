//! Dimensions between messages and the core.

use treffer_core::auction::Stage;
use treffer_core::auction::dimension::{DimensionDefinition, DimensionKind};
use treffer_core::error::{Error, Result};

use crate::proto;

/// A declaration.
pub(super) fn definition(own: proto::Dimension) -> Result<DimensionDefinition> {
    let kind = match proto::DimensionKind::try_from(own.kind) {
        Ok(proto::DimensionKind::Choice) => DimensionKind::Choice,
        Ok(proto::DimensionKind::Vocabulary) => DimensionKind::Vocabulary,
        Ok(proto::DimensionKind::Set) => DimensionKind::Set,
        Ok(proto::DimensionKind::Number) => DimensionKind::Number,
        Ok(proto::DimensionKind::HourOfWeek) => DimensionKind::HourOfWeek,
        Ok(proto::DimensionKind::Place) => DimensionKind::Place,
        Ok(proto::DimensionKind::Unspecified) | Err(_) => {
            let message = format!("{} is not a kind of dimension", own.kind);
            return Err(Error::invalid("dimension.kind", message));
        }
    };
    let mut stages = Stage::ALL.into_iter();
    let stage = stages.find(|stage| stage.name() == own.stage);
    let stage = stage.ok_or_else(|| {
        let message = format!("{:?} is not a stage", own.stage);
        Error::invalid("dimension.stage", message)
    })?;
    Ok(DimensionDefinition {
        name: own.name,
        kind,
        stage,
    })
}

/// A declaration as a message.
pub(super) fn message(own: &DimensionDefinition) -> proto::Dimension {
    let kind = match own.kind {
        DimensionKind::Choice => proto::DimensionKind::Choice,
        DimensionKind::Vocabulary => proto::DimensionKind::Vocabulary,
        DimensionKind::Set => proto::DimensionKind::Set,
        DimensionKind::Number => proto::DimensionKind::Number,
        DimensionKind::HourOfWeek => proto::DimensionKind::HourOfWeek,
        DimensionKind::Place => proto::DimensionKind::Place,
    };
    proto::Dimension {
        name: own.name.clone(),
        kind: kind as i32,
        stage: own.stage.name().to_owned(),
    }
}
