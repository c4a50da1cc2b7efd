"""Reading untrusted JSON into frozen dataclasses, field by field, by their annotations.

Unknown fields are passed over (a newer engine may say more); a missing or mistyped field is a
`BadInput` that names it. Standard library only: editors carry this code.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import reprlib
import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar

from .errors import BadInput
from .geometry import Box

__all__ = ["read"]

T = TypeVar("T")


@functools.cache
def _fields_of(kind: Any) -> tuple[tuple[str, Any, bool], ...]:
    """(name, annotation, required) of each field of a dataclass."""
    hints = typing.get_type_hints(kind)
    return tuple(
        (
            f.name,
            hints[f.name],
            f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING,
        )
        for f in dataclasses.fields(kind)
    )


def read(kind: type[T], data: object, where: str) -> T:
    """Build `kind` (a dataclass) from a JSON object.

    Parameters
    ----------
    kind : dataclass type
        Its annotations say what is accepted: bool, int, float, str, Any, Optional, tuple[X, ...],
        list[X], dict[str, X], Box (as a list of four) and other dataclasses.
    data : object
        What `json.loads` gave.
    where : str
        How the value is called in the error.

    Raises
    ------
    BadInput
        Naming the first field that is missing or of another type.
    """
    value: T = _value(kind, data, where)
    return value


def _refuse(where: str, wanted: str, got: object) -> BadInput:
    # reprlib looks at a few items only: what is refused may be megabytes, or deep.
    return BadInput(f"{where} has to be {wanted}; got {reprlib.repr(got)[:60]}.")


def _value(kind: Any, data: Any, where: str) -> Any:
    if kind is Any:
        return data
    if kind is Box:
        return _named(where, lambda: Box.from_list(data))
    if dataclasses.is_dataclass(kind):
        return _object(kind, data, where)
    origin = typing.get_origin(kind)
    if origin is types.UnionType or origin is typing.Union:
        options = [option for option in typing.get_args(kind) if option is not type(None)]
        return None if data is None else _value(options[0], data, where)
    if origin is tuple or origin is list:
        if not isinstance(data, (list, tuple)):
            raise _refuse(where, "a list", data)
        item = typing.get_args(kind)[0]
        return origin(_value(item, v, f"{where}[{i}]") for i, v in enumerate(data))
    if origin is dict:
        if not isinstance(data, dict):
            raise _refuse(where, "an object", data)
        item = typing.get_args(kind)[1]
        return {str(key): _value(item, v, f"{where}.{key}") for key, v in data.items()}
    return _scalar(kind, data, where)


def _object(kind: Any, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise _refuse(where, "an object", data)
    values = {}
    for name, annotation, required in _fields_of(kind):
        if name in data:
            values[name] = _value(annotation, data[name], f"{where}.{name}")
        elif required:
            raise BadInput(f"{where}.{name} is missing.")
    return _named(where, lambda: kind(**values))


def _named(where: str, make: Callable[[], Any]) -> Any:
    """Call `make`; what it refuses is told with the field's name."""
    try:
        return make()
    except BadInput as error:
        if error.message.startswith(where):
            raise
        raise BadInput(f"{where}: {error.message}", error.hint) from error


def _scalar(kind: Any, data: Any, where: str) -> Any:
    # bool is an int in Python; `true` must not pass for 1, nor NaN for a number.
    if kind is bool and isinstance(data, bool):
        return data
    if kind is int and isinstance(data, int) and not isinstance(data, bool):
        return data
    if kind is float and isinstance(data, (int, float)) and not isinstance(data, bool):
        number = float(data) if abs(data) < 1e300 else math.inf
        if math.isfinite(number):
            return number
        raise _refuse(where, "a finite number", data)
    if kind is str and isinstance(data, str):
        return data
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    raise _refuse(where, names.get(kind, repr(kind)), data)
