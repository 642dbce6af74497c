"""What two measurements say as ratios, which mean the same on any machine: ratios.py micro FILE, of the JSON of
micro_bench with repetitions, and ratios.py bench FILE, of the JSON of `crawlspool bench`."""

import json
import sys

# Of micro_bench: a row of the table, its yardstick.
CPU_ROWS = ("decode_frames", "check_record", "write_line")
CPU_SIZES = ("250", "4096", "200000")
COMMIT_SIZES = ("1", "100", "10000")

LEVELS = ("synced", "written")


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def quotient(value, base):
    return value / base if value is not None and base else None


def print_table(title, heads, rows):
    """The first column to the left, the others to the right."""
    lines = [[title, *heads], *([name, *map(number, cells)] for name, cells in rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        first, *others = (f"{cell:{'<' if i == 0 else '>'}{widths[i]}}" for i, cell in enumerate(line))
        print("  ".join([first, *others]))
    print()


def seconds_a_byte(report):
    """{(name, argument): median}"""
    found = {}
    for run in report["benchmarks"]:
        if run.get("aggregate_name") == "median":
            name, argument, *_ = run["run_name"].split("/")
            found[name, argument] = 1 / run["bytes_per_second"]
    return found


def print_micro(report):
    times = seconds_a_byte(report)

    def against(name, yardstick, sizes):
        return name, [quotient(times.get((name, size)), times.get((yardstick, size))) for size in sizes]

    print_table("times a memcpy of a record of", [f"{size} B" for size in CPU_SIZES],
                [against(name, "copy", CPU_SIZES) for name in CPU_ROWS])
    print_table("times a write and fdatasync of records of 250 B:", COMMIT_SIZES,
                [against("commit", "bare_commit", COMMIT_SIZES)])


def print_bench(report):
    rows = {(row["mode"], row["ack"]): row for row in report["rows"]}
    modes = list(dict.fromkeys(row["mode"] for row in report["rows"]))

    def against(base_of, key):
        """A row a mode that has a base: its figure, over that of its base at the same level."""
        return [(mode, [quotient(rows[mode, level].get(key), rows.get((base_of[mode], level), {}).get(key))
                        for level in LEVELS if (mode, level) in rows]) for mode in modes if mode in base_of]

    http = dict.fromkeys(modes, "http-close")
    redis = {mode: "redis-one-at-a-time" if mode == "one-at-a-time" else "redis-pipelined"
             for mode in modes if not mode.startswith(("http", "redis"))}
    levels = [level for level in LEVELS if level in {row["ack"] for row in report["rows"]}]
    print_table("records/s, times http-close", levels, against(http, "records_per_s"))
    print_table("server CPU a record, part of http-close's", levels, against(http, "server_cpu_us_per_record"))
    if "redis" in report:
        print_table("records/s, times redis in the same way", levels, against(redis, "records_per_s"))
        print_table("server CPU a record, part of redis'", levels, against(redis, "server_cpu_us_per_record"))
        print_table("ack p99, part of redis'", levels, against(redis, "ack_p99_us"))


def main():
    kinds = {"micro": print_micro, "bench": print_bench}
    if len(sys.argv) != 3 or sys.argv[1] not in kinds:
        sys.exit(__doc__)
    with open(sys.argv[2], encoding="utf-8") as file:
        kinds[sys.argv[1]](json.load(file))


if __name__ == "__main__":
    main()
