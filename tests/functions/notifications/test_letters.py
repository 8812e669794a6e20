"""Letters and mails: what a customer reads."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from functions.notifications.letters import Letters
from functions.notifications.mail import address_of
from tests.functions.notifications.writing import ada, invoice_for, letters, mail, opened


def test_the_mail_names_customer_order_lines_total_and_document():
    written = mail()

    assert written.subject == "Your invoice 000017"
    for part in (written.text, written.html):
        for word in ("Ada Moss", "o-1", "JUMPERS", "9.90", "19.80", "https://docs.example.com/17"):
            assert word in part


def test_the_mail_is_html_with_a_text_for_those_who_prefer_it():
    message = opened(mail().as_bytes("shop@example.com"))

    assert message.get_content_type() == "multipart/alternative"
    assert "Total: 19.80" in message.get_body(("plain",)).get_content()
    assert "<td>19.80</td>" in message.get_body(("html",)).get_content()


def test_the_mail_goes_to_the_customer_by_name():
    message = opened(mail(first_name="Zoë", last_name="O'Hara, Jr.").as_bytes("shop@example.com"))

    assert message["To"].addresses[0].addr_spec == "ada@example.com"
    assert message["To"].addresses[0].display_name == "Zoë O'Hara, Jr."
    assert message["From"] == "shop@example.com"


def test_the_mail_is_the_same_bytes_whenever_it_is_made():
    assert mail().as_bytes("shop@example.com") == mail().as_bytes("shop@example.com")


def test_the_mail_carries_a_token_of_its_invoice():
    message = opened(mail().as_bytes("shop@example.com"))

    assert message["X-Sluice-Mail"].startswith("invoice-000017-")
    assert message["Message-ID"] == f"<{message['X-Sluice-Mail']}@example.com>"


def test_the_mail_travels_as_ascii_in_short_lines():
    raw = letters().invoice(invoice_for(product="Ä" * 250), ada()).as_bytes("shop@example.com")

    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_what_others_wrote_is_escaped_in_html_and_cannot_add_a_header():
    written = letters().invoice(
        invoice_for(product="<b>"), ada(first_name="<i>\nBcc: all@example.com")
    )
    message = opened(written.as_bytes("shop@example.com"))

    assert "<b>" not in written.html
    assert "&lt;b&gt;" in written.html
    assert message["Bcc"] is None


def test_an_organization_may_have_its_own_words(tmp_path):
    (tmp_path / "acme-north-invoice.subject").write_text("North: $number")
    own = Letters.open({"SLUICE_TEMPLATES": str(tmp_path), "SLUICE_TENANT": "acme"})
    invoice = invoice_for()
    north = replace(invoice, organization_id="north")

    assert own.invoice(north, ada()).subject == "North: 000017"
    assert own.invoice(invoice, ada()).subject == "Your invoice 000017"


def test_a_template_folder_that_is_none_is_named():
    with pytest.raises(ValueError, match="'SLUICE_TEMPLATES' is '/nowhere'"):
        Letters.open({"SLUICE_TEMPLATES": "/nowhere"})


@pytest.mark.parametrize(
    "email", ["", " ", "ada", "@example.com", "ada@", "a@x.com, b@x.com", "a b@x.com", "a@x.com>"]
)
def test_an_address_that_is_not_exactly_one_is_refused(email):
    with pytest.raises(ValueError, match="is no e-mail address"):
        address_of(ada(email=email))
