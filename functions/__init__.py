"""The order-management system: small functions around Kafka topics.

How events flow (`sluice flow` draws it from the declarations):

    POST /v1/orders --create_order------------+
    POST .../shipment --ship_order------------+
                                              v
      +-------------------------------> [ orders ] --remember_order--> table orders
      |                                       |                           |
      |    +----------------+-----------------+-----------+               +--> GET /v1/orders...
      |    |                |                 |           |
      |  validate_details  validate_fraud  validate_inventory <-table stock-- set_stock
      |    |                |                 |           |                      ^
      |    +----------------+--------+--------+           |           [ warehouse-inventory ]
      |                              v                    |
      |                 [ order-validations ]             |
      |                              |                    |
      +--aggregate_validations-------+                    |
      +--open_tally---------------------------------------+   order before or after its answers
      +--expire_validations (every 10 s)                  |   no answer in time
                                                          |
                          issue_invoice <---VALIDATED-----+--learn_order--> table known_orders
                             |        |                                          |
                          document  [ invoices ] <--- create_, edit_, delete_invoice and
                             ^        |  |            add_, edit_, remove_invoice_item: by hand
                             |        |  |
                             +--------|--+ print_invoice, of what was done by hand
                                      |
                       send_invoice_email <--+-table customers------ remember_customer
                        |             |      |                             ^
                        |             |      |                       [ customers ] <-------+
                        |             |      +-table organizations-- remember_organization   |
                        |             |                                    ^               |
                  table mails     [ mails ]                         [ organizations ] <----+
                        |             |                                                    |
                 GET /v1/mails   send_mail --> SES, and back into table mails what became of it
                                                                                           |
    POST, PATCH, DELETE /customers and /organizations: create_, edit_ and delete_ ---------+
    learn_customer and learn_organization read both topics, for what others bring
    POST /organizations/{id}/invites: create_invite, accept_invite, reject_invite --> [ invites ]

    SQLite table customers --capture_customers (every 1 s)--> [ customers ]

    [ payments ] --email_paid_order--+--> [ mails ], when both are a minute apart at most
    [ orders ] -----await_payment----+
    POST /v1/mail ----post_mail------+        (enlist_mail: and onto the pages of the log)

    [ inventory_management_product_updates ] --update_product_inventory--> [ warehouse-inventory ]
                                                       |
    seed_products (every 10 min) -----------> table products --> GET /v1/products

    [ orders ] --enrich_order--> [ orders-enriched ] --route_by_level--> [ platinum ] [ gold ]
        |              |                                                 [ silver ] [ bronze ]
        |       table customers <-- remember_customer <-- [ customers ]
        |              |
        +--count_orders--> table suspects --> GET /v1/fraud

    [ orders ] --index_orders, many at once--> search index --> GET /v1/search/orders

    POST, PATCH, DELETE /users: create_, edit_ and delete_user --> [ users ] and [ user_activity ]
                                            GET /replicas/users <-- replicate_user <---+
    POST /login and /logout, GET /session: tokens, for everything that asks who is there

A folder is a service: its functions share tables and are deployed together. A module is one
function, and says which business question it answers and what a second delivery does. `domain` is
what is true whoever asks; `aws` and `templates` are how we reach S3, SES and template files, and
`paging` is how a list is answered; `lookups` is how a table follows its topic.
"""
