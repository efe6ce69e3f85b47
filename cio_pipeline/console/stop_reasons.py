"""Why a run can stop early, and what a person does before going on.

The reasons are the values of ``reason`` in a run's result and in the history. Each
is also in docs/operations.md.
"""

from __future__ import annotations

from typing import NamedTuple


class StopReason(NamedTuple):
    """A reason in words.

    Args:
        clause: why, for the middle of a sentence.
        next_step: what a command line that goes on is introduced with.
    """

    clause: str
    next_step: str


_GO_ON = "To go on where it stopped"

STOP_REASONS = {
    "interrupted": StopReason("you stopped it", _GO_ON),
    "keys_rejected": StopReason(
        "Customer.io rejected the keys",
        "Once siteId, apiKey and region are right, go on with",
    ),
    "unreachable": StopReason(
        "Customer.io was out of reach", "When Customer.io is back, go on with"
    ),
    "redirected": StopReason(
        "the API's address redirects elsewhere", "Once the address is right, go on with"
    ),
    "wrong_address": StopReason(
        "the API's address is probably wrong", "Once the address is right, go on with"
    ),
    "untrusted_certificate": StopReason(
        "the server's certificate was not accepted",
        "Once its certificate is accepted, go on with",
    ),
    "state_unwritable": StopReason(
        "the state folder took no more writes",
        "Once the state can be written, go on with",
    ),
    "invalid_state": StopReason(
        "the state folder is damaged", "Once the state folder is restored, go on with"
    ),
    "proxy_unusable": StopReason(
        "the proxy could not be used", "Once the proxy is named rightly, go on with"
    ),
    "ca_bundle_missing": StopReason(
        "the CA bundle is not there", "Once the bundle is named rightly, go on with"
    ),
    "too_many_threads": StopReason(
        "the system let no more threads be started",
        "With a lower parallelism, go on with",
    ),
    "too_many_open_files": StopReason(
        "the system allowed no more open files", "With a lower parallelism, go on with"
    ),
    "out_of_memory": StopReason(
        "there was not enough memory",
        "With more memory or a lower parallelism, go on with",
    ),
    "invalid_data": StopReason(
        "the data file broke off", "Once the file is mended, run it again"
    ),
    "killed": StopReason("it was killed", _GO_ON),
}


def stop_reason(reason: str) -> StopReason:
    """Return the words of a result's ``reason``, of another version's too."""
    return STOP_REASONS.get(reason, StopReason(reason, _GO_ON))
