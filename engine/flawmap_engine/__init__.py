"""The engine: one process on the user's machine that looks at photos, for many clients.

Data goes one way: `server` (bytes and messages), `jobs` (queue, priority, cancel), `handlers` (one
module a request family), then functions over arrays and the `store`: no sockets, no JSON there.
"""

from flawmap_api._version import __version__

__all__ = ["__version__"]
