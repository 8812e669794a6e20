"""A depot and its desk: small functions of every kind, for the tests that kill them.

    POST /v1/parcels --take_parcel--> [ parcels ] --weigh_parcel--> [ weights ] --count_weights
                                          |              |              |
                                          |            table open       +--mail_receipt--> mails
                                          |              |
                                          |         close_parcels (every second) --> [ closings ]
                                          +--look_at_parcel --> dead letters, for broken ones
                                          +--sign_parcel, known by what is in it
                                          +--load_parcel, in order, once it is mailed --> [ loads ]

What they leave in tables and topics is the same however their events are batched, interleaved or
delivered again. A row that depends on the order of a key's events holds a chain of their ids.
"""
