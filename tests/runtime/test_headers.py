"""Who is asking?"""

import pytest

from runtime import Headers


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Basic abc", None), ("Bearer", None),
     ("Bearer ", None), ("", None), ("abc", None)],
)  # fmt: skip
def test_a_token_stands_behind_the_word_bearer(header: str, token: str | None) -> None:
    assert Headers(authorization=header).bearer == token


def test_without_the_header_there_is_no_token() -> None:
    assert Headers().bearer is None
