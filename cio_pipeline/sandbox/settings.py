"""How the sandbox is run."""

from __future__ import annotations

from dataclasses import dataclass, field

from cio_pipeline.sandbox.faults import Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """How the sandbox is run.

    Args:
        port: 0 takes a free one.
        seed: makes the faults that come by chance come again.
    """

    port: int = 8080
    site_id: str = "sandbox-site"
    api_key: str = "sandbox-key"
    app_api_key: str = "sandbox-app-key"
    faults: Faults = field(default_factory=Faults)
    seed: int | None = None
