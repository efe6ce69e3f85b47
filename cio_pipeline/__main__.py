"""Sync a file of users into Customer.io: ``python -m cio_pipeline -help``."""

import sys

from cio_pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main())
