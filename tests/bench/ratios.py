# SPDX-License-Identifier: Apache-2.0
"""The table of tools/bench, out of what run.py measured. Nothing is rounded in our favour: an aim is met or it is missed."""
import os
import platform
import re
import statistics

ENGINE_AIM = 10  # times libprotobuf's JSON parser
GATEWAY_AIM = 0.1  # of HAProxy's requests per second


class Spread:
    """Median and middle half of the turns."""

    def __init__(self, values):
        self.values = sorted(values)
        self.median = statistics.median(self.values)
        if len(self.values) < 2:
            self.low = self.high = self.median
        else:
            self.low, _, self.high = statistics.quantiles(self.values, n=4, method="inclusive")

    def text(self, unit=""):
        return f"{number(self.median)}{unit} ({number(self.low)} to {number(self.high)})"


def number(value):
    """Three digits that count."""
    if value == 0:
        return "0"
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{max(digits, 3)}f}" if value < 1 else f"{value:,.{digits}f}"


def aim(spread, least):
    met = spread.median >= least
    return f"at least {least}: " + ("met" if met else f"**missed**, {number(spread.median)}")


def size_name(size):
    return f"{size} B" if size < 1000 else f"{size / 1000:g} KB"


def ratio(over, under):
    """Of turns that stood side by side."""
    return Spread([a / b for a, b in zip(over, under)])


def engine_rows(results):
    for result in results:
        ours = [turn["engine_ns"] for turn in result["rounds"]]
        theirs = [turn["protobuf_ns"] for turn in result["rounds"]]
        speedup = ratio(theirs, ours)
        yield (f"engine, JSON message of {size_name(result['message_bytes'])}",
               f"{number(result['record_bytes'] / statistics.median(ours) * 1e3)} MB/s of records "
               f"({number(statistics.median(ours))} ns each)",
               f"libprotobuf JSON parser: {number(result['message_bytes'] / statistics.median(theirs) * 1e3)} MB/s of messages "
               f"({number(statistics.median(theirs))} ns each)",
               speedup.text(), aim(speedup, ENGINE_AIM))


def level_rows(results):
    beside = {"lt": "engine", "rtl": "lt"}
    for level, other in beside.items():
        for size, turns in results.items():
            speeds = {name: [turn["bytes"] / turn["seconds"] / 1e6 for turn in turns[name]] for name in (level, other)}
            yield (f"{level}, records with {size_name(size)}", f"{number(statistics.median(speeds[level]))} MB/s simulated",
                   f"{other}: {number(statistics.median(speeds[other]))} MB/s", ratio(speeds[level], speeds[other]).text(), "")
    for size, turns in results.items():
        cycles = Spread([turn["cycles_per_byte"] for turn in turns["rtl"] if "cycles_per_byte" in turn])
        yield (f"rtl, cycles per record byte and lane, {size_name(size)}", f"{number(cycles.median)} cycles",
               "the port: 1 byte a cycle, link header and gap included", cycles.text(), "")


def gateway_rows(ways):
    chain, haproxy = ways["chain"], ways["haproxy"]
    per_second = ratio([turn["per_second"] for turn in chain], [turn["per_second"] for turn in haproxy])

    def median(turns, key):
        return number(statistics.median(turn[key] for turn in turns))

    yield ("gateway to gateway at `lt`, requests/s", f"{median(chain, 'per_second')}/s", f"HAProxy: {median(haproxy, 'per_second')}/s",
           per_second.text(), aim(per_second, GATEWAY_AIM))
    for key, name in (("p50_ms", "median"), ("p99_ms", "99 %")):
        both = ratio([turn[key] for turn in chain], [turn[key] for turn in haproxy])
        yield (f"the same, latency, {name}", f"{median(chain, key)} ms", f"HAProxy: {median(haproxy, key)} ms", both.text(), "")

    def processor(turns):
        return {name: statistics.median(turn["processor_us"][name] for turn in turns) for name in turns[0]["processor_us"]}

    def words(used):
        return " + ".join(f"{name} {number(used_us)}" for name, used_us in used.items()) + " µs"

    total = ratio([sum(turn["processor_us"].values()) for turn in chain], [sum(turn["processor_us"].values()) for turn in haproxy])
    yield ("the same, processor time of one request", words(processor(chain)), words(processor(haproxy)), total.text(), "")


def hardware_rows(hardware):
    if hardware is None:
        yield ("LUT4 and block RAMs per module", "not measured: --skip-hardware", "", "", "")
        return
    for description, modules, total in hardware.values():
        whole = f"{description['title']}: {description['lut']} LUT4, {description['ram']} {description['ram_name']}"
        rows = sorted(modules.items(), key=lambda item: -item[1]["lut"]) + [("all modules", total)]
        for name, row in rows:
            times = f" x {row['instances']}" if name in modules and row["instances"] > 1 else ""
            yield (f"`{name}`{times}" if name in modules else f"**{name}**", f"{row['lut']} LUT4, {row['ram']} block RAMs", whole,
                   f"{100 * row['lut'] / description['lut']:.1f} %, {100 * row['ram'] / description['ram']:.1f} %", "")


def machine():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = re.search(r"^model name\s*:\s*(.+)$", file.read(), re.MULTILINE)
    except OSError:
        model = None
    return f"{model.group(1).strip() if model else platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end"


def page(engine, levels, ways, hardware, command):
    rows = [*engine_rows(engine), *level_rows(levels), *gateway_rows(ways), *hardware_rows(hardware)]
    missed = [f"{name} ({wanted})" for name, *_, wanted in rows if "missed" in wanted]
    lines = [
        "# How fast it is, beside what",
        "",
        f"Written by `{command}` on {machine()}. Turns of what is compared alternate; a ratio is the median over the pairs of turns, in brackets the",
        "middle half of them: the noise of this machine. Engine and levels: processor time of one thread. Gateways: wall time, with wrk, nginx and all",
        "processes on the same cores.",
        "",
        "| what | Sluice | beside | ratio | aim |",
        "|---|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
        "Missed aims: " + ("; ".join(missed) if missed else "none") + ".",
        "",
        "- *engine*: the whole record with its HTTP envelope, every rule of the schema checked; libprotobuf parses the body alone into a generated",
        "  message that is used again, and checks no rule. The ratio is of the times for one message. 64 KB is the most that a record can be.",
        "- *lt*, *rtl*: requests and responses at once, geometry SIMULATION, through the same session as `sluice simulate`; beside the level below.",
        "- *cycles*: from verdict to verdict in a full lane. A frame brings 30 bytes of headers and 24 byte times of gap, which short records feel.",
        "- *gateways*: 32 connections, GET and POST of the library example by turns; neither the gateways (`--log-level warn`) nor HAProxy log requests; `sluiced` stores two events of each.",
        "  HAProxy logs nothing, checks no body, and uses as many threads as there are cores.",
        "- *modules*: LUT4 and block RAMs of all instances, as a share of the part; carry cells and distributed RAM count as `tools/hdl_resources` has it.",
        "",
    ]
    return "\n".join(lines)
