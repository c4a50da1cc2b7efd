"""Flawmap inside GIMP 3: only what GIMP alone knows; everything else is `flawmap_plugin`'s."""

__all__: list[str] = []
