"""The real server on a free port."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from runtime.server import Server
from tests.runtime.site import THREADS, Site
from tests.waiting import wait_until


def test_answers_a_request(site: Site) -> None:
    assert site.get("/v1/echo", "POST", body=b'["a"]') == (200, b'["a"]')


def test_hands_on_what_was_asked(site: Site) -> None:
    _, body = site.get("/seen?a=1&b=%20", headers={"__key": "k"})

    assert body == b'{"path":"/seen","query":{"a":"1","b":" "},"token":"k"}\n'


def test_a_name_in_a_path_may_hold_a_slash(site: Site) -> None:
    site.put("a/b")

    assert site.get("/v1/shelves/a%2Fb") == (200, b'{"sold":1}')


def test_head_is_answered_without_a_body(site: Site) -> None:
    site.put("socks")

    assert site.get("/v1/shelves/socks", "HEAD") == (200, b"")
    assert site.get("/v1/shelves/socks")[0] == 200


def test_deliveries_that_wait_for_their_turn_leave_the_clients_their_threads(
    site: Site, together: ThreadPoolExecutor
) -> None:
    path = "/deliveries/events/sales"
    delivered = [together.submit(site.get, path, "POST") for _ in range(THREADS + 1)]
    wait_until(lambda: len(site.inside) == THREADS)
    meanwhile = site.get("/v1/echo", "POST", body=b'["a"]')
    site.finish.set()

    assert meanwhile == (200, b'["a"]')
    assert [answer.result(10) for answer in delivered] == [(200, b"sales")] * (THREADS + 1)


def test_who_watches_is_answered_while_every_thread_waits_for_the_platform(
    site: Site, together: ThreadPoolExecutor
) -> None:
    hanging = [together.submit(site.get, "/slow") for _ in range(THREADS + 1)]
    assert site.entered.wait(10)
    meanwhile = [site.get(path)[0] for path in ("/healthz", "/metrics")]
    site.finish.set()

    assert meanwhile == [200, 200]
    assert [answer.result(10)[0] for answer in hanging] == [200] * (THREADS + 1)


def test_stopping_finishes_what_is_under_way(together: ThreadPoolExecutor) -> None:
    site = Site()
    site.start()
    slow = together.submit(site.get, "/slow")
    assert site.entered.wait(10)
    site.server.stop()
    site.finish.set()

    assert slow.result(10) == (200, b"done")
    site.stop()


def test_a_commit_after_the_stop_wakes_nobody_and_fails_nobody(
    together: ThreadPoolExecutor,
) -> None:
    site = Site()
    site.start()
    together.submit(site.get, "/v1/shelves/socks?timeout=600000")
    wait_until(lambda: site.waiting == 1)
    site.stop()

    site.put("socks")


def test_stopping_before_it_serves_ends_it() -> None:
    site = Site()
    site.server.stop()
    site.thread.start()
    site.thread.join(10)

    assert (site.thread.is_alive(), site.ready.is_set()) == (False, False)


def test_a_taken_port_is_named_and_nobody_is_told_that_it_serves(site: Site) -> None:
    told: list[str] = []
    second = Server(Flask("second"), "127.0.0.1", site.port, threads=1)
    with pytest.raises(OSError, match=f"Port {site.port} of 127.0.0.1 cannot be used"):
        second.serve(lambda: told.append("ready"))

    assert told == []
