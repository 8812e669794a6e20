"""What is said by errors that quote what they were given."""

import os

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"
#: A client's own, which the server has never seen before.
CLIENTS = {
    "password": "pw-9f1c-of-a-client",
    "bearer": "bearer-71aa.of.a-client",
    "api_key": "key-5e0d-of-a-client",
}

LEAKS = {
    "setting": lambda: f"The header was not {os.environ['APP_API_TOKEN']!r}.",
    "daprs": lambda: f"daprd refused {os.environ['DAPR_API_TOKEN']}",
    "aws": lambda: f"SignatureDoesNotMatch: {os.environ['AWS_SECRET_ACCESS_KEY']}",
    "address": lambda: f"connection to {os.environ['SHOP_DATABASE']} failed",
    "words": lambda: f"connection failed: host=db password={CLIENTS['password']} user=shop",
    "hash": lambda: f"The row is Row(id=1, hash={HASH!r}).",
    "bearer": lambda: f"GET /session with Authorization: Bearer {CLIENTS['bearer']} said 401",
    "json": lambda: f'refused: {{"id": 1, "apiKey": "{CLIENTS["api_key"]}"}}',
    "field": lambda: f"`password` is {CLIENTS['password']!r}; expected 12 characters",
}
