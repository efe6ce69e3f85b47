"""Read a data file, and print what that cost.

    python reading.py ours|parser FILE
    python reading.py mapped FILE CONFIGURATION

- ``ours``: the program's reader returns each record.
- ``parser``: only what parses it. A JSON array: ``orjson.loads`` of all bytes. JSON
  Lines: ``orjson.loads`` of each line. CSV: ``csv.reader``, and a dict of each row.
- ``mapped``: the program's reader, and its mapper, up to the JSON text to send.

CPU seconds are counted from opening the file to the last record, without imports.
The garbage collector is off for ``ours`` and ``parser``: it would cost the parser
more, as all records of an array are in memory.
"""

from __future__ import annotations

import csv
import gc
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cio_pipeline.core.config import read_config
from cio_pipeline.core.mapping import Mapper
from cio_pipeline.source import open_source


def read(path: str) -> None:
    """Read with the program's reader."""
    with open_source(path) as source:
        _use_up(source.records())


def parse(path: str) -> object:
    """Parse, and return what must not be freed before the time is taken."""
    match Path(path).suffix:
        case ".jsonl":
            with Path(path).open("rb") as lines:
                return _use_up(map(orjson.loads, lines))
        case ".csv":
            with Path(path).open(encoding="utf-8", newline="") as file:
                rows = csv.reader(file)
                names = next(rows)
                return _use_up(dict(zip(names, row)) for row in rows)  # noqa: B905
        case _:
            return orjson.loads(Path(path).read_bytes())


def read_and_map(path: str, configuration: str) -> None:
    """Read and map, as a run does before it stores anything."""
    config = read_config(configuration)
    mapper = Mapper(config.user_id, config.mappings)
    with open_source(path) as source:
        _use_up(map(mapper.map_to_json, source.records()))


def _use_up(records: Iterable[Any]) -> object:
    return deque(records, maxlen=0)


def main() -> None:
    """Read, and print CPU seconds."""
    which, *arguments = sys.argv[1:]
    actions: dict[str, Callable[..., object]] = {
        "ours": read,
        "parser": parse,
        "mapped": read_and_map,
    }
    if which != "mapped":
        gc.disable()
    with open_source(arguments[0]):  # imports what reads this format
        pass
    began = time.process_time()
    _kept = actions[which](*arguments)
    print(time.process_time() - began)


if __name__ == "__main__":
    main()
