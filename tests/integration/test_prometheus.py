"""The alert rules and the dashboard, with real Prometheus programs."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.support.api import ScriptedApi
from tests.support.program import Program

MONITORING = Path(__file__).resolve().parents[2] / "monitoring"
PATIENCE_SECONDS = 60.0
PROGRAMS = ("promtool", "prometheus", "prometheus-node-exporter")

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)), reason=f"needs {', '.join(PROGRAMS)}"
)


def test_the_alert_rules_fire_when_they_should() -> None:
    """They are judged by Prometheus's own tool, on made-up days."""
    file = MONITORING / "alerts_test.yml"

    judged = subprocess.run(
        [shutil.which("promtool") or "", "test", "rules", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert judged.returncode == 0, judged.stdout + judged.stderr


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(*command: str | Path) -> Iterator[None]:
    """Run a server, and end it."""
    process = subprocess.Popen(
        [shutil.which(str(command[0])) or "", *map(str, command[1:])],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def answer(url: str) -> Any:
    """Return the JSON at an address; None if nobody answers yet."""
    try:
        with build_opener(ProxyHandler({})).open(url) as reply:
            return json.load(reply)
    except URLError:
        return None


def query(prometheus: str, expression: str) -> list[Any]:
    """Return the result of a query."""
    document = answer(f"{prometheus}/api/v1/query?query={quote(expression)}")
    return [] if document is None else list(document["data"]["result"])


def scrape(folder: Path, metrics: Path) -> list[str | Path]:
    """Write Prometheus's configuration; return the node exporter's command."""
    exporter = f"127.0.0.1:{free_port()}"
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(MONITORING / "alerts.yml")],
        "scrape_configs": [
            {"job_name": "node", "static_configs": [{"targets": [exporter]}]}
        ],
    }
    # JSON is YAML.
    (folder / "prometheus.yml").write_text(json.dumps(configuration), "utf-8")
    return [
        "prometheus-node-exporter",
        f"--web.listen-address={exporter}",
        "--collector.disable-defaults",
        "--collector.textfile",
        f"--collector.textfile.directory={metrics.parent}",
    ]


def expressions() -> list[str]:
    """Return the queries of the dashboard's panels, for all sites and shards."""
    dashboard = json.loads((MONITORING / "dashboard.json").read_bytes())
    return [
        target["expr"].replace("$site_id", ".*").replace("$shard", ".*")
        for panel in dashboard["panels"]
        for target in panel["targets"]
    ]


def test_prometheus_reads_a_real_run(program: Program, api: ScriptedApi) -> None:
    """Each panel of the dashboard has a value, and a dead letter fires its alert."""
    metrics = program.folder / "textfile" / "cio_pipeline.prom"
    metrics.parent.mkdir()
    api.script("2", [400])
    assert program.sync([{"id": 1}, {"id": 2}], "-metrics", metrics).code == 1
    exporter = scrape(program.folder, metrics)
    port = free_port()
    prometheus = f"http://127.0.0.1:{port}"
    server = (
        "prometheus",
        f"--config.file={program.folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={program.folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    firing = 'ALERTS{alertname="CustomerIoDeadLetters", alertstate="firing"}'
    with running(*exporter), running(*server):
        deadline = time.monotonic() + PATIENCE_SECONDS
        empty = [*expressions(), firing]
        while empty and time.monotonic() < deadline:
            time.sleep(0.2)  # until Prometheus has scraped twice
            empty = [each for each in empty if not query(prometheus, each)]
        dead = query(prometheus, 'cio_pipeline_dead_letters_total{reason="rejected"}')

    assert empty == []
    assert [result["value"][1] for result in dead] == ["1"]
