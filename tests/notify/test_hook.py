"""What Alertmanager hands on becomes news; what a browser sends does not."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from copytrade_live.clock import ManualClock
from copytrade_live.notify.hook import build_hook
from copytrade_live.notify.news import News
from copytrade_live.runner.alerts import Severity
from copytrade_live.settings import NewsKind
from tests.builders import NOW

ALERT: dict[str, Any] = {
    "status": "firing",
    "labels": {"alertname": "CopytradeDown", "severity": "critical", "instance": "127.0.0.1:9090"},
    "annotations": {
        "summary": "The runner does not answer.",
        "description": "For a minute.",
        "runbook": "docs/runbook.md#copytradedown",
    },
}


def post(content: Any, **headers: str) -> tuple[int, list[News]]:
    told: list[News] = []

    async def ask() -> int:
        transport = httpx.ASGITransport(app=build_hook(told.append, ManualClock(NOW)))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9095") as client:
            answer = await client.post("/alerts", json=content, headers=headers)
            return answer.status_code

    return asyncio.run(ask()), told


def test_a_fired_alert_is_news_as_bad_as_it_says_with_its_page() -> None:
    status, [told] = post({"alerts": [ALERT]})
    assert status == 200
    assert (told.kind, told.severity, told.at) == (NewsKind.ALERTS, Severity.CRITICAL, NOW)
    assert told.text.startswith("CopytradeDown fires: The runner does not answer. For a minute.")
    assert told.text.endswith("docs/runbook.md#copytradedown")


def test_one_that_is_over_is_said_quietly() -> None:
    _, [told] = post({"alerts": [{**ALERT, "status": "resolved"}]})
    assert (told.severity, told.text) == (Severity.INFO, "CopytradeDown is over: The runner does not answer.")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "evil.example"}, 400),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_a_page_in_a_browser_cannot_speak_here(headers: dict[str, str], status: int) -> None:
    assert post({"alerts": [ALERT]}, **headers) == (status, [])


@pytest.mark.parametrize("content", [[], {}, {"alerts": 1}, {"alerts": ["x"]}, {"alerts": [{"status": "firing"}]}])
def test_anything_else_is_refused(content: Any) -> None:
    assert post(content) == (400, [])


def test_more_than_a_message_can_hold_is_refused() -> None:
    assert post({"alerts": [], "more": "x" * 600_000})[0] == 413
