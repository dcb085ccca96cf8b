"""What the runner shows of itself."""

from __future__ import annotations

from pydantic import Field

from copytrade_live.core.config import Section


class ObservabilityConfig(Section):
    """What the runner shows of itself: metrics and health over HTTP, and the decision log."""

    enabled: bool = Field(True, description="Serve /metrics, /healthz and /readyz while the runner runs.")
    host: str = Field("127.0.0.1", description="Address to listen on; others than loopback need expose.")
    port: int = Field(9090, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    allowed_hosts: tuple[str, ...] = Field(
        (), description="Names that a request's Host header may carry, besides localhost and the address itself."
    )
    expose: bool = Field(
        False,
        description="Listen where other machines can reach it: needs TLS in front and a token, 32 characters or more, "
        "in COPYTRADE_METRICS_TOKEN.",
    )
    wallet_labels: bool = Field(
        False, description="Name the leaders in metrics; whoever reads them learns whom you copy."
    )
    alert_sinks: tuple[str, ...] = Field(
        (), description="Objects told of halts, voids and the like, besides the log: module:object with send(alert)."
    )
    decision_log_megabytes: float = Field(50.0, gt=0, description="Size at which the decision log is put aside, MB.")
    decision_log_files: int = Field(
        20, ge=1, description="Decision logs put aside that are kept; the journal has it all."
    )
