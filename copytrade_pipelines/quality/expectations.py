"""What may be demanded of a table, as values: Great Expectations is named here but not imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a broken demand is; the values are those of Great Expectations. Critical ones stop publishing."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """One demand: an expectation type of Great Expectations and its arguments."""

    type: str
    arguments: Mapping[str, object]
    severity: Severity = Severity.CRITICAL

    @property
    def sentence(self) -> str:
        """The demand as a line to read."""
        said = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.type.removeprefix('expect_').replace('_', ' ')} ({said})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The demands on one table. query reads it, newest rows first, and makes the columns that the demands are on."""

    name: str
    table: str
    query: str
    expectations: tuple[Expect, ...]


def never_null(*columns: str) -> tuple[Expect, ...]:
    """No value is missing."""
    return tuple(Expect(type="expect_column_values_to_not_be_null", arguments={"column": name}) for name in columns)


def key(*columns: str) -> Expect:
    """The columns together name one row."""
    if len(columns) == 1:
        return Expect(type="expect_column_values_to_be_unique", arguments={"column": columns[0]})
    return Expect(type="expect_compound_columns_to_be_unique", arguments={"column_list": list(columns)})


def between(column: str, low: float, high: float, *, severity: Severity = Severity.CRITICAL) -> Expect:
    """Every value that is there lies within both bounds."""
    arguments = {"column": column, "min_value": low, "max_value": high}
    return Expect(type="expect_column_values_to_be_between", arguments=arguments, severity=severity)


def above(column: str, low: float) -> Expect:
    """Every value that is there is greater than low."""
    arguments = {"column": column, "min_value": low, "strict_min": True}
    return Expect(type="expect_column_values_to_be_between", arguments=arguments)


def at_least(column: str, low: float) -> Expect:
    """No value that is there is less than low."""
    return Expect(type="expect_column_values_to_be_between", arguments={"column": column, "min_value": low})


def one_of(column: str, *values: object, severity: Severity = Severity.CRITICAL) -> Expect:
    """Every value that is there is one of these."""
    arguments = {"column": column, "value_set": list(values)}
    return Expect(type="expect_column_values_to_be_in_set", arguments=arguments, severity=severity)


def like(column: str, pattern: str) -> Expect:
    """Every value that is there matches the pattern."""
    return Expect(type="expect_column_values_to_match_regex", arguments={"column": column, "regex": pattern})


def not_before(later: str, earlier: str) -> Expect:
    """Of two times or numbers in a row, where both are there, the first is not less than the second."""
    return Expect(
        type="expect_column_pair_values_a_to_be_greater_than_b",
        arguments={
            "column_A": later,
            "column_B": earlier,
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    )


def has_rows(*, severity: Severity) -> Expect:
    """The table is not empty."""
    return Expect(type="expect_table_row_count_to_be_between", arguments={"min_value": 1}, severity=severity)
