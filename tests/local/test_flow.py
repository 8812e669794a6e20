import pytest

from local.flow import document, draw_mermaid, draw_text
from local.loading import load_functions
from runtime.registry import Registry


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_functions(["tests.local.small_shop"])


def test_draws_one_line_a_function(registry):
    assert draw_text(registry).splitlines() == [
        "trigger           function              publishes   tables",
        "POST /sales  -->  till.sell        -->  sales       -",
        "sales        -->  shelf.take_away       -           shelves",
    ]


def test_draws_every_trigger_and_output_as_an_arrow(registry):
    chart = draw_mermaid(registry)

    assert '    at_till_POST_20__2f_sales[/"POST /sales"/]' in chart
    assert "    fn_till_2e_sell --> topic_sales" in chart
    assert "    topic_sales --> fn_shelf_2e_take_away" in chart


def test_closes_every_group(registry):
    lines = draw_mermaid(registry).splitlines()

    assert lines.count("    end") == sum("subgraph" in line for line in lines) == 2


def test_writes_a_page_that_says_where_it_comes_from(registry):
    page = document(registry)

    assert page.startswith("# The flow\n")
    assert "```mermaid\nflowchart LR" in page
    assert "do not edit" in page
