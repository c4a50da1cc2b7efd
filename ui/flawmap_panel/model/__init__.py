"""What the panel knows, with no Qt in it: state that tells when it changes, and the engine's room.

Widgets bind to these objects and never hold truth of their own; tests drive them without a screen.
"""

__all__: list[str] = []
