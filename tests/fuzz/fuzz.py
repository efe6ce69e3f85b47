"""Makes inputs that reach new code, and finds those that break a reader (atheris).

    python tests/fuzz/fuzz.py json --seconds 120

It starts from the inputs in tests/data/fuzz/TARGET. Inputs that reached new code are
in build/fuzz/TARGET afterwards; one that broke the reader is printed and kept there as
`crash-…`. Copy that into tests/data/fuzz/TARGET: `make test` tries it then, always.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import atheris

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))

with atheris.instrument_imports(include=["cio_pipeline"]):
    from tests.support.fuzz_targets import TARGETS


def main() -> None:
    """Fuzz one target."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=120)
    chosen = parser.parse_args()
    found = PROJECT / "build" / "fuzz" / chosen.target
    kept = PROJECT / "tests" / "data" / "fuzz" / chosen.target
    found.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={chosen.seconds}",
        "-max_len=4096",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
    ]
    atheris.Setup(
        [sys.argv[0], *options, str(found), str(kept)], TARGETS[chosen.target]
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
