"""What is true in an order-management system, whoever asks: no topic, no table, no clock.

- `words`, `setting`         text and numbers as they may come in; exact money
- `state`, `line`, `order`   the states of an order, its lines, and itself, flat or with lines
- `record`                   an order as it is kept
- `checks`                   the answers of the validators
- `stock`                    what of a product is there, and for which orders it is set aside
- `product`                  what the legacy inventory counts, and what is wrong with a count
- `session`                  what a customer ordered without a longer pause
- `suspicion`                who orders too often in too short a time
- `tally`                    the answers for one order, until they decide it
- `customer`                 who orders
- `clientele`, `invite`      what the service that owns customers keeps and tells of them
- `captured`                 what somebody changed in a database of their own
- `enriched`                 an order with its customer
- `user`                     who may sign in
- `invoice`, `billing`       what is owed, and how it is written
- `form`, `reading`, `draft` what a client may send, and everything that is wrong with it
- `payment`                  what was paid, and for which order
- `mail`                     what was sent to whom

Structs are camelCase on the wire and snake_case here. An event that we store and publish again
refuses fields it does not know: they would silently be lost on the way. Facts that other systems
own (`Customer`) are read tolerantly.
"""
