# SPDX-License-Identifier: Apache-2.0
"""Plays the demo: calls that cross the filter, attacks that the gateways refuse, and the same attacks by hostile gateways,
which the device stops. Exit status 0 when every one went as it must, 1 when one did not, 2 when the
demo could not run. `tools/demo` installs and builds what this needs."""
import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import calls
from chain import AuditTail, Chain, ChainError, HostileGateway
from report import Report, compare, describe_event

SETTLE = 0.3  # seconds after which something that is on its way has arrived


def json_of(data):
    try:
        return json.loads(data)
    except ValueError:
        return {"not JSON": repr(data[:80])}


class Demo:
    def __init__(self, chain, report):
        self.chain = chain
        self.report = report
        self.audit = None

    def start(self):
        chain, report = self.chain, self.report
        report.step(f"starting backend, sluice-device --level {chain.level}, sluiced and both gateways")
        report.text(f"sockets and logs are in {chain.folder}")
        chain.start_backend()
        chain.start_device()
        chain.start_daemon()
        chain.start_low()
        chain.start_high()
        report.step("before any policy")
        status, body = chain.curl("GET", "/v1/shelves/poetry", headers=(calls.ID_HEADER,))
        seen = chain.backend_saw()
        report.blocked("a device without an image passes nothing", f"{status} {json_of(body).get('code')}", "NO_IMAGE",
                       compare(status=(status, 504), backend=(len(seen), 0)))
        report.step("sluice push " + os.path.relpath(chain.policy))
        report.text(re.sub(r"(digest [0-9a-f]{16})[0-9a-f]{48}", r"\1..", chain.push()))
        self.audit = AuditTail(chain)
        if self.audit.next(lambda event: event["kind"] == "IMAGE") is None:
            raise ChainError("no audit event about the new image.\n" + chain.log_tail("sluiced"))

    # --- what must cross -----------------------------------------------------------------------------------------------

    def allowed(self):
        self.report.step("allowed calls: client -> LOW gateway -> device -> HIGH gateway -> backend, and back")
        self.report.text("equal: request and answer say at the other end what they said at this one")
        for call in calls.ALLOWED:
            self.allowed_call(call)

    def allowed_call(self, call):
        body = None if call.body is None else calls.encode(call.body)
        status, answer = self.chain.curl(call.method, call.target, body, (calls.ID_HEADER, *call.headers), call.options)
        seen = self.chain.backend_saw()
        problems = compare(status=(status, call.status), backend_calls=(len(seen), 1))
        if len(seen) == 1:
            there = seen[0]
            headers = {name.lower(): value for name, value in there["headers"].items()}
            problems += compare(method=(there["method"], call.method), host=(headers.get("host"), calls.POLICY_HOST),
                                request_id=(headers.get("x-request-id"), calls.ID), backend_status=(there["status"], call.status),
                                answer=(json_of(answer), there["answer"]))
            if call.same_target:
                problems += compare(target=(there["target"], call.target))
            if body is not None:
                problems += compare(body=(json_of(there["body"]), json_of(body)))
        self.report.allowed(call.name, f"{call.method} {call.target}",
                            f"{status}, {'both' if body else 'answer'} equal", problems)

    # --- requests that must not ----------------------------------------------------------------------------------------

    def request_attacks(self):
        self.report.step("attacks from LOW: at the real gateway, then by a hostile gateway straight at the device")
        at_gateway = [self.at_low_gateway(attack) for attack in calls.REQUEST_ATTACKS]
        garbage = self.raw_call(calls.GARBAGE)
        self.chain.end("gateway-low")
        hostile = HostileGateway(self.chain, "low")
        for number, (attack, (said, problems)) in enumerate(zip(calls.REQUEST_ATTACKS, at_gateway), 1000):
            hostile.record(number, attack.record)
            event, found = self.event("request", number, attack.device, attack.record)
            self.report.blocked(attack.name, said, describe_event(event), problems + found)
        self.garbage_frames(hostile, "request", garbage)
        self.nothing_passed("the backend saw none of them")
        hostile.record(77, calls.record("GET", "/v1/shelves/poetry"))
        tag, answer = hostile.received()
        seen = self.chain.backend_saw()
        self.report.allowed("a canonical request by the hostile gateway", "GET /v1/shelves/poetry",
                            "crosses: the device, not the gateway, decides",
                            compare(tag=(tag, 77), backend_calls=(len(seen), 1), status=(answer[:15], b"HTTP/1.1 200 OK")))
        hostile.end()
        self.chain.start_low()

    def at_low_gateway(self, attack):
        if attack.raw is not None:
            status, answer = self.raw_call(attack.raw)
        else:
            body = None if attack.body is None else calls.encode(attack.body)
            status, answer = self.chain.curl(attack.method, attack.target, body, attack.headers)
        problem = json_of(answer)
        wanted_status, code, field = attack.gateway
        problems = compare(gateway_status=(status, wanted_status), gateway_code=(problem.get("code"), code),
                           gateway_field=(problem.get("field", ""), field), backend_calls=(len(self.chain.backend_saw()), 0))
        rule = f" ({problem['rule']})" if problem.get("rule", problem.get("code")) != problem.get("code") else ""
        return f"{status} {problem.get('code', '')} {problem.get('field', '')}".strip() + rule, problems

    def raw_call(self, data):
        """Status and body of what the LOW gateway answers to these bytes."""
        with socket.create_connection(("127.0.0.1", self.chain.port), timeout=10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while part := connection.recv(65536):
                answer += part
        head, _, body = answer.partition(b"\r\n\r\n")
        words = head.split(b" ", 2)
        return (int(words[1]) if len(words) > 1 and words[1].isdigit() else 0), body

    def event(self, pipeline, tag, wanted, record):
        """The device's verdict on the record with this tag, explained, and what is wrong about it."""
        event = self.audit.next(lambda e: e["kind"] == "RECORD" and e.get("pipeline") == pipeline and e.get("tag", 0) == tag)
        if event is None:
            return None, ["no audit event of the device"]
        if event["reason"] != "ACCEPTED":
            event = self.chain.explain(event, record)
        return event, compare(device=((event["reason"], event.get("path", ""), event.get("rule", "")), wanted))

    def garbage_frames(self, hostile, pipeline, at_gateway):
        record = calls.record("GET", "/v1/shelves/poetry") if pipeline == "request" else calls.SHELF_RESPONSE
        frame = hostile.frames(500, record)[0]
        ignored = self.chain.status().get("framesIgnored", 0)
        ethertype, link_header = 12, 14  # offsets: IEEE 802.3, and what stands behind it

        def changed(at, value):
            return frame[:at] + bytes([frame[at] ^ value]) + frame[at + 1:]

        garbage = {
            "cut short": frame[:40], "a byte more": frame + b"\0", "another magic": changed(link_header, 0xFF),
            "another version": changed(link_header + 2, 0x80), "against the flow": changed(link_header + 3, 3),
            "noise": frame[:link_header] + bytes((7 * i + 3) & 255 for i in range(200)),
            "longer than Ethernet": frame[:link_header] + bytes(2000),
        }
        problems, event = [], None
        for name, bad in garbage.items():
            hostile.frame(bad)
            event = self.audit.next(lambda e: e["kind"] == "RECORD")
            got = (event or {}).get("reason"), (event or {}).get("pipeline")
            problems += compare(**{name.replace(" ", "_"): (got, ("BAD_FRAME", pipeline))})
        hostile.frame(changed(ethertype, 0xFF))
        self.chain.wait("the counter of ignored frames", lambda: self.chain.status().get("framesIgnored", 0) > ignored, 10)
        status, body = at_gateway
        problems += compare(gateway_status=(status, 400 if pipeline == "request" else 502))
        # A gateway's own refusal has a code for people; what it says for the backend is a google.rpc.Status.
        said = json_of(body)
        word = said.get("message") if isinstance(said.get("code"), int) else said.get("code")
        self.report.blocked(f"garbage, {len(garbage)} kinds of frames", f"{status} {word}", describe_event(event), problems)
        self.report.blocked("garbage of another EtherType", "-", "ignored and counted", [])

    def nothing_passed(self, what):
        time.sleep(SETTLE)
        seen = self.chain.backend_saw()
        self.report.check(what, [f"the backend saw {call['method']} {call['target']}" for call in seen])

    # --- responses that must not ---------------------------------------------------------------------------------------

    def response_attacks(self):
        self.report.step("attacks from HIGH: by the backend at the real gateway, then by a hostile gateway at the device")
        at_gateway = [self.at_high_gateway(attack) for attack in calls.RESPONSE_ATTACKS]
        second = self.extra_response("twice")
        unasked = self.extra_response("late")
        garbled = self.chain.curl("GET", "/v1/shelves/garble", headers=(calls.ID_HEADER,))
        self.chain.end("gateway-high")
        hostile = HostileGateway(self.chain, "high")
        for attack, (said, problems) in zip(calls.RESPONSE_ATTACKS, at_gateway):
            event, found = self.answered_by(hostile, attack.record, attack.device, 504)
            self.report.blocked(attack.name, said, describe_event(event), problems + found)
        hostile.record(0x2A000001, calls.SHELF_RESPONSE)
        event, found = self.event("response", 0x2A000001, ("NO_REQUEST", "", ""), calls.SHELF_RESPONSE)
        self.report.blocked("response that nobody asked for", unasked[0], describe_event(event), unasked[1] + found)
        event, found = self.answered_by(hostile, calls.SHELF_RESPONSE, ("ACCEPTED", "", ""), 200)
        hostile.record(event["transaction"] if event else 0, calls.SHELF_RESPONSE)
        again, more = self.event("response", event["transaction"] if event else 0, ("NO_REQUEST", "", ""), calls.SHELF_RESPONSE)
        self.report.blocked("second response", second[0], describe_event(again), second[1] + found + more)
        self.garbage_frames(hostile, "response", garbled)
        hostile.end()
        self.chain.start_high()
        self.chain.backend_saw()

    def at_high_gateway(self, attack):
        status, answer = self.chain.curl("GET", f"/v1/shelves/{attack.shelf}", headers=(calls.ID_HEADER,))
        self.chain.backend_saw()
        refused = [line for line in self.chain.log("gateway-high").splitlines() if "response refused: " in line]
        said = refused[-1].split("response refused: ")[1].split(": ")[0].split(" at line")[0] if refused else "nothing"
        problems = compare(client_status=(status, 502), leak=(b"s3cr3t" in answer, False),
                           gateway=(said.split(" (")[0], " ".join(part for part in attack.gateway if part)))
        return said, problems

    def extra_response(self, shelf):
        """The backend sends a response too many on its connection to the gateway; no client may ever get it."""
        status, answer = self.chain.curl("GET", f"/v1/shelves/{shelf}", headers=(calls.ID_HEADER,))
        time.sleep(SETTLE)
        problems = compare(status=(status, 200), theme=(json_of(answer).get("theme"), "Twice"))
        for _ in range(2):
            status, answer = self.chain.curl("GET", "/v1/shelves/poetry", headers=(calls.ID_HEADER,))
            problems += compare(next_status=(status, 200), next_theme=(json_of(answer).get("theme"), "Poetry"))
        self.chain.backend_saw()
        return "given to nobody", problems

    def answered_by(self, hostile, record, wanted, status):
        """A client asks for a shelf, the hostile gateway answers with the record; the device's verdict on it."""
        answers = []
        client = threading.Thread(target=lambda: answers.append(
            self.chain.curl("GET", "/v1/shelves/poetry", headers=(calls.ID_HEADER,))))
        client.start()
        try:
            transaction, _ = hostile.received()
            hostile.record(transaction, record)
            event, problems = self.event("response", transaction, wanted, record)
        finally:
            client.join()
        return event, problems + compare(client_status=(answers[0][0] if answers else 0, status))

    # --- the end -------------------------------------------------------------------------------------------------------

    def recovered(self):
        self.report.step("the real gateways are back")
        self.allowed_call(calls.ALLOWED[1])

    def keep(self):
        chain = self.chain
        line = " ".join(f"'{word}'" if " " in word else word
                        for word in chain.curl_line("GET", "/v1/shelves/poetry", headers=(calls.ID_HEADER,)))
        self.report.step("it goes on running; Ctrl-C stops it. Try:")
        self.report.text(f"{line}\n{chain.program('sluice')} audit tail --follow --control {chain.control}")
        try:
            while True:
                chain.check()
                time.sleep(0.5)
        except SystemExit:
            self.report.step("stopped")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], prog="tools/demo")
    parser.add_argument("--bin", required=True, help="folder with the built programs")
    parser.add_argument("--level", choices=("lt", "rtl"), default="rtl", help="of the simulated device")
    parser.add_argument("--keep", action="store_true", help="leave everything running afterwards, until Ctrl-C")
    return parser.parse_args()


def stop_on_signals():
    def stop(number, _):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, stop)


def main():
    options = arguments()
    stop_on_signals()
    report = Report()
    with Chain(options.bin, options.level) as chain:
        try:
            demo = Demo(chain, report)
            demo.start()
            demo.allowed()
            demo.request_attacks()
            demo.response_attacks()
            demo.recovered()
            report.step("sluice status")
            report.text(chain.sluice("status").rstrip())
            report.summary()
            if options.keep:
                demo.keep()
        except (ChainError, OSError, subprocess.SubprocessError) as error:
            report.fault(str(error))
            return 2
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
