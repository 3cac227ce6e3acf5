# SPDX-License-Identifier: Apache-2.0
"""The chain under parallel clients, and when parts of it die, come back, or find their place taken.

Run by ctest: chain_test.py BIN_DIR [unittest arguments]. The device is the SystemC model: what the levels share is not
tested again here."""
import concurrent.futures
import http.client
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

import calls
from chain import POLICY, Chain

BIN = None
CLIENTS = 64
CALLS_EACH = 10


class ChainCase(unittest.TestCase):
    """Each test gets a chain of its own, with a policy whose time-outs suit a busy machine."""

    response_timeout_ms = 1000

    def setUp(self):
        self.chain = Chain(BIN, "lt")
        self.addCleanup(self.chain.stop)
        folder = pathlib.Path(self.chain.path("policy"))
        shutil.copytree(POLICY.parent, folder)
        self.chain.policy = folder / "policy.yaml"
        text = self.chain.policy.read_text()
        self.assertIn("responseTimeoutMs: 1000", text)
        self.chain.policy.write_text(text.replace("responseTimeoutMs: 1000", f"responseTimeoutMs: {self.response_timeout_ms}"))

    def start(self):
        self.chain.start_backend()
        self.chain.start_device()
        self.chain.start_daemon("--restore")
        self.chain.start_low()
        self.chain.start_high()
        self.chain.push()

    def get(self, target="/v1/shelves/none"):
        status, body = self.chain.curl("GET", target, headers=(calls.ID_HEADER,))
        return status, json.loads(body) if body else None

    def eventually(self, status):
        self.chain.wait(f"status {status}", lambda: self.get()[0] == status)


class ParallelTest(ChainCase):
    response_timeout_ms = 30000

    def client(self, number):
        """One connection, kept alive; every call has a text of its own. The statuses, and how many answers were another's."""
        connection = http.client.HTTPConnection("127.0.0.1", self.chain.port, timeout=120)
        statuses, wrong = [], 0
        for i in range(CALLS_EACH):
            review = {"author": f"reader {number}", "text": f"call {i} " + "x" * (number + i), "stars": i % 5 + 1}
            connection.request("POST", "/v1/shelves/poetry/books/rime/reviews", json.dumps(review),
                               {"content-type": "application/json", "x-request-id": f"{number:04x}{i:04x}"})
            answer = connection.getresponse()
            body = answer.read()
            statuses.append(answer.status)
            wrong += answer.status == 200 and json.loads(body) != review
        connection.close()
        return statuses, wrong

    def test_each_of_64_connections_gets_its_own_answers(self):
        self.start()
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            results = list(pool.map(self.client, range(CLIENTS)))
        self.assertEqual(0, sum(wrong for _, wrong in results))
        statuses = [status for some, _ in results for status in some]
        self.assertEqual({200: CLIENTS * CALLS_EACH}, {status: statuses.count(status) for status in set(statuses)},
                         json.dumps(self.chain.status().get("counters")))
        self.assertEqual(CLIENTS * CALLS_EACH, len(self.chain.backend_saw()))

    def test_records_of_several_frames_cross_both_ways(self):
        self.start()
        review = {"author": "Ada", "text": "t" * 200, "replies": [{"author": "Bo", "text": "u" * 200}] * 6}
        body = calls.encode(review)
        self.assertGreater(len(body), 1484)
        status, answer = self.chain.curl("POST", "/v1/shelves/poetry/books/rime/reviews", body, (calls.ID_HEADER,))
        self.assertEqual((200, review), (status, json.loads(answer)))


class LossTest(ChainCase):
    def test_a_killed_device_is_told_and_found_again(self):
        self.start()
        self.assertEqual(404, self.get()[0])
        self.chain.end("sluice-device", signal.SIGKILL)
        self.assertTrue(pathlib.Path(self.chain.path("low.sock")).is_socket(), "a killed device leaves its sockets")
        self.eventually(503)
        self.assertEqual("no_device", self.get()[1]["code"])
        self.assertEqual("DISCONNECTED", self.chain.status()["state"])
        self.chain.start_device()  # over the stale sockets; sluiced loads the image again, the gateways reconnect
        self.eventually(404)
        self.assertEqual("ACTIVE", self.chain.status()["state"])

    def test_without_the_high_gateway_nothing_answers(self):
        self.start()
        self.chain.end("gateway-high")
        self.assertEqual(504, self.get()[0])
        self.chain.start_high()
        self.eventually(404)

    def test_a_lost_backend_is_the_policys_502(self):
        self.start()
        self.chain.end("backend")
        status, body = self.get()
        self.assertEqual((502, 14), (status, body["code"]))

    def test_sigterm_ends_every_part_cleanly(self):
        self.start()
        for name in ("gateway-low", "gateway-high", "sluiced", "sluice-device"):
            process = self.chain._processes[name]
            self.chain.end(name)
            self.assertEqual(0, process.returncode, self.chain.log_tail(name))
        self.assertEqual([], [path.name for path in self.chain.folder.glob("*.sock")])


class TakenTest(ChainCase):
    def run_to_the_end(self, program, *arguments):
        return subprocess.run([self.chain.program(program), *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL)

    def test_what_is_in_use_is_refused_and_goes_on_working(self):
        self.start()
        port = f"127.0.0.1:{self.chain.port}"
        second = self.run_to_the_end("sluice-gateway", "--side", "low", "--policy", self.chain.policy, "--device",
                                     self.chain.path("low.sock"), "--listen", port)
        self.assertEqual(2, second.returncode)
        self.assertIn(port, second.stderr)
        self.assertIn("in use", second.stderr)
        second = self.run_to_the_end("sluice-device", "--level", "lt", "--low", self.chain.path("low.sock"), "--high",
                                     self.chain.path("high.sock"), "--management", self.chain.path("management.sock"))
        self.assertEqual(2, second.returncode)
        self.assertIn("in use", second.stderr)
        second = self.run_to_the_end("sluiced", "--control", self.chain.control, "--device", self.chain.path("management.sock"),
                                     "--state", self.chain.path("state2"))
        self.assertEqual(2, second.returncode)
        self.assertIn("in use", second.stderr)
        self.assertEqual(404, self.get()[0])

    def test_a_file_that_is_no_socket_is_left_alone(self):
        path = pathlib.Path(self.chain.path("low.sock"))
        path.write_text("mine")
        refused = self.run_to_the_end("sluice-device", "--level", "lt", "--low", path, "--high", self.chain.path("high.sock"),
                                      "--management", self.chain.path("management.sock"))
        self.assertEqual(2, refused.returncode)
        self.assertIn("not a socket", refused.stderr)
        self.assertEqual("mine", path.read_text())


if __name__ == "__main__":
    BIN = sys.argv.pop(1)
    unittest.main(verbosity=2)
