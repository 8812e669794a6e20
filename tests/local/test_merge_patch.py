import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.merge_patch import apply, difference

#: The table of RFC 7396, appendix A.
EXAMPLES = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]

values = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=10,
)
objects = st.dictionaries(st.text(max_size=2), values, max_size=4)


@pytest.mark.parametrize(("target", "patch", "result"), EXAMPLES)
def test_does_what_the_examples_of_the_rfc_do(target, patch, result):
    assert apply(target, patch) == result


@given(objects, objects)
def test_the_difference_makes_one_of_the_other(old, new):
    assert apply(old, difference(old, new)) == new


def test_the_difference_says_no_more_than_what_changed():
    old = {"a": 1, "b": {"c": 2, "d": 3}, "e": 4}

    assert difference(old, {"a": 1, "b": {"c": 9, "d": 3}}) == {"b": {"c": 9}, "e": None}


@pytest.mark.parametrize(("old", "new"), [({"a": 1}, {"a": None}), ([1], [2]), ({}, 1)])
def test_says_where_no_patch_can_tell_the_difference(old, new):
    with pytest.raises(ValueError, match=r"null|objects"):
        difference(old, new)
