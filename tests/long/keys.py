#!/usr/bin/env python3
"""Random keys, pastes, clicks and sizes in a real terminal, over stores of seven kinds.

Held all along:
- the explorer lives until it is told to leave (`q`, control-C); then it ends with code 0 and is started again;
- it never panics, and never writes a harmful character or a sequence that is not its own;
- it answers: after each burst another size is given, and something is drawn within 20 seconds;
- it stays below 300 MB, and below 400 over states of 1 MB;
- at the end SIGTERM ends it within 3 seconds, and the terminal is as it was;
- then `verify --all` is content, and the log still has every event that it had.

What is wrong is printed with the inputs that led there. `--only NAME` takes one store.
"""
import argparse
import collections
import fcntl
import os
import pathlib
import pty
import random
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import tomllib

from stores import HOSTILE, STORES, Fault, Place, damaged, named

ROOT = pathlib.Path(__file__).resolve().parents[2]
ANSWER, END = 20, 3

# The explorer's own sequences: everything else that begins with an escape is somebody else's.
OWN = re.compile(
    rb"\x1b\[\d+;\d+H|\x1b\[[\d;]*m|\x1b\[\d*[JK]|\x1b\[\?(?:25|1000|1002|1003|1006|1015|1049|2004)[hl]"
    rb"|\x1b\]52;c;[A-Za-z0-9+/=]*\x07"
)
# The beginning of one that may not have come whole yet.
BEGUN = re.compile(rb"\x1b(?:\[[\d;?]*|\][^\x07\x1b]*)?$")
HARMFUL = re.compile(
    "[\0-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# Well-formed, but only the stores' texts and the pastes have them.
MARKERS = (b"\x1b[7;7;7m", b"\x1b]52;c;RVZJTA==")

NAMED = {
    "Left": "\x1b[D", "Right": "\x1b[C", "Up": "\x1b[A", "Down": "\x1b[B", "Home": "\x1b[H", "End": "\x1b[F",
    "PgUp": "\x1b[5~", "PgDn": "\x1b[6~", "Del": "\x1b[3~", "Ins": "\x1b[2~", "Enter": "\r", "Esc": "\x1b",
    "Tab": "\t", "S-Tab": "\x1b[Z", "Space": " ", "Backspace": "\x7f",
    "F1": "\x1bOP", "F2": "\x1bOQ", "F3": "\x1bOR", "F4": "\x1bOS", "F5": "\x1b[15~", "F6": "\x1b[17~",
    "F7": "\x1b[18~", "F8": "\x1b[19~", "F9": "\x1b[20~", "F10": "\x1b[21~", "F11": "\x1b[23~", "F12": "\x1b[24~",
}


def sequence(name):
    """What a terminal sends for a key of the table."""
    if name in NAMED:
        return NAMED[name]
    if len(name) == 1:
        return name
    kind, _, rest = name.partition("-")
    if kind == "C" and len(rest) == 1:
        return chr(ord(rest.upper()) & 0x1F)
    plain, number = NAMED.get(rest, ""), {"S": 2, "A": 3, "C": 5}.get(kind)
    if number and plain.startswith("\x1b["):
        return plain[:-1] + (f"1;{number}" if plain[-1] != "~" else f";{number}") + plain[-1]
    if kind == "A":
        return "\x1b" + (plain or rest)
    return plain or rest


def table():
    """Every key of the table."""
    rows = tomllib.loads((ROOT / "assets/keys.toml").read_text())["key"]
    return [sequence(name) for name in sorted({name for row in rows for name in row["keys"]})]


class Dice:
    """What comes next."""

    def __init__(self, seed, keys):
        self.random, self.keys = random.Random(seed), keys

    def paste(self):
        """A text of up to 80 kB, and whether the terminal says that it is pasted."""
        pieces = ["task ", "日本語", "\x1b[7;7;7m", "\t", "\n", "\r\n", "\0", "\x07", "é", "e\u0301", "\u202e", "👩‍👧", '"', "{", ".n", "\x1b]0;t\x07"]
        size = self.random.choice([3, 30, 300, 3_000, 80_000])
        text = "".join(self.random.choice(pieces) for _ in range(self.random.randint(1, 40)))
        text = (text * (size // len(text.encode()) + 1)).encode()[:size].decode(errors="ignore")
        return f"\x1b[200~{text}\x1b[201~" if self.random.random() < 0.7 else text

    def input(self):
        """One key, click or paste."""
        dice, roll = self.random, self.random.random()
        if roll < 0.015:
            return self.paste()
        if roll < 0.10:
            code, end = dice.choice([(0, "M"), (0, "m"), (32, "M"), (64, "M"), (65, "M"), (2, "M"), (35, "M")])
            column = dice.choice([1, 200, 65535]) if dice.random() < 0.1 else dice.randint(1, 120)
            return f"\x1b[<{code};{column};{dice.randint(1, 60)}{end}"
        if roll < 0.25:
            return dice.choice("aeiostmd1290.,:/日 \"'")
        if roll < 0.40:
            return dice.choice(["\r", "\r", "\x1b", "\x1b", "\t"])
        if roll < 0.55:
            return NAMED[dice.choice(["Left", "Right", "Up", "Down"])]
        if roll < 0.60:
            return NAMED[dice.choice([f"F{n}" for n in range(1, 13)] + ["Del", "Ins", "Backspace", "Home", "End"])]
        if roll < 0.605:
            return "".join(chr(dice.randint(0, 255)) for _ in range(dice.randint(1, 6)))
        key = dice.choice(self.keys)
        return key if key not in ("q", "\x03") or dice.random() < 0.3 else "\x1b"

    def size(self, old):
        """Another size than the old one."""
        while (new := (self.random.randint(5, 60), self.random.choice([self.random.randint(20, 180), 80]))) == old:
            pass
        return new


class Explorer:
    """The explorer in a terminal of its own."""

    def __init__(self, place, store, size, extra):
        self.size, self.tail, self.told, self.interrupted, self.over, self.drawn, self.last = size, b"", False, False, False, 0, b""
        self.fd, self.slave = pty.openpty()
        self.resize(size)
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            [place.binary, "open", str(store), *extra], stdin=self.slave, stdout=self.slave, stderr=self.slave,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), **place.options(),
        )
        os.set_blocking(self.fd, False)

    def resize(self, size):
        self.size = size
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))

    def pump(self, seconds):
        """Reads what was drawn, for at most so long; whether anything came."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            read = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.drawn += len(read)
        self.look(read)
        return bool(read)

    def look(self, read):
        """Nothing harmful is drawn, and no sequence but the explorer's own."""
        if self.over:  # The terminal itself repeats keys that nobody reads any more.
            self.last += read[: max(0, 8_000 - len(self.last))]
            return
        self.last = (self.last + read)[-4_000:]
        data = self.tail + read
        if (at := data.find(b"\x1b[?1049l")) >= 0:
            self.over, data = True, data[:at]
        for bad in (*MARKERS, b"panicked"):
            if bad in data:
                at = data.index(bad)
                raise Fault(f"{bad!r} was written: {data[max(0, at - 100):at + 300]!r}")
        begun = BEGUN.search(data)
        data, self.tail = (data[: begun.start()], begun.group()) if begun else (data, b"")
        rest = OWN.sub(b"", data)
        try:
            text = rest.decode()
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data" or self.tail:
                raise Fault(f"what was written is no UTF-8: {rest[max(0, error.start - 40):error.end + 40]!r}") from None
            text, self.tail = rest[: error.start].decode(), rest[error.start :]
        if bad := HARMFUL.search(text):
            raise Fault(f"{bad.group()!r} was written: {text[max(0, bad.start() - 60):bad.end() + 60]!r}")

    def drain(self, limit):
        """Reads until nothing comes for a moment."""
        end = time.monotonic() + limit
        while time.monotonic() < end and self.pump(0.03):
            pass

    def send(self, text):
        """Types, reading meanwhile; False when the explorer is gone."""
        data, end = text.encode("utf-8", "surrogateescape"), time.monotonic() + 3 * ANSWER
        self.interrupted = self.interrupted or "\x03" in text
        self.told = self.told or self.interrupted or "q" in text
        while data:
            if self.process.poll() is not None:
                return False
            if select.select([], [self.fd], [], 0)[1]:
                try:
                    data = data[os.write(self.fd, data[:4_000]) :]
                except BlockingIOError:
                    pass
            self.pump(0.02 if data else 0)
            if time.monotonic() > end:
                raise Fault(f"keys are not read: {len(data)} bytes left after {3 * ANSWER} s")
        return True

    def answers(self, size):
        """Something is drawn after another size is given; how long that took, or None when it left."""
        began, drawn = time.monotonic(), self.drawn
        self.resize(size)
        while self.drawn == drawn:
            if self.process.poll() is not None:
                return None
            if time.monotonic() - began > ANSWER:
                raise Fault(f"nothing was drawn within {ANSWER} s")
            self.pump(0.1)
        return time.monotonic() - began

    def memory(self):
        """Megabytes in use."""
        try:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0
        found = re.search(r"VmRSS:\s+(\d+)", status)
        return int(found.group(1)) / 1024 if found else 0

    def left(self):
        """It ended: it was told so, with code 0, and the terminal is as it was."""
        code = self.process.wait()
        self.drain(1)
        # Control-C ends it by force where it is busy for long: with a flood of keys, say.
        if code not in ((0, -signal.SIGINT) if self.interrupted else (0,)) or not self.told:
            raise Fault(f"ended with code {code}{'' if self.told else ' and nobody said so'}: {self.last[-600:]!r}")
        self.restored()

    def restored(self):
        for wanted in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l"):
            if wanted not in self.last:
                raise Fault(f"{wanted!r} was not written at the end: {self.last[-300:]!r}")
        if termios.tcgetattr(self.slave) != self.before:
            raise Fault("the terminal's modes are not as they were")

    def end(self):
        """SIGTERM ends it; how long that took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        while self.process.poll() is None:
            self.pump(0.02)
            if time.monotonic() - began > END:
                raise Fault(f"SIGTERM did not end it within {END} s")
        took = time.monotonic() - began
        self.drain(1)
        self.restored()
        return took

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.fd)
        os.close(self.slave)


def press(place, store, dice, seconds, numbers, last, whole):
    """Bursts over one store until the time is over; each explorer that was told to leave is followed by another."""
    extras, until = [[], ["--no-work"], ["--ascii"], ["--whole-store"], ["--theme", "none"]], time.monotonic() + seconds
    while time.monotonic() < until:
        extra = dice.random.choice(extras)
        last.clear()
        last.append(f"open {' '.join(extra)}")
        explorer = Explorer(place, store, dice.size(None), extra)
        try:
            while not explorer.pump(1):
                if explorer.process.poll() is not None:
                    break
            while explorer.process.poll() is None and time.monotonic() < until:
                for _ in range(dice.random.randint(1, 12)):
                    one = dice.input()
                    last.append(one)
                    numbers["inputs"] += 1
                    if not explorer.send(one):
                        break
                    explorer.pump(dice.random.choice([0, 0, 0.01, 0.05]))
                explorer.drain(0.5)
                size = dice.size(explorer.size)
                last.append(size)
                took = explorer.answers(size)
                numbers["bursts"] += 1
                numbers["slowest"] = max(numbers["slowest"], took or 0)
                memory = explorer.memory()
                numbers["memory"] = max(numbers["memory"], memory)
                if memory > (400 if "large" in store.name else 300):
                    raise Fault(f"it uses {memory:.0f} MB")
            if explorer.process.poll() is None:
                numbers["end"] = max(numbers["end"], explorer.end())
            elif whole or explorer.told:
                numbers["left"] += 1
                explorer.left()
            else:
                break  # A damaged store may be refused.
        finally:
            explorer.close()


def checked(place, store, before, whole):
    """The store is whole, and has what it had; how many events came."""
    if not whole:
        return 0
    if "hostile" in store.name:  # Names that were changed past the program would be found, as they should be.
        named(store, HOSTILE, "evil")
    place.run(store, "verify", "--all")
    after = place.log(store)
    if lost := before - after:
        raise Fault(f"{len(lost)} events are gone from the log")
    return len(after) - len(before)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=str(ROOT / "target/debug/backstory"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=[kind.__name__ for kind in STORES])
    args = parser.parse_args()
    numbers, faults, keys = collections.Counter(slowest=0.0, memory=0.0, end=0.0), 0, table()
    kinds = [kind for kind in STORES if args.only in (None, kind.__name__)]
    with tempfile.TemporaryDirectory(prefix="keys-") as folder:
        os.chmod(folder, 0o755)
        place = Place(folder, os.path.abspath(args.binary))
        for kind in kinds:
            name, whole, last = kind.__name__, kind is not damaged, collections.deque(maxlen=60)
            store = place.folder / "work" / f"{name}.db"
            try:
                kind(place, store)
                before, dice = place.log(store) if whole else set(), Dice(f"{args.seed} {name}", keys)
                end = time.monotonic() + args.seconds / len(kinds)
                while (rest := end - time.monotonic()) > 0:
                    try:
                        press(place, store, dice, rest, numbers, last, whole)
                        break
                    except Fault as fault:
                        faults += 1
                        print(f"FAULT {name}: {fault}\n  inputs: {[one if len(one) < 200 else (one[:60], len(one)) for one in last]!r}", flush=True)
                        if faults > 50:
                            break
                numbers["written"] += checked(place, store, before, whole)
            except Fault as fault:
                faults += 1
                print(f"FAULT {name}: {fault}", flush=True)
            for file in store.parent.glob(f"{name}*"):
                shutil.rmtree(file) if file.is_dir() else file.unlink()
    print(
        f"keys: {len(kinds)} stores, {numbers['bursts']} bursts, {numbers['inputs']} inputs, {numbers['left']} times left, "
        f"{numbers['written']} events written, slowest answer {numbers['slowest']:.1f} s, at most {numbers['memory']:.0f} MB, "
        f"slowest end {numbers['end']:.1f} s, {faults} faults"
    )
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
