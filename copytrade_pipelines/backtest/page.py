"""Pages of backtests: one template each over a common frame, everything in the file, all text of data escaped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import jinja2
from markupsafe import Markup

from copytrade_pipelines.backtest.figures import render_svg
from copytrade_pipelines.backtest.palette import DARK, LIGHT, declarations
from copytrade_pipelines.backtest.report_numbers import bounds, moment, money, share, shorten, tone
from copytrade_pipelines.backtest.report_plots import Plot


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure of a page: as it is drawn on a phone, and where there is room; narrow is None when there is none."""

    name: str
    title: str
    note: str
    narrow: Markup | None
    wide: Markup | None


def page_of(template: str, **values: object) -> str:
    """A page as text."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("copytrade_pipelines.backtest", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "moment": moment,
        "wallet": shorten,
        "money": money,
        "share": share,
        "tone": tone,
        "count": lambda number: f"{number:,}",
    }
    environment.globals["bounds"] = bounds
    return environment.get_template(template).render(light=declarations(LIGHT), dark=declarations(DARK), **values)


def pictures(plots: Iterable[Plot]) -> list[Picture]:
    """Figures drawn for a page. Their text is escaped by what draws them."""
    return [
        Picture(
            name=plot.name,
            title=plot.title,
            note=plot.note,
            narrow=Markup(render_svg(plot.draw, plot.title)) if plot.draw else None,  # noqa: S704 drawn by us
            wide=Markup(render_svg(plot.wide, plot.title)) if plot.wide else None,  # noqa: S704 drawn by us
        )
        for plot in plots
    ]
