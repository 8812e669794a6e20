"""Values that are Avro: their bytes, their schemas, and the registry that knows these."""
