"""A local stand-in for Customer.io's Track and App APIs.

Written from Customer.io's documentation alone. It imports nothing of the
program's, so that a misreading in the client cannot hide in it.
"""

from cio_pipeline.sandbox.faults import Faults
from cio_pipeline.sandbox.server import Sandbox, SandboxSettings, serve

__all__ = ["Faults", "Sandbox", "SandboxSettings", "serve"]
