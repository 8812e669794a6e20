"""The real platform without Docker: Kafka, PostgreSQL, moto, daprd and the dapr command.

    from local.cluster import up, down, find_cluster

    cluster = up()                     # idempotent; returns when everything works
    cluster.kafka                      # '127.0.0.1:9092'
    cluster.pause("kafka")             # for tests of failures
    down()

Layout, from the top:

    lifecycle   bring it up, take it down, look at it
    attempt     all members, or none
    cluster     the addresses and the members of one cluster, and the file that records them
    kafka, postgres, moto, opensearch, registry   one member each, the last two where asked for;
                `server_user` runs PostgreSQL when we are root
    members     what all members have in common
    build       daprd, dapr and the jars, built once; `layout` says where they are
    tools       Go, Java, Maven and PostgreSQL: found, or installed by `installs`
    process     start, signal and end one child; `identity` knows it again, `note` remembers it
    ports, lock, progress, settings, errors
"""

from local.cluster.cluster import Cluster
from local.cluster.errors import ClusterError
from local.cluster.lifecycle import down, find_cluster, prepare, status, up
from local.cluster.members import MemberStatus
from local.cluster.ports import Ports
from local.cluster.progress import Progress

__all__ = [
    # the cluster
    "Cluster",
    "down",
    "find_cluster",
    "prepare",
    "status",
    "up",
    # what goes in and comes out
    "ClusterError",
    "MemberStatus",
    "Ports",
    "Progress",
]
