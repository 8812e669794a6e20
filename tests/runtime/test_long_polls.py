"""Requests that wait for a row, at the real server: each holds a connection, and no thread."""

from __future__ import annotations

import asyncio
import http.client
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from runtime import metrics
from runtime.reply import Reply
from runtime.requests import Request
from runtime.routes import Parked
from tests.runtime.site import THREADS, Site
from tests.waiting import wait_until


def test_head_waits_without_a_thread_too(site: Site, together: ThreadPoolExecutor) -> None:
    answers = [together.submit(site.get, "/v1/shelves/socks", "HEAD") for _ in range(THREADS + 1)]
    wait_until(lambda: site.waiting == THREADS + 1)
    meanwhile, _ = site.get("/v1/echo", "POST", body=b"[]")
    site.put("socks")

    assert meanwhile == 200
    assert [answer.result(10) for answer in answers] == [(200, b"")] * (THREADS + 1)


def test_many_requests_wait_without_a_thread_each(site: Site, together: ThreadPoolExecutor) -> None:
    answers = [together.submit(site.get, f"/v1/shelves/{n % 5}") for n in range(40)]
    wait_until(lambda: site.waiting == 40)
    meanwhile, _ = site.get("/healthz")
    for number in range(5):
        site.put(str(number))

    assert meanwhile == 200
    assert [answer.result(10)[0] for answer in answers] == [200] * 40


def test_a_wait_ends_after_its_timeout(site: Site) -> None:
    status, body = site.get("/v1/shelves/socks?timeout=50")

    assert (status, b"Waited 50 ms." in body, site.waiting) == (504, True, 0)


def test_equal_requests_that_wait_are_run_once_for_all_of_them(
    site: Site, together: ThreadPoolExecutor
) -> None:
    counted = metrics.request("runtime.await_shelf", 200)._value
    before = counted.get()
    answers = [together.submit(site.get, "/v1/shelves/socks") for _ in range(50)]
    wait_until(lambda: site.asleep == 50)
    with site.busy():
        reads = site.reads
        site.put("socks")
        wait_until(lambda: site.asleep == 0)

    assert [answer.result(10) for answer in answers] == [(200, b'{"sold":1}')] * 50
    assert site.reads == reads + 1
    assert counted.get() == before + 50


def test_one_that_leaves_harms_none_that_waits_for_the_same(
    site: Site, together: ThreadPoolExecutor
) -> None:
    leaving = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    leaving.request("GET", "/v1/shelves/socks")
    wait_until(lambda: site.asleep == 1)
    staying = [together.submit(site.get, "/v1/shelves/socks") for _ in range(2)]
    wait_until(lambda: site.asleep == 3)
    leaving.close()
    wait_until(lambda: site.waiting == 2)
    site.put("socks")

    assert [answer.result(10)[0] for answer in staying] == [200, 200]


def test_one_answer_is_never_for_two_that_headers_tell_apart(
    site: Site, together: ThreadPoolExecutor
) -> None:
    answers = [
        together.submit(site.get, "/v1/reserved/socks", headers={"who": str(number)})
        for number in range(20)
    ]
    wait_until(lambda: site.asleep == 20)
    with site.busy():
        site.put("socks")
        wait_until(lambda: site.asleep == 0)

    assert [answer.result(10) for answer in answers] == [
        (200, f'"{number}"'.encode()) for number in range(20)
    ]


def test_what_a_request_changes_it_changes_for_itself(
    site: Site, together: ThreadPoolExecutor
) -> None:
    answers = [together.submit(site.get, "/v1/shelves/socks/sold", "POST") for _ in range(5)]
    wait_until(lambda: site.asleep == 5)
    with site.busy():
        site.put("socks")
        wait_until(lambda: site.asleep == 0)
    said = sorted(answer.result(10) for answer in answers)

    assert said == [(200, b'{"sold":%d}' % sold) for sold in range(2, 7)]


def test_of_two_that_share_a_run_each_has_a_deadline_of_its_own(site: Site) -> None:
    found = site.server._routes.find("GET", "/v1/shelves/socks")
    assert found is not None
    route, request = found[0], Request(found[1])
    parked = route.begin(request)
    assert isinstance(parked, Parked)
    late = replace(parked, wait_ms=10_000, moment=parked.moment - 9.9)
    early = replace(parked, wait_ms=60_000)

    def wait(parked: Parked) -> Future[Reply]:
        loop = site.server._loop
        assert loop is not None
        waiting = site.server._long_polls.wait(route, request, parked, loop.create_future())
        return asyncio.run_coroutine_threadsafe(waiting, loop)

    with site.busy():
        reads = site.reads
        waiting = [wait(late), wait(early)]
        wait_until(lambda: time.monotonic() > late.deadline)
    told = waiting[0].result(10)
    wait_until(lambda: site.asleep == 1)

    assert (told.status, b"Waited 10000 ms." in told.body) == (504, True)
    assert site.reads == reads + 1
    site.put("socks")
    assert waiting[1].result(10).status == 200


def test_too_many_waiters_are_refused(together: ThreadPoolExecutor) -> None:
    site = Site(max_waiting_requests=1)
    site.start()
    first = together.submit(site.get, "/v1/shelves/socks")
    wait_until(lambda: site.waiting == 1)
    second, _ = site.get("/v1/shelves/socks")
    site.put("socks")
    answered, _ = first.result(10)
    site.stop()

    assert (second, answered) == (503, 200)


def test_stopping_does_not_wait_for_those_who_wait(together: ThreadPoolExecutor) -> None:
    site = Site()
    site.start()
    waiting = together.submit(site.get, "/v1/shelves/socks?timeout=600000")
    wait_until(lambda: site.waiting == 1)
    site.stop()

    assert waiting.exception(10) is not None or waiting.result()[0] >= 500


def test_a_client_that_goes_away_makes_room_for_another_one() -> None:
    site = Site(max_waiting_requests=1)
    site.start()
    try:
        leaving = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
        leaving.request("GET", "/v1/shelves/socks?timeout=60000")
        wait_until(lambda: site.waiting == 1)
        leaving.close()

        wait_until(lambda: site.waiting == 0)
    finally:
        site.stop()
