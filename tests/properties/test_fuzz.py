"""Any input from outside: no traceback, and no wrong value."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cio_pipeline.core.config import read_config
from cio_pipeline.core.errors import ConfigError
from cio_pipeline.core.jobs import Halt, Rejected, Reply, Synced
from cio_pipeline.customerio.batch import judge_batch, make_body
from tests.support.builders import make_job

NOW = datetime(2026, 11, 24, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "parallelism": 25,
    "userId": "id",
    "mappings": [{"from": "a", "to": "b"}],
    "siteId": "s",
    "apiKey": "hunter2hunter2",
    "region": "eu",
    "trackUrl": "https://track.example.com",
    "requestsPerSecond": 10,
    "timeoutSeconds": 5,
}
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["http://", "https://[", "us", "\ud800", "x" * 200]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["from", "to", "type", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
_in_tmp = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@_in_tmp
@given(key=st.sampled_from([*GOOD, "unknown", "Parallelism"]), value=_json)
def test_no_configuration_breaks_the_reader(
    tmp_path: Path, key: str, value: Any
) -> None:
    """A value is accepted, or refused in one line with the file and the key."""
    path = tmp_path / "c.json"
    path.write_text(json.dumps(GOOD | {key: value}), "utf-8")
    try:
        read_config(str(path))
    except ConfigError as error:
        said = str(error)
    else:
        return
    assert str(path) in said
    assert key in said
    assert "\n" not in said
    assert "hunter2" not in said


@_in_tmp
@given(
    name=st.sampled_from(["c.json", "c.yaml", "c.toml"]),
    content=st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | st.text("-:[]{}#&*!|>'\"%@`,?=. \n\t\\0aux", max_size=60).map(str.encode),
)
def test_no_bytes_break_the_configurations_reader(
    tmp_path: Path, name: str, content: bytes
) -> None:
    """Nearly all bytes are not a configuration."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        read_config(str(path))


@settings(max_examples=400, deadline=None)
@given(
    status=st.sampled_from([200, 207, 207, 207, 400, 413, 503]),
    document=st.dictionaries(
        st.sampled_from(["errors", "meta"]),
        st.lists(
            st.dictionaries(
                st.sampled_from(["batch_index", "reason", "message", "field"]),
                _json | st.integers(-1, 4),
            )
            | _json,
            max_size=3,
        )
        | _json,
    )
    | _json,
    count=st.integers(1, 3),
)
def test_no_answer_to_a_batch_breaks_its_judge(
    status: int, document: Any, count: int
) -> None:
    """It gives one outcome for the body, or one for each of its items."""
    reply = Reply(status, json.dumps(document).encode("utf-8", "surrogatepass"))

    judged = judge_batch(reply, count, NOW)

    if not isinstance(judged, Halt):
        assert len(judged.of_jobs) == count
        assert all(
            isinstance(each, Synced | Rejected)
            if judged.of_all is None
            else each == judged.of_all
            for each in judged.of_jobs
        )


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
        min_size=1,
        max_size=5,
    )
)
def test_a_body_has_every_identifier_exactly(user_ids: list[str]) -> None:
    """Including quotes and control characters."""
    jobs = [make_job(n, user_id) for n, user_id in enumerate(user_ids)]

    items = json.loads(make_body(jobs))["batch"]

    assert [next(iter(item["identifiers"].values())) for item in items] == [
        user_id.removeprefix("cio_") for user_id in user_ids
    ]
