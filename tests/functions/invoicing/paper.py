"""A document as a reader opens it: not with the library that printed it."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader


def opened(document: bytes) -> PdfReader:
    """Open a document; strict: what a reader would have to repair is an error."""
    return PdfReader(BytesIO(document), strict=True)


def pages(document: bytes) -> list[list[str]]:
    """The lines of every page, from the top to the bottom."""
    return [page.extract_text().splitlines() for page in opened(document).pages]


def text(document: bytes) -> str:
    """All that stands on its pages."""
    return "\n".join(line for page in pages(document) for line in page)
