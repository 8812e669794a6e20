"""Functions of a shop whose topics are Avro."""
