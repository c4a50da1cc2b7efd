"""`python -m flawmap_engine run`: the engine process."""

from .lifecycle import main

__all__: list[str] = []

if __name__ == "__main__":
    raise SystemExit(main())
