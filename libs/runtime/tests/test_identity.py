"""Authentication: keys, tokens, services, and what happens when auth does not respond."""

import pytest

from headwater.contracts.identity import ALL, Binding, IdentityChanges
from headwater.contracts.problems import Problems
from headwater.runtime.identity.principal import Principal, forwarded_headers
from headwater.runtime.identity.verifier import REMEMBERED_SECONDS, Verifier
from headwater.runtime.settings import Secret
from headwater.runtime.web.problem import Problem

from .issuing import NOW, PEPPER, SERVICE_TOKEN, Clock, Feed, made_key, revoked, state, subject, token


def verifier_of(feed: Feed, clock: Clock | None = None, **options: object) -> Verifier:
    return Verifier(feed, PEPPER, SERVICE_TOKEN, clock or Clock(), **options)  # type: ignore[arg-type]


def problem_of(verifier: Verifier, authorization: str | None, **more: str) -> Problem:
    with pytest.raises(Problem) as problem:
        verifier.authenticate(authorization, **more)
    return problem.value


def test_a_token_carries_what_its_subjects_roles_give() -> None:
    held = (Binding("viewer", "team/"), Binding("engineer", "own/"))
    verifier = verifier_of(Feed(state(subjects=[subject("ada", *held)])))
    principal = verifier.authenticate(f"Bearer {token()}")
    assert (principal.subject, principal.kind, principal.session) == ("ada", "user", "s1")
    assert principal.may("lineage:read", "team/a")
    assert principal.may("lineage:read", "own/a")
    assert principal.may("ingest:write", "own/a")
    assert not principal.may("ingest:write", "team/a")
    assert not principal.may("user:manage")
    assert principal.visible.prefixes == ("own/", "team/")
    assert principal.on("ingest:write").visible.prefixes == ("own/",)


def test_administration_needs_a_binding_on_everything() -> None:
    verifier = verifier_of(Feed(state(subjects=[subject("ada", Binding("admin", "team/"))])))
    principal = verifier.authenticate(f"Bearer {token()}")
    assert not principal.may("user:manage")
    assert principal.may("alerts:write", "team/a")


def test_a_user_without_roles_sees_nothing_but_their_account() -> None:
    principal = verifier_of(Feed(state(subjects=[subject("ada", Binding("no such role"))]))).authenticate(
        f"Bearer {token()}"
    )
    assert principal.permissions == {"account:use"}
    assert not principal.visible.allows("anything")


def test_a_revocation_ends_cached_credentials() -> None:
    key = made_key("ingest:write")
    feed = Feed(state([key.record]))
    verifier = verifier_of(feed)
    shown, signed = f"Bearer {key.text}", f"Bearer {token()}"
    assert verifier.authenticate(shown) is verifier.authenticate(shown)
    verifier.authenticate(signed)
    feed.state = state([revoked(key.record)], [subject(epoch=2)], cursor=2)
    assert problem_of(verifier, shown).problem is Problems.UNAUTHENTICATED
    assert problem_of(verifier, signed).problem is Problems.UNAUTHENTICATED
    verifier.authenticate(f"Bearer {token(epoch=2)}")
    feed.state = state([], [subject(epoch=2, disabled=True)], cursor=3)
    assert problem_of(verifier, f"Bearer {token(epoch=2)}").problem is Problems.UNAUTHENTICATED


def test_the_malleated_twin_of_a_revoked_token_is_revoked_too() -> None:
    import base64

    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    feed = Feed(state())
    verifier = verifier_of(feed)
    front, _, signature = token().rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    s = order - int.from_bytes(raw[32:], "big")
    twin = base64.urlsafe_b64encode(raw[:32] + s.to_bytes(32, "big")).rstrip(b"=").decode()
    assert verifier.authenticate(f"Bearer {front}.{twin}").subject == "ada"
    feed.state = state(subjects=[subject(epoch=2)], cursor=2)
    assert problem_of(verifier, f"Bearer {front}.{twin}").problem is Problems.UNAUTHENTICATED


def test_cached_credentials_still_expire() -> None:
    key = made_key("ingest:write", expires_at=(NOW + 10) * 1_000_000)
    clock = Clock()
    verifier = verifier_of(Feed(state([key.record])), clock)
    shown, signed = f"Bearer {key.text}", f"Bearer {token()}"
    verifier.authenticate(shown)
    verifier.authenticate(signed)
    clock.now += 10_000_000
    assert problem_of(verifier, shown).problem is Problems.UNAUTHENTICATED
    verifier.authenticate(signed)
    clock.now += 290_000_000
    assert problem_of(verifier, signed).problem is Problems.UNAUTHENTICATED


def test_something_new_is_asked_for_at_once() -> None:
    key = made_key("ingest:write")
    feed = Feed(state(subjects=[]))
    feed.later = state([key.record], cursor=2)
    assert verifier_of(feed).authenticate(f"Bearer {key.text}").kind == "key"
    assert (feed.polled_now, feed.proven) == (1, False)
    feed = Feed(state(subjects=[]))
    feed.later = state(cursor=2)
    assert verifier_of(feed).authenticate(f"Bearer {token()}").kind == "user"
    assert feed.proven is True, "its signature says that the user is new"


def test_a_key_with_another_secret_is_refused() -> None:
    key, other = made_key("ingest:write"), made_key("ingest:write")
    feed = Feed(state([key.record]))
    verifier = Verifier(feed, Secret("another pepper"), SERVICE_TOKEN, Clock())
    assert problem_of(verifier, f"Bearer {key.text}").problem is Problems.UNAUTHENTICATED
    assert problem_of(verifier_of(feed), f"Bearer {other.text}").problem is Problems.UNAUTHENTICATED
    assert feed.polled_now == 1
    mistyped = key.text[:-1] + ("a" if key.text[-1] != "a" else "b")
    assert "mistyped" in problem_of(verifier_of(feed), f"Bearer {mistyped}").detail
    assert feed.polled_now == 1


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer garbage", "Bearer hw_x", "token abc"]
)
def test_without_good_credentials_nobody_gets_in(authorization: str | None) -> None:
    problem = problem_of(verifier_of(Feed(state())), authorization)
    assert problem.problem is Problems.UNAUTHENTICATED
    assert problem.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_for_a_key_lives_and_dies_with_the_key() -> None:
    key = made_key("lineage:read", prefixes=("team/",))
    feed = Feed(state([key.record]))
    verifier = verifier_of(feed)
    signed = f"Bearer {token(sub=f'key:{key.record.id}', epoch=0, sid='')}"
    principal = verifier.authenticate(signed)
    assert (principal.kind, principal.visible.prefixes) == ("key", ("team/",))
    feed.state = state([revoked(key.record)], cursor=2)
    assert problem_of(verifier, signed).problem is Problems.UNAUTHENTICATED


def test_a_key_shrinks_with_its_owner_and_grows_again() -> None:
    key = made_key("ingest:write", "lineage:read", owner="user:ada", prefixes=("team/", "other/"))
    feed = Feed(state([key.record], [subject("ada", Binding("engineer"))]))
    verifier = verifier_of(feed)
    shown, signed = f"Bearer {key.text}", f"Bearer {token(sub=f'key:{key.record.id}', epoch=0, sid='')}"
    for credentials in (shown, signed):
        assert verifier.authenticate(credentials).may("ingest:write", "other/a")
    feed.state = state([key.record], [subject("ada", Binding("engineer", "team/a/"))], cursor=2)
    for credentials in (shown, signed):
        principal = verifier.authenticate(credentials)
        assert principal.may("ingest:write", "team/a/b")
        assert not principal.may("ingest:write", "team/b")
        assert not principal.may("ingest:write", "other/a")
        assert principal.visible.prefixes == ("team/a/",)
    feed.state = state([key.record], [subject("ada", Binding("viewer"))], cursor=3)
    for credentials in (shown, signed):
        assert verifier.authenticate(credentials).permissions == {"lineage:read"}
    feed.state = state([key.record], [subject("ada", Binding("owner"), disabled=True)], cursor=4)
    for credentials in (shown, signed):
        assert "disabled" in problem_of(verifier, credentials).detail
    feed.state = state([key.record], [subject("ada", Binding("engineer"))], cursor=5)
    assert verifier.authenticate(shown).may("ingest:write", "other/a")


def test_a_key_whose_owner_is_unknown_is_refused_after_asking_once_more() -> None:
    key = made_key("ingest:write", owner="user:eve")
    feed = Feed(state([key.record]))
    assert problem_of(verifier_of(feed), f"Bearer {key.text}").problem is Problems.UNAUTHENTICATED
    assert feed.polled_now == 1
    feed.later = state([key.record], [subject("eve", Binding("producer"))], cursor=2)
    assert verifier_of(feed).authenticate(f"Bearer {key.text}").may("ingest:write", "any")


def test_a_key_made_by_a_key_ends_with_it_and_never_exceeds_it() -> None:
    clock = Clock()
    parent = made_key("key:manage", "ingest:write", prefixes=("team/",), expires_at=clock() + 10_000_000)
    child = made_key("ingest:write", "lineage:read", parent=parent.record.id)
    feed = Feed(state([parent.record, child.record]))
    verifier = verifier_of(feed, clock)
    shown, signed = f"Bearer {child.text}", f"Bearer {token(sub=f'key:{child.record.id}', epoch=0, sid='')}"
    principal = verifier.authenticate(shown)
    assert principal.permissions == {"ingest:write"}
    assert principal.visible.prefixes == ("team/",)
    verifier.authenticate(signed)
    clock.now += 10_000_000
    assert "expired" in problem_of(verifier, shown).detail
    assert problem_of(verifier, signed).problem is Problems.UNAUTHENTICATED
    clock.now -= 10_000_000
    feed.state = state([revoked(parent.record), child.record], cursor=2)
    assert "revoked" in problem_of(verifier, shown).detail


def test_a_key_annotates_where_it_was_said_and_administers_only_without_prefixes() -> None:
    key = made_key("ingest:write", "user:manage", prefixes=("team/",), annotate=("s3://lake",))
    principal = verifier_of(Feed(state([key.record]))).authenticate(f"Bearer {key.text}")
    assert principal.permissions == {"ingest:write", "dataset:annotate"}
    assert principal.may("dataset:annotate", "s3://lake")
    assert not principal.may("dataset:annotate", "team/a")
    assert not principal.may("ingest:write", "s3://lake")


@pytest.mark.parametrize(
    ("age", "reads", "sends"), [(0.0, True, True), (31.0, False, True), (899.0, False, True), (901.0, False, False)]
)
def test_when_auth_is_silent_reading_stops_before_sending(age: float, reads: bool, sends: bool) -> None:
    key = made_key("ingest:write", "lineage:read")
    feed = Feed(state([key.record]))
    feed.seconds = age
    verifier = verifier_of(feed)
    for permission, served in (("lineage:read", reads), ("ingest:write", sends)):
        if served:
            verifier.authenticate(f"Bearer {key.text}", permission=permission)
        else:
            problem = problem_of(verifier, f"Bearer {key.text}", permission=permission)
            assert problem.problem is Problems.UNAVAILABLE
            assert "Retry-After" in problem.headers


def test_readiness_says_when_auth_is_silent() -> None:
    feed = Feed(state())
    verifier = verifier_of(feed)
    assert verifier.checker(ingest=True)() is None
    feed.seconds = 60.0
    assert "60 s" in str(verifier.checker(ingest=True)())
    with pytest.raises(ConnectionError, match="60 s"):
        verifier.checker(ingest=False)()


def test_a_service_speaks_for_itself_or_for_somebody() -> None:
    verifier = verifier_of(Feed(state()))
    own = verifier.authenticate(f"Bearer {SERVICE_TOKEN.reveal()}")
    assert own.kind == "service"
    assert own.permissions == {"internal:read"}
    ada = Principal("ada", frozenset({"lineage:read"}), ALL, "user", {"lineage:read": ("",)}, "s1")
    headers = forwarded_headers(ada, SERVICE_TOKEN)
    assert verifier.authenticate(headers["Authorization"], forwarded=headers["Headwater-Principal"]) == ada


@pytest.mark.parametrize("forwarded", ["not base64!", "e30=", "bnVsbA==", "eyJzdWJqZWN0IjoxfQ=="])
def test_a_forwarded_viewer_that_cannot_be_read_is_nobody(forwarded: str) -> None:
    problem = problem_of(verifier_of(Feed(state())), f"Bearer {SERVICE_TOKEN.reveal()}", forwarded=forwarded)
    assert problem.problem is Problems.UNAUTHENTICATED


def test_a_caller_cannot_forward_a_viewer() -> None:
    ada = Principal("ada", frozenset({"user:manage"}), ALL)
    told = forwarded_headers(ada, SERVICE_TOKEN)["Headwater-Principal"]
    key = made_key("ingest:write")
    verifier = verifier_of(Feed(state([key.record])))
    assert verifier.authenticate(f"Bearer {key.text}", forwarded=told).subject == f"key:{key.record.id}"
    assert problem_of(verifier, None, forwarded=told).problem is Problems.UNAUTHENTICATED


def test_an_empty_service_token_lets_nobody_in() -> None:
    verifier = Verifier(Feed(state()), PEPPER, Secret(""), Clock())
    assert problem_of(verifier, "Bearer ").problem is Problems.UNAUTHENTICATED
    assert problem_of(verifier, "Bearer x").problem is Problems.UNAUTHENTICATED


def test_an_open_installation_lets_the_nameless_do_what_was_opened() -> None:
    verifier = verifier_of(Feed(state()), open_permissions=frozenset({"lineage:read"}))
    principal = verifier.authenticate(None)
    assert (principal.kind, principal.visible) == ("open", ALL)
    assert principal.may("lineage:read", "any")
    assert not principal.may("ingest:write")
    assert problem_of(verifier, "Bearer garbage").problem is Problems.UNAUTHENTICATED


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headwater.runtime.identity.verifier._CACHED", 3)
    keys = [made_key("ingest:write") for _ in range(5)]
    verifier = verifier_of(Feed(state([key.record for key in keys])))
    for key in keys:
        verifier.authenticate(f"Bearer {key.text}")
    assert len(verifier._known.accepted) <= 3


def test_the_verifier_needs_no_feed_that_hurries() -> None:
    class Plain:
        def current(self) -> IdentityChanges:
            return state()

        def age(self) -> float:
            return 0.0

    verifier = Verifier(Plain(), PEPPER, SERVICE_TOKEN, Clock())
    with pytest.raises(Problem):
        verifier.authenticate(f"Bearer {made_key('ingest:write').text}")


def test_what_is_remembered_is_known_without_asking_and_only_for_a_second() -> None:
    key, now = made_key("ingest:write"), [100.0]
    feed = Feed(state([key.record]))
    verifier = verifier_of(feed, monotonic=lambda: now[0])
    shown = f"Bearer {key.text}"
    assert verifier.remembered(shown) is None
    principal = verifier.authenticate(shown)
    assert verifier.remembered(shown) is principal
    assert verifier.remembered(f"Basic {key.text}") is None
    assert verifier.remembered(shown, forwarded="somebody") is None
    assert verifier.remembered(None) is None
    now[0] += REMEMBERED_SECONDS + 0.1
    assert verifier.remembered(shown) is None
    verifier.authenticate(shown)
    assert verifier.remembered(shown) is principal


def test_nothing_is_remembered_of_a_revoked_or_expired_key_nor_while_auth_is_silent() -> None:
    key, clock, now = made_key("ingest:write"), Clock(), [100.0]
    feed = Feed(state([key.record]))
    verifier = verifier_of(feed, clock, monotonic=lambda: now[0])
    shown = f"Bearer {key.text}"
    verifier.authenticate(shown)
    clock.now += 61_000_000  # keys are checked again after a minute
    assert verifier.remembered(shown) is None
    verifier.authenticate(shown)
    feed.seconds = 60.0
    now[0] += REMEMBERED_SECONDS + 0.1
    verifier.authenticate(shown, permission="ingest:write")
    assert verifier.remembered(shown) is None
    feed.seconds = 0.0
    feed.state = state([revoked(key.record)])
    assert problem_of(verifier, shown).status == 401
    assert verifier.remembered(shown) is None


def test_an_open_installation_remembers_the_nameless() -> None:
    verifier = verifier_of(Feed(state()), open_permissions=frozenset({"ingest:write"}))
    assert verifier.remembered(None) == verifier.authenticate(None)


def test_a_principal_holds_now_what_its_credentials_would_give() -> None:
    key = made_key("ingest:write", prefixes=("team/",))
    feed = Feed(state([key.record], [subject("ada", Binding("steward", "own/"))]))
    verifier = verifier_of(feed)
    reference = f"key:{key.record.id}"
    by_reference = verifier.principal(reference, permission="ingest:write")
    assert by_reference == verifier.authenticate(f"Bearer {key.text}")
    assert verifier.principal(reference, permission="ingest:write") is by_reference
    ada = verifier.principal("ada", permission="ingest:write")
    assert (ada.subject, ada.kind, ada.session) == ("ada", "user", "")
    assert ada.sees("dataset:annotate").prefixes == ("own/",)


def test_a_principal_that_is_gone_holds_nothing() -> None:
    key = made_key("ingest:write", expires_at=(NOW + 10) * 1_000_000)
    feed, clock = Feed(state([key.record], [subject("ada", Binding("engineer"))])), Clock()
    verifier = verifier_of(feed, clock)
    reference = f"key:{key.record.id}"
    for known in (reference, "ada"):
        verifier.principal(known, permission="ingest:write")
    clock.now += 10_000_000
    assert _refusal(verifier, reference) is Problems.UNAUTHENTICATED
    feed.state = state([revoked(key.record)], [subject("ada", Binding("engineer"), disabled=True)], cursor=2)
    for unheld in (reference, "ada", "key:unknown", "unknown", ""):
        assert _refusal(verifier, unheld) is Problems.UNAUTHENTICATED
    feed.seconds = 901.0
    assert _refusal(verifier, reference) is Problems.UNAVAILABLE


def _refusal(verifier: Verifier, reference: str) -> Problems:
    with pytest.raises(Problem) as problem:
        verifier.principal(reference, permission="ingest:write")
    return problem.value.problem


def test_what_the_feed_has_news_of_is_not_remembered() -> None:
    class Following(Feed):
        is_news = False

        def is_current(self) -> bool:
            return not self.is_news

    key = made_key("ingest:write")
    feed = Following(state([key.record]))
    verifier = verifier_of(feed)
    shown = f"Bearer {key.text}"
    verifier.authenticate(shown)
    assert verifier.remembered(shown) is not None
    feed.is_news = True
    assert verifier.remembered(shown) is None
