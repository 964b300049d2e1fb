"""The wire contract keeps to its own rules, checked over a descriptor set with its comments."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest
from google.protobuf import descriptor_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

PROTO: Final = Path(__file__).resolve().parents[1] / "proto"
# Numbers of the fields of descriptors that hold other descriptors: the path of a comment is made of them.
MESSAGES, ENUMS, SERVICES, FIELDS, NESTED, NESTED_ENUMS, ONEOFS, VALUES, METHODS = 4, 5, 6, 2, 3, 4, 8, 2, 2

Place: TypeAlias = tuple[int, ...]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[descriptor_pb2.FileDescriptorProto]:
    """All of the project's proto files as descriptors, comments included."""
    made = tmp_path_factory.mktemp("proto") / "set.bin"
    paths = sorted(str(path) for path in PROTO.rglob("*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO}", "--include_source_info"]
    subprocess.run([*command, f"--descriptor_set_out={made}", *paths], check=True, capture_output=True)
    return list(descriptor_pb2.FileDescriptorSet.FromString(made.read_bytes()).file)


def messages(
    found: Iterator[descriptor_pb2.DescriptorProto] | list[descriptor_pb2.DescriptorProto], at: Place, step: int
) -> Iterator[tuple[descriptor_pb2.DescriptorProto, Place]]:
    """Each message and the messages in it, with its path; the entries of maps are the compiler's own."""
    for index, message in enumerate(found):
        if not message.options.map_entry:
            yield message, (*at, step, index)
            yield from messages(list(message.nested_type), (*at, step, index), NESTED)


def enums(
    file: descriptor_pb2.FileDescriptorProto,
) -> Iterator[tuple[descriptor_pb2.EnumDescriptorProto, Place]]:
    """Each enum of a file with its path."""
    for index, enum in enumerate(file.enum_type):
        yield enum, (ENUMS, index)
    for message, at in messages(list(file.message_type), (), MESSAGES):
        for index, enum in enumerate(message.enum_type):
            yield enum, (*at, NESTED_ENUMS, index)


def named(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[str, Place]]:
    """Everything in a file that has a name and so needs a comment."""
    for message, at in messages(list(file.message_type), (), MESSAGES):
        yield message.name, at
        yield from ((field.name, (*at, FIELDS, index)) for index, field in enumerate(message.field))
        # An optional field makes a oneof of its own, which nobody wrote.
        written = {field.oneof_index for field in message.field if field.HasField("oneof_index")} - {
            field.oneof_index for field in message.field if field.proto3_optional
        }
        yield from ((message.oneof_decl[index].name, (*at, ONEOFS, index)) for index in sorted(written))
    for enum, at in enums(file):
        yield enum.name, at
        yield from ((value.name, (*at, VALUES, index)) for index, value in enumerate(enum.value))
    for index, service in enumerate(file.service):
        yield service.name, (SERVICES, index)
        yield from ((method.name, (SERVICES, index, METHODS, at)) for at, method in enumerate(service.method))


def test_package_is_the_folder(files: list[descriptor_pb2.FileDescriptorProto]) -> None:
    """One versioned package, its folder the same."""
    assert files
    for file in files:
        assert file.package == "treffer.v1"
        assert file.name.startswith("treffer/v1/")


def test_every_name_is_explained(files: list[descriptor_pb2.FileDescriptorProto]) -> None:
    """Each comment stands before its name and starts with it."""
    missing = []
    for file in files:
        comments = {tuple(place.path): place.leading_comments.split() for place in file.source_code_info.location}
        for name, at in named(file):
            if (comments.get(at) or [""])[0].rstrip(":;,") != name:
                missing.append(f"{file.name}: {name}")

    assert [] == missing


def test_zero_is_never_an_answer(files: list[descriptor_pb2.FileDescriptorProto]) -> None:
    """Enum values carry the enum's name; zero is _UNSPECIFIED."""
    for file in files:
        for enum, _ in enums(file):
            prefix = "".join(f"_{letter}" if letter.isupper() else letter for letter in enum.name).strip("_").upper()
            assert enum.value[0].name == f"{prefix}_UNSPECIFIED"
            assert enum.value[0].number == 0
            assert all(value.name.startswith(f"{prefix}_") for value in enum.value)


def test_each_call_has_its_own_messages(files: list[descriptor_pb2.FileDescriptorProto]) -> None:
    """`XRequest` and `XResponse` for each call `X`, in the same file; every answer says which view gave it."""
    for file in files:
        own = {message.name: message for message in file.message_type}
        for service in file.service:
            for method in service.method:
                assert method.input_type == f".treffer.v1.{method.name}Request"
                assert method.output_type == f".treffer.v1.{method.name}Response"
                assert f"{method.name}Request" in own
                assert "view" in {field.name for field in own[f"{method.name}Response"].field}


def test_a_file_has_at_most_one_service(files: list[descriptor_pb2.FileDescriptorProto]) -> None:
    """One service per file, with its own messages."""
    assert all(len(file.service) <= 1 for file in files)
