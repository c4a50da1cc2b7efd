"""The panel: one window in which flaws are seen, judged, compared and sent on."""

__all__: list[str] = []
