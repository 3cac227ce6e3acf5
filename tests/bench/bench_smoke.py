# SPDX-License-Identifier: Apache-2.0
"""Every part of tools/bench for a moment: all rows must be there, with numbers. No time is judged.

Run by ctest: bench_smoke.py BUILD_DIR [unittest arguments]."""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))
import ratios  # noqa: E402

BUILD = None
SIZES = ("150 B", "1.5 KB", "64 KB")
ROWS = ([f"engine, JSON message of {size}" for size in SIZES]
        + [f"{level}, records with {size}" for level in ("lt", "rtl") for size in SIZES]
        + [f"rtl, cycles per record byte and lane, {size}" for size in SIZES]
        + ["gateway to gateway at `lt`, requests/s", "the same, latency, median", "the same, latency, 99 %",
           "the same, processor time of one request"])
SPREAD = re.compile(r"[\d.,]+ \([\d.,]+ to [\d.,]+\)")


def rows_of(text):
    """{first cell: the other cells}"""
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in text.splitlines() if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows[1:]}


class RunTest(unittest.TestCase):
    def test_every_row_has_numbers(self):
        with tempfile.TemporaryDirectory() as folder:
            output = pathlib.Path(folder) / "bench.md"
            done = subprocess.run([ROOT / "tools/bench", "--no-install", "--no-build", "--build", BUILD, "--rounds", "1", "--seconds",
                                   "0.05", "--skip-hardware", "--output", output], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(output.read_text().strip(), done.stdout.strip())
        rows = rows_of(done.stdout)
        for name in ROWS:
            self.assertIn(name, rows)
            ours, beside, ratio, _ = rows[name]
            self.assertRegex(ours, r"\d")
            self.assertTrue(beside, name)
            self.assertRegex(ratio, SPREAD)
        for name, row in rows.items():
            self.assertEqual("at least" in row[3], "JSON message" in name or "requests/s" in name, name)
        self.assertIn("not measured", rows["LUT4 and block RAMs per module"][0])
        self.assertRegex(done.stdout, r"\nMissed aims: .+\.\n")

    def test_what_cannot_be_measured_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([ROOT / "tools/bench", "--no-install", "--no-build", "--build", folder], capture_output=True,
                                  text=True, stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("is not built", done.stderr)


class TableTest(unittest.TestCase):
    """The table, of turns that are made up."""

    ENGINE = [{"message_bytes": 150, "record_bytes": 250, "rounds": [{"engine_ns": 100.0, "protobuf_ns": times * 100.0} for times in (9, 8, 30)]}]

    def test_an_aim_is_met_by_the_median_alone(self):
        (row,) = ratios.engine_rows(self.ENGINE)
        self.assertEqual(row[3], "9.00 (8.50 to 19.5)")
        self.assertEqual(row[4], "at least 10: **missed**, 9.00")
        self.ENGINE[0]["rounds"][0]["protobuf_ns"] = 1000.0
        (row,) = ratios.engine_rows(self.ENGINE)
        self.assertEqual(row[4], "at least 10: met")

    def test_modules_are_shares_of_their_part(self):
        part = {"title": "SMALL on a part", "lut": 1000, "ram": 50, "ram_name": "RAM"}
        engine = {"instances": 2, "lut": 250, "ram": 5}
        rows = list(ratios.hardware_rows({"part": (part, {"engine": engine}, {"lut": 300, "ram": 6})}))
        self.assertEqual(rows[0][:2] + rows[0][3:4], ("`engine` x 2", "250 LUT4, 5 block RAMs", "25.0 %, 10.0 %"))
        self.assertEqual(rows[1][1], "300 LUT4, 6 block RAMs")


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    unittest.main(verbosity=2)
