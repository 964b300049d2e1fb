//! Compiles the wire contract, and `OpenRTB`.

use std::error::Error;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

/// The files of `proto/treffer/v1` that hold services; they name the rest.
const SERVICES: [&str; 8] = [
    "treffer/v1/audience.proto",
    "treffer/v1/book.proto",
    "treffer/v1/catalog.proto",
    "treffer/v1/delivery.proto",
    "treffer/v1/identity.proto",
    "treffer/v1/ingest.proto",
    "treffer/v1/match.proto",
    "treffer/v1/status.proto",
];

/// Parts of a request that are kept on the heap: most requests have few of them, and all are moved around.
const LARGE: [&str; 10] = [
    "BidRequest.site",
    "BidRequest.app",
    "BidRequest.dooh",
    "BidRequest.device",
    "BidRequest.user",
    "Imp.banner",
    "Imp.video",
    "Imp.audio",
    "Native.request_native",
    "AssetRequest.video",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
    println!("cargo::rerun-if-changed={root}");
    let files = protox::compile(SERVICES, [root])?;
    // Bulk columns stay where the request lies.
    prost_build::Config::new()
        .bytes(["."])
        .btree_map(["."])
        .boxed(".treffer.v1.Creative.native")
        .compile_fds(files)?;
    compile_openrtb()
}

/// One model for both of its dialects: protobuf as declared, and JSON under the same names.
fn compile_openrtb() -> Result<(), Box<dyn Error>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
    println!("cargo::rerun-if-changed={root}");
    let files = protox::compile(["openrtb.proto"], [root])?;
    let mut config = prost_build::Config::new();
    config
        .message_attribute(".", "#[derive(serde::Deserialize, serde::Serialize)]")
        .message_attribute(".", "#[serde(default)]");
    for field in LARGE {
        config.boxed(format!(".treffer.openrtb.{field}"));
    }
    for (path, attribute) in json_attributes(&files) {
        config.field_attribute(path, attribute);
    }
    Ok(config.compile_fds(files)?)
}

/// How each field stands in JSON.
fn json_attributes(files: &FileDescriptorSet) -> Vec<(String, String)> {
    let messages = files.file.iter().flat_map(|file| {
        let within = format!(".{}", file.package());
        let message_type = file.message_type.iter();
        message_type.map(move |message| (format!("{within}.{}", message.name()), message))
    });
    let fields = messages.flat_map(|(path, message)| {
        let own = message.field.iter();
        own.map(move |field| {
            (
                format!("{path}.{}", field.name()),
                json_attribute(message, field),
            )
        })
    });
    fields.collect()
}

fn json_attribute(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let is_list = field.label() == Label::Repeated;
    let read = match (is_list, field.r#type()) {
        // No part of the standard, so nobody can be held to a type.
        _ if message.name() == "DataExt" => ", deserialize_with = \"super::json::loose\"",
        _ if (message.name(), field.name()) == ("Source", "ext") => {
            ", deserialize_with = \"super::json::lenient\""
        }
        _ if matches!(message.name(), "Native" | "NativeRequest") && field.name() == "ver" => {
            ", deserialize_with = \"super::json::label\""
        }
        _ if (message.name(), field.name()) == ("RegsExt", "gpc") => {
            ", deserialize_with = \"super::json::label\""
        }
        _ if (message.name(), field.name()) == ("Native", "request") => {
            ", deserialize_with = \"super::json::inner\""
        }
        (false, Type::Message) if field.name() == "ext" => {
            ", deserialize_with = \"super::json::extension\""
        }
        (true, Type::Int32) => ", deserialize_with = \"super::json::integers\"",
        (true, Type::Message) => ", deserialize_with = \"super::json::messages\"",
        (true, _) => ", deserialize_with = \"super::json::list\"",
        (false, Type::Int32) => ", deserialize_with = \"super::json::integer\"",
        (false, Type::Bool) => ", with = \"super::json::flag\"",
        (false, Type::Message) => ", deserialize_with = \"super::json::message\"",
        (false, _) => "",
    };
    let kind = if is_list {
        "Vec::is_empty"
    } else {
        "Option::is_none"
    };
    format!("#[serde(skip_serializing_if = \"{kind}\"{read})]")
}
