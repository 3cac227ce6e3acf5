# SPDX-License-Identifier: Apache-2.0
"""The demo's lines, at most 100 columns wide, coloured on a terminal only: one for a call that crosses, one for each filter
that stops an attack."""
import os
import sys
import time

GREEN, RED, YELLOW, BOLD, DIM = "32", "31", "33", "1", "2"
LINE_WIDTH = 100
MARK_WIDTH = 13  # verdict and number
NAME_WIDTH = 31
TEXT_WIDTH = LINE_WIDTH - MARK_WIDTH - NAME_WIDTH - 1 - len("gateway  ")  # of what a filter says
CALL_WIDTH = 37


def cut(text, width):
    return text if len(text) <= width else text[:width - 1] + "\u2026"


def compare(**pairs):
    """What differs among name=(found, wanted), in words."""
    return [f"{name.replace('_', ' ')} is {found!r}, not {wanted!r}" for name, (found, wanted) in pairs.items() if found != wanted]


def describe_event(event):
    """Reason, field and rule of the device's audit event."""
    if event is None:
        return "nothing"
    rule = f" ({event['rule']})" if event.get("rule") else ""
    path = event.get("path", "")
    room = TEXT_WIDTH - len(event["reason"]) - 1
    if len(path) > room:
        half = (room - 1) // 2
        path = f"{path[:half]}\u2026{path[half + 1 - room:]}"
    return f"{event['reason']} {path}".strip() + rule


class Report:
    def __init__(self):
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._start = time.monotonic()
        self._number = {"ALLOWED": 0, "BLOCKED": 0}
        self._wrong = 0

    @property
    def good(self):
        return self._wrong == 0

    def _paint(self, text, colour):
        return f"\033[{colour}m{text}\033[0m" if self._colours else text

    def _say(self, text, stream=None):
        print(text, file=stream or sys.stdout, flush=True)

    def step(self, text):
        self._say("\n" + self._paint(f"== {text}", BOLD))

    def text(self, text):
        for line in text.splitlines():
            self._say("   " + line)

    def _line(self, verdict, colour, name, columns, problems):
        self._number[verdict] += 1
        number = f"{self._number[verdict]:3}"
        mark = self._paint(verdict, colour) if not problems else self._paint("WRONG  ", RED)
        indent = " " * (MARK_WIDTH + NAME_WIDTH + 1)
        first, *more = columns
        if len(name) > NAME_WIDTH:
            self._say(f"{mark} {number}  {name}")
            self._say(indent + first)
        else:
            self._say(f"{mark} {number}  {name:<{NAME_WIDTH}} {first}".rstrip())
        for line in more:
            self._say(indent + line)
        self._problems(problems)

    def _problems(self, problems):
        self._wrong += bool(problems)
        for problem in problems:
            self._say("             " + self._paint("! " + problem, RED))

    def allowed(self, name, call, what, problems):
        columns = [f"{cut(call, CALL_WIDTH):<{CALL_WIDTH}} {what}"]
        if MARK_WIDTH + NAME_WIDTH + 1 + len(columns[0]) > LINE_WIDTH:
            columns = [call, what]
        self._line("ALLOWED", GREEN, name, columns, problems)

    def blocked(self, name, gateway, device, problems):
        self._line("BLOCKED", YELLOW, name, self._said("gateway", gateway) + self._said("device", device), problems)

    def _said(self, who, text):
        """What a filter says; a rule for which the line has no room stands on the next one."""
        if len(text) > TEXT_WIDTH and " (" in text:
            text, rule = text.rsplit(" (", 1)
            return [f"{who:<8} {text}", f"{'':<8} ({rule}"]
        return [f"{who:<8} {text}"]

    def check(self, what, problems):
        if not problems:
            self._say(self._paint(f"             {what}", DIM))
        self._problems(problems)

    def summary(self):
        total = sum(self._number.values())
        counts = f"{self._number['ALLOWED']} calls allowed, {self._number['BLOCKED']} blocked"
        seconds = f"{time.monotonic() - self._start:.0f} s"
        if self.good:
            self._say("\n" + self._paint(f"{counts}: each as it must be ({seconds})", GREEN))
        else:
            self._say("\n" + self._paint(f"{counts}, and {self._wrong} of {total} went WRONG ({seconds})", RED))

    def fault(self, text):
        self._say(self._paint("tools/demo could not go on: ", RED) + text.rstrip(), sys.stderr)
