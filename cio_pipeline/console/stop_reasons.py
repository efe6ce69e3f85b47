"""Why a run can stop early, and what a person does before going on."""

from __future__ import annotations

BEFORE_GOING_ON = {
    "keys_rejected": "Once siteId, apiKey and region are right, go on with",
    "unreachable": "When Customer.io is back, go on with",
    "untrusted_certificate": "Once its certificate is accepted, go on with",
    "redirected": "Once the address is right, go on with",
    "wrong_address": "Once the address is right, go on with",
    "state_unwritable": "Once the state can be written, go on with",
    "proxy_unusable": "Once the proxy is named rightly, go on with",
    "ca_bundle_missing": "Once the bundle is named rightly, go on with",
    "too_many_threads": "With a lower parallelism, go on with",
    "too_many_open_files": "With a lower parallelism, go on with",
    "out_of_memory": "With more memory or a lower parallelism, go on with",
    "invalid_data": "Once the file is mended, run it again",
}


_STOP_REASONS = {
    "interrupted": "you stopped it",
    "keys_rejected": "Customer.io rejected the keys",
    "unreachable": "Customer.io was out of reach",
    "redirected": "the API's address redirects elsewhere",
    "wrong_address": "the API's address is probably wrong",
    "untrusted_certificate": "the server's certificate was not accepted",
    "state_unwritable": "the state folder took no more writes",
    "proxy_unusable": "the proxy could not be used",
    "ca_bundle_missing": "the CA bundle is not there",
    "too_many_threads": "the system let no more threads be started",
    "too_many_open_files": "the system allowed no more open files",
    "out_of_memory": "there was not enough memory",
    "invalid_data": "the data file broke off",
    "killed": "it was killed",
}


def stop_reason(reason: str) -> str:
    """Say the short word of a result's ``reason`` in a clause."""
    return _STOP_REASONS.get(reason, reason)
