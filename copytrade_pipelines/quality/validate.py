"""Runs a suite over a frame with Great Expectations, imported only when called: 7 s and 220 MB otherwise."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from copytrade_pipelines.quality.expectations import Expect, Severity, Suite

if TYPE_CHECKING:
    import pandas as pd

# Enough to see what is wrong, little enough for a page.
SAMPLE_ROWS = 20
# pandas and Great Expectations take about a second for a million rows; the SQL models look at every row.
NEWEST_ROWS = 1_000_000
# Where a demand stands in its suite.
_PLACE = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A demand that a frame does not meet. Shape: rows holds at most SAMPLE_ROWS bad rows, values as text."""

    expectation: str
    severity: Severity
    found: str
    rows: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """One run of a suite. Shape: outcomes are Great Expectations' own results as JSON, in the suite's order."""

    suite: Suite
    rows: int
    outcomes: tuple[Mapping[str, Any], ...]
    failures: tuple[Failure, ...]


def read(suite: Suite, con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The newest rows of a suite's table, at most NEWEST_ROWS."""
    return con.execute(f"{suite.query}\nlimit {NEWEST_ROWS}").df()


def validate(suite: Suite, frame: pd.DataFrame) -> list[Failure]:
    """Check every demand of a suite on a frame; an empty list says all are met."""
    return list(examine(suite, frame).failures)


def examine(suite: Suite, frame: pd.DataFrame) -> Validation:
    """The same, with everything Great Expectations said."""
    outcomes = _outcomes(suite, frame)
    by_demand = zip(suite.expectations, outcomes, strict=True)
    failures = tuple(_failure(expect, outcome, frame) for expect, outcome in by_demand if not outcome["success"])
    return Validation(suite=suite, rows=len(frame), outcomes=tuple(outcomes), failures=failures)


def _outcomes(suite: Suite, frame: pd.DataFrame) -> list[dict[str, Any]]:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    with warnings.catch_warnings():  # it imports modules that Python has deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig
        from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
        from great_expectations.expectations.metadata_types import FailureSeverity

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batch = (
        context.data_sources.add_pandas("pandas")
        .add_dataframe_asset(suite.name)
        .add_batch_definition_whole_dataframe("whole")
        .get_batch({"dataframe": frame})
    )
    # All at once, so that what they ask of a column is found once. They come back in another order.
    demands = [
        ExpectationConfiguration(
            type=expect.type,
            kwargs=dict(expect.arguments),
            severity=FailureSeverity(expect.severity.value),
            meta={_PLACE: place},
        ).to_domain_obj()
        for place, expect in enumerate(suite.expectations)
    ]
    form = {"result_format": "SUMMARY", "partial_unexpected_count": SAMPLE_ROWS}
    asked = gx.ExpectationSuite(name=suite.name, expectations=demands)
    outcomes = [one.to_json_dict() for one in batch.validate(asked, result_format=form).results]
    return sorted(outcomes, key=lambda outcome: int(outcome["expectation_config"]["meta"].pop(_PLACE)))


def _failure(expect: Expect, outcome: Mapping[str, Any], frame: pd.DataFrame) -> Failure:
    result = outcome["result"]
    indexes = result.get("partial_unexpected_index_list") or []
    return Failure(
        expectation=expect.sentence,
        severity=expect.severity,
        found=_found(outcome, result),
        rows=tuple(_as_text(frame.iloc[index]) for index in indexes[:SAMPLE_ROWS]),
    )


def _found(outcome: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    raised = outcome.get("exception_info") or {}
    if "unexpected_count" in result:
        return f"{result['unexpected_count']} of {result['element_count']} rows"
    if "observed_value" in result:
        return f"was {result['observed_value']}"
    return f"could not be checked: {raised.get('exception_message') or raised}"


def _as_text(row: pd.Series[Any]) -> dict[str, str]:
    import pandas as pd

    missing = {name for name, value in row.items() if pd.api.types.is_scalar(value) and pd.isna(value)}
    return {str(name): "" if name in missing else str(value) for name, value in row.items()}
