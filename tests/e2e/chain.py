# SPDX-License-Identifier: Apache-2.0
"""The whole chain as processes: client -> LOW gateway -> device -> HIGH gateway -> backend, and sluiced beside it.

Everything lives in one temporary folder, ports are free ones, and every process that was started is stopped at the
end. A process that dies or does not get ready is an error with the end of its log.
"""
import base64
import itertools
import json
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
POLICY = SOURCE / "schemas/examples/library/policy.yaml"
PATIENCE = 30  # seconds for anything to get ready; far more than it takes


class ChainError(Exception):
    """Something did not start, died, or did not answer; the text is for people."""


class Chain:
    def __init__(self, bin_dir, level, policy=POLICY):
        self.bin = pathlib.Path(bin_dir)
        self.level = level
        self.policy = policy
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-"))
        self.control = f"unix:{self.folder}/control.sock"
        self.port = 0  # of the LOW gateway
        self._processes = {}
        self._answers = itertools.count()
        self._seen = 0  # lines of the backend's log that were taken

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # --- processes ---------------------------------------------------------------------------------------------------

    def path(self, name):
        return str(self.folder / name)

    def program(self, name):
        for folder in (self.bin, self.bin.parent / "tests/e2e"):
            if (folder / name).is_file():
                return str(folder / name)
        raise ChainError(f"{name} is not built: it is neither in {self.bin} nor in {self.bin.parent / 'tests/e2e'}.\n"
                         "Run `cmake --preset release && cmake --build --preset release`, or `tools/demo` without --no-build.")

    def start(self, name, command, **options):
        """Starts a process whose standard error goes to the log called `name`."""
        with open(self.path(name + ".log"), "ab") as log:
            options.setdefault("stdin", subprocess.DEVNULL)
            options.setdefault("stdout", log)
            process = subprocess.Popen([str(part) for part in command], stderr=log, **options)
        self._processes[name] = process
        return process

    def end(self, name, how=signal.SIGTERM):
        process = self._processes.pop(name, None)
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(how)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()

    def stop(self, keep_folder=False):
        for name in reversed(list(self._processes)):
            self.end(name)
        if not keep_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def pid(self, name):
        return self._processes[name].pid

    def log(self, name):
        try:
            return pathlib.Path(self.path(name + ".log")).read_text(errors="replace")
        except OSError:
            return ""

    def wait(self, what, condition, seconds=PATIENCE):
        """The condition's first true value; an error, with logs, when a process died or the time is over."""
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            self.check()
            if time.monotonic() > end:
                raise ChainError(f"waited {seconds} s for {what}, in vain.\n"
                                 + "".join(self.log_tail(name) for name in self._processes))
            time.sleep(0.02)

    def check(self):
        """An error when a process has died."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise ChainError(f"{name} ended by itself, with status {process.returncode}.\n" + self.log_tail(name))

    def log_tail(self, name, lines=8):
        tail = self.log(name).splitlines()[-lines:]
        return f"--- the end of {name}'s log ---\n" + "\n".join(tail) + "\n" if tail else ""

    # --- the parts ---------------------------------------------------------------------------------------------------

    def start_backend(self):
        process = self.start("backend", [sys.executable, HERE / "backend.py", "--log", self.path("backend.jsonl")],
                             stdout=subprocess.PIPE, text=True)
        port = process.stdout.readline().strip()
        if not port:
            raise ChainError("the backend did not start.\n" + self.log_tail("backend"))
        self.backend_port = int(port)

    def start_device(self):
        sockets = {port: self.path(port + ".sock") for port in ("low", "high", "management")}
        before = self.log("sluice-device").count("listening on")
        self.start("sluice-device", [self.program("sluice-device"), "--level", self.level]
                   + [part for port, path in sockets.items() for part in ("--" + port, path)])
        self.wait("the device's sockets", lambda: self.log("sluice-device").count("listening on") > before)

    def start_daemon(self, *options):
        self.start("sluiced", [self.program("sluiced"), "--control", self.control, "--device",
                               self.path("management.sock"), "--state", self.path("state"), *options])

    def start_low(self):
        self._start_gateway("low", "--listen", f"127.0.0.1:{self.port}")
        found = re.findall(r"listening on 127\.0\.0\.1:(\d+)", self.log("gateway-low"))
        self.port = int(found[-1])

    def start_high(self):
        self._start_gateway("high", "--backend", f"http://127.0.0.1:{self.backend_port}")

    def _start_gateway(self, side, *options):
        name = "gateway-" + side
        before = self.log(name).count("device connected")
        self.start(name, [self.program("sluice-gateway"), "--side", side, "--policy", self.policy,
                          "--device", self.path(side + ".sock"), *options])
        self.wait(f"the {side.upper()} gateway", lambda: self.log(name).count("device connected") > before)

    def sluice(self, *arguments):
        """Runs `sluice` with this chain's control address; its standard output."""
        return self._run([self.program("sluice"), *arguments, "--control", self.control])

    def _run(self, command, text=""):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, input=text)
        if done.returncode != 0:
            raise ChainError(f"`sluice {' '.join(command[1:])}` ended with status {done.returncode}:\n{done.stderr}"
                             + self.log_tail("sluiced"))
        return done.stdout

    def explain(self, event, record):
        """The audit event, with field and rule as the record itself tells them: the device's event does not hold it."""
        if not pathlib.Path(self.path("compiled/policy.sym")).exists():
            self._run([self.program("sluice"), "compile", str(self.policy), "-o", self.path("compiled")])
        line = json.dumps(event | {"record": base64.b64encode(record).decode()})
        said = json.loads(self._run([self.program("sluice"), "explain", "--json", "--symbols", self.path("compiled/policy.sym")], line))
        return event | {name: said[name] or "" for name in ("path", "rule", "text")}

    def push(self):
        return self.sluice("push", str(self.policy), "--wait", str(PATIENCE)).strip()

    def status(self):
        return json.loads(self.sluice("status", "--format", "json"))

    # --- what was seen -----------------------------------------------------------------------------------------------

    def backend_saw(self):
        """What the backend saw and answered since the last call."""
        lines = pathlib.Path(self.path("backend.jsonl")).read_text().splitlines()
        new, self._seen = lines[self._seen:], len(lines)
        return [json.loads(line) for line in new]

    def curl(self, method, target, body=None, headers=(), options=()):
        """Status and body of one call through the LOW gateway, by curl; status 0 when there was no answer."""
        answer = self.path(f"answer-{next(self._answers)}")
        command = self.curl_line(method, target, body, headers) + ["-sS", "-m", "20", "-o", answer, "-w", "%{http_code}", *options]
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL)
        path = pathlib.Path(answer)
        text = path.read_bytes() if path.exists() else b""
        path.unlink(missing_ok=True)
        return int(done.stdout[-3:] or 0), text

    def curl_line(self, method, target, body=None, headers=()):
        line = ["curl", "--path-as-is", "-X", method]
        for header in headers:
            line += ["-H", header]
        if body is not None:
            line += ["-H", "content-type: application/json", "--data-binary", body]
        return line + [f"http://127.0.0.1:{self.port}{target}"]


class AuditTail:
    """`sluice audit tail --follow`, read line by line."""

    def __init__(self, chain):
        self._events = queue.Queue()
        self._chain = chain
        process = chain.start("audit", [chain.program("sluice"), "audit", "tail", "--follow", "--format", "json",
                                        "-n", "1", "--control", chain.control], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def _read(self, stream):
        for line in stream:
            self._events.put(json.loads(line))

    def next(self, wanted, seconds=10):
        """The next event for which `wanted` is true; earlier ones are skipped. None when the time is over."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                event = self._events.get(timeout=left)
            except queue.Empty:
                break
            if wanted(event):
                return event
        return None


class HostileGateway:
    """tests/e2e/hostile_gateway in the place of the real gateway of one side, which must have been stopped."""

    def __init__(self, chain, side):
        self._chain = chain
        self._process = chain.start("hostile-" + side, [chain.program("hostile_gateway"), "--side", side, "--device",
                                                        chain.path(side + ".sock")],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.name = "hostile-" + side
        self._lines = queue.Queue()
        self._received = []
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()
        self._next("ready")

    def _read(self, stream):
        for line in stream:
            self._lines.put(line.split())
        self._lines.put(["ended"])

    def _next(self, *wanted):
        while True:
            try:
                words = self._lines.get(timeout=15)
            except queue.Empty:
                raise ChainError(f"{self.name} did not say {' or '.join(wanted)}.\n" + self._chain.log_tail(self.name)) from None
            if words[0] in wanted:
                return words
            if words[0] in ("lost", "ended"):
                raise ChainError(f"{self.name}: the device closed the link.\n" + self._chain.log_tail(self.name))
            if words[0] == "received":
                self._received.append(words)

    def _say(self, command):
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def record(self, tag, record):
        self._say(f"record {tag} {record.hex()}")
        self._next("done")

    def frame(self, frame):
        self._say(f"frame {frame.hex()}")
        self._next("done")

    def frames(self, tag, record):
        """The well-formed frames of a record; nothing is sent."""
        self._say(f"frames {tag} {record.hex()}")
        out = []
        while (words := self._next("frame", "done"))[0] == "frame":
            out.append(bytes.fromhex(words[1]))
        return out

    def received(self):
        """Tag and record that the device let through to this side."""
        words = self._received.pop(0) if self._received else self._next("received")
        return int(words[1]), bytes.fromhex(words[2]) if len(words) > 2 else b""

    def end(self):
        self._chain.end(self.name)
