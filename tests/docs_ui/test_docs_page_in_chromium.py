"""What a person meets at `/docs`, in a real browser."""

from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.docs_ui.chromium import Page, hosts_asked_for, opened_page
from tests.docs_ui.conftest import Served

pytestmark = pytest.mark.browser

LOADED = "document.querySelectorAll('.opblock-tag-section').length"
CREATE_NODE = "[id='operations-admin-create_node']"
MAKE_CODE = "[id='operations-admin-create_enrolment_code']"
AUTHORIZED = "[...document.querySelectorAll('.auth-container')].some(one => one.innerText.includes('Authorized'))"
STATUS = " .live-responses-table .response .response-col_status"


def authorize(page: Page, name: str, password: str) -> None:
    page.click(".auth-wrapper .authorize")
    page.type("#oauth_username", name)
    page.type("#oauth_password", password)
    page.click("[aria-label='Apply given OAuth2 credentials']")


def test_an_administrator_logs_in_creates_a_node_and_makes_its_enrolment_code(page: Page, served: Served) -> None:
    page.open(f"{served.url}/docs#/admin")
    page.wait_for(LOADED)
    authorize(page, served.name, served.password)
    page.wait_for(AUTHORIZED)
    page.click(".modal-ux .btn-done")

    page.click(f"{CREATE_NODE} .opblock-summary-control")
    page.wait_for(f'document.querySelector("{CREATE_NODE} textarea").value.includes("police-990121")')
    page.click(f"{CREATE_NODE} .execute")
    assert page.text(CREATE_NODE + STATUS).startswith("201"), page.text(CREATE_NODE)
    assert [row[0] for row in served.exchange.rows("SELECT node_id FROM node")] == ["police-990121"]
    assert "curl" in page.text(f"{CREATE_NODE} .request-snippets")

    page.click(f"{MAKE_CODE} .opblock-summary-control")
    page.type(f"{MAKE_CODE} [data-param-name=node_id] input", "police-990121")
    page.click(f"{MAKE_CODE} .execute")
    assert page.text(MAKE_CODE + STATUS).startswith("201")
    assert "expires_at" in page.text(f"{MAKE_CODE} .live-responses-table .microlight")
    assert page.evaluate("violations") == []
    assert page.complaints == []


def test_a_wrong_password_authorizes_nobody(page: Page, served: Served) -> None:
    page.open(f"{served.url}/docs")
    page.wait_for(LOADED)
    authorize(page, served.name, "wrong")
    page.wait_for("document.querySelector('.auth-container .errors')")
    assert not page.evaluate(AUTHORIZED)


def test_a_reload_forgets_the_administrator(page: Page, served: Served) -> None:
    page.open(f"{served.url}/docs")
    page.wait_for(LOADED)
    authorize(page, served.name, served.password)
    page.wait_for(AUTHORIZED)
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.call("Page.reload")
    page.wait_for(f"!document.querySelector('.modal-ux') && {LOADED}")
    page.wait_for("document.querySelector('.auth-wrapper .authorize.unlocked')")


def test_the_page_shows_every_operation_in_both_languages_under_its_own_policy(page: Page, served: Served) -> None:
    page.open(f"{served.url}/docs")
    page.wait_for(LOADED)
    document = httpx.get(f"{served.url}/openapi.json", trust_env=False).json()
    operations = sum(len(methods) for methods in document["paths"].values())
    page.evaluate("document.querySelectorAll('.opblock-tag').forEach(tag => tag.click())")
    page.wait_for(f"document.querySelectorAll('.opblock').length == {operations}")
    shown = page.text("#swagger-ui")
    assert "/v1/admin/nodes/{node_id}/enrolment-codes" in shown.replace("\u200b", "")
    assert "X-JWS-Signature" in shown
    assert "管理员" in shown
    assert page.evaluate("violations") == []
    assert page.complaints == []


def test_a_page_address_cannot_choose_another_document(page: Page, served: Served) -> None:
    page.open(f"{served.url}/docs?url=/elsewhere.json")
    page.wait_for(LOADED)
    assert not [asked for asked in page.requests if "elsewhere.json" in urlsplit(asked).path]


def test_no_request_leaves_this_machine(chromium: str, tmp_path: Path, served: Served) -> None:
    with opened_page(chromium, tmp_path) as page:
        page.open(f"{served.url}/docs")
        page.wait_for(LOADED)
        page.evaluate("new Promise(done => setTimeout(done, 1000))")
    asked = [address for address in page.requests if not address.startswith("data:")]
    assert {urlsplit(address).hostname for address in asked} == {"127.0.0.1"}
    assert hosts_asked_for(tmp_path / "net-log.json", served.url) == {"127.0.0.1"}


def test_a_request_that_did_leave_this_machine_would_be_seen(chromium: str, tmp_path: Path, served: Served) -> None:
    with opened_page(chromium, tmp_path) as page:
        page.open(f"{served.url}/openapi.json")  # a document without the policy
        page.wait_for("document.body")
        page.evaluate("new Promise(done => { new Image().src = 'http://outside.test/'; setTimeout(done, 500) })")
    assert "outside.test" in hosts_asked_for(tmp_path / "net-log.json", served.url)
