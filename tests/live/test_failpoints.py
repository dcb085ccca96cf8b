"""Every named point is reached somewhere in the code, and a point that is off does nothing."""

from copytrade_live.failpoints import Failpoint, armed, reach


def test_an_armed_hook_hears_every_point_and_a_disarmed_one_none() -> None:
    heard: list[tuple[str, str]] = []
    with armed(lambda point, detail: heard.append((point, detail))):
        reach(Failpoint.POST_BEFORE, "a-1")
    reach(Failpoint.POST_AFTER, "a-1")
    assert heard == [("post.before", "a-1")]
