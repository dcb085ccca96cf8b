"""Starts real sandbox servers in threads, on free ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from copytrade_live.core.market import Instant
from copytrade_live.sandbox.recorded import RecordedWorld, build_recorded_world
from copytrade_live.sandbox.synthetic import SyntheticWorld, build_synthetic_world
from copytrade_live.sandbox.venue_options import VenueOptions
from copytrade_live.sandbox.world import World
from tests.sandbox.running import Sandbox, run_server, shared

SEED = 7
StartSandbox = Callable[..., Sandbox]


@pytest.fixture(scope="session")
def synthetic() -> SyntheticWorld:
    return build_synthetic_world(SEED)


@pytest.fixture(scope="session")
def sandbox(synthetic: SyntheticWorld) -> Iterator[Sandbox]:
    """A stepped synthetic sandbox at its own start; tests that move time start their own."""
    with run_server(synthetic, synthetic.start_at, None) as running:
        yield running


@pytest.fixture
def start_sandbox(synthetic: SyntheticWorld) -> Iterator[StartSandbox]:
    """Start further sandboxes: world, start and speed as wanted."""
    with ExitStack() as stack:

        def start(
            world: World | None = None,
            *,
            at: Instant | None = None,
            speed: float | None = None,
            options: VenueOptions | None = None,
        ) -> Sandbox:
            served = world or synthetic
            return stack.enter_context(run_server(served, served.start_at if at is None else at, speed, options))

        yield start


@pytest.fixture(scope="session")
def samples() -> Path:
    return shared("samples")


@pytest.fixture(scope="session")
def eval1() -> RecordedWorld:
    return build_recorded_world(shared("data", "eval1"))
