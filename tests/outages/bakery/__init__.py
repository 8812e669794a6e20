"""Two services that an outage lies between: one takes orders in, the other one decides them."""
