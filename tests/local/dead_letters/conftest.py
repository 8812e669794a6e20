from tests.local.dead_letters.giving_up import broker

__all__ = ["broker"]
