"""The sandbox's settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from cio_pipeline.sandbox.faults import Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """How to run the sandbox.

    Args:
        port: 0 uses a free one.
        seed: of the random faults; the same seed gives the same faults.
    """

    port: int = 8080
    site_id: str = "sandbox-site"
    api_key: str = "sandbox-key"
    app_api_key: str = "sandbox-app-key"
    faults: Faults = field(default_factory=Faults)
    seed: int | None = None
