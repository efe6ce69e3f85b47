"""Sync a file of users into Customer.io: ``python main.py -help``."""

import sys
from pathlib import Path

# With PYTHONSAFEPATH or -P, Python does not add the folder of the script.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from cio_pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main())
