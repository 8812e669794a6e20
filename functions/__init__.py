"""The order-management system: small functions around Kafka topics."""
