"""`python -m flawmap_cli` is `flawmap`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """Run one command; returns the exit code."""
    try:
        # Here, not above: Ctrl-C while modules load is no more than "stop", either.
        from .main import main as run

        return run()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
