"""Nothing is left out silently."""

from tests.contract.platforms import LACKS, PLATFORMS


def test_every_platform_says_what_it_lacks():
    assert LACKS.keys() == PLATFORMS.keys()


def test_every_lack_has_a_reason():
    assert all(reason for lacks in LACKS.values() for reason in lacks.values())
