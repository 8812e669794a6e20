"""Where are invoice documents kept? In S3, or in a folder on a laptop."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from functions import aws

CONTENT_TYPE = "application/pdf"


class Documents(ABC):
    """Documents by key. Writing one again replaces it, so a retry leaves no second one.

    Settings: SLUICE_INVOICE_BUCKET (sluice-invoices), SLUICE_DATA (.sluice), SLUICE_DOCUMENTS_URL:
    where readers find the documents when that is not the bucket or the folder itself.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Documents:
        """S3 where AWS or a stand-in is in use (see `functions.aws`), else a folder of files."""
        if aws.in_use(environ):
            return S3Documents(environ)
        folder = Path(environ.get("SLUICE_DATA", ".sluice")) / "documents"
        return FileDocuments(folder, environ.get("SLUICE_DOCUMENTS_URL"))

    def url(self, key: str) -> str:
        """Return where the document is, or will be."""
        return f"{self._base_url}/{quote(key)}"

    @abstractmethod
    def write(self, key: str, body: bytes) -> None:
        """Keep the document; returns when it is kept."""

    @abstractmethod
    def read(self, key: str) -> bytes | None:
        """Return the document, None when there is none."""


class S3Documents(Documents):
    """Objects of one bucket, which is made when it is not there."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._bucket = environ.get("SLUICE_INVOICE_BUCKET", "sluice-invoices")
        self._region = aws.region(environ)
        standin = aws.endpoint(environ)
        super().__init__(
            environ.get("SLUICE_DOCUMENTS_URL")
            or (f"{standin}/{self._bucket}" if standin else None)
            or f"https://{self._bucket}.s3.{self._region}.amazonaws.com"
        )

    def write(self, key: str, body: bytes) -> None:
        """Put the object. The bucket is only looked for when it is missing."""
        try:
            self._put(key, body)
        except self._s3.exceptions.NoSuchBucket:
            self._make_bucket()
            self._put(key, body)

    def read(self, key: str) -> bytes | None:
        """Get the object; None also when its bucket was never made."""
        missing = (self._s3.exceptions.NoSuchKey, self._s3.exceptions.NoSuchBucket)
        try:
            found: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except missing:
            return None
        return found

    @cached_property
    def _s3(self) -> Any:
        return aws.client("s3", self._environ)

    def _put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=CONTENT_TYPE)

    def _make_bucket(self) -> None:
        # S3 wants the region spelled out everywhere but where buckets were invented.
        place = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        options = {} if self._region == "us-east-1" else place
        # Another process may be faster.
        with suppress(self._s3.exceptions.BucketAlreadyOwnedByYou):
            self._s3.create_bucket(Bucket=self._bucket, **options)


class FileDocuments(Documents):
    """Files below a folder: the local implementation, for a machine without S3.

    A real one: documents survive restarts, and a reader never sees half a document. It knows one
    machine only.
    """

    def __init__(self, folder: Path, base_url: str | None = None) -> None:
        self._folder = folder.absolute()
        super().__init__(base_url or self._folder.as_uri())

    def write(self, key: str, body: bytes) -> None:
        """Write the file aside, then move it into place."""
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.draft")
        draft.write_bytes(body)
        draft.replace(path)

    def read(self, key: str) -> bytes | None:
        """Read the file."""
        try:
            return (self._folder / key).read_bytes()
        except FileNotFoundError:
            return None
