"""Every route, asked by everybody: the table says what each gets, and a route that is not in it fails the test."""

import gzip
from dataclasses import dataclass
from typing import Any

import pytest

from analytics.team_measures import TEAM_MEASURES
from auth.permissions import GRANTS, Permission, Role
from portal import vega

ASKERS = ("stranger", "ben", "eva", "dan", "ana", "gus", "cleo", "oda")
"""Nobody; Ben; a colleague; somebody of another team; Ben's manager; another manager; the reviewer; the operator."""

EVERYBODY = frozenset(ASKERS)
SIGNED_IN = EVERYBODY - {"stranger"}
MANAGERS = frozenset({"ana", "gus"})
IN_CLAIMS = frozenset({"ana", "ben", "eva"})
BENS_MANAGER, REVIEWER, OPERATOR = frozenset({"ana"}), frozenset({"cleo"}), frozenset({"oda"})


@dataclass(frozen=True)
class Row:
    """Who reaches a view and what they get; the others get 404, a stranger is asked to sign in."""

    who: frozenset[str]
    status: int = 200
    query: str = ""


BEN = "{ben}"
OF_TEAMS = f"<any({', '.join(each.name for each in TEAM_MEASURES)}):measure>"
WEEK = "?purpose=one_to_one"
TABLE: dict[tuple[str, str], Row] = {
    ("GET", "/"): Row(SIGNED_IN),
    ("GET", "/admin/"): Row(OPERATOR),
    ("GET", "/admin/system"): Row(OPERATOR),
    ("POST", "/admin/people/<person>/invitation"): Row(OPERATOR),
    ("GET", "/api/0/buckets/"): Row(SIGNED_IN),
    ("GET", "/api/0/buckets/<bucket>"): Row(frozenset()),  # nobody has a bucket of that name
    ("POST", "/api/0/buckets/<bucket>"): Row(SIGNED_IN, 400),
    ("PUT", "/api/0/buckets/<bucket>"): Row(SIGNED_IN, 400),
    ("DELETE", "/api/0/buckets/<bucket>"): Row(SIGNED_IN, 401),  # without ?force=1
    ("GET", "/api/0/buckets/<bucket>/events"): Row(frozenset()),
    ("POST", "/api/0/buckets/<bucket>/events"): Row(SIGNED_IN, 400),
    ("GET", "/api/0/buckets/<bucket>/events/<int:number>"): Row(frozenset()),
    ("DELETE", "/api/0/buckets/<bucket>/events/<int:number>"): Row(SIGNED_IN, 403),  # in testing mode alone
    ("GET", "/api/0/buckets/<bucket>/events/count"): Row(frozenset()),
    ("GET", "/api/0/buckets/<bucket>/export"): Row(frozenset()),
    ("POST", "/api/0/buckets/<bucket>/heartbeat"): Row(SIGNED_IN, 400),
    ("GET", "/api/0/export"): Row(SIGNED_IN),
    ("POST", "/api/0/import"): Row(SIGNED_IN, 400),
    ("GET", "/api/0/info"): Row(EVERYBODY),
    ("POST", "/api/0/query/"): Row(SIGNED_IN, 400),
    ("GET", "/api/0/settings"): Row(SIGNED_IN),
    ("GET", "/api/0/settings/<key>"): Row(SIGNED_IN),
    ("POST", "/api/0/settings/<key>"): Row(SIGNED_IN, 400),
    ("POST", "/api/v1/events"): Row(SIGNED_IN, 422),
    ("GET", "/api/v1/log"): Row(REVIEWER),
    ("GET", "/api/v1/log/checkpoint"): Row(SIGNED_IN),
    ("GET", "/api/v1/log/entries/<int:index>"): Row(REVIEWER),
    ("GET", "/api/v1/log/verification"): Row(REVIEWER),
    ("GET", "/api/v1/me/access"): Row(SIGNED_IN),
    ("GET", "/api/v1/me/access/closing"): Row(frozenset()),  # no day was closed yet
    ("GET", "/api/v1/me/access/proofs"): Row(SIGNED_IN),
    ("GET", "/api/v1/me/access/shown/<int:entry>"): Row(frozenset()),  # nobody was looked at in this entry
    ("GET", "/api/v1/me/annotations"): Row(SIGNED_IN, query="?from=2026-11-09&to=2026-11-16"),
    ("POST", "/api/v1/me/annotations"): Row(SIGNED_IN, 400),
    ("GET", "/api/v1/me/goals"): Row(SIGNED_IN),
    ("DELETE", "/api/v1/me/annotations/<date>/<note>"): Row(frozenset()),  # nobody noted that
    ("GET", "/api/v1/me/as-seen-by-manager"): Row(frozenset({"ben", "eva", "dan"}), query="?week=2026-W46"),
    ("GET", "/api/v1/me/days"): Row(SIGNED_IN, query="?from=2026-11-09&to=2026-11-16"),
    ("GET", "/api/v1/me/days/<date>"): Row(SIGNED_IN),
    ("GET", "/api/v1/me/devices"): Row(SIGNED_IN),
    ("PATCH", "/api/v1/me/devices/<device>"): Row(SIGNED_IN, 400),
    ("DELETE", "/api/v1/me/devices/<device>"): Row(frozenset()),  # nobody has a computer of that number
    ("GET", "/api/v1/me/notices"): Row(SIGNED_IN),
    ("GET", "/api/v1/me/recorded"): Row(SIGNED_IN),
    ("GET", "/api/v1/me/sessions"): Row(SIGNED_IN),
    ("DELETE", "/api/v1/me/sessions"): Row(SIGNED_IN, 204),
    ("DELETE", "/api/v1/me/sessions/<session>"): Row(frozenset()),  # nobody has a session of that id
    ("GET", "/api/v1/me/sharing"): Row(SIGNED_IN),
    ("GET", "/api/v1/me/tokens"): Row(SIGNED_IN),
    ("POST", "/api/v1/me/tokens"): Row(SIGNED_IN, 400),
    ("DELETE", "/api/v1/me/tokens/<token>"): Row(frozenset()),  # nobody has a token of that number
    ("GET", "/api/v1/me/trends"): Row(SIGNED_IN, query="?from=2026-10-05&to=2026-11-16&measure=focus_time"),
    ("GET", "/api/v1/openapi.json"): Row(SIGNED_IN),
    ("POST", "/api/v1/relay/enrolments"): Row(EVERYBODY, 400),
    ("GET", "/api/v1/relay/enrolments/<device_code>"): Row(frozenset()),  # no computer asked with that code
    ("GET", "/api/v1/relay/policies"): Row(SIGNED_IN),
    ("GET", "/api/v1/relay/policy"): Row(SIGNED_IN),
    ("GET", "/api/v1/shared"): Row(SIGNED_IN),
    ("GET", "/api/v1/shared/<subject>/<int:number>"): Row(SIGNED_IN - {"ben"}, 403),  # refused, in Ben's log
    ("GET", "/api/v1/team"): Row(MANAGERS),
    ("GET", "/api/v1/team/<team>/people/<person>/weeks/<week>"): Row(BENS_MANAGER, query=WEEK),
    ("GET", "/api/v1/team/<team>/releases/<week>"): Row(frozenset()),  # nothing was released yet
    ("GET", "/api/v1/team/<team>/volumes"): Row(IN_CLAIMS, query="?from=2026-11-09&to=2026-11-16"),
    ("POST", "/api/v1/volumes"): Row(OPERATOR, 400),
    ("GET", "/compliance/"): Row(REVIEWER),
    ("GET", "/compliance/entries/<int:index>"): Row(REVIEWER),
    ("GET", "/compliance/keys"): Row(REVIEWER),
    ("GET", "/compliance/policy"): Row(REVIEWER),
    ("GET", "/compliance/policy/<int:version>.toml"): Row(REVIEWER),
    ("GET", "/compliance/threads"): Row(REVIEWER),
    ("GET", "/compliance/threads/<subject>/<int:number>"): Row(REVIEWER, 403),  # nobody asked them anything there
    ("POST", "/compliance/threads/<subject>/<int:number>"): Row(frozenset()),
    ("GET", "/compliance/verification"): Row(REVIEWER),
    ("GET", "/healthz"): Row(EVERYBODY),
    ("GET", "/invitation/<token>"): Row(frozenset()),  # no such link
    ("POST", "/invitation/<token>"): Row(frozenset()),
    ("GET", "/log/fingerprint"): Row(SIGNED_IN),
    ("GET", "/measures/<measure>"): Row(SIGNED_IN),
    ("GET", "/me/access"): Row(SIGNED_IN),
    ("GET", "/me/access.csv"): Row(SIGNED_IN),
    ("GET", "/me/access.json"): Row(SIGNED_IN),
    ("GET", "/me/data"): Row(SIGNED_IN),
    ("POST", "/me/data/export"): Row(SIGNED_IN),
    ("GET", "/me/access/shown/<int:entry>"): Row(frozenset()),
    ("GET", "/me/access/check"): Row(SIGNED_IN),
    ("GET", "/me/account"): Row(SIGNED_IN),
    ("POST", "/me/account/password"): Row(SIGNED_IN, 422),
    ("POST", "/me/account/sessions/<session>/end"): Row(SIGNED_IN, 302),  # does nothing: nobody has that session
    ("POST", "/me/account/sessions/end"): Row(SIGNED_IN, 302),
    ("GET", "/me/settings"): Row(SIGNED_IN),
    ("POST", "/me/settings/language"): Row(SIGNED_IN, 303),
    ("GET", "/me/as-seen-by-manager"): Row(SIGNED_IN),
    ("GET", "/me/days/<date>"): Row(SIGNED_IN),
    ("GET", "/me/close-week"): Row(SIGNED_IN),
    ("POST", "/me/close-week"): Row(SIGNED_IN, 303),
    ("GET", "/me/days/<date>/notes"): Row(SIGNED_IN),
    ("POST", "/me/days/<date>/notes"): Row(SIGNED_IN, 400),
    ("POST", "/me/days/<date>/notes/category"): Row(SIGNED_IN, 400),
    ("POST", "/me/days/<date>/notes/remove"): Row(SIGNED_IN, 303),  # does nothing: nobody noted that
    ("POST", "/me/notes/offline"): Row(SIGNED_IN, 400),
    ("GET", "/me/devices"): Row(SIGNED_IN),
    ("POST", "/me/devices/<device>/rename"): Row(SIGNED_IN, 400),
    ("POST", "/me/devices/<device>/revoke"): Row(SIGNED_IN, 302),  # does nothing: nobody has that computer
    ("GET", "/me/devices/new"): Row(SIGNED_IN),
    ("POST", "/me/devices/new"): Row(frozenset()),  # no computer asked with that code
    ("POST", "/me/pause"): Row(SIGNED_IN, 400),
    ("POST", "/me/resume"): Row(SIGNED_IN, 302),  # does nothing: nobody has paused
    ("GET", "/me/forget"): Row(SIGNED_IN),
    ("POST", "/me/forget"): Row(SIGNED_IN, 400),
    ("POST", "/me/private-apps"): Row(SIGNED_IN, 302),
    ("GET", "/me/erase"): Row(SIGNED_IN),
    ("POST", "/me/erase"): Row(SIGNED_IN, 422),  # nobody has a password here
    ("GET", "/me/agreed-goals"): Row(SIGNED_IN),
    ("POST", "/me/agreed-goals"): Row(SIGNED_IN, 409),  # a manager of theirs is not named
    ("POST", "/me/agreed-goals/<int:number>/answer"): Row(frozenset()),  # nobody has a goal of that number
    ("POST", "/me/agreed-goals/<int:number>/end"): Row(frozenset()),
    ("GET", "/me/experiments"): Row(SIGNED_IN),
    ("POST", "/me/experiments"): Row(SIGNED_IN, 400),
    ("GET", "/me/experiments/<int:number>"): Row(frozenset()),  # nobody has one of that number
    ("POST", "/me/experiments/<int:number>/remove"): Row(frozenset()),
    ("GET", "/me/one-to-ones"): Row(SIGNED_IN),
    ("POST", "/me/one-to-ones"): Row(frozenset()),  # nobody named a manager of theirs
    ("GET", "/me/one-to-ones/<int:number>"): Row(frozenset()),  # nobody has one of that number
    ("POST", "/me/one-to-ones/<int:number>"): Row(frozenset()),
    ("GET", "/me/one-to-ones/<int:number>.ics"): Row(frozenset()),
    ("GET", "/me/goals"): Row(SIGNED_IN),
    ("GET", "/me/goals/<measure>"): Row(SIGNED_IN),
    ("POST", "/me/goals/<measure>"): Row(SIGNED_IN, 400),
    ("POST", "/me/goals/<measure>/pause"): Row(frozenset()),  # nobody has that goal
    ("GET", "/me/goals/<measure>/remove"): Row(frozenset()),
    ("POST", "/me/goals/<measure>/remove"): Row(frozenset()),
    ("POST", "/me/goals/<measure>/resume"): Row(frozenset()),
    ("GET", "/me/half-year"): Row(SIGNED_IN),
    ("GET", "/me/look-back/"): Row(SIGNED_IN, 302),
    ("GET", "/me/look-back/<month>"): Row(SIGNED_IN),
    ("GET", "/me/measures/"): Row(SIGNED_IN),
    ("GET", "/me/measures/<measure>"): Row(SIGNED_IN),
    ("GET", "/me/months/"): Row(SIGNED_IN, 302),
    ("GET", "/me/months/<month>"): Row(SIGNED_IN),
    ("GET", "/me/months/<month>.csv"): Row(SIGNED_IN),
    ("GET", "/me/recap/"): Row(SIGNED_IN, 302),
    ("GET", "/me/recap/<week>"): Row(SIGNED_IN),
    ("GET", "/me/weeks/"): Row(SIGNED_IN, 302),
    ("GET", "/me/weeks/<week>"): Row(SIGNED_IN),
    ("GET", "/me/weeks/<week>.csv"): Row(SIGNED_IN),
    ("POST", "/me/settings/wishes"): Row(SIGNED_IN, 303),
    ("GET", "/me/notices"): Row(SIGNED_IN),
    ("POST", "/me/notices"): Row(SIGNED_IN, 302),
    ("GET", "/me/pattern"): Row(SIGNED_IN),
    ("POST", "/me/pattern"): Row(SIGNED_IN, 400),
    ("POST", "/me/pattern/days-off"): Row(SIGNED_IN, 400),
    ("POST", "/me/pattern/holidays"): Row(SIGNED_IN, 400),
    ("GET", "/me/recorded"): Row(SIGNED_IN),
    ("GET", "/me/recorded/versions/<int:version>"): Row(SIGNED_IN),
    ("GET", "/me/sharing"): Row(SIGNED_IN),
    ("GET", "/me/sharing/new"): Row(SIGNED_IN),
    ("POST", "/me/sharing/new"): Row(SIGNED_IN, 400),
    ("GET", "/me/sharing/<int:number>"): Row(frozenset()),  # nobody shares anything
    ("POST", "/me/sharing/<int:number>/end"): Row(SIGNED_IN, 303),  # does nothing
    ("GET", "/me/threads"): Row(SIGNED_IN),
    ("GET", "/me/threads/new"): Row(SIGNED_IN),
    ("POST", "/me/threads/new"): Row(SIGNED_IN, 422),
    ("GET", "/me/threads/<int:number>"): Row(frozenset()),  # nobody began a conversation
    ("POST", "/me/threads/<int:number>"): Row(frozenset()),
    ("POST", "/me/threads/<int:number>/close"): Row(frozenset()),
    ("POST", "/me/threads/<int:number>/ask-again"): Row(frozenset()),
    ("GET", "/me/tokens"): Row(SIGNED_IN),
    ("POST", "/me/tokens"): Row(SIGNED_IN, 400),
    ("POST", "/me/tokens/<token>/revoke"): Row(SIGNED_IN, 302),  # does nothing: nobody has a token of that number
    ("GET", "/me/trends"): Row(SIGNED_IN),
    ("GET", "/me/trends.csv"): Row(SIGNED_IN),
    ("GET", "/metrics"): Row(EVERYBODY),
    ("GET", "/readyz"): Row(EVERYBODY),
    ("GET", "/shared/"): Row(SIGNED_IN),
    ("GET", "/shared/<subject>-<int:number>"): Row(SIGNED_IN - {"ben"}, 403),  # refused, in Ben's log
    ("GET", "/sign-in"): Row(EVERYBODY, 302),
    ("POST", "/sign-in"): Row(EVERYBODY, 401),
    ("GET", "/sign-in-link/<token>"): Row(frozenset()),  # no such link
    ("POST", "/sign-out"): Row(SIGNED_IN, 302),
    ("GET", "/static/<path:filename>"): Row(EVERYBODY),
    ("GET", "/static/vega.js"): Row(EVERYBODY),
    ("GET", "/static/verifier/<name>"): Row(EVERYBODY),
    ("GET", "/team/"): Row(MANAGERS),
    ("GET", "/api/v1/team/<team>/targets"): Row(IN_CLAIMS),
    ("GET", "/team/<team>/targets"): Row(IN_CLAIMS),
    ("GET", "/team/<team>/targets/new"): Row(BENS_MANAGER),
    ("POST", "/team/<team>/targets/new"): Row(BENS_MANAGER, 422),
    ("GET", "/team/<team>/targets/<int:number>"): Row(frozenset()),  # the team has no target
    ("GET", "/team/<team>/targets/<int:number>/change"): Row(frozenset()),
    ("POST", "/team/<team>/targets/<int:number>/change"): Row(frozenset()),
    ("POST", "/team/<team>/targets/<int:number>/end"): Row(frozenset()),
    ("POST", "/team/<team>/targets/<int:number>/said"): Row(frozenset()),
    ("GET", "/team/<team>/work"): Row(IN_CLAIMS),
    ("GET", "/team/<team>/work.csv"): Row(IN_CLAIMS),
    ("GET", "/team/work"): Row(SIGNED_IN),
    ("GET", "/team/<team>/figures"): Row(IN_CLAIMS),
    ("GET", "/team/<team>/figures.csv"): Row(IN_CLAIMS),
    ("GET", "/team/figures"): Row(SIGNED_IN),
    ("GET", "/team/figures/rules"): Row(SIGNED_IN),
    ("GET", f"/team/measures/{OF_TEAMS}"): Row(SIGNED_IN),
    ("GET", "/team/threads"): Row(MANAGERS),
    ("GET", "/team/threads/<subject>/<int:number>"): Row(MANAGERS, 403),  # nobody asked them anything there
    ("POST", "/team/threads/<subject>/<int:number>"): Row(frozenset()),
    ("GET", "/team/<team>/people/<person>"): Row(BENS_MANAGER),
    ("POST", "/team/<team>/people/<person>/one-to-ones"): Row(BENS_MANAGER, 400),
    ("GET", "/team/<team>/people/<person>/one-to-ones/<int:number>"): Row(frozenset()),
    ("POST", "/team/<team>/people/<person>/one-to-ones/<int:number>"): Row(frozenset()),
    ("GET", "/team/<team>/people/<person>/one-to-ones/<int:number>.ics"): Row(frozenset()),
    ("GET", "/team/<team>/people/<person>/goals"): Row(BENS_MANAGER),
    ("POST", "/team/<team>/people/<person>/goals"): Row(BENS_MANAGER, 400),
    ("POST", "/team/<team>/people/<person>/goals/<int:number>/answer"): Row(frozenset()),
    ("POST", "/team/<team>/people/<person>/goals/<int:number>/end"): Row(frozenset()),
    ("GET", "/team/<team>/people/<person>/weeks/<week>"): Row(BENS_MANAGER, query=WEEK),
    ("GET", "/trust"): Row(SIGNED_IN),
    ("GET", "/welcome"): Row(SIGNED_IN),
    ("POST", "/welcome"): Row(SIGNED_IN, 302),
}
PUBLIC = (
    "/api/0/info",
    "/api/v1/relay/enrolments",
    "/healthz",
    "/invitation/",
    "/metrics",
    "/readyz",
    "/sign-in",
    "/static/",
)
FILLED = {
    "<person>": BEN,
    "<subject>": BEN,
    "<int:entry>": "5",
    "<int:index>": "5",
    "<session>": "0" * 32,
    "<token>": "0" * 32,
    "<bucket>": "aw-watcher-window_pc",
    "<int:number>": "5",
    "<int:version>": "1",
    "<key>": "classes",
    "<device>": "0" * 32,
    "<device_code>": "0" * 43,
    "<date>": "2026-11-12",
    "<note>": "note-1",
    "<week>": "2026-W46",
    "<month>": "2026-10",
    "<team>": "claims",
    "<path:filename>": "style.css",
    "<name>": "verify.js",
    "<measure>": "breaks",
    OF_TEAMS: "rhythm",
}


def routes(app: Any) -> set[tuple[str, str]]:
    return {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}}


def address(office: Any, rule: str, query: str) -> str:
    for name, value in FILLED.items():
        rule = rule.replace(name, value)
    return rule.replace(BEN, office.ids["ben"]) + query


def ask(office: Any, who: str, method: str, path: str) -> Any:
    client = office.app.test_client()
    if who != "stranger":
        client.set_cookie("sameview", office.system.sessions.start(office.ids[who]))
    if method == "GET":
        return client.get(path)
    page = client.get("/sign-in" if who == "stranger" else "/welcome").text
    headers = {"X-CSRFToken": page.partition('name="csrf_token" value="')[2].partition('"')[0]}
    return client.open(path, method=method, data={"email": f"{who}@example.org"}, headers=headers)


def expected(row: Row, who: str, rule: str) -> int:
    if rule == "/sign-in" and who == "stranger" and row.status == 302:
        return 200
    if who in row.who:
        return row.status
    if who == "stranger" and not rule.startswith(PUBLIC):
        return 401 if rule.startswith("/api/") else 302
    return 404


def test_every_route_is_in_the_table(lasting_office: Any) -> None:
    assert routes(lasting_office.app) == set(TABLE)


@pytest.mark.parametrize(("method", "rule"), TABLE, ids=lambda part: str(part))
def test_everybody_gets_what_the_table_says(
    lasting_office: Any, monkeypatch: pytest.MonkeyPatch, method: str, rule: str
) -> None:
    monkeypatch.setattr(vega, "bundle", lambda _: gzip.compress(b"// the script"))  # making the real one takes seconds
    row = TABLE[method, rule]
    path = address(lasting_office, rule, row.query)

    got = {}
    for who in ASKERS:
        with ask(lasting_office, who, method, path) as answer:
            got[who] = answer.status_code

    assert got == {who: expected(row, who, rule) for who in ASKERS}


def test_a_view_that_declares_nothing_is_not_found(office: Any) -> None:
    office.app.add_url_rule("/oops", "oops", lambda: "hello")
    office.app.add_url_rule("/api/v1/oops", "api_oops", lambda: "hello")

    for who in (None, "ben", "ana", "cleo", "oda"):
        assert office.client(who).get("/oops").status_code == 404
        assert office.client(who).get("/api/v1/oops").status_code == 404


def test_every_view_declares_a_permission(lasting_office: Any) -> None:
    views = lasting_office.app.view_functions.items()

    assert [name for name, view in views if not isinstance(getattr(view, "permission", None), Permission)] == []


def test_no_change_stands_behind_a_permission_to_read(lasting_office: Any) -> None:
    """Such permissions are what a personal token to read has."""
    views, rules = lasting_office.app.view_functions, lasting_office.app.url_map.iter_rules()
    changing = [each for each in rules if each.methods - {"GET", "HEAD", "OPTIONS"}]

    found = {each.rule for each in changing if views[each.endpoint].permission.value.endswith(":read")}
    assert found == {"/api/0/query/", "/me/data/export"}  # both answer, and change nothing


def test_what_one_may_not_see_and_what_is_not_there_look_alike(office: Any) -> None:
    hidden = office.client("ben").get("/compliance/")
    absent = office.client("ben").get("/nowhere/")

    assert (hidden.status_code, hidden.text) == (absent.status_code, absent.text)


def test_no_permission_but_the_open_ones_is_granted_to_strangers() -> None:
    to_strangers = {each for each, roles in GRANTS.items() if Role.ANYONE in roles}

    assert to_strangers == {Permission.HEALTH_READ, Permission.SIGN_IN}


@pytest.mark.parametrize("path", ["/", "/team/", "/compliance/", "/admin/", "/api/v1/me/days/2026-11-12"])
def test_whoever_has_left_is_nobody(office: Any, path: str) -> None:
    for who in ("ben", "ana", "cleo", "oda"):
        office.system.people.leave(office.ids[who], office.clock().date())
    office.clock.advance(days=1)

    for who in ("ben", "ana", "cleo", "oda"):
        client = office.app.test_client()
        client.set_cookie("sameview", office.system.sessions.start(office.ids[who]))
        assert client.get(path).status_code in (302, 401)
