"""The calls of `treffer.v1`, read from the generated descriptors: what is offered and what may be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treffer.v1 import (
    audience_pb2,
    book_pb2,
    catalog_pb2,
    delivery_pb2,
    identity_pb2,
    ingest_pb2,
    match_pb2,
    status_pb2,
)

if TYPE_CHECKING:
    from typing import Final

    from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

SERVICES: Final[tuple[ServiceDescriptor, ...]] = tuple(
    service
    for file in (
        catalog_pb2.DESCRIPTOR,
        ingest_pb2.DESCRIPTOR,
        identity_pb2.DESCRIPTOR,
        audience_pb2.DESCRIPTOR,
        status_pb2.DESCRIPTOR,
        book_pb2.DESCRIPTOR,
        match_pb2.DESCRIPTOR,
        delivery_pb2.DESCRIPTOR,
    )
    for service in file.services_by_name.values()
)


def path(method: MethodDescriptor) -> str:
    """Give the name that a call has on the wire: `/treffer.v1.AudienceService/Count`."""
    return f"/{method.containing_service.full_name}/{method.name}"


METHODS: Final[tuple[MethodDescriptor, ...]] = tuple(method for service in SERVICES for method in service.methods)

# Every call has a request message of its own, so the message says which call is meant.
BY_REQUEST: Final = {method.input_type.full_name: path(method) for method in METHODS}
