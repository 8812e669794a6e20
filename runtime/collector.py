"""Python's cyclic garbage collector, told what a service is like."""

import gc

#: Objects made before the youngest are looked through. A batch makes thousands that die with it;
#: at Python's own 700 looking through them again and again costs 4 microseconds an event.
_YOUNGEST = 50_000


def relax() -> None:
    """Leave what is loaded alone for good, and look through new objects seldom.

    For a process that is all ours: it changes the collector for everything in it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNGEST, 20, 50)
