"""The stores that a random run goes over, each made by the program itself, and the folder where it runs."""
import json
import os
import pathlib
import sqlite3
import subprocess

HOSTILE = "x\x1b[7;7;7mE\x1b]52;c;RVZJTA==\x07\x1b]0;t\x07\x1b[3;3H\x1b[7\x9b31m\u202e\u2066\u200b\ufeff\U000e0041\U000e007f日本é\r\ny"


class Fault(Exception):
    """Something did not hold."""


class Place:
    """A temporary folder where programs run; a superuser's run as nobody, who can write nowhere else."""

    def __init__(self, folder, binary):
        self.folder, self.binary = pathlib.Path(folder), binary
        for name in ("home", "config", "tmp", "work"):
            (self.folder / name).mkdir()
        self.env = {
            "PATH": os.environ["PATH"], "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "TZ": "UTC",
            "HOME": str(self.folder / "home"), "BACKSTORY_CONFIG": str(self.folder / "config"), "TMPDIR": str(self.folder / "tmp"),
            "XDG_DATA_HOME": str(self.folder / "home"), "XDG_CONFIG_HOME": str(self.folder / "config"),
        }
        self.who = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        self.give()

    def give(self):
        """Lets the one who runs the programs have everything in the folder."""
        if self.who:
            for path in [self.folder, *self.folder.rglob("*")]:
                os.chown(path, 65534, 65534)

    def options(self):
        return {"cwd": self.folder / "work", "env": self.env, **self.who}

    def run(self, store, *args, fails=False):
        """Runs a verb; what it prints."""
        done = subprocess.run([self.binary, "-s", str(store), *args], capture_output=True, timeout=300, **self.options())
        if done.returncode and not fails:
            raise Fault(f"{' '.join(args)[:200]}: code {done.returncode}: {done.stderr.decode(errors='replace')[:800]}")
        return done.stdout

    def log(self, store):
        """The hashes of all events, on all branches."""
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as base:
            rows = {(place, bytes(name)) for place, name in base.execute("SELECT position, hash FROM events")}
        base.close()
        return rows


def lines(place, name, events):
    """Imports events; each is an aggregate, a type and data."""
    file = place.folder / "work" / f"{name}.jsonl"
    rows = [
        {"aggregate": about, "type": kind, "data": data, "meta": meta, "occurred_at": f"2019-04-01T00:{n % 60:02}:00Z"}
        for n, (about, kind, data, meta) in enumerate(events)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    place.give()
    return file


def empty(place, store):
    place.run(store, "init", "--domain", "todo")


def demo(place, store):
    place.run(store, "demo", "--build-only")


def branches(place, store):
    """Two branches that changed the same fields, one that is archived, one of a branch."""
    place.run(store, "init", "--domain", "todo")
    for n in range(6):
        place.run(store, "fire", "Task", "create", f"title=task {n}")
    for name in ("one", "two", "gone"):
        place.run(store, "branch", name, "--at", "Task/2@1")
    for name in ("main", "one", "two"):
        for n in (1, 2):
            place.run(store, "-b", name, "fire", f"Task/{n}", "comment", f"text={name}", fails=True)
            place.run(store, "-b", name, "fire", f"Task/{n}", "rename", f"title={name} {n}", fails=True)
        place.run(store, "-b", name, "fire", "Task/1", "complete", fails=True)
    place.run(store, "-b", "one", "branch", "three")
    place.run(store, "-b", "three", "fire", "Task/2", "complete", fails=True)
    place.run(store, "branch", "--archive", "gone")
    place.run(store, "waypoint", "asked", "Task/1@1")


FAILING = """
[domain]
name = "failing"
[aggregate.Box]
label = 'error("no label")'
status = '.n | tonumber'
[aggregate.Box.event.Put]
apply = 'if ($data.n // 0) > 3 then error("too many") else .n = $data.n end'
[aggregate.Box.event.Lost]
apply = 'error({a: 1})'
[aggregate.Box.command.put]
params = { n = "number" }
emit = 'if $params.n > 5 then error("refused") else event("Put"; {n: $params.n}) end'
[aggregate.Box.command.lose]
emit = 'event("Lost"; {}), error(null)'
"""


def failing(place, store):
    """Rules, labels and commands that fail."""
    file = place.folder / "work" / "failing.toml"
    file.write_text(FAILING)
    events = [(f"Box/{n % 4}", ["Put", "Lost", "Other"][n % 3], {"n": n}, {}) for n in range(30)]
    log = lines(place, "failing", events)
    place.run(store, "init", "--domain", str(file))
    place.run(store, "import", str(log))


def named(store, old, new):
    """Gives a branch and a waypoint other names, past the program."""
    with sqlite3.connect(store) as base:
        for table in ("branches", "waypoints"):
            base.execute(f"UPDATE {table} SET name = ? WHERE name = ?", (new, old))
    base.close()


def hostile(place, store):
    """Texts that would steer a terminal, wherever a text may stand."""
    events = [(f"{HOSTILE}/{HOSTILE}{n % 3}", HOSTILE, {HOSTILE: [HOSTILE, {HOSTILE: n}]}, {"actor": HOSTILE, "reason": HOSTILE, "correlation_id": HOSTILE}) for n in range(12)]
    log = lines(place, "hostile", events)
    place.run(store, "init")
    place.run(store, "import", str(log))
    # By somebody else, so that no key takes back under one name what stands there under another.
    place.run(store, "branch", "evil", "--actor", "somebody")
    place.run(store, "waypoint", "evil", "#3", "--actor", "somebody")
    named(store, "evil", HOSTILE)
    place.give()


def large(place, store):
    """States of 1 MB, wide, long and deep."""
    deep = value = {}
    for _ in range(60):
        value["d"] = {"text": "x" * 16_000}
        value = value["d"]
    parts = [{"text": "日" * 350_000}, {f"field{n}": "v" * 30 for n in range(25_000)}, {"rows": [[n, str(n)] for n in range(70_000)]}, deep]
    events = [(f"Big/{n % 4}", "Grown", {**parts[n % 4], "n": n}, {}) for n in range(12)]
    log = lines(place, "large", events)
    place.run(store, "init")
    place.run(store, "import", str(log))


def damaged(place, store):
    """The demo with a hole in the middle."""
    demo(place, store)
    size = store.stat().st_size
    with open(store, "r+b") as file:
        file.seek(size // 2)
        file.write(b"\x5a" * 40_000)
    place.give()


STORES = (empty, demo, branches, failing, hostile, large, damaged)
