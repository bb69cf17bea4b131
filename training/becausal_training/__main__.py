"""Command line: `python -m becausal_training <step>`."""

import sys

from becausal_training.cli import main

sys.exit(main())
