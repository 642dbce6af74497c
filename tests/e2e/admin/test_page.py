"""The page at the admin port's `/`, in headless Chromium: true figures, tables that sort and search, hostile text shown
as text, nothing from elsewhere, and use without a mouse."""

import re
import threading

import pytest

import web
from browser import Browser
from daemon import ROOT
from frames import Client
from waiting import wait_until

BYTES_MAX = 350 * 1024
HOSTILE = "<img src=x onerror='window.harmed=1'><script>window.harmed=1</script>&amp;\u202e"
CONTRAST_MIN = 4.5


@pytest.fixture(scope="module")
def browser():
    with Browser() as one:
        yield one


@pytest.fixture
def busy(start):
    """A daemon with a few clients who have sent something, rejects among it."""
    daemon = start()
    for number in range(1, 13):
        client = daemon.connect()
        client.hello(client=f"worker-{number}", stream=f"shop/{number % 3}")
        client.send_records([b"1"] * (number * number) + [b"{"] * (number % 4))
        client.wait_ack()
    return daemon


class Load:
    """Records, some of them bad, from a thread of its own until the end of the block."""

    def __init__(self, daemon):
        self.client = Client(daemon.address())
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.ending.is_set():
            self.client.send_records([b'{"n":1}'] * 40 + [b"?"])
            self.client.wait_ack()

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        self.client.close()


def shown(browser):
    """The figures, and the answers of /status so far, of one moment."""
    return browser.run("return [Object.fromEntries([...document.querySelectorAll('[data-figure]')]"
                       ".map((one) => [one.dataset.figure, one.textContent])), window.answers['/status'] ?? []]")


def figures_of(status):
    """What the page has to make of an answer."""
    return {"records": f"{status['records']:,}", "rejects": f"{sum(status['rejects'].values()):,}",
            "connections": sorted(f"{name}\u00a0{count:,}" for name, count in status["connections"].items()),
            "connections_refused": f"{status['connections_refused']:,}", "sessions": f"{status['sessions']:,}",
            "segments": f"{status['spool']['segments']:,}"}


def shows(figures, status):
    figures = {**figures, "connections": sorted(figures["connections"].split(", "))}  # the driver sorts an answer's members
    return all(figures[name] == figure for name, figure in figures_of(status).items())


def test_figures_are_those_of_status_while_a_load_runs(start, browser):
    daemon = start()
    browser.open(daemon)
    with Load(daemon):
        seen = set()
        for _ in range(200):
            figures, answers = shown(browser)
            assert any(shows(figures, answer) for answer in answers[-2:]), (figures, answers[-2:])
            if figures["records"] != "0" and figures["records_per_s"] not in ("–", "0"):
                seen.add(figures["records"])
        wait_until(lambda: seen.add(shown(browser)[0]["records"]) or len(seen) >= 4, "figures that move", 30)
        figures, answers = shown(browser)
        assert answers[-1]["records"] > answers[0]["records"]
        rate = float(figures["records_per_s"].replace(",", ""))
        assert 0 < rate <= answers[-1]["records"]
    wait_until(lambda: shows(shown(browser)[0], daemon.status()), "in the end the page shows what /status says", 30)
    assert browser.find("#state").text == "ok"
    assert browser.complaints() == []


def test_the_charts_draw_what_the_figures_say(busy, browser):
    browser.open(busy)
    wait_until(lambda: len(shown(browser)[1]) >= 3, "some samples")
    drawn = browser.run("return ['chart-records', 'chart-bytes', 'chart-acks'].map((id) =>"
                        "Chart.getChart(id).data.datasets[0].data.at(-1))")
    figures, _ = shown(browser)
    for point, figure in zip(drawn, ("records_per_s", "mb_per_s", "ack_p99_ms")):
        assert point["x"] == 0
        assert float(figures[figure].replace(",", "")) == pytest.approx(point["y"], rel=0.01)
    assert "now" in browser.find("#chart-records").get_attribute("aria-label")


def test_clients_are_sorted_by_what_is_clicked(busy, browser):
    browser.open(busy)
    wait_until(lambda: len(browser.rows("clients")) == 12, "the clients are there")
    by_records = [f"{number * number}" for number in range(12, 0, -1)]
    assert browser.column("clients", "Records") == by_records
    assert browser.find("#clients th[data-key=records]").get_attribute("aria-sort") == "descending"
    browser.find("#clients th[data-key=records] button").click()
    assert browser.column("clients", "Records") == by_records[::-1]
    assert browser.find("#clients th[data-key=records]").get_attribute("aria-sort") == "ascending"
    browser.find("#clients th[data-key=client] button").click()
    names = browser.column("clients", "Client")
    assert names == sorted(names) and len(names) == 12
    assert browser.find("#clients th[data-key=records]").get_attribute("aria-sort") == "none"
    answers = len(shown(browser)[1])
    wait_until(lambda: len(shown(browser)[1]) > answers + 1, "more answers")
    assert browser.column("clients", "Client") == names  # they do not put it back


def test_tables_are_searched_in_every_column(busy, browser):
    browser.open(busy)
    wait_until(lambda: len(browser.rows("rejects")) == 9 and len(browser.rows("clients")) == 12, "the tables are filled")
    browser.find("#clients-search").send_keys("WORKER-1")
    assert sorted(browser.column("clients", "Client")) == ["worker-1", "worker-10", "worker-11", "worker-12"]
    assert browser.find("#clients-note").text == "4 of 12"
    browser.find("#rejects-search").send_keys("shop/2")
    assert set(browser.column("rejects", "Stream")) == {"shop/2"}
    browser.find("#rejects-search").clear()
    browser.find("#rejects-search").send_keys("no such thing")
    assert browser.rows("rejects") == []


def test_each_connection_is_shown_on_wish(busy, browser):
    browser.open(busy)
    browser.find("#clients-view").send_keys("each")
    wait_until(lambda: len(browser.rows("clients")) == 12, "the connections are there")
    assert set(browser.column("clients", "Address")) == {client.name for client in busy.clients}
    assert set(browser.column("clients", "State")) == {"reading"}


def test_only_warnings_on_wish(busy, browser):
    browser.open(busy)
    wait_until(lambda: "info" in browser.column("events", "Level"), "events of all levels")
    browser.find("#events-warnings").click()
    assert set(browser.column("events", "Level")) == {"warn"}


def test_hostile_text_is_shown_as_text(busy):
    with Browser() as browser:
        browser.open(busy)
        browser.run("""
            const [hostile] = arguments;
            const client = { client: hostile, address: hostile, connections: 1, records: 1, rejects: 0, bytes: 1, oldest_age_ms: 1 };
            const reject = { client: hostile, stream: hostile, address: hostile, code: hostile, count: 1, last: hostile, detail: hostile };
            const event = { ts: hostile, level: hostile, event: hostile, [hostile]: hostile };
            window.replaced = {
              "/connections": { total: 1, clients_total: 1, clients: [client], connections: [] },
              "/rejects": { rejects: [reject] },
              "/events": { events: [event] },
            };""", HOSTILE)
        for table, column in (("clients", "Client"), ("rejects", "The last one"), ("events", "Event")):
            wait_until(lambda: browser.column(table, column) == [HOSTILE], f"the text is in {table}", 20)
        assert browser.run("return [window.harmed, document.querySelectorAll('td *').length]") == [None, 0]
        assert not [url for url in browser.requests() if url.endswith("/x")]


def test_nothing_comes_from_elsewhere_and_all_of_it_is_small(busy):
    with Browser() as browser:
        browser.open(busy)
        wait_until(lambda: len(shown(browser)[1]) >= 2, "two rounds")
        own = "http://%s:%d/" % busy.address("admin")
        requests = browser.requests()
        assert own in requests
        assert not [url for url in requests if not url.startswith((own, "data:,"))]
        files = {url for url in requests if url == own or url.startswith(own + "page/")}
        sizes = {url: len(busy.admin("/" + url[len(own):]).body) for url in files}
        assert len(sizes) == 10 and sum(sizes.values()) <= BYTES_MAX, sizes
        assert browser.complaints() == []


def test_the_policy_forbids_what_the_page_does_not_need(busy):
    with Browser() as browser:
        browser.open(busy)
        browser.run("const s = document.createElement('script'); s.textContent = 'window.harmed = 1';"
                    "document.body.append(s);"
                    "const i = new Image(); i.src = 'http://127.0.0.1:9/'; document.body.append(i);")
        complaints = []
        for what in ("script-src", "img-src"):
            wait_until(lambda: complaints.extend(browser.complaints()) or what in "".join(complaints), f"{what} holds")
        assert browser.run("return window.harmed") is None


def test_it_is_used_by_keyboard(busy, browser):
    browser.open(busy)
    wait_until(lambda: len(browser.rows("clients")) == 12, "the clients are there")
    browser.run("document.activeElement.blur()")
    order = []
    for _ in range(60):
        browser.press("\ue004")  # Tab
        where = browser.run("const one = document.activeElement;"
                            "return one.id || one.textContent.trim().slice(0, 20)")
        if where in order[:1]:
            break
        order.append(where)
    assert order[:2] + order[3:5] == ["clients-view", "clients-search", "Client", "Address"], order  # a region between
    assert {"rejects-search", "events-warnings", "events-search", "/metrics"} <= set(order), order
    browser.run("document.querySelector('#clients th[data-key=rejects] button').focus()")
    browser.press("\ue007")  # Enter
    assert browser.find("#clients th[data-key=rejects]").get_attribute("aria-sort") == "descending"
    outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    answers = len(shown(browser)[1])
    wait_until(lambda: len(shown(browser)[1]) > answers, "another answer")
    assert browser.run("return document.activeElement.parentElement.dataset.key") == "rejects"  # it stays where it is


def test_everything_that_is_operated_has_a_name(busy, browser):
    browser.open(busy)
    nodes = browser.tell("Accessibility.getFullAXTree")["nodes"]
    operated = [node for node in nodes if node.get("role", {}).get("value") in
                ("button", "searchbox", "checkbox", "combobox", "link", "image", "img", "region", "table")]
    names = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in operated if not node["ignored"]]
    assert len(names) > 20
    assert not [role for role, name in names if not name and role != "table"], names


@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_narrow_window_is_not_scrolled_sideways(busy, width):
    with Browser(width=width, height=800) as browser:
        browser.open(busy)
        wait_until(lambda: len(browser.rows("rejects")) == 9, "the tables are filled")
        assert browser.run("return document.documentElement.scrollWidth") <= width


def test_at_night_it_is_dark(busy, browser):
    def lightness(one):
        return sum(map(int, re.findall(r"\d+", one.run("return getComputedStyle(document.body).backgroundColor"))[:3]))

    with Browser(dark=True) as dark:
        assert lightness(dark.open(busy)) < 150 < 600 < lightness(browser.open(busy))
        charts = "return Chart.getChart('chart-records').options.scales.y.ticks.color"
        assert dark.run(charts) != browser.run(charts)


def luminance(colour):
    digits = colour * 2 if len(colour) == 3 else colour
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_text_stands_out_by_day_and_by_night():
    css = (ROOT / "daemon/admin/page/page.css").read_text(encoding="utf-8")
    for scheme in re.findall(r":root \{(.*?)\}", css, re.DOTALL):
        colours = {name: digits.ljust(6, digits[-1]) if len(digits) != 3 else "".join(c * 2 for c in digits)
                   for name, digits in re.findall(r"--([a-z-]+): #([0-9a-f]+)", scheme)}
        for text in ("text", "soft", "warn", "bad", "focus"):
            for ground in ("back", "panel"):
                assert contrast(colours[text], colours[ground]) >= CONTRAST_MIN, (text, ground)
        for state in ("good", "warn", "bad", "soft"):
            assert contrast(colours["on-state"], colours[state]) >= CONTRAST_MIN, state


def test_a_daemon_that_is_gone_is_told_and_one_that_is_back_is_shown(start):
    daemon = start()
    address = "%s:%d" % daemon.address("admin")
    daemon.settings["listen.admin"] = f'["tcp://{address}"]'
    with Browser() as browser:
        browser.open(daemon)
        assert not browser.find("#trouble").is_displayed()
        daemon.terminate()
        wait_until(lambda: browser.find("#trouble").is_displayed(), "it says that nobody answers", 20)
        assert browser.find("#trouble").text.startswith("No answer")
        assert browser.find("#state").text == "no answer"  # not the "ok" of before
        assert browser.run("return document.title") == "no answer – crawlspool"
        daemon.start()
        wait_until(lambda: not browser.find("#trouble").is_displayed(), "it goes on", 20)
        wait_until(lambda: str(daemon.pid) in browser.find("#about").text, "with the new process")
        assert browser.find("#state").text == "ok"


@pytest.mark.parametrize("state, words", [
    ("disk_full", ["/var/spool/of-the-test", "3 MiB are free", "keeps 1 GiB", "spool.keep_free_bytes", "by itself", "why-so"]),
    ("slow", ["nothing is lost", "limits.memory_bytes_max"]),
    ("no_descriptors", ["LimitNOFILE=", "limits.connections_max"]),
    ("failed", ["/var/spool/of-the-test", "has failed"]),
    ("draining", ["being stopped"]),
])
def test_a_state_that_is_not_ok_says_why_and_what_to_do(start, state, words):
    daemon = start()
    status = daemon.status()
    status["state"] = state
    status["state_detail"] = "why-so"
    status["spool"].update(directory="/var/spool/of-the-test", free_bytes=3 << 20, keep_free_bytes=1 << 30)
    with Browser() as browser:
        browser.open(daemon)
        assert not browser.find("#advice").is_displayed()
        browser.run("window.replaced['/status'] = arguments[0]", status)
        wait_until(lambda: browser.find("#advice").is_displayed(), "it says what to do", 20)
        advice = browser.find("#advice").text
        assert [word for word in words if word not in advice] == [], advice
        assert browser.find("#state").text == state.replace("_", " ")
        browser.run("delete window.replaced['/status']")
        wait_until(lambda: not browser.find("#advice").is_displayed(), "and is silent again", 20)


def test_an_idle_daemon_claims_no_record_under_way(start, browser):
    daemon = start()
    browser.open(daemon)
    wait_until(lambda: browser.find("[data-figure=lag_bytes]").text == "0 B", "nothing waits for the disk")
    assert re.fullmatch(r"\S+ (B|KiB) of 512 MiB", browser.find("[data-figure=memory_bytes]").text)
    assert "Not yet on the disk" not in browser.find("body").text


def test_a_known_file_is_not_sent_again(shared):
    with web.Web(shared.address("admin")) as connection:
        first = connection.get("/page/chart.min.js")
        assert first.headers["content-type"] == "text/javascript; charset=utf-8"
        assert first.headers["cache-control"] == "no-cache" and first.headers["x-content-type-options"] == "nosniff"
        again = connection.get("/page/chart.min.js", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
        other = connection.get("/page/chart.min.js", headers={"If-None-Match": '"other"'})
        assert (other.status, other.body) == (200, first.body)


def test_the_page_is_html_with_a_strict_policy(shared):
    page = shared.admin("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy and "http" not in policy
    assert shared.admin("/", host="evil.example").status == 421
    assert shared.connect_raw("admin", b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 405
    for target in ("/page", "/page/", "/page/../status", "/page/embed.cmake", "/index.html"):
        assert shared.admin(target).status == 404, target
