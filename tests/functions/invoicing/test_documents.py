"""Documents: in S3 and in a folder, replaced when written again."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.invoicing.documents import Documents, FileDocuments, S3Documents


def in_bucket(aws, name: str) -> Documents:
    return Documents.open(aws.environ | {"SLUICE_INVOICE_BUCKET": name})


def test_the_bucket_is_made_on_first_use(aws):
    in_bucket(aws, "made-on-first-use").write("invoices/a.pdf", b"one")

    found = aws.s3.get_object(Bucket="made-on-first-use", Key="invoices/a.pdf")
    assert found["Body"].read() == b"one"
    assert found["ContentType"] == "application/pdf"


@pytest.mark.parametrize("region", ["us-east-1", "eu-north-1"])
def test_a_bucket_is_made_in_the_region_that_is_set(aws, region):
    bucket = f"bucket-of-{region}"
    documents = Documents.open(
        aws.environ | {"SLUICE_INVOICE_BUCKET": bucket, "AWS_DEFAULT_REGION": region}
    )

    documents.write("a.pdf", b"one")

    place = aws.s3.get_bucket_location(Bucket=bucket)["LocationConstraint"]
    assert (place or "us-east-1") == region


def test_an_object_written_again_is_replaced(aws):
    documents = in_bucket(aws, "replaced")
    documents.write("a.pdf", b"one")
    documents.write("a.pdf", b"two")

    assert aws.s3.get_object(Bucket="replaced", Key="a.pdf")["Body"].read() == b"two"


def test_the_url_of_an_object_leads_to_the_stand_in(aws):
    documents = in_bucket(aws, "invoices")

    assert documents.url("a b.pdf") == f"{aws.environ['AWS_ENDPOINT_URL']}/invoices/a%20b.pdf"


def test_the_url_of_an_object_leads_to_s3():
    documents = Documents.open({"SLUICE_AWS": "on", "AWS_REGION": "eu-west-1"})

    assert isinstance(documents, S3Documents)
    assert documents.url("a.pdf") == "https://sluice-invoices.s3.eu-west-1.amazonaws.com/a.pdf"


def test_without_aws_documents_are_files_below_the_data_folder(tmp_path):
    documents = Documents.open({"SLUICE_DATA": str(tmp_path)})

    documents.write("invoices/a.pdf", b"one")

    assert isinstance(documents, FileDocuments)
    assert (tmp_path / "documents/invoices/a.pdf").read_bytes() == b"one"


def test_a_file_written_again_is_replaced_and_no_draft_stays(tmp_path):
    documents = FileDocuments(tmp_path)
    documents.write("a.pdf", b"one")
    documents.write("a.pdf", b"two")

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.pdf", b"two")]


def test_the_url_of_a_file_leads_to_it(tmp_path):
    documents = FileDocuments(tmp_path / "with space")
    documents.write("a.pdf", b"one")

    assert documents.url("a.pdf") == (tmp_path / "with space" / "a.pdf").as_uri()


@pytest.mark.parametrize("where", [{}, {"SLUICE_AWS": "on"}])
def test_readers_may_find_documents_elsewhere(where):
    documents = Documents.open(where | {"SLUICE_DOCUMENTS_URL": "https://docs.example.com/"})

    assert documents.url("a.pdf") == "https://docs.example.com/a.pdf"


def test_the_data_folder_has_a_default():
    assert Documents.open({}).url("a.pdf") == Path(".sluice/documents/a.pdf").absolute().as_uri()


def test_an_object_is_read_back_and_an_absent_one_is_none(aws):
    documents = in_bucket(aws, "read-back")
    assert documents.read("a.pdf") is None

    documents.write("a.pdf", b"one")

    assert documents.read("a.pdf") == b"one"
    assert documents.read("b.pdf") is None


def test_a_file_is_read_back_and_an_absent_one_is_none(tmp_path):
    documents = FileDocuments(tmp_path)
    documents.write("invoices/a.pdf", b"one")

    assert documents.read("invoices/a.pdf") == b"one"
    assert documents.read("invoices/b.pdf") is None
