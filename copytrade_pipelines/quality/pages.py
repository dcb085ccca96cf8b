"""Data docs: the last results of the suites as static pages that load nothing from anywhere.

Great Expectations renders the pages; its links, scripts, styles and the logo that reports each opening are taken out.
"""

from __future__ import annotations

import html
import os
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from copytrade_live.clock import to_iso
from copytrade_live.durable import write_durably
from copytrade_pipelines.quality.results import StoredResult

STYLE_FILE = Path(__file__).with_name("pages.css")
INDEX = "index.html"
# Everything that fetches: scripts, styles and fonts from elsewhere, frames, the beacon's picture.
_LOADERS = re.compile(
    r"<script\b.*?</script\s*>|<script\b[^>]*/>|<noscript\b.*?</noscript\s*>|<link\b[^>]*>|<img\b[^>]*>"
    r"|<iframe\b.*?</iframe\s*>|<base\b[^>]*>|<meta\b[^>]*http-equiv[^>]*>|@import[^;]*;|<style\b.*?</style\s*>",
    re.IGNORECASE | re.DOTALL,
)
# Its menu leads to pages that there are none of here.
_FURNITURE = re.compile(
    r"<nav\b.*?</nav\s*>|</nav\s*>|<footer\b.*?</footer\s*>|<form\b.*?</form\s*>", re.IGNORECASE | re.DOTALL
)
# What is left of an address is text: a link becomes its words, and an address in words loses its scheme.
_LINK = re.compile(r"<a\b[^>]*href\s*=\s*[\"']?(?:(?:https?:)?//|\.\./)[^>]*>(.*?)</a\s*>", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(r"(?:https?:)?//(?=[\w\[])", re.IGNORECASE)
_HANDLER = re.compile(r"\son\w+\s*=\s*(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_HEAD = re.compile(r"</head\s*>", re.IGNORECASE)


def write_pages(folder: Path, results: Sequence[StoredResult]) -> list[Path]:
    """Write one page a result, and an index of them. Returns: what was written, the index first."""
    style = STYLE_FILE.read_text(encoding="utf-8")
    pages = {f"{one.suite}.html": _clean(_render(one), style) for one in results}
    pages = {INDEX: _index(results, style), **pages}
    for name, text in pages.items():
        write_durably(folder / name, text.encode())
    return [folder / name for name in pages]


def outside_references(text: str) -> list[str]:
    """What in a page would reach another host, or could load something."""
    loaders = (found.group(0)[:80] for found in _LOADERS.finditer(text))
    return _ADDRESS.findall(text) + [one for one in loaders if not one.lower().startswith("<style")]


def _clean(page: str, style: str) -> str:
    text = _FURNITURE.sub("", _LOADERS.sub("", page))
    text = _HANDLER.sub("", _LINK.sub(r"\1", text))
    text = _ADDRESS.sub("", text)
    back = f'<p class="back"><a href="{INDEX}">All suites</a></p>'
    text = re.sub(r"(<body\b[^>]*>)", rf"\1{back}", text, count=1, flags=re.IGNORECASE)
    return _HEAD.sub(lambda _: f"<style>{style}</style></head>", text, count=1)


def _render(result: StoredResult) -> str:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    with warnings.catch_warnings():  # it imports modules that Python has deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        from great_expectations.core.expectation_validation_result import (
            ExpectationSuiteValidationResult,
            ExpectationSuiteValidationResultSchema,
        )
        from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
        from great_expectations.render.view.view import DefaultJinjaPageView

    loaded: Any = ExpectationSuiteValidationResultSchema().load(_suite_result(result))
    whole = (
        loaded if isinstance(loaded, ExpectationSuiteValidationResult) else ExpectationSuiteValidationResult(**loaded)
    )
    document = ValidationResultsPageRenderer(run_info_at_end=True).render(whole)
    view: Any = DefaultJinjaPageView()
    return str(view.render(document))


def _suite_result(result: StoredResult) -> dict[str, object]:
    total, good = len(result.outcomes), len(result.outcomes) - result.broken
    return {
        "success": result.broken == 0,
        "suite_name": result.suite,
        "results": [dict(outcome) for outcome in result.outcomes],
        "suite_parameters": {},
        "statistics": {
            "evaluated_expectations": total,
            "successful_expectations": good,
            "unsuccessful_expectations": result.broken,
            "success_percent": 100.0 * good / total if total else None,
        },
        "meta": {"run_id": {"run_name": result.suite, "run_time": to_iso(result.checked_at)}},
    }


def _index(results: Iterable[StoredResult], style: str) -> str:
    rows = "".join(_index_row(one) for one in results)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Data docs</title>'
        f"<style>{style}</style></head><body><div class='container'><h1>Data docs</h1>"
        "<p>The last result of every suite. Results are kept each time the checks run.</p>"
        "<table class='table'><thead><tr><th>suite</th><th>table</th><th>rows</th><th>demands</th><th>broken</th>"
        f"<th>checked at</th></tr></thead><tbody>{rows}</tbody></table></div></body></html>"
    )


def _index_row(one: StoredResult) -> str:
    mark = "broken" if one.broken else "met"
    cells: Mapping[str, object] = {
        "table": one.table,
        "rows": f"{one.rows:,}",
        "demands": len(one.outcomes),
        "broken": one.broken,
        "checked": to_iso(one.checked_at)[:19].replace("T", " "),
    }
    listed = "".join(f"<td>{html.escape(str(value))}</td>" for value in cells.values())
    name = html.escape(one.suite)
    return f"<tr class='{mark}'><td><a href='{name}.html'>{name}</a></td>{listed}</tr>"
