"""One table between status codes and exceptions, without a hole in either direction."""

from __future__ import annotations

import pickle

import grpc
import pytest
from google.rpc import code_pb2, error_details_pb2, status_pb2

from treffer import errors
from treffer.v1 import audience_pb2, common_pb2

REFUSALS = [code for code in code_pb2.Code.values() if code != code_pb2.OK]


@pytest.mark.parametrize("code", REFUSALS, ids=code_pb2.Code.Name)
def test_every_canonical_code_has_an_exception(code: int) -> None:
    """What the wire can say, Python can raise, under the same name and with the same code back."""
    name = code_pb2.Code.Name(code).replace("_", "").lower()

    error = errors.raised(status_pb2.Status(code=code, message="why"))

    assert name == type(error).__name__.lower()
    assert "why" == str(error)
    assert code == errors.status(error).code


def test_every_grpc_code_is_known() -> None:
    """There is no code in grpcio beside those of the table."""
    assert {code.value[0] for code in grpc.StatusCode} - {0} == set(errors.BY_CODE)


@pytest.mark.parametrize(
    ("treffer_error", "python_error"),
    [
        (errors.InvalidArgument, ValueError),
        (errors.NotFound, KeyError),
        (errors.DeadlineExceeded, TimeoutError),
        (errors.Unavailable, ConnectionError),
        (errors.Unimplemented, NotImplementedError),
    ],
)
def test_exceptions_are_pythons_own_where_it_has_the_word(
    treffer_error: type[errors.TrefferError], python_error: type[Exception]
) -> None:
    """Callers who know Python need not know treffer to catch the usual faults."""
    assert issubclass(treffer_error, python_error)


def test_all_that_is_said_survives_the_wire() -> None:
    """Field, position, reason and metadata come back as they were."""
    rule = 'länge = "x" and y'
    request = audience_pb2.CountRequest(audience=common_pb2.Audience(rule=rule))
    said = errors.InvalidArgument(
        "no", field="audience.rule", position=(8, 11), reason="INVALID_RULE", rule=rule, metadata={"limit": "3"}
    )

    heard = errors.raised(errors.status(said), request)

    assert said.__dict__ == heard.__dict__


def test_position_counts_characters_not_bytes() -> None:
    """A caret under a rule with umlauts stands where it should."""
    rule = 'city = "Köln" and wrong = 1'
    request = audience_pb2.OverlapRequest(audiences=[common_pb2.Audience(segment="x"), common_pb2.Audience(rule=rule)])
    start = len(b'city = "K\xc3\xb6ln" and ')
    place = {"field": "audiences[1].rule", "start": str(start), "end": str(start + 5)}
    status = status_pb2.Status(code=code_pb2.INVALID_ARGUMENT)
    status.details.add().Pack(error_details_pb2.ErrorInfo(metadata=place))

    heard = errors.raised(status, request)

    assert heard.position is not None
    assert "wrong" == rule[slice(*heard.position)]
    assert rule == heard.rule


def test_unknown_code_is_unknown() -> None:
    """A code from the future is no crash."""
    assert isinstance(errors.raised(status_pb2.Status(code=4711, message="?")), errors.Unknown)


def test_errors_can_be_pickled() -> None:
    """A worker process may hand its error on."""
    error = errors.NotFound("no such", field="name", reason="NOT_FOUND", metadata={"noun": "segment"})

    assert error.__dict__ == pickle.loads(pickle.dumps(error)).__dict__  # noqa: S301 - made one line above
