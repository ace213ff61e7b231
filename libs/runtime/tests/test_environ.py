"""An ASGI request as a WSGI environ."""

from headwater.runtime.web.environ import environ_of
from tests.asgi import scope_of


def test_paths_keep_their_bytes_and_the_raw_target_is_kept() -> None:
    environ = environ_of(scope_of("GET", "/a%2Fb/%C3%BC%ff?q=%20&q=2"))
    assert environ["PATH_INFO"] == "/a/b/\xc3\xbc\xff"
    assert environ["REQUEST_URI"] == "/a%2Fb/%C3%BC%ff?q=%20&q=2"
    assert environ["QUERY_STRING"] == "q=%20&q=2"


def test_headers_have_their_keys_and_repetitions_are_joined() -> None:
    scope = scope_of("POST", "/", {"Content-Type": "a/b", "X-One": "1"})
    scope["headers"] += [(b"x-one", b"2"), (b"cookie", b"a=1"), (b"cookie", b"b=2")]
    environ = environ_of(scope)
    assert environ["CONTENT_TYPE"] == "a/b"
    assert environ["HTTP_X_ONE"] == "1,2"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"


def test_a_header_with_an_underscore_never_passes_for_one_that_programs_believe() -> None:
    environ = environ_of(scope_of("GET", "/", {"Headwater_Principal": "forged", "Content_Length": "1"}))
    assert "HTTP_HEADWATER_PRINCIPAL" not in environ
    assert "CONTENT_LENGTH" not in environ
    assert "HTTP_CONTENT_LENGTH" not in environ
