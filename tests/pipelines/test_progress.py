"""The time left is that of what is counted, at its own pace."""

from __future__ import annotations

from copytrade_pipelines.ingest.progress import with_time_left


def test_nothing_is_said_of_the_time_left_before_there_is_a_pace_and_after_the_end() -> None:
    told: list[str] = []
    progress = with_time_left(lambda done, total, label: told.append(label))
    for done in (1, 2, 4):
        progress(done, 4, "days")
    progress(1, 9, "folds")
    progress(3, 9, "folds")
    assert [" left" in text for text in told] == [False, True, False, False, True]
    assert told[0] == "days"
    assert told[1].startswith("days, 0 s left")
