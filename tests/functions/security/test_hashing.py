"""How a password is kept, and how one is compared."""

from __future__ import annotations

from functions.security.hashing import Hashing

QUICK = Hashing(log_n=1, parallel=1)


def test_a_hash_is_of_its_password_only():
    known = QUICK.hash("correct horse")

    assert QUICK.matches("correct horse", known)
    assert not QUICK.matches("correct horsE", known)
    assert not QUICK.matches("", known)


def test_nobody_s_password_is_any():
    assert not QUICK.matches("correct horse", None)


def test_every_hash_has_a_salt_of_its_own():
    assert QUICK.hash("correct horse") != QUICK.hash("correct horse")


def test_a_hash_made_with_other_parameters_still_counts():
    assert Hashing(log_n=2, parallel=2).matches("é horse", QUICK.hash("é horse"))


def test_the_parameters_are_those_that_owasp_names():
    hashing = Hashing.open({})

    known = hashing.hash("correct horse")

    assert known.startswith("$scrypt$ln=15,r=8,p=3$")
    assert hashing.matches("correct horse", known)
