"""Whom the runner follows, and how often it looks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from copytrade_live.core.config import Section

Wallet = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{40}$")]


class TrackerConfig(Section):
    """Whom we follow and how often we look."""

    leaders: tuple[Wallet, ...] = Field((), description="Wallets always followed, lower case.")
    follow_top: int = Field(20, ge=0, description="How many of the best scored wallets are followed as well.")
    poll_interval_seconds: float = Field(2.0, gt=0, description="Time between two looks at the leaders, seconds.")
    overlap_seconds: float = Field(
        360.0,
        ge=0,
        description="How far each look reaches back over the newest fill listed; above the listing's lag, seconds.",
    )
    poll_budget_share: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Share of the venue.trades budget that polling may use while it is the main source.",
    )
    audit_budget_share: float = Field(
        0.1, gt=0, le=1, description="Share of that budget while the chain is read and polling only audits."
    )
    stream_silence_seconds: float = Field(
        12.0,
        gt=0,
        description="Time without anyone's fill after which the activity stream is opened anew, real seconds even "
        "where a sandbox's time runs fast.",
    )
    chain_interval_seconds: float = Field(
        1.0, gt=0, description="Time between two looks at the chain, where venue.rpc_url names a node, seconds."
    )
    chain_confirmations: int = Field(
        0, ge=0, description="Blocks that must follow before a leader's fill on the chain is a signal; 0 acts at once."
    )


class PollingConfig(Section):
    """How often the runner looks at its own affairs."""

    exit_interval_seconds: float = Field(5.0, gt=0, description="Time between two looks at open positions, seconds.")
    book_silence_seconds: float = Field(
        30.0, gt=0, description="Time without data after which a stream of books is opened anew, real seconds."
    )
    export_interval_seconds: float = Field(60.0, gt=0, description="Time between two journal exports, seconds.")
    checkpoint_events: int = Field(
        10_000,
        ge=1,
        description="Events after which what the journal folds to is written down again; a start reads only what "
        "follows.",
    )
