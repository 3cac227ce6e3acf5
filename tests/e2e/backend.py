# SPDX-License-Identifier: Apache-2.0
"""A small library behind Python's own HTTP server: the backend of the demo and of the tests.

It answers the endpoints of schemas/examples/library, in an ordinary server's spelling of JSON (indented, any order of
members), and writes what it saw and what it answered to a file, a JSON object a line. Some shelves make it misbehave:
see MISBEHAVIOURS and its comment. It checks nothing: that is what the filter in front of it is for.
"""
import argparse
import http.server
import json
import re
import sys
import threading
import time

SHELF = re.compile(r"/v1/(shelves/[^/?]+)$")
BOOK = re.compile(r"/v1/(shelves/[^/?]+/books/[^/?:]+)$")
BOOKS = re.compile(r"/v1/(shelves/[^/?]+)/books(?:\?(.*))?$")
LOAN = re.compile(r"/v1/(shelves/[^/?]+/books/[^/?:]+)(?::checkout|/loan)$")
REVIEWS = re.compile(r"/v1/(shelves/[^/?]+/books/[^/?:]+)/reviews$")

# What the backend sends when somebody asks for one of these shelves: a status and a body that the schema does not
# have. Others: "twice" gets an extra response behind the right one, "late" one more when nobody asks any more, "garble"
# bytes that are no HTTP.
MISBEHAVIOURS = {
    "shelves/leaky": (200, {"theme": "Leaks", "capacity": 5, "adminToken": "s3cr3t"}),
    "shelves/wrong": (200, {"theme": "Wrong type", "capacity": {"books": 5}}),
    "shelves/range": (200, {"theme": "Out of range", "capacity": 100000}),
    "shelves/other": (200, {"book": "shelves/poetry/books/rime", "due": "2026-12-24T18:00:00Z"}),
    "shelves/teapot": (418, {"code": 2, "message": "a status that the policy does not list"}),
}
POISON = json.dumps({"name": "shelves/poison", "theme": "Poison", "capacity": 1}).encode()


def status_message(code, message):
    return {"message": message, "code": code}


class Library:
    """What is on the shelves. One lock: requests come on several threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self._shelves = {}
        self._books = {}

    def answer(self, method, target, body):
        """Status and body of the answer to one request."""
        with self._lock:
            return self._answer(method, target, body)

    def _answer(self, method, target, body):
        path = target.split("?")[0]
        if method == "POST" and path == "/v1/shelves":
            name = "shelves/" + re.sub("[^a-z]", "", body["theme"].lower())[:6]
            self._shelves[name] = dict(body, name=name)
            return 200, self._shelves[name]
        if match := SHELF.match(target):
            shelf = self._shelves.get(match[1])
            return (200, shelf) if shelf else (404, status_message(5, f"no {match[1]}"))
        if match := BOOKS.match(target):
            if method == "POST":
                name = f"{match[1]}/books/{re.search('bookId=([a-z0-9]+)', match[2])[1]}"
                self._books[name] = dict(body, name=name)
                return 200, self._books[name]
            books = [book for name, book in sorted(self._books.items()) if name.startswith(match[1] + "/")]
            return 200, {"nextPageToken": "AAAA-_09", "books": books} if books else {}
        if match := LOAN.match(path):
            return 200, {"earlierLoans": "3", "due": "2026-12-24T18:00:00Z", "book": match[1]}
        if REVIEWS.match(path):
            return 200, body
        if match := BOOK.match(path):
            book = self._books.get(match[1])
            if book is None:
                return 404, status_message(5, f"no {match[1]}")
            if method == "DELETE":
                del self._books[match[1]]
                return 200, {}
            return 200, book
        return 404, status_message(12, "no such method")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self):
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        name = self.path.removeprefix("/v1/")
        misbehaviour = MISBEHAVIOURS.get(name)
        status, answer = misbehaviour or self.server.library.answer(self.command, self.path, json.loads(raw or "{}"))
        if name in ("shelves/twice", "shelves/late"):
            status, answer = 200, {"capacity": 2, "theme": "Twice", "name": name}
        self.server.note(method=self.command, target=self.path, headers=dict(self.headers.items()),
                         body=raw.decode(), status=status, answer=answer)
        if name == "shelves/garble":
            self.close_connection = True
            self.wfile.write(bytes(range(256)))
            return
        self._send(status, json.dumps(answer, indent=2).encode())
        if name == "shelves/twice":
            self._send(200, POISON)
        if name == "shelves/late":
            time.sleep(0.1)  # the answer is through; nobody asks for what comes now
            self._send(200, POISON)

    def _send(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

    def log_message(self, *arguments):  # standard error is for faults
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, log):
        super().__init__(("127.0.0.1", 0), Handler)
        self.library = Library()
        self._log = open(log, "w", encoding="utf-8")
        self._log_lock = threading.Lock()

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a peer that hangs up is no fault
            super().handle_error(request, client_address)

    def note(self, **what):
        with self._log_lock:
            self._log.write(json.dumps(what) + "\n")
            self._log.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log", required=True, help="file for what was seen and answered")
    server = Server(parser.parse_args().log)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
