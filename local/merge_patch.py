"""JSON merge patch, RFC 7396: what to change, as a document of the same shape; null removes."""

from __future__ import annotations

from typing import Any


def apply(target: Any, patch: Any) -> Any:
    """Return the target with the patch applied; neither is changed."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = apply(result.get(key), value)
    return result


def difference(old: Any, new: Any) -> Any:
    """Return the patch that makes `new` of `old`; an empty object when they are the same.

    Raises ValueError where no patch can: a null inside an object means "remove", and a document
    that is no object is replaced whole, even by an equal one.
    """
    if not isinstance(old, dict) or not isinstance(new, dict):
        raise ValueError("Only objects can be patched.")
    patch = _between(old, new)
    if apply(old, patch) != new:
        raise ValueError("A value became null, which a merge patch cannot say.")
    return patch


def _between(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        if key in old and old[key] == value:
            continue
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            patch[key] = _between(before, value)
        else:
            patch[key] = value
    return patch
