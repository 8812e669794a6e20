"""Letters and mails: what a customer reads."""

from __future__ import annotations

import email
import email.utils

import pytest
from msgspec.structs import replace

from functions.domain.organization import OrganizationRow
from functions.notifications.letters import Letters
from functions.notifications.mail import address_of
from tests.functions.notifications.writing import ada, invoice_for, letters, mail, opened

NORTH = OrganizationRow("north", "North & Sons")


@pytest.fixture
def folder(tmp_path):
    """Templates of one's own: for all, for the tenant acme, and for its organization north."""
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "invoice.subject").write_text("All: $number")
    (folder / "acme-invoice.subject").write_text("Acme: $number")
    (folder / "acme-north-invoice.subject").write_text("$organization_name: $number")
    return folder


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


def test_the_mail_carries_an_id_made_from_its_invoice():
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


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("a, victim@example.org,", "b " * 40),
        ("a, victim@example.org,", "b" * 80),
        ("=?utf-8?q?a=22_=3Cvictim=40example=2Eorg=3E=2C?=", "b"),
        ('a" <victim@example.org>, "', "b"),
        ("x" * 70 + " <victim@example.org>,", "é" * 400),
        ("\0\x1b\r\nBcc: victim@example.org\r\n\r\n", "\u2028b"),
        ("", ""),
    ],
)
def test_no_name_adds_a_recipient_or_a_header(first, last):
    raw = mail(first_name=first, last_name=last).as_bytes("shop@example.com")
    for message in (opened(raw), email.message_from_bytes(raw)):
        recipients = email.utils.getaddresses(message.get_all("To"))

        assert [address for _, address in recipients] == ["ada@example.com"]
        assert {name.lower() for name in message.keys()} == {  # noqa: SIM118 - a message is no dict
            *("from", "to", "subject", "message-id", "x-sluice-mail"),
            *("mime-version", "content-type"),
        }
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "address",
    [
        '"x, victim@example.org, y"@example.com',
        "a@example.com, victim@example.org",
        "<victim@example.org> a@example.com",
        "a@example.com\r\nBcc: victim@example.org",
        "a" * 250 + "@example.com",
        "a@b@example.com",
        "a",
        "",
    ],
)
def test_an_address_is_one_address_or_none(address):
    with pytest.raises(ValueError, match="is no e-mail address"):
        address_of(ada(email=address))


@pytest.mark.parametrize("document", ["javascript:alert(1)", " JavaScript:x", "data:text/html,x"])
def test_a_link_leads_to_a_document_and_runs_nothing(document):
    written = letters().invoice(replace(invoice_for(), document=document), ada())

    assert 'href=""' in written.html
    assert document not in written.text


def test_no_name_begins_a_part_of_its_own():
    boundary = opened(mail().as_bytes("shop@example.com")).get_boundary()
    for guess in (boundary, "=invoice-000017=", mail().id):
        part = f"\n--{guess}\nContent-Type: text/html\n\n<b>pay here</b>\n--{guess}--\n"
        message = opened(mail(first_name=part).as_bytes("shop@example.com"))
        parts = [each.get_content_type() for each in message.iter_parts()]

        assert parts == ["text/plain", "text/html"]
        assert "<b>pay here" not in message.get_body(("html",)).get_content()


def test_the_mail_names_the_organization_that_the_order_is_for():
    written = letters().invoice(invoice_for(), ada(), NORTH)

    assert "Total: 19.80\nOrdered for North & Sons.\n\nThe invoice" in written.text
    assert "<p>Ordered for North &amp; Sons.</p>" in written.html


@pytest.mark.parametrize("organization", [None, OrganizationRow("north")])
def test_nothing_is_said_of_no_organization_or_of_one_without_a_name(organization):
    written = letters().invoice(invoice_for(), ada(), organization)

    assert "Ordered for" not in written.text + written.html
    assert "Total: 19.80\n\nThe invoice" in written.text


@pytest.mark.parametrize(
    ("tenant", "organization", "subject"),
    [
        ("", None, "All: 000017"),
        ("", "north", "All: 000017"),
        ("acme", None, "Acme: 000017"),
        ("acme", "south", "Acme: 000017"),
        ("acme", "north", "North & Sons: 000017"),
        ("other", "north", "All: 000017"),
    ],
)
def test_the_most_specific_file_of_the_folder_is_used(folder, tenant, organization, subject):
    own = Letters.open({"SLUICE_TEMPLATES": str(folder), "SLUICE_TENANT": tenant})
    row = None if organization is None else OrganizationRow(organization, "North & Sons")

    assert own.invoice(invoice_for(), ada(), row).subject == subject


def test_each_part_is_chosen_on_its_own(folder):
    own = Letters.open({"SLUICE_TEMPLATES": str(folder), "SLUICE_TENANT": "acme"})

    assert own.invoice(invoice_for(), ada(), NORTH).text.startswith("Dear Ada Moss,")


@pytest.mark.parametrize("id", ["../x", "../templates/acme-north", "/etc/passwd", ".", "..\\x"])
def test_no_organization_leads_out_of_the_folder(folder, id):
    (folder.parent / "x-invoice.subject").write_text("stolen")
    (folder.parent / "invoice.subject").write_text("stolen")
    own = Letters.open({"SLUICE_TEMPLATES": str(folder), "SLUICE_TENANT": "acme"})

    assert own.invoice(invoice_for(), ada(), OrganizationRow(id)).subject == "Acme: 000017"


def test_a_template_folder_that_is_none_is_named():
    with pytest.raises(ValueError, match="'SLUICE_TEMPLATES' is '/nowhere'"):
        Letters.open({"SLUICE_TEMPLATES": "/nowhere"})


@pytest.mark.parametrize(
    "email", ["", " ", "ada", "@example.com", "ada@", "a@x.com, b@x.com", "a b@x.com", "a@x.com>"]
)
def test_an_address_that_is_not_exactly_one_is_refused(email):
    with pytest.raises(ValueError, match="is no e-mail address"):
        address_of(ada(email=email))
