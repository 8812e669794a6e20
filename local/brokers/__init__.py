"""One family: how the tools read and write topics, on either engine.

base      what a broker can do for a tool
kafka     a real cluster, through confluent-kafka
embedded  the log of a data directory, also while `sluice up` runs there
"""
