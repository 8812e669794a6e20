"""A payload as it is put before an editor, and back: laid out, and without its secrets."""

from __future__ import annotations

from typing import Any

from local import exact_json
from local.dead_letters.errors import Refused
from local.masking import Mask

#: Hides secrets, and shows everything else: whoever edits has to see what there is.
_WITHOUT_SECRETS = Mask(reveal=True)


def draft_of(payload: bytes) -> tuple[str, str]:
    """Return the text to edit, and the suffix of its file. Raises Refused for bytes."""
    try:
        shown = _WITHOUT_SECRETS.data(exact_json.parse(payload))
        return exact_json.pretty(exact_json.write(shown)) + "\n", ".json"
    except ValueError:
        pass
    try:
        return payload.decode(), ".txt"
    except UnicodeDecodeError:
        raise Refused("The payload is no text. Give it whole, by --value FILE.") from None


def payload_of(draft: str, before: bytes) -> bytes:
    """Return the payload of an edited draft; what was not changed is as it was in `before`."""
    if not before.endswith(b"\n"):
        draft = draft.removesuffix("\n")  # editors end the last line where nobody did
    try:
        new = exact_json.parse(draft.encode())
        old = exact_json.parse(before)
    except ValueError:
        return draft.encode()
    found = _put_back(new, _WITHOUT_SECRETS.data(old), old)
    return before if found == old else exact_json.write(found)


def _put_back(new: Any, shown: Any, old: Any) -> Any:
    """Replace what was hidden, and left so, by what it stands for."""
    if new == shown:
        return old
    if isinstance(new, dict) and isinstance(shown, dict) and isinstance(old, dict):
        return {
            key: _put_back(value, shown[key], old[key]) if key in shown and key in old else value
            for key, value in new.items()
        }
    if isinstance(new, list) and isinstance(shown, list) and len(new) == len(shown):
        return [_put_back(*three) for three in zip(new, shown, old, strict=True)]
    return new
