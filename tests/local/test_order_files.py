import gzip
from pathlib import Path

import pytest

from local.errors import Failure, Misuse
from local.order_files import read_rows
from local.order_rows import Rejected

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
ROW = '536365,85123A,"LANTERN, ""RED""",6,2010-12-01 08:26:00,2.55,17850,United Kingdom'


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "book.csv"
    path.write_bytes(content)
    return path


def test_reads_plain_and_gzipped_files_alike(tmp_path):
    plain = written(tmp_path, f"{HEADER}\n{ROW}\n".encode())
    packed = tmp_path / "book.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert list(read_rows(plain)) == list(read_rows(packed))


def test_tolerates_a_byte_order_mark_and_windows_line_ends(tmp_path):
    path = written(tmp_path, b"\xef\xbb\xbf" + f"{HEADER}\r\n{ROW}\r\n\r\n".encode())

    [row] = read_rows(path)

    assert row["InvoiceNo"] == "536365"
    assert row["Country"] == "United Kingdom"


def test_reads_latin_1_where_the_file_is_no_utf_8(tmp_path):
    path = written(
        tmp_path, f"{HEADER}\n{ROW}".replace("United Kingdom", "Åland").encode("latin-1")
    )

    [row] = read_rows(path)

    assert row["Country"] == "Åland"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_reads_what_spreadsheets_call_unicode_text(tmp_path, encoding):
    path = written(tmp_path, f"{HEADER}\n{ROW}\n".replace("United", "Ünited").encode(encoding))

    [row] = read_rows(path)

    assert row["Country"] == "Ünited Kingdom"


def test_finds_columns_by_their_header(tmp_path):
    path = written(
        tmp_path,
        b"Country;Customer ID;Price;InvoiceDate;Quantity;StockCode;Invoice\n"
        b"France;12583;3,75;2010-12-01 08:45:00;24;22728;536370\n",
    )

    [row] = read_rows(path)

    assert (row["CustomerID"], row["UnitPrice"], row["InvoiceNo"]) == ("12583", "3,75", "536370")


def test_rejects_rows_whose_cells_cannot_be_told_apart(tmp_path):
    path = written(tmp_path, f"{HEADER}\n536365,85123A\n{ROW},more\n".encode())

    short, long = read_rows(path)

    assert isinstance(short, Rejected)
    assert (str(short), str(long)) == ("missing columns", "too many columns")


def test_names_the_columns_that_are_missing(tmp_path):
    path = written(tmp_path, b"InvoiceNo,Quantity\n1,2\n")

    with pytest.raises(Misuse, match="missing: StockCode, InvoiceDate, UnitPrice, CustomerID"):
        list(read_rows(path))


def test_says_that_a_file_is_not_there(tmp_path):
    with pytest.raises(Misuse, match="does not exist; expected an order book"):
        list(read_rows(tmp_path / "absent.csv"))


def test_says_that_a_packed_file_is_cut_off(tmp_path):
    path = written(tmp_path, gzip.compress(f"{HEADER}\n{ROW}\n".encode())[:-12])

    with pytest.raises(Failure, match="cannot be read"):
        list(read_rows(path))


def test_says_where_a_quote_is_never_closed(tmp_path):
    rest = "536365,85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850,France\n" * 3000
    path = written(tmp_path, f'{HEADER}\n1,2,"never closed,6\n{rest}'.encode())

    with pytest.raises(Failure, match="never closed"):
        list(read_rows(path))


@pytest.mark.parametrize(
    "swallowed",
    [f'1,2,"never closed,6\n{ROW}\n{ROW}', f'1,2,"opened,6\n{ROW}\n1,2,closed",6\n{ROW}'],
)
def test_loses_no_rows_to_a_quote_that_takes_them_in(tmp_path, swallowed):
    path = written(tmp_path, f"{HEADER}\n{ROW}\n{swallowed}\n".encode())

    with pytest.raises(Failure, match="after line 2"):
        list(read_rows(path))


def test_reads_a_description_of_two_lines(tmp_path):
    row = ROW.replace("LANTERN, ", "LANTERN,\n")
    path = written(tmp_path, f"{HEADER}\n{row}\n{ROW}\n".encode())

    assert [found["InvoiceNo"] for found in read_rows(path)] == ["536365", "536365"]


def test_shows_nothing_that_a_terminal_obeys(tmp_path):
    path = written(tmp_path, b"\x1b[2J\x00\x07,b\n1,2\n")

    with pytest.raises(Misuse) as raised:
        list(read_rows(path))

    assert str(raised.value).isprintable()
