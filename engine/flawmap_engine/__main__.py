"""`python -m flawmap_engine run`: the engine process."""

from .lifecycle import end_process, main

__all__: list[str] = []

if __name__ == "__main__":
    end_process(main())
