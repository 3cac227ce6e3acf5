# SPDX-License-Identifier: Apache-2.0
"""What the demo plays: calls that must cross, and attacks that must not, each with the answers that are due.

An attack has two forms. `http` is what a client sends to the real gateway, which must refuse it. `record` is what a
hostile gateway puts on the link: everything about it is canonical but the attack itself, so the device must stop it.
"""
import dataclasses
import json

POLICY_HOST = "library.example"
ID = "0badcafe"
ID_HEADER = f"x-request-id: {ID}"


def encode(body):
    """A value in canonical JSON, as far as the values here need it. Bytes and text stay as they are."""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body, separators=(",", ":"), ensure_ascii=False)).encode()


def record(method, target, body=None, headers=None):
    """A canonical request record; `headers` are added to the usual ones, or replace them, or with None take them away."""
    fields = {"host": POLICY_HOST, "x-request-id": ID}
    text = b""
    if body is not None:
        text = encode(body)
        fields |= {"content-type": "application/json", "content-length": str(len(text))}
    fields |= headers or {}
    lines = "".join(f"{name}: {value}\r\n" for name, value in sorted(fields.items()) if value is not None)
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + text


def response(body, status="200 OK"):
    """A canonical response record."""
    text = encode(body)
    return (f"HTTP/1.1 {status}\r\ncontent-length: {len(text)}\r\ncontent-type: application/json\r\n\r\n").encode() + text


@dataclasses.dataclass
class Allowed:
    name: str
    method: str
    target: str
    body: object = None
    status: int = 200
    headers: tuple = ()
    options: tuple = ()  # of curl
    same_target: bool = True  # the target is canonical already


@dataclasses.dataclass
class Attack:
    """`gateway` is the (HTTP status, code, field) of the real gateway's refusal, `device` the (reason, field, rule) of the
    device's audit event, explained with the record at hand. `raw`: the bytes for the gateway, where curl would not send them."""

    name: str
    method: str
    target: str
    gateway: tuple
    device: tuple
    body: object = None
    headers: tuple = (ID_HEADER,)
    raw: bytes = None
    record: bytes = None

    def __post_init__(self):
        if self.record is None:
            self.record = record(self.method, self.target, self.body)


BOOK = {
    "title": "The Rime of the Ancient Mariner",
    "authors": ["S. T. Coleridge"],
    "genre": "POETRY",
    "isbn": "9780486272665",
    "pages": 80,
    "words": "3804",
    "acquired": "2024-02-29T08:30:00.250Z",
    "mark": "M-0042",
}
READER = {"card": "123456", "displayName": "Ada"}

ALLOWED = [
    Allowed("create a shelf", "POST", "/v1/shelves", {"theme": "Poetry", "capacity": 120}),
    Allowed("get it", "GET", "/v1/shelves/poetry"),
    Allowed("add a book", "POST", "/v1/shelves/poetry/books?bookId=rime", BOOK),
    Allowed("get the book", "GET", "/v1/shelves/poetry/books/rime"),
    Allowed("list, filter in any script", "GET",
            "/v1/shelves/poetry/books?pageSize=10&filter.genre=POETRY&filter.title=%E8%88%B9%E4%B9%97&newestFirst=true"),
    Allowed("check it out", "POST", "/v1/shelves/poetry/books/rime:checkout", {"reader": READER, "days": 14, "deposit": 2.5}),
    Allowed("the same by another binding", "PUT", "/v1/shelves/poetry/books/rime/loan", {"reader": READER, "days": 28}),
    Allowed("a review with replies", "POST", "/v1/shelves/poetry/books/rime/reviews",
            {"author": "Ada", "text": "Water, water \"everywhere\" \u6c34\n", "stars": 5,
             "replies": [{"author": "Bo", "text": "Agreed", "replies": [{"author": "Ada", "text": "!"}]}]}),
    Allowed("an error of the backend", "GET", "/v1/shelves/none", status=404),
    Allowed("an optional header", "GET", "/v1/shelves/poetry", headers=("x-api-version: 1",)),
    Allowed("untidy JSON in chunks, made canonical", "POST", "/v1/shelves",
            ' { "capacity" : 1.2e1,\r\n\t"theme": "S\\u0063i\\u0065nce" } ',
            headers=("transfer-encoding: chunked", "accept-language: en")),
    Allowed("untidy target, made canonical", "GET", "/v1/shelves/po%65try/books?newestFirst=false&pageSize=7",
            same_target=False),
    Allowed("100-continue", "POST", "/v1/shelves", {"theme": "History", "capacity": 1}, headers=("expect: 100-continue",)),
    Allowed("remove the book", "DELETE", "/v1/shelves/poetry/books/rime?force=true"),
]

SHELVES = "/v1/shelves"
CREATE = SHELVES + "/poetry/books?bookId=b2"
CHECKOUT = SHELVES + "/poetry/books/rime:checkout"
REVIEWS = SHELVES + "/poetry/books/rime/reviews"
HIDDEN = b"DELETE /v1/shelves/poetry/books/rime HTTP/1.1\r\nhost: library.example\r\nx-request-id: 0badcafe\r\n\r\n"


def book(**changes):
    """The book with some members changed, or, with None, left out; in canonical order."""
    return {name: value for name, value in (BOOK | changes).items() if value is not None}


def nested_reviews(depth):
    return '{"author":"a","replies":[' * depth + '{"author":"a"}' + "]}" * depth


def smuggled(headers, body):
    """A message with more than one opinion about its end, in the canonical order of headers."""
    fields = {"content-type": "application/json", "host": POLICY_HOST, "x-request-id": ID} | headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in sorted(fields.items()))
    return f"POST {SHELVES} HTTP/1.1\r\n{lines}\r\n".encode() + body


SHELF_TEXT = b'{"theme":"Poetry","capacity":1}'
CL_TE = smuggled({"content-length": str(5 + len(HIDDEN)), "transfer-encoding": "chunked"}, b"0\r\n\r\n" + HIDDEN)
TE_CL = smuggled({"transfer-encoding": "chunked", "content-length": "4"},
                 b"%x\r\n%s\r\n0\r\n\r\n%s" % (len(SHELF_TEXT), SHELF_TEXT, HIDDEN))
TWO_LENGTHS = (f"POST {SHELVES} HTTP/1.1\r\ncontent-length: {len(SHELF_TEXT)}\r\ncontent-length: {len(SHELF_TEXT + HIDDEN)}\r\n"
               f"content-type: application/json\r\nhost: {POLICY_HOST}\r\n{ID_HEADER}\r\n\r\n").encode() + SHELF_TEXT + HIDDEN

REQUEST_ATTACKS = [
    Attack("unknown field", "POST", SHELVES, (422, "unknown_field", "shelf.owner"), ("NO_TRANSITION", "shelf.owner", "unknown_field"),
           '{"theme":"Poetry","capacity":1,"owner":"me"}'),
    Attack("duplicate key", "POST", SHELVES, (422, "duplicate_field", "shelf.theme"), ("ORDER", "shelf.theme", "duplicate_field"),
           '{"theme":"Poetry","theme":"Prose","capacity":1}'),
    Attack("wrong type", "POST", SHELVES, (422, "wrong_type", "shelf.capacity"), ("NO_TRANSITION", "shelf.capacity", "type uint32"),
           '{"theme":"Poetry","capacity":[1]}'),
    Attack("out of range", "POST", SHELVES, (422, "rule", "shelf.capacity"), ("NO_TRANSITION", "shelf.capacity", "uint32.lte"),
           {"theme": "Poetry", "capacity": 1000}),
    Attack("too long", "POST", SHELVES, (422, "rule", "shelf.theme"), ("TOO_MANY", "shelf.theme", "string.max_len"),
           {"theme": "x" * 41, "capacity": 1}),
    Attack("pattern", "POST", CREATE, (422, "rule", "book.isbn"), ("NO_TRANSITION", "book.isbn", "string.pattern"),
           book(isbn="978048627266X")),
    Attack("pattern, in the path", "GET", SHELVES + "/Poetry", (422, "rule", "name"), ("NO_TRANSITION", "name", "string.pattern")),
    Attack("unknown enum", "POST", CREATE, (422, "unknown_enum_value", "book.genre"), ("NO_TRANSITION", "book.genre", "enum.defined_only"),
           book(genre="COOKERY")),
    Attack("enum value ruled out", "POST", CREATE, (422, "rule", "book.genre"), ("NO_TRANSITION", "book.genre", "enum.not_in"),
           book(genre="PULP")),
    Attack("missing required field", "POST", CREATE, (422, "rule", "book.title"), ("TOO_FEW", "book.title", "string.min_len"),
           book(title=None)),
    Attack("missing required header", "GET", SHELVES + "/poetry", (400, "rule", "x-request-id"),
           ("TOO_FEW", "header.x-request-id", "required"), headers=(),
           record=record("GET", SHELVES + "/poetry", headers={"x-request-id": None})),
    Attack("not in the list", "POST", CHECKOUT, (422, "rule", "days"), ("NO_TRANSITION", "days", "uint32.in"),
           {"reader": READER, "days": 8}),
    Attack("too many items", "POST", CREATE, (422, "rule", "book.authors"), ("TOO_MANY", "book.authors", "repeated.max_items"),
           book(authors=["a", "b", "c", "d", "e"])),
    Attack("two members of a oneof", "POST", CREATE, (422, "oneof", "book.reader"), ("ORDER", "book.reader", "oneof"),
           book(reader=READER)),
    Attack("nested too deep", "POST", REVIEWS, (400, "json_depth", ""), ("DEPTH", "review" + ".replies[0]" * 31 + ".author", "limits.maxDepth"), nested_reviews(40)),
    Attack("invalid UTF-8", "POST", SHELVES, (400, "json_utf8", ""), ("NO_TRANSITION", "shelf.theme", "json_utf8"),
           b'{"theme":"Po\xffetry","capacity":1}'),
    Attack("text behind the JSON", "POST", SHELVES, (400, "json_syntax", ""), ("NO_TRANSITION", "", "body.trailing"),
           '{"theme":"Poetry","capacity":1}{}'),
    Attack("not JSON at all", "POST", SHELVES, (400, "json_syntax", ""), ("NO_TRANSITION", "shelf", "json_syntax"),
           "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>"),
    Attack("longer than the limit", "POST", REVIEWS, (413, "record_too_long", ""), ("TOO_LONG", "", "limits.maxRecordBytes"),
           {"author": "Ada", "text": "t" * 200, "replies": [{"author": "Bo", "text": "t" * 200}] * 8}),
    Attack("unknown method", "PATCH", SHELVES + "/poetry", (405, "method_not_allowed", ""), ("NO_TRANSITION", ":method", "method_not_allowed")),
    Attack("unknown endpoint", "GET", "/admin", (404, "no_endpoint", ""), ("NO_TRANSITION", ":path", "no_endpoint")),
    Attack("path traversal", "GET", SHELVES + "/../../etc/passwd", (400, "dot_segment", ""), ("NO_TRANSITION", ":path", "dot_segment")),
    Attack("path traversal, encoded", "GET", SHELVES + "/poetry/books/%2e%2e%2fadmin", (422, "encoded_slash", "name"), ("NO_TRANSITION", "name", "encoded_slash")),
    Attack("unlisted header", "GET", SHELVES + "/poetry", (400, "header_not_listed", "x-forwarded-for"),
           ("NO_TRANSITION", "header.x-forwarded-for", "header_not_listed"), headers=(ID_HEADER, "x-forwarded-for: 127.0.0.1"),
           record=record("GET", SHELVES + "/poetry", headers={"x-forwarded-for": "127.0.0.1"})),
    Attack("smuggling, CL.TE", "POST", SHELVES, (400, "smuggling", "transfer-encoding"), ("NO_TRANSITION", "header.transfer-encoding", "header_not_listed"),
           raw=CL_TE, record=CL_TE),
    Attack("smuggling, TE.CL", "POST", SHELVES, (400, "smuggling", "transfer-encoding"), ("TOO_FEW", "header.content-length", "required"),
           raw=TE_CL, record=smuggled({"transfer-encoding": "chunked"}, TE_CL.split(b"\r\n\r\n", 1)[1])),
    Attack("smuggling, two lengths", "POST", SHELVES, (400, "content_length", "content-length"), ("ORDER", "header.content-length", "duplicate_header"),
           raw=TWO_LENGTHS, record=TWO_LENGTHS),
    Attack("request hidden behind a request", "GET", SHELVES + "/poetry", (400, "content_length", "content-length"), ("LENGTH", "header.content-length", "content_length"),
           raw=record("GET", SHELVES + "/poetry", headers={"content-length": "+" + str(len(HIDDEN))}) + HIDDEN,
           record=record("GET", SHELVES + "/poetry") + HIDDEN),
]

# Requests that are bytes rather than HTTP.
GARBAGE = bytes([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03]) + bytes(range(0, 256, 3))


@dataclasses.dataclass
class ResponseAttack:
    """The backend answers a request for `shelf` with something that must not cross. `gateway`: (code, field) of the HIGH
    gateway's refusal. `record`: what a hostile HIGH gateway answers a request for a shelf with."""

    name: str
    shelf: str
    gateway: tuple
    device: tuple
    record: bytes


RESPONSE_ATTACKS = [
    ResponseAttack("response with an unknown field", "leaky", ("unknown_field", "adminToken"),
                   ("NO_TRANSITION", "adminToken", "unknown_field"), response('{"theme":"Leaks","capacity":5,"adminToken":"s3cr3t"}')),
    ResponseAttack("response of a wrong type", "wrong", ("wrong_type", "capacity"), ("NO_TRANSITION", "capacity", "type uint32"),
                   response('{"theme":"Wrong type","capacity":{"books":5}}')),
    ResponseAttack("response out of range", "range", ("rule", "capacity"), ("NO_TRANSITION", "capacity", "uint32.lte"),
                   response('{"theme":"Out of range","capacity":100000}')),
    ResponseAttack("status that is not listed", "teapot", ("status_not_listed", "status"), ("NO_TRANSITION", ":status", "status_not_listed"),
                   response('{"code":2,"message":"a status that the policy does not list"}', "418 I'm a teapot")),
    ResponseAttack("response of another endpoint", "other", ("unknown_field", "book"), ("NO_TRANSITION", "book", "unknown_field"),
                   response('{"book":"shelves/poetry/books/rime","due":"2026-12-24T18:00:00Z"}')),
]

SHELF_RESPONSE = response('{"name":"shelves/poetry","theme":"Poetry","capacity":120}')
