"""Worlds that scores are made of."""

from __future__ import annotations

import pytest

from tests.scoring.world import World, crowd


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def crowded() -> World:
    made = World()
    crowd(made)
    return made
