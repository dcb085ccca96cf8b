"""Session keys do not live long, and nothing is asked of a venue that is not the venue. The rest: tests/docs."""

from __future__ import annotations

import pytest

from copytrade_live.errors import ConfigError
from copytrade_live.keys.sessions import authorise
from copytrade_live.secret import Secret
from copytrade_live.settings import VenueConfig
from tests.sandbox.trading import KEY, OTHER_OWNER

OWNER_KEY = Secret(KEY)


@pytest.mark.parametrize("days", [0, 31, 180])
def test_a_session_key_lives_thirty_days_at_most(days: int) -> None:
    with pytest.raises(ConfigError, match="1 to 30"):
        authorise(VenueConfig(), OWNER_KEY, "", OTHER_OWNER, days)


def test_an_owners_key_is_shown_to_the_venue_alone() -> None:
    with pytest.raises(ConfigError, match=r"venue\.clob_url"):
        authorise(VenueConfig.model_validate({"clob_url": "https://clob.example"}), OWNER_KEY, "", OTHER_OWNER, 30)
