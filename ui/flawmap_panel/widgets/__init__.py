"""What the panel shows: widgets that bind to the model and hold no truth of their own."""

__all__: list[str] = []
