"""What every editor plug-in does, told to one small `Host` interface."""

__all__: list[str] = []
