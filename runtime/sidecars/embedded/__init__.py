"""The embedded platform: a durable log and a state store in one SQLite file, `<data>/sluice.db`.

Layout, from the floor up:

- `partitioner`   which partition does a key belong to?
- `packs`         how are records of one append packed into one row?
- `schema`        the tables of the file, and which files are refused
- `database`      one writer, many readers, errors as ours
- `arrivals`      waking those who wait for records
- `topics`        which topics are there
- `log`           append, and what is there
- `retention`     letting go of what is old
- `reader`        one topic in arrival order, over all its partitions
- `statements`    the state store's SQL
- `state`         rows with etags and expiry
- `lock`          one process owns a data directory
- `store`         all of it together
- `sidecar`       what one service sees of it
"""

from runtime.sidecars.embedded.database import Durability
from runtime.sidecars.embedded.reader import TopicReader
from runtime.sidecars.embedded.sidecar import EmbeddedSidecar
from runtime.sidecars.embedded.store import Store

__all__ = ["Durability", "EmbeddedSidecar", "Store", "TopicReader"]
