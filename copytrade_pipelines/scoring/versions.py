"""The methods that scores can be made by. A change that moves any score gets a new name; old ones stay runnable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from copytrade_live.errors import ConfigError
from copytrade_pipelines.scoring.edges import Estimator
from copytrade_pipelines.scoring.mixture import mixture_edges
from copytrade_pipelines.scoring.shrinkage import normal_edges


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One method: how sums of events become beliefs, and by which of them wallets are ranked."""

    name: str
    meaning: str
    estimate: Estimator
    rank_by: Literal["edge_mean", "lcb10"]


VERSIONS: Mapping[str, Version] = MappingProxyType(
    {
        version.name: version
        for version in (
            Version(
                name="ce1",
                meaning="Normal prior for each part, fitted by moments; ranked by the lower bound.",
                estimate=normal_edges,
                rank_by="lcb10",
            ),
            Version(
                name="ce2",
                meaning="Mixture prior over both parts together, fitted by EM; ranked by the mean.",
                estimate=mixture_edges,
                rank_by="edge_mean",
            ),
        )
    }
)


def version_named(name: str) -> Version:
    """The version of that name."""
    if name not in VERSIONS:
        raise ConfigError(f"scoring knows the versions {', '.join(VERSIONS)}, was {name!r}")
    return VERSIONS[name]
