"""Which template applies, and what does it read like once filled in?"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template


class Templates:
    """Template files (`string.Template`) of some folders; a file in an earlier folder wins.

    Files are named `<name>.<part>`; `<tenant>-<name>.<part>` and
    `<tenant>-<organization>-<name>.<part>` are more specific. They are read once.
    """

    def __init__(self, folders: Iterable[Path], tenant: str = "") -> None:
        self._tenant = tenant
        self._files: dict[str, Template] = {}
        for folder in folders:
            for file in sorted(folder.iterdir()):
                if file.is_file() and not file.name.startswith("."):
                    self._files.setdefault(file.name, Template(file.read_text("utf-8")))

    def choose(self, name: str, part: str, organization: str | None = None) -> str:
        """Return the most specific file there is. Raises LookupError when there is none.

        A name is looked up among the files that were read, so no organization can lead out of
        the folder.
        """
        names = [f"{name}.{part}"]
        if self._tenant:
            names.insert(0, f"{self._tenant}-{name}.{part}")
            if organization:
                names.insert(0, f"{self._tenant}-{organization}-{name}.{part}")
        for candidate in names:
            if candidate in self._files:
                return candidate
        raise LookupError(f"There is no template {' or '.join(map(repr, names))}.")

    def names(self, *parts: str) -> list[str]:
        """Return the names that have all of these parts, without those of the tenant's own."""
        own = f"{self._tenant}-" if self._tenant else None
        found = {file.partition(".")[0] for file in self._files}
        return sorted(
            name
            for name in found
            if not (own and name.startswith(own))
            and all(f"{name}.{part}" in self._files for part in parts)
        )

    def wanted(self, file: str) -> list[str]:
        """Return the names of the values that a template asks for."""
        return self._files[file].get_identifiers()

    def fill(self, file: str, values: Mapping[str, str]) -> str:
        """Fill in a template; in `.html` files every value is escaped.

        A value of the type `Safe` is HTML already. Raises LookupError when the template asks for
        a value that there is not.
        """
        if file.endswith(".html"):
            values = {name: _escaped(value) for name, value in values.items()}
        try:
            return self._files[file].substitute(values)
        except KeyError as unknown:
            raise LookupError(
                f"The template {file!r} asks for ${unknown.args[0]}; "
                f"expected one of {', '.join(sorted(values))}."
            ) from None


class Safe(str):
    """Text that is HTML already."""

    __slots__ = ()


def _escaped(value: str) -> str:
    return value if isinstance(value, Safe) else html.escape(value)
