"""Who takes part.

sluice       this runtime: the product's own function in a service process
quickstart   Dapr's quickstart style on the same daprd, broker and store, and its best form
faststream, quix, faust    libraries on Kafka, in an environment of their own
bare         a loop over confluent-kafka: the limit of what Python and this broker can do
base, script    what a contestant is, and one that is a single program
line_up      who takes part in a run
"""
