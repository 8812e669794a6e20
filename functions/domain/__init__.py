"""What is true in an order-management system, whoever asks: no topic, no table, no clock.

- `words`       text and numbers as they may come in; exact money
- `order`       an order, flat or with lines, and its states
- `checks`      the answers of the validators
- `stock`       what of a product is there, and for which orders it is set aside
- `session`     what a customer ordered without a longer pause
- `tally`       the answers for one order, until they decide it
- `customer`    who orders
- `invoice`     what is owed
- `mail`        what was sent to whom

Structs are camelCase on the wire and snake_case here. An event that we store and publish again
refuses fields it does not know: they would silently be lost on the way. Facts that other systems
own (`Customer`) are read tolerantly.
"""
