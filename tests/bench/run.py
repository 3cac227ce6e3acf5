# SPDX-License-Identifier: Apache-2.0
"""Measures everything that tools/bench prints, in one run, and makes one table of it. See ratios.py for the table.

Whatever is compared is measured in turns, A B A B; a figure is the median of the turns, its spread the middle half of them."""
import argparse
import concurrent.futures
import contextlib
import importlib.machinery
import importlib.util
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]
import gateways  # noqa: E402
import ratios  # noqa: E402
from chain import ChainError  # noqa: E402

SIZES = (150, 1500, 64000)
LEVELS = ("engine", "lt", "rtl")


def say(text):
    print(f"== {text}", file=sys.stderr, flush=True)


class BenchError(Exception):
    """A part could not be measured; the text is for people."""


def program(build, name):
    path = build / "tests/bench" / name
    if not path.is_file():
        raise BenchError(f"{path} is not built; run tools/bench without --no-build")
    return path


def measure_engine(build, rounds, seconds):
    """[{message_bytes, record_bytes, rounds: [{engine_ns, protobuf_ns}]}] by engine_bench."""
    command = [program(build, "engine_bench"), "--policy", HERE / "policy.yaml", "--rounds", str(rounds), "--seconds", str(seconds),
               "--sizes", *map(str, SIZES)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise BenchError(done.stderr.strip() or f"engine_bench ended with status {done.returncode}")
    return json.loads(done.stdout)


class LevelProcess:
    """One device_bench, asked for turn after turn."""

    def __init__(self, build, level):
        self.level = level
        self.process = subprocess.Popen([program(build, "device_bench"), "--policy", HERE / "policy.yaml", "--level", level],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def turn(self, size, seconds):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(f"{size} {seconds}\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise BenchError(f"device_bench --level {self.level} ended with status {self.process.wait()} (its message is above)")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def measure_levels(build, rounds, seconds):
    """{size: {level: [turns]}}; the levels take turns."""
    with contextlib.ExitStack() as stack:
        processes = []
        for level in LEVELS:
            processes.append(LevelProcess(build, level))
            stack.callback(processes[-1].close)
        turns = {size: {level: [] for level in LEVELS} for size in SIZES}
        for size in SIZES:
            for _ in range(rounds):
                for process in processes:
                    turns[size][process.level].append(process.turn(size, seconds))
        return turns


def measure_gateways(build, rounds, seconds):
    """{way: [turns]}; the ways take turns."""
    with gateways.Bench(build / "bin") as bench:
        turns = {way: [] for way in bench.ways}
        for way in bench.ways:
            bench.turn(way, 1)  # warm
        for number in range(rounds):
            for way in bench.ways:
                turns[way].append(bench.turn(way, seconds))
            say(f"  round {number + 1} of {rounds}: " + ", ".join(f"{way} {all_[-1]['per_second']:.0f}/s" for way, all_ in turns.items()))
        return turns


def measure_hardware():
    """{part: (description of the part, rows by module, total)} by tools/hdl_resources."""
    if shutil.which("yosys") is None:
        raise BenchError("yosys is not installed (Debian package yosys); --skip-hardware goes without")
    loader = importlib.machinery.SourceFileLoader("hdl_resources", str(ROOT / "tools/hdl_resources"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("hdl_resources", loader))
    loader.exec_module(module)
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor() as pool:
        modules = dict(zip(module.PARTS, pool.map(lambda part: module.synthesize(part, folder), module.PARTS)))
    return {part: (description, *module.costs(modules[part])) for part, description in module.PARTS.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="the build directory")
    parser.add_argument("--rounds", type=int, default=9, help="turns of everything that is measured (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="of one turn; those of the gateways last three times as long")
    parser.add_argument("--skip-hardware", action="store_true", help="without Yosys, which takes minutes")
    parser.add_argument("--write", action="store_true", help="puts the table into docs/results/bench.md")
    parser.add_argument("--output", type=pathlib.Path, help="puts it into this file")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.seconds <= 0:
        parser.error("--rounds and --seconds must be above 0")
    rounds, seconds = arguments.rounds, arguments.seconds
    try:
        say("engine beside libprotobuf's JSON parser")
        engine = measure_engine(arguments.build, 3 * rounds, seconds / 5)
        say("levels engine, lt, rtl")
        levels = measure_levels(arguments.build, rounds, seconds / 2)
        say("gateways beside HAProxy")
        ways = measure_gateways(arguments.build, rounds, max(1, round(3 * seconds)))
        hardware = None
        if not arguments.skip_hardware:
            say("Yosys (minutes; --skip-hardware goes without)")
            hardware = measure_hardware()
    except (BenchError, ChainError) as error:
        sys.exit(f"tools/bench: {error}")
    options = " --skip-hardware" if arguments.skip_hardware else ""
    text = ratios.page(engine, levels, ways, hardware, f"tools/bench --rounds {rounds} --seconds {seconds:g}{options}")
    print(text)
    output = arguments.output or (ROOT / "docs/results/bench.md" if arguments.write else None)
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text)
        say(f"written to {output}")


if __name__ == "__main__":
    main()
