"""Generated pages say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from copytrade_live import docs
from copytrade_live.config_file import settings_of
from copytrade_live.core.reasons import AbandonReason, ExitReason, HaltReason, HoldReason, MuteReason, RejectReason

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", docs.pages(), ids=lambda path: path.name)
def test_a_generated_page_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == docs.pages()[path], "run: make docs"


def test_a_page_that_drifts_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(docs, "reasons_page", lambda: "something else\n")
    assert docs.main(["--check"]) == 1
    assert "docs/reasons.md" in capsys.readouterr().out


def test_every_reason_is_listed() -> None:
    page = docs.reasons_page()
    for kind in (RejectReason, ExitReason, HoldReason, HaltReason, MuteReason, AbandonReason):
        assert not [reason for reason in kind if f"| `{reason.value}` |" not in page]


def test_every_setting_is_listed() -> None:
    page = docs.config_page()
    assert not [setting for setting in settings_of() if f"| `{setting.name}` |" not in page]


def test_pages_link_only_to_what_exists() -> None:
    import re

    broken = []
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert not broken
