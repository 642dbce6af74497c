"""Requests that a browser sends for a page: refused unless the configuration lists the page's origin."""

import pytest

import web

TOOL = "https://tool.example"
SETTINGS = {"http.origins": '["https://Tool.example", "http://127.0.0.1:3000"]'}
FOREIGN = {
    "an origin": {"Origin": "https://evil.example"},
    "an opaque origin": {"Origin": "null"},
    "an empty origin": {"Origin": ""},
    "the port's own name": {"Origin": "http://rebound.example:8941", "Sec-Fetch-Site": "same-origin"},
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "same-site": {"Sec-Fetch-Site": "same-site"},
    "same-origin": {"Sec-Fetch-Site": "same-origin"},
}


@pytest.mark.parametrize("fields", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_page_that_is_not_listed_stores_nothing(shared, fields):
    for content_type in ("application/json", "text/plain"):
        with shared.web() as connection:
            response = connection.post(b"1", content_type, **fields)
            assert (response.status, response.error_code()) == (403, "foreign_origin")
            assert "http.origins" in response.json()["error"]["detail"]
            assert "access-control-allow-origin" not in response.headers
            assert not shared.spool.records(peer=connection.name, live=True)


def test_a_refused_page_is_told_in_the_log(start):
    daemon = start()
    daemon.post(b"1", Origin="https://evil.example")
    daemon.wait_event("origin_refused", origin="https://evil.example")


def test_what_is_no_page_is_served(shared):
    assert shared.post(b"1", Sec_Fetch_Site="none").status == 200
    with shared.web() as connection:
        connection.request("POST", "/v1/records", b"1", host="crawlspoold.any-name.example",
                           headers={"Content-Type": "application/json"})
        assert connection.response().status == 200


def test_a_page_of_a_listed_origin_sends_records_and_sees_every_answer(start):
    daemon = start(SETTINGS)
    with daemon.web() as connection:
        for body, status in ((b"1", 200), (b"{", 400)):
            response = connection.post(body, Origin=TOOL, Sec_Fetch_Site="cross-site")
            assert response.status == status
            assert response.headers["access-control-allow-origin"] == TOOL
            assert response.headers["vary"] == "Origin"
        response = connection.post(b"2")
        assert response.status == 200
        assert "access-control-allow-origin" not in response.headers
        assert daemon.spool.records(peer=connection.name, live=True) == [b"1", b"2"]
    with daemon.web() as connection:
        response = connection.post(b"1", "text/plain", Origin=TOOL)
        assert (response.status, response.headers["access-control-allow-origin"]) == (415, TOOL)
    assert daemon.post(b"1", Origin="https://other.example").status == 403


def test_a_preflight_is_answered_for_a_listed_origin(start):
    daemon = start(SETTINGS)

    def preflight(origin):
        with daemon.web() as connection:
            connection.request("OPTIONS", "/v1/records", headers={
                "Origin": origin, "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type,crawlspool-client"})
            response = connection.response()
            if response.status == 204:
                assert connection.post(b"1", Origin=origin).status == 200, "the connection goes on"
            return response

    for origin in (TOOL, "http://127.0.0.1:3000"):
        response = preflight(origin)
        assert response.status == 204
        assert response.headers["access-control-allow-origin"] == origin
        assert response.headers["access-control-allow-methods"] == "POST"
        allowed = response.headers["access-control-allow-headers"].lower()
        assert "content-type" in allowed and "crawlspool-client" in allowed
    assert preflight("https://evil.example").status == 403
    with web.Web(daemon.address("http")) as connection:
        connection.request("OPTIONS", "/v1/records")
        assert connection.response().status == 405
