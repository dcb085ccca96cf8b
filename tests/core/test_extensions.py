"""The worked examples of docs/extensions.md do what the page says."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.decide import Approved, decide
from copytrade_live.core.exits import Exit, Hold, decide_exit, mirrors
from copytrade_live.core.market import Level
from copytrade_live.core.reasons import ExitReason, Rejected
from copytrade_live.errors import ConfigError
from copytrade_live.extensions import load_extensions
from tests.builders import NOW, OTHER_WALLET, WALLET, book, context, portfolio, position, score, snapshot, standing

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extensions.md").read_text(encoding="utf-8")


@pytest.fixture
def page_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DecisionConfig:
    """Everything that the page shows, loaded."""
    names = re.findall(r"```python title=(\w+)\.py\n(.*?)```", PAGE, re.DOTALL)
    for name, code in names:
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    sections: dict[str, Any] = {}
    for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        sections |= yaml.safe_load(text)
    config = DecisionConfig.model_validate(sections)
    load_extensions(config)
    return config


def test_the_sizing_rule_of_the_page_stakes_one_percent_and_caps_hold(page_config: DecisionConfig) -> None:
    answer = decide(context(config=page_config))
    assert isinstance(answer, Approved)
    assert answer.trace.notional == pytest.approx(10.0)
    assert answer.order.limit == 0.5
    no_edge = standing(snapshot=snapshot(score(edge_mean=-0.01)))
    assert isinstance(decide(context(config=page_config, standing=no_edge)), Rejected)


def test_the_exit_policy_of_the_page_holds_for_its_leader_alone(page_config: DecisionConfig) -> None:
    held = position(cost=70_000_000)
    for bid, reason in ((0.9, None), (0.96, ExitReason.TAKE_PROFIT), (0.3, ExitReason.STOP_LOSS)):
        answer = decide_exit(held, book(bids=(Level(bid, 9e3),)), portfolio(), page_config, NOW)
        assert (answer.reason if isinstance(answer, Exit) else None) is reason
    other = position(cost=50_000_000, wallet=OTHER_WALLET)
    taken = decide_exit(other, book(bids=(Level(0.9, 9e3),)), portfolio(), page_config, NOW)
    assert isinstance(taken, Exit)


@pytest.mark.parametrize("policy", ["hold", "take_profit", "stop_loss", "time", "mirror", "rules"])
def test_named_policies_ask_only_their_own_rules(policy: str) -> None:
    config = DecisionConfig.model_validate({"leaders": {WALLET.upper().replace("0X", "0x"): {"exit_policy": policy}}})
    load_extensions(config)
    assert mirrors(config, WALLET) is (policy in ("mirror", "rules"))
    calls = {0.9: "take_profit", 0.2: "stop_loss"}
    for bid, name in calls.items():
        answer = decide_exit(position(), book(bids=(Level(bid, 9e3),)), portfolio(), config, NOW)
        assert isinstance(answer, Exit if policy in (name, "rules") else Hold)
    ending = decide_exit(position(), book(bids=(Level(0.5, 9e3),)), portfolio(), config, NOW + 5 * 86_400_000)
    assert isinstance(ending, Exit if policy in ("time", "rules") else Hold)


def test_a_leaders_own_caps_are_only_ever_narrower() -> None:
    def staked(**own: float) -> float:
        answer = decide(context(config=DecisionConfig.model_validate({"leaders": {WALLET: own}})))
        assert isinstance(answer, Approved)
        return answer.trace.notional

    assert staked(max_per_trade=0.015) == pytest.approx(15.0)
    assert staked(max_per_trade=0.9) == staked()
    assert staked(max_exposure=0.02) == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"sizing": {"rule": "kely"}}, "sizing.rule was kely: no sizing rule is called kely; there are kelly"),
        ({"execution": {"policy": "no_module:x"}}, r"execution\.policy was no_module:x, which cannot be loaded"),
        ({"exit": {"policy": "json:nothing"}}, r"exit\.policy was json:nothing"),
        ({"leaders": {"0xAB": {"exit_policy": "none"}}}, r"leaders\.0xab\.exit_policy was none"),
    ],
)
def test_a_rule_that_is_not_there_is_refused_when_the_config_is_read(sections: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_extensions(DecisionConfig.model_validate(sections))
