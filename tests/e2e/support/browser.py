"""Headless Chromium, as the tests of the page use it: driven by selenium, seen through its DevTools."""

import functools
import json
import shutil

import pytest

from waiting import seconds, wait_until

# In the page before any of its own scripts: what it was answered, by path, oldest first.
REMEMBER_ANSWERS = """
window.answers = {};
window.replaced = {};  // by a test: what is answered instead
const realFetch = window.fetch;
window.fetch = async (path, options) => {
  const response = await realFetch(path, options);
  const answer = window.replaced[path] ?? await response.json();
  (window.answers[path] ??= []).push(answer);
  return new Response(JSON.stringify(answer), { status: response.status });
};
"""


@functools.cache
def selenium():
    webdriver = pytest.importorskip("selenium.webdriver", reason="no python3-selenium here")
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("no chromium and chromium-driver here")
    return webdriver


class Browser:
    def __init__(self, *, width=1300, height=1000, dark=False, before=REMEMBER_ANSWERS):
        webdriver = selenium()
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--disable-background-networking", "--disable-component-update"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        service = webdriver.chrome.service.Service(shutil.which("chromedriver"))
        self.driver = webdriver.Chrome(service=service, options=options)
        self.driver.set_script_timeout(seconds(20))
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        scheme = "dark" if dark else "light"
        self.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.tell("Page.addScriptToEvaluateOnNewDocument", source=before)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def tell(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def open(self, daemon):
        """The daemon's page, once it has shown its first answers."""
        self.driver.get("http://%s:%d/" % daemon.address("admin"))
        wait_until(lambda: self.run("return document.querySelector('[data-figure=records]').textContent") != "–",
                   "the page shows figures")
        return self

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector)

    def rows(self, table):
        return self.run("return [...document.getElementById(arguments[0]).tBodies[0].rows]"
                        ".map((row) => [...row.cells].map((cell) => cell.textContent))", table)

    def column(self, table, title):
        place = [text.strip() for text in self.texts(f"#{table} th")].index(title)
        return [row[place] for row in self.rows(table)]

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def press(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def requests(self):
        """The address of each request since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]

    def complaints(self):
        """What the console has to say: errors, and what the Content-Security-Policy has kept off."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
