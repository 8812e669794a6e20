"""The bench: one workload, for this runtime and for what people would use instead.

    sluice bench              the embedded engine
    sluice bench --cluster    daprd + Kafka + PostgreSQL, with peers beside it in the same run
    sluice bench --only startup,long-polls    these measures, without the rates

Layout, from the top:

    report      the table, the ratios and the goals, or JSON
    plan        which parts of it run
    measures/   what is measured beside rates: starting, memory, decisions, waiting, a large log and
                table;
                `history_program` and `table_program` are the processes that are measured
    figures     medians and percentiles over the rounds
    cluster     all contestants, one after the other, round by round
    embedded    the same on the embedded engine; `embedded_program` is the process that is measured
    posting     HTTP requests as fast as they are answered
    served, feeding    a service process of the embedded engine, and orders for it
    history_service, table_service    services on a cluster with very many events, or rows to load
    waiting_clients    clients that each wait for an order
    deciding    clients that post an order and wait for its decision
    contestants who takes part; `peers/` are the others' programs, as their documentation has them
    environment the Python of the peers that are libraries, made on first use
    trial       one contestant, one round: warm up, latency, throughput, check
    throughput, latency, results    one measurement each; `silence` is how long it is waited for
    arena       fresh topics and a folder for each trial
    workload    the orders and the stock
    cpu, resident    processor time and memory of processes
    sample      what one trial found
"""
