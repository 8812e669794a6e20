"""What is nobody's to read, wherever it stands: passwords, tokens and their hashes.

They are known in three ways: by the values of settings whose names say so, by the name they stand
behind (`password=...`, `"api_token": "..."`), and by their own looks (`Bearer ...`, a hash of
argon2, `scheme://user:password@host`). Errors quote what they were given, so logs, answers and
dead letters pass through `hide`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache

#: Stands for what nothing shows.
SECRET = "(secret)"  # noqa: S105
#: A setting's value that is shorter is no secret worth the name, and may be a word of any text.
LEAST_CHARACTERS = 8

#: In the letters and digits of a name: `passwordHash`, `X-Api-Key`, `client_secret`.
WORDS = (
    "password|passwd|passphrase|secret|token|authorization|apikey|privatekey|accesskey|credential"
    "|cookie|jwt"
)
_WORDS = re.compile(WORDS)
#: `name: value`, `name=value`, `"name": "value"`, `name` is 'value'. Anchored at the beginning of
#: a word, and the value is only looked at behind a secret's name: a text of a megabyte may be an
#: attack on the one who reads it.
_FIELD = re.compile(r"""(?<![\w-])([\w-]+)[`"'\\]{0,4}\s*(?:[:=]|\bis(?=\s+['"]))\s*""")
_VALUE = re.compile(
    r"""\\+"[^"\\]*|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|(?:Bearer|Basic)\s+\S+|[^\s,;&"'{}\[\]()]+""",
    re.IGNORECASE | re.DOTALL,
)
#: What a library makes of a password, and a signed token (RFC 7519).
_HASH = re.compile(r"\$(?:argon2\w*|scrypt|bcrypt|pbkdf2[\w-]*|2[abxy]|[156y])\$[\w$./+,=-]{8,}")
_SIGNED = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
#: Behind "Bearer" and "Basic" stands a word, or something that is none.
_CREDENTIALS = re.compile(
    r"\b(Bearer|Basic)\s+(?=\S*(?:[\d.=+/_-]|(?-i:[a-z][A-Z])))[\w.~+/=-]{8,}"
    r"|(://[^\s/:@]{0,64}:)[^\s/@]{1,200}(?=@)",
    re.IGNORECASE,
)
_HINTS = re.compile("@|bearer|basic", re.IGNORECASE)


def hide(text: str) -> str:
    """Return the text with every secret replaced."""
    for value in _values():
        text = text.replace(value, SECRET)
    if "$" in text:
        text = _HASH.sub(SECRET, text)
    if "eyJ" in text:
        text = _SIGNED.sub(SECRET, text)
    if ":" in text or "=" in text or " is " in text:
        text = "".join(_without_values(text))
    if _HINTS.search(text):
        text = _CREDENTIALS.sub(_without_credentials, text)
    return text


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether a field, header or setting of this name is never shown."""
    return _WORDS.search(plain(name)) is not None


def plain(name: str) -> str:
    """Return the letters and digits of a name, in lower case: it may be written in many ways."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def values_of(environ: Mapping[str, str]) -> list[str]:
    """Return the values of settings that are secrets, the longest first."""
    found = {value for name, value in environ.items() if is_secret(name)}
    # Of `user:secret` the secret is one by itself, too.
    found |= {value.partition(":")[2] for value in found}
    return sorted(_worth_hiding(found), key=len, reverse=True)


def _worth_hiding(values: Iterable[str]) -> Iterable[str]:
    return (value for value in values if len(value) >= LEAST_CHARACTERS)


@cache
def _values() -> list[str]:
    # Settings are read once, when the process starts; so are these.
    return values_of(os.environ)


def _without_credentials(found: re.Match[str]) -> str:
    return f"{found[1]} {SECRET}" if found[1] else f"{found[2]}{SECRET}"


def _without_values(text: str) -> Iterator[str]:
    """Yield the text in pieces, without the values of fields that are secrets."""
    done = 0
    for field in _FIELD.finditer(text):
        if field.start() < done or not is_secret(field[1]):
            continue
        value = _VALUE.match(text, field.end())
        if value is None:
            continue
        quote = value[0][0] if value[0][0] in "\"'" else ""
        yield text[done : field.end()]
        yield f"{quote}{SECRET}{quote}"
        done = value.end()
    yield text[done:]
