"""What must be true on every worker before a shard is started there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cio_pipeline
from cio_pipeline.commands.secret_values import with_secrets
from cio_pipeline.core.config import read_config, require_track_keys
from cio_pipeline.core.errors import CioPipelineError, QueueInUse, UsageError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.core.shard import Shard
from cio_pipeline.core.text import shortened
from cio_pipeline.source import find_inputs
from cio_pipeline.store import make_private_folder, queue_folder
from cio_pipeline.store.resharding import refuse_beside_others
from cio_pipeline.store.run_lock import holder

_PACKAGES = ("dask", "distributed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What the driver sees, and every worker must see too.

    Args:
        config: the configuration file.
        config_digest: of its content.
        state: the state folder.
        nonce: the name of a file that the driver has written there.
        shards: how many shards there are.
        data: the names of the data files; empty for a query.
        options: how they are read.
        member: as in `find_inputs`.
        fingerprints: those of the data files.
        secrets: the names of the keys of the configuration that are needed.
    """

    config: str
    config_digest: str
    state: str
    nonce: str
    shards: int
    data: tuple[str, ...]
    options: ReadOptions
    member: str | None
    fingerprints: tuple[str | None, ...]
    secrets: tuple[str, ...]


def versions() -> dict[str, str]:
    """Return the versions that must be equal on all machines."""
    found = {"cio-pipeline": cio_pipeline.__version__}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def digest_of_file(path: str) -> str:
    """Return a digest of a file's content.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def inspect_worker(inspection: Inspection) -> tuple[str, bool, bool]:
    """Compare this worker with the driver; runs on the worker.

    Returns:
        What is wrong, or empty text; whether that is a run that is still ending; and
        whether it sees the driver's state folder.
    """
    try:
        _check_inputs(inspection)
        state = Path(inspection.state)
        make_private_folder(state)
        _check_queues(inspection)
    except CioPipelineError as error:
        return str(error), isinstance(error, QueueInUse), False
    return "", False, (state / inspection.nonce).exists()


def _check_inputs(inspection: Inspection) -> None:
    if digest_of_file(inspection.config) != inspection.config_digest:
        raise UsageError(f"{inspection.config} is not the driver's configuration")
    path = inspection.config
    config = with_secrets(read_config(path), path, list(inspection.secrets))
    require_track_keys(config, path)
    if not inspection.data:
        return
    inputs = find_inputs(inspection.data, inspection.options, member=inspection.member)
    found = tuple(item.fingerprint() for item in inputs.items)
    if len(found) != len(inspection.fingerprints):
        raise UsageError(
            f"-data finds {len(found):,} files, and {len(inspection.fingerprints):,} on"
            " the driver's machine"
        )
    for item, here, there in zip(
        inputs.items, found, inspection.fingerprints, strict=True
    ):
        if here != there:
            raise UsageError(
                f"{item.path} is not the driver's file: its size, content or"
                " modification time differs"
            )


def _check_queues(inspection: Inspection) -> None:
    path = inspection.config
    config = with_secrets(read_config(path), path, ["siteId"])
    for index in range(inspection.shards):
        shard = Shard(index, inspection.shards)
        folder = queue_folder(config, path, Path(inspection.state), shard)
        if index == 0:
            refuse_beside_others(folder, is_loading=True)
        pid = holder(folder)
        if pid is not None:
            raise QueueInUse(
                f"another run (process {pid}) is working on shard {shard} in the state"
                f" folder {inspection.state}. Wait for it to end"
            )


def version_problem(
    here: Mapping[str, str], workers: Mapping[str, Mapping[str, str] | BaseException]
) -> str | None:
    """Return the first difference of versions, or that a worker has no program.

    Args:
        here: those of the driver.
        workers: those of each worker, or the error instead.
    """
    for worker, found in workers.items():
        if isinstance(found, BaseException):
            why = shortened(f"{type(found).__name__}: {found}", 200)
            return (
                f"worker {worker} cannot run this program ({why}). Install it there:"
                f" pip install 'cio-pipeline[cluster]=={here['cio-pipeline']}'"
            )
        for name, wanted in here.items():
            if found.get(name) != wanted:
                return (
                    f"worker {worker} has {name} {found.get(name)}, and this machine"
                    f" has {wanted}. Install the same version on all of them"
                )
    return None


def is_shared_state(workers: Mapping[str, Any]) -> bool:
    """Return whether all workers share the driver's state folder.

    Args:
        workers: the result of `inspect_worker` for each.

    Raises:
        UsageError: something is wrong on a worker, or only some share it.
        QueueInUse: a worker has a shard that runs already.
    """
    for worker, result in workers.items():
        if isinstance(result, BaseException):
            raise UsageError(f"worker {worker}: {result!r}")
        problem, is_busy, _ = result
        if problem:
            kind = QueueInUse if is_busy else UsageError
            raise kind(f"worker {worker}: {problem}")
    sees = {worker: shared for worker, (_, _, shared) in workers.items()}
    if len(set(sees.values())) > 1:
        one, other = (next(w for w, s in sees.items() if s is b) for b in (True, False))
        raise UsageError(
            f"worker {one} shares the state folder of this machine, and worker {other}"
            " does not. Give -state a folder that all of them share, or none of them"
        )
    return all(sees.values())
