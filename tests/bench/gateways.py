# SPDX-License-Identifier: Apache-2.0
"""Two ways from wrk to one nginx, in turns: through both gateways and the device at lt, and through HAProxy.

Everything runs on this machine at once, so both ways share its cores with the load generator and the backend. Each turn also
counts what every process has used of the processor."""
import contextlib
import http.client
import json
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from chain import POLICY, Chain, ChainError  # noqa: E402

CONNECTIONS = 32
SHELF = {"name": "shelves/poetry", "theme": "Poetry", "capacity": 120}
BOOK = {"name": "shelves/poetry/books/rime", "title": "The Rime of the Ancient Mariner", "authors": ["S. T. Coleridge"],
        "genre": "POETRY", "isbn": "9780486272665", "pages": 80, "words": "3804", "acquired": "2024-02-29T08:30:00.250Z",
        "mark": "M-0042"}

NGINX = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/nginx-body;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  keepalive_requests 100000000;
  default_type application/json;
  server {{
    listen 127.0.0.1:{port};
    location = /v1/shelves/poetry {{ return 200 '{shelf}'; }}
    location = /v1/shelves/poetry/books {{ return 200 '{book}'; }}
  }}
}}
"""

HAPROXY = """
global
  maxconn 2000
defaults
  mode http
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend clients
  bind 127.0.0.1:{port}
  default_backend library
backend library
  server nginx 127.0.0.1:{backend}
"""


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def processor_seconds(pid):
    """User and system time of a process and its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Bench:
    """Both ways, ready to be measured."""

    def __init__(self, bin_dir):
        for tool in ("nginx", "haproxy", "wrk"):
            if shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin") is None:
                raise ChainError(f"{tool} is not installed; tools/install_packages installs it")
        self.chain = Chain(bin_dir, "lt")

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.chain.stop()
            raise
        return self

    def __exit__(self, *_):
        self.chain.stop()

    def _start(self):
        chain = self.chain
        folder = pathlib.Path(chain.path("policy"))
        shutil.copytree(POLICY.parent, folder)
        # A busy machine must not turn slow answers into refused ones.
        policy = folder / "policy.yaml"
        policy.write_text(policy.read_text().replace("responseTimeoutMs: 1000", "responseTimeoutMs: 30000"))
        chain.policy = policy
        chain.backend_port = self._serve("nginx", NGINX, lambda file: ["nginx", "-p", chain.folder, "-c", file],
                                         folder=chain.folder, shelf=compact(SHELF), book=compact(BOOK))
        self.haproxy_port = self._serve("haproxy", HAPROXY, lambda file: ["haproxy", "-db", "-f", file], backend=chain.backend_port)
        chain.start_device()
        chain.start_daemon()
        chain.port = free_port()
        self._start_gateway("low", "--listen", f"127.0.0.1:{chain.port}")
        self._start_gateway("high", "--backend", f"http://127.0.0.1:{chain.backend_port}")
        chain.push()
        self.ways = {"chain": (chain.port, ("gateway-low", "sluice-device", "gateway-high", "sluiced", "nginx")),
                     "haproxy": (self.haproxy_port, ("haproxy", "nginx"))}
        chain.wait("an answer through the gateways", lambda: self._status("chain") != 503)
        for way in self.ways:
            self._check(way)

    def _start_gateway(self, side, *options):
        """Without a line in the log for every request: HAProxy writes none either."""
        chain = self.chain
        chain.start("gateway-" + side, [chain.program("sluice-gateway"), "--side", side, "--policy", chain.policy, "--device",
                                        chain.path(side + ".sock"), "--log-level", "warn", *options])

    def _serve(self, name, configuration, command, **values):
        port = free_port()
        file = self.chain.path(name + ".conf")
        pathlib.Path(file).write_text(configuration.format(port=port, **values))
        environment = os.environ | {"PATH": os.environ["PATH"] + ":/usr/sbin"}
        self.chain.start(name, command(file), env=environment)
        self.chain.wait(name, lambda: listens(port))
        return port

    def _call(self, way, method="GET", target="/v1/shelves/poetry", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.ways[way][0], timeout=60)
        headers = {"x-request-id": "0badcafe"} | ({"content-type": "application/json"} if body else {})
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _status(self, way):
        try:
            return self._call(way)[0]
        except ConnectionError:  # does not listen yet
            return 503

    def _check(self, way):
        """Both calls, answered with what nginx holds, before anything is timed."""
        for method, target, body, wanted in (("GET", "/v1/shelves/poetry", None, SHELF),
                                             ("POST", "/v1/shelves/poetry/books?bookId=rime", compact(BOOK), BOOK)):
            if body is not None:  # the name is the server's to give
                body = compact({name: value for name, value in BOOK.items() if name != "name"})
            status, text = self._call(way, method, target, body)
            if status != 200 or json.loads(text) != wanted:
                raise ChainError(f"{way}: {method} {target} was answered {status} {text[:300]!r}")

    def turn(self, way, seconds):
        """One turn of wrk: requests per second, latency, and processor time of a request by process (microseconds)."""
        port, names = self.ways[way]
        pids = {name: self.chain.pid(name) for name in names}
        before = {name: processor_seconds(pid) for name, pid in pids.items()}
        command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "60s", "-s", HERE / "calls.lua",
                   f"http://127.0.0.1:{port}"]
        load_before = children_seconds()
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        load_used = children_seconds() - load_before
        self.chain.check()
        if done.returncode != 0:
            raise ChainError(f"wrk ended with status {done.returncode}: {done.stderr}{done.stdout}")
        result = json.loads(done.stdout.strip().splitlines()[-1])
        if result["refused"] or result["failed"] or not result["requests"]:
            raise ChainError(f"{way}: {result['refused']} of {result['requests']} requests were refused, {result['failed']} failed; "
                             "such a turn says nothing.\n" + self.chain.log_tail("gateway-low"))
        used = {name: (processor_seconds(pid) - before[name]) * 1e6 / result["requests"] for name, pid in pids.items()}
        used["wrk"] = load_used * 1e6 / result["requests"]
        return {"per_second": result["requests"] / result["microseconds"] * 1e6, "p50_ms": result["p50_us"] / 1000,
                "p99_ms": result["p99_us"] / 1000, "processor_us": used}
