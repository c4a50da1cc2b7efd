"""Flawmap in Krita: only what Krita alone knows; the work itself is done by `flawmap_plugin`.

Modules that begin with `import krita` run inside Krita's own Python; `profiles`, `spaces` and
`labels` run anywhere.
"""
