"""Every named point is reached somewhere in the code, and a point that is off does nothing."""

from pathlib import Path

from copytrade_live.failpoints import Failpoint, armed, reach

PACKAGE = Path(__file__).parents[2] / "copytrade_live"


def test_an_armed_hook_hears_every_point_and_a_disarmed_one_none() -> None:
    heard: list[tuple[str, str]] = []
    with armed(lambda point, detail: heard.append((point, detail))):
        reach(Failpoint.POST_BEFORE, "a-1")
    reach(Failpoint.POST_AFTER, "a-1")
    assert heard == [("post.before", "a-1")]


def test_every_point_that_is_named_is_in_the_code() -> None:
    code = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    assert [point.name for point in Failpoint if f"reach(Failpoint.{point.name}" not in code] == []
