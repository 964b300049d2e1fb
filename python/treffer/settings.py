"""What may be set from outside, also by `TREFFER_...` in the environment: each default stands here once."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB: Final = 2**20

Clock: TypeAlias = Literal["system", "events", "manual"]


class Settings(BaseSettings):
    """Limits and addresses. `TREFFER_TIMEOUT=5` in the environment sets `timeout`, and so on."""

    model_config = SettingsConfigDict(env_prefix="TREFFER_", frozen=True, extra="forbid")

    target: str = "127.0.0.1:7411"
    """Where `treffer serve` listens and the other commands ask."""
    timeout: float = Field(default=30.0, gt=0)
    """Seconds that a client waits for an answer."""
    message_bytes: int = Field(default=64 * MIB, ge=MIB, lt=2**31)
    """Largest request that a server takes and a client sends. Larger tables go in several requests."""
    answer_bytes: int = Field(default=512 * MIB, ge=MIB, lt=2**31)
    """Largest answer that a client takes."""
    workers: int = Field(default=8, ge=1)
    """Calls that a server works on at a time."""
    calls: int = Field(default=256, ge=1)
    """Calls that a server holds, those that wait included; what comes on top is RESOURCE_EXHAUSTED."""
    watchers: int = Field(default=64, ge=1)
    """Watches that a server holds, each on a thread of its own; what comes on top is RESOURCE_EXHAUSTED."""
    streams: int = Field(default=128, ge=1)
    """Calls at a time on one connection."""
    ingest_streams: int = Field(default=32, ge=1)
    """Event streams that a server holds open, each with a thread; what comes on top is RESOURCE_EXHAUSTED."""
    keepalive: float = Field(default=30.0, ge=0.1)
    """Seconds of silence after which either end asks whether the other is still there, while a call is open; as many
    without an answer, ten at most, and the call is over: UNAVAILABLE for a client, and a server frees the thread."""
    grace: float = Field(default=10.0, ge=0)
    """Seconds that a stopping server gives to running calls."""
    gdpr_unless_said: bool | None = None
    """Whether GDPR applies to auctions that do not say. Nobody can guess it: unless set, such an auction is refused."""
    coppa_denies: bool = True
    """Whether `coppa` denies to know the person: nobody is looked up, only line items bid that need nobody."""
    lmt_denies: bool = True
    """Whether `lmt` does."""
    dnt_denies: bool = True
    """Whether `dnt` does."""
    open_bids: int = Field(default=2, ge=0, le=1_000)
    """Bids on the open market in the answer of one impression, the best first; each deal has its best beside them."""
    bids: int = Field(default=16, ge=1, le=1_000)
    """Bids in the answer of one impression."""
    seed: int = Field(default=0, ge=0, lt=2**64)
    """Seeds what is drawn by lot: order among equal prices, creatives by weight, pacing, samples."""

    openrtb_user: str | None = None
    """Namespace of `user.id` in OpenRTB requests; unless set it is not read, like the other ids."""
    openrtb_buyer: str | None = None
    """Namespace of `user.buyeruid`."""
    openrtb_device: str | None = None
    """Namespace of `device.ifa`."""
    openrtb_sources: dict[str, str] = {}
    """Namespaces of `user.eids` by source, in the environment as JSON: `{"liveramp.com": "ramp"}`."""
    openrtb_vendor: int | None = Field(default=None, ge=1, lt=2**16)
    """Our number in the global vendor list of TCF; without it no consent string grants us anything."""
    openrtb_needs_inventory: bool = True
    """Whether requests without site, app and dooh are refused."""
    openrtb_least_tmax: int = Field(default=0, ge=0, lt=2**31)
    """Milliseconds that an answer needs, network included: a request whose `tmax` leaves less is answered with no-bid
    reason 15 and not decided. 0: all are."""
    openrtb_seat: str | None = None
    """Seat of bids whose deal and advertiser have none."""
    openrtb_notices: str | None = None
    """URL below which win, billing and loss notices are called; unless set bids carry none."""

    log_one_in: int = Field(default=10_000, ge=0)
    """One auction in so many is logged, with what its decision was made from; 1: all, 0: none."""
    log_age: int = Field(default=86_400, ge=1, lt=2**32)
    """Seconds of engine time for which it is."""
    log_bytes: int = Field(default=64 * MIB, ge=0)
    """Bytes of the log, about; the oldest auctions go first."""
    delivery_one_in: int = Field(default=1_000, ge=0)
    """Of one auction in so many it is counted where each line item fell; 1: of all, 0: of none."""
    delivery_bytes: int = Field(default=128 * MIB, ge=0)
    """Bytes of those counts, about; the oldest go first."""
    views: int = Field(default=4, ge=0)
    """Latest views that are kept, so that auctions that callers bring can be decided again."""
    view_age: int = Field(default=60, ge=0, lt=2**32)
    """Seconds of engine time for which they are."""

    def pings(self) -> tuple[tuple[str, int], ...]:
        """How gRPC finds out that the other end is gone, as options of a channel and of a server."""
        silence = round(self.keepalive * 1_000)
        answer = min(silence, 10_000)
        return (
            ("grpc.keepalive_time_ms", silence),
            ("grpc.keepalive_timeout_ms", answer),
            # Pings that measure the connection have a minute otherwise, and none other is sent while one is out.
            ("grpc.http2.ping_timeout_ms", answer),
            ("grpc.http2.max_pings_without_data", 0),
            # Whoever asks more often than this without sending anything is cut off, by a server that keeps the default.
            ("grpc.http2.min_ping_interval_without_data_ms", silence // 2),
        )

    def keeping(self) -> dict[str, int]:
        """How much is kept of auctions."""
        names = ("log_one_in", "log_age", "log_bytes", "delivery_one_in", "delivery_bytes", "views", "view_age")
        return {name: getattr(self, name) for name in names}

    def auctions(self) -> dict[str, int]:
        """What auctions follow, beside what a request says of GDPR."""
        denying = {name: getattr(self, f"{name}_denies") for name in ("coppa", "lmt", "dnt")}
        return denying | {name: getattr(self, name) for name in ("open_bids", "bids", "seed")}

    def openrtb(self) -> dict[str, object]:
        """How OpenRTB requests are read and answered."""
        prefix = "openrtb_"
        return {name.removeprefix(prefix): value for name, value in self if name.startswith(prefix)}
