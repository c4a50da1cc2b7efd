"""The command line `flawmap`: a client of the engine that prints, and nothing more."""

__all__: list[str] = []
