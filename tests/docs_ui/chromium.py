"""A real Chromium without a window, driven over DevTools with the standard library."""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from tests.docs_ui.websocket import WebSocket
from tests.waiting import until

# Asked of the document itself, because a violation is an event there and nowhere else complete.
RECORD_VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", e => violations.push(`${e.effectiveDirective} ${e.blockedURI}`));
"""


def find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Page:
    """One tab. `requests`: the addresses it asked for; `complaints`: errors on its console."""

    def __init__(self, connection: WebSocket) -> None:
        self._connection = connection
        self._last_id = 0
        self.requests: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=RECORD_VIOLATIONS)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the result of one DevTools command. Raises RuntimeError with the browser's words."""
        self._last_id += 1
        self._connection.send(json.dumps({"id": self._last_id, "method": method, "params": params}))
        while True:
            message = json.loads(self._connection.receive())
            if message.get("id") == self._last_id:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return dict(message["result"])
            self._note(message)

    def _note(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "assert"):
                self.complaints.append(str(params["args"]))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.complaints.append(str(params["entry"]))

    def evaluate(self, script: str) -> Any:
        """Return the JSON value of a JavaScript expression. Raises RuntimeError if it throws."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['result'].get('description')}")
        return answer["result"].get("value")

    def wait_for(self, script: str, *, seconds: float = 15) -> Any:
        """Return the expression's value once it is truthy. Raises AssertionError with what the page shows."""

        def value() -> Any:
            with suppress(RuntimeError):  # not there yet, or the document is being replaced
                # An element would come back as an empty object, which is false here.
                return self.evaluate(f"(value => value instanceof Node || value)({script})")

        return until(script, value, seconds, there=lambda: (self.evaluate("document.body.innerText"), self.complaints))

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def click(self, selector: str) -> None:
        """Wait until the element is there and can be pressed, then press it."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"{found} && !{found}.disabled")
        self.evaluate(f"{found}.focus()")  # as a mouse does: the field left behind hands over what was typed
        self.evaluate(f"{found}.click()")

    def type(self, selector: str, text: str) -> None:
        """Replace what the field holds by `text`, by the browser's own input, as a person's keys would."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(found)
        self.evaluate(f"{found}.focus(), {found}.select()")
        self.call("Input.insertText", text=text)

    def text(self, selector: str) -> str:
        return str(self.wait_for(f"document.querySelector({json.dumps(selector)})?.innerText"))

    def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def opened_page(chromium: str, profile: Path) -> Iterator[Page]:
    """A fresh browser's only tab; `profile` is a folder of its own, where it also writes `net-log.json`."""
    command = [
        chromium,
        "--headless",
        "--no-sandbox",  # needs privileges that a container does not have; only our own page is opened
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-sync",
        "--no-first-run",
        "--no-proxy-server",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the browser has errands of its own
        "--window-size=1280,1600",
        "--remote-debugging-port=0",
        f"--log-net-log={profile / 'net-log.json'}",
        f"--user-data-dir={profile}",
        "about:blank",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
        try:
            with WebSocket(_debugger_url(profile), timeout=20) as connection:
                page = Page(connection)
                yield page
                with suppress(EOFError):
                    page.call("Browser.close")
            browser.wait(20)
        finally:
            if browser.poll() is None:
                browser.kill()


def _debugger_url(profile: Path) -> str:
    """The tab's DevTools address, once the browser has written which port it took."""
    announced = profile / "DevToolsActivePort"
    open_directly = build_opener(ProxyHandler({})).open  # a proxy of the environment knows nothing of this port

    def tab() -> str | None:
        if announced.exists() and (port := announced.read_text().partition("\n")[0]):
            with open_directly(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
                for target in json.load(answer):
                    if target["type"] == "page":
                        return str(target["webSocketDebuggerUrl"])
        return None

    return until("Chromium starts", tab)


def hosts_asked_for(net_log: Path, origin: str) -> set[str]:
    """The hosts that pages of `origin` made the browser open, request, look up or connect to ahead of time.

    The whole browser's log also holds its own errands (updates, accounts, autofill), whatever page is open:
    those have no initiator.
    """
    hosts = set()
    for event in json.loads(net_log.read_text())["events"]:
        params = event.get("params", {})
        ahead_of_time = params.get("is_preconnect") or params.get("is_speculative")
        if params.get("initiator") == origin or params.get("request_type") == "main frame" or ahead_of_time:
            hosts.add(urlsplit(params.get("url") or params.get("host", "")).hostname or "")
    return hosts
