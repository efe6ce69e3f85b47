"""Why a run can stop early, and what to do before it can continue.

The keys are the values of ``reason`` in a run's result and in the history. Each is
also in docs/operations.md.
"""

from __future__ import annotations

from typing import NamedTuple


class StopReason(NamedTuple):
    """The texts for one reason.

    Args:
        clause: why the run stopped, for the middle of a sentence.
        next_step: the words before the command line that continues.
    """

    clause: str
    next_step: str


_CONTINUE = "To continue where it stopped"

STOP_REASONS = {
    "interrupted": StopReason("you stopped it", _CONTINUE),
    "keys_rejected": StopReason(
        "Customer.io rejected the keys",
        "When siteId, apiKey and region are correct, continue with",
    ),
    "unreachable": StopReason(
        "Customer.io could not be reached", "When it can be reached, continue with"
    ),
    "data_unreachable": StopReason(
        "the connection to the data was lost", "When it is back, run this again"
    ),
    "redirected": StopReason(
        "the API's address redirects elsewhere",
        "When the address is correct, continue with",
    ),
    "wrong_address": StopReason(
        "the API's address is probably wrong",
        "When the address is correct, continue with",
    ),
    "untrusted_certificate": StopReason(
        "the server's certificate was not accepted",
        "When its certificate is accepted, continue with",
    ),
    "state_unwritable": StopReason(
        "the state folder could not be written to",
        "When it can be written to, continue with",
    ),
    "invalid_state": StopReason(
        "the state folder is damaged", "When it is restored, continue with"
    ),
    "proxy_unusable": StopReason(
        "the proxy could not be used",
        "When the proxy's address is correct, continue with",
    ),
    "ca_bundle_missing": StopReason(
        "the CA bundle does not exist", "When its path is correct, continue with"
    ),
    "too_many_threads": StopReason(
        "the system does not allow more threads",
        "With a lower parallelism, continue with",
    ),
    "too_many_open_files": StopReason(
        "the system does not allow more open files",
        "With a lower parallelism, continue with",
    ),
    "out_of_memory": StopReason(
        "there was not enough memory",
        "With more memory or a lower parallelism, continue with",
    ),
    "until_reached": StopReason("the time of -until was reached", _CONTINUE),
    "too_many_dead_letters": StopReason(
        "there were too many dead letters", "When their cause is fixed, continue with"
    ),
    "invalid_data": StopReason(
        "the data file is broken", "When the file is fixed, run this again"
    ),
    "killed": StopReason("it was killed", _CONTINUE),
}


def stop_reason(reason: str) -> StopReason:
    """Return the texts for a ``reason``, even for one of another version."""
    return STOP_REASONS.get(reason, StopReason(reason, _CONTINUE))
