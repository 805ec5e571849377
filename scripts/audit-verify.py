#!/usr/bin/env python3
"""Verifies Nightbell's audit log without Nightbell.

    audit-verify.py [--key KEY ...] [--witness NOTE ...] [--signatures all|last|N] FILE

FILE is an export (nightbell audit export) or the database itself (a copy of nightbell.db with its -wal). KEY is a
verifier key as `nightbell audit checkpoint` printed it on a day that you trust; without one, the keys in an export are
taken, and the answer says so. NOTE is a file with a checkpoint that somebody else has kept, such as DIR/witness/*.note.

It needs Python's standard library and the openssl command (3.0 or newer), nothing else. It was written from the documents:
RFC 6962 (the tree), C2SP signed-note and tlog-checkpoint (the notes), docs/OPERATING.md (tables and export).
Exit code 0: the log holds. 1: it does not; the first bad seq is named. 2: usage.
"""
import argparse
import base64
import binascii
import concurrent.futures
import datetime
import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile


class Bad(Exception):
    """The log does not hold: first and last seq of the damage, and why."""

    def __init__(self, first, last, why):
        super().__init__(why)
        self.first, self.last, self.why = first, last, why


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_hash(leaf):
    return sha256(b"\x00", leaf)


def node_hash(left, right):
    return sha256(b"\x01", left, right)


# --- the tree: RFC 6962 section 2.1 -------------------------------------------------------------------------------


class Tree:
    """The right edge of a growing tree: (level, hash) of its complete subtrees, left to right."""

    def __init__(self):
        self.size, self.edge = 0, []

    def append(self, h):
        """Adds a leaf's hash and gives every hash that becomes complete: the order in which they are stored."""
        made, level = [h], 0
        while self.edge and self.edge[-1][0] == level:
            h = node_hash(self.edge.pop()[1], h)
            level += 1
            made.append(h)
        self.edge.append((level, h))
        self.size += 1
        return made

    def root(self):
        if not self.edge:
            return hashlib.sha256(b"").digest()
        h = self.edge[-1][1]
        for _, left in reversed(self.edge[:-1]):
            h = node_hash(left, h)
        return h


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root_from_path(seq, size, leaf, path):
    """RFC 6962 section 2.1.1."""
    if size == 1:
        if path:
            raise ValueError("path too long")
        return leaf
    if not path:
        raise ValueError("path too short")
    k = split(size)
    if seq < k:
        return node_hash(root_from_path(seq, k, leaf, path[:-1]), path[-1])
    return node_hash(path[-1], root_from_path(seq - k, size - k, leaf, path[:-1]))


def roots_from_growth(old, size, proof, whole, old_root):
    """RFC 6962 section 2.1.2: the roots of the first old and of all size leaves, as the proof has them."""
    if old == size:
        if whole:
            if proof:
                raise ValueError("proof too long")
            return old_root, old_root
        if len(proof) != 1:
            raise ValueError("proof of another length")
        return proof[0], proof[0]
    if not proof:
        raise ValueError("proof too short")
    k, last = split(size), proof[-1]
    if old <= k:
        a, b = roots_from_growth(old, k, proof[:-1], whole, old_root)
        return a, node_hash(b, last)
    a, b = roots_from_growth(old - k, size - k, proof[:-1], False, old_root)
    return node_hash(last, a), node_hash(last, b)


# --- signed notes: C2SP -------------------------------------------------------------------------------------------

KEY = re.compile(r"^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$")
SPKI = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: Ed25519 SubjectPublicKeyInfo up to the key


def split_origin(name):
    """("nightbell/ID", 2) for "nightbell/ID/2"; the first epoch has no number."""
    m = re.match(r"^(.*/.*)/([1-9][0-9]*)$", name)
    if m and int(m.group(2)) >= 2:
        return m.group(1), int(m.group(2))
    return name, 1


def parse_key(text):
    m = KEY.match(text.strip())
    raw = base64.b64decode(m.group(3), validate=True) if m else b""
    if len(raw) != 33 or raw[0] != 1 or key_hash(m.group(1), raw).hex() != m.group(2):
        raise SystemExit("not a verifier key of a log: " + text)
    return split_origin(m.group(1))[0], raw


def key_hash(name, raw):
    return sha256(name.encode() + b"\n", raw)[:4]


class Signatures:
    """Checks Ed25519 by openssl; a process for each, so several at once."""

    def __init__(self, keys):
        self.keys = [parse_key(k) for k in keys]
        self.origin = self.keys[0][0] if self.keys else None
        if any(origin != self.origin for origin, _ in self.keys):
            raise SystemExit("keys of two logs")
        self.dir = tempfile.TemporaryDirectory()
        for i, (_, raw) in enumerate(self.keys):
            with open(self.path("key%d.der" % i), "wb") as f:
                f.write(SPKI + raw[1:])

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def holds(self, i, text, sig):
        tag = "%s-%d" % (hashlib.sha256(text + sig).hexdigest()[:24], i)
        for name, content in ((tag + ".txt", text), (tag + ".sig", sig)):
            with open(self.path(name), "wb") as f:
                f.write(content)
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", self.path("key%d.der" % i), "-rawin",
             "-in", self.path(tag + ".txt"), "-sigfile", self.path(tag + ".sig")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        os.remove(self.path(tag + ".txt"))
        os.remove(self.path(tag + ".sig"))
        return done.returncode == 0

    def parse(self, note):
        """(origin, epoch, size, root, text, signature lines) of a note; None when it has not the form."""
        if isinstance(note, str):
            note = note.encode()
        head, found, sigs = note.partition(b"\n\n")
        text = head + b"\n"
        lines = text.split(b"\n")
        if not found or len(lines) < 4 or not sigs.endswith(b"\n"):
            return None
        try:
            origin, size, root = lines[0].decode(), int(lines[1]), base64.b64decode(lines[2], validate=True)
        except (ValueError, binascii.Error):
            return None
        if size < 0 or str(size).encode() != lines[1] or len(root) != 32 or base64.b64encode(root) != lines[2]:
            return None
        base, epoch = split_origin(origin)
        return {"origin": base, "name": origin, "epoch": epoch, "size": size, "root": root, "text": text, "sigs": sigs}

    def signed(self, c):
        """Whether one of the log's keys has signed, and none of its signatures is wrong."""
        if c is None or c["origin"] != self.origin:
            return False
        good = False
        for line in c["sigs"].decode(errors="replace").splitlines():
            m = re.match("^\u2014 (\\S+) (\\S+)$", line)
            if not m:
                return False
            try:
                sig = base64.b64decode(m.group(2), validate=True)
            except (ValueError, binascii.Error):
                return False
            if m.group(1) != c["name"]:
                continue  # a witness's
            for i, (_, raw) in enumerate(self.keys):
                if sig[:4] == key_hash(c["name"], raw):
                    if not self.holds(i, c["text"], sig[4:]):
                        return False
                    good = True
        return good


# --- leaves -------------------------------------------------------------------------------------------------------

ORDER = ["action", "actor", "classes", "clinic", "correlation", "detail", "facts", "late", "object", "outcome", "purpose",
         "reason", "seq", "time", "v"]
ACTOR = ["device", "id", "ip", "login", "role", "type"]


def read_leaf(leaf, seq):
    """A leaf is canonical JSON (RFC 8785): keys in order, no spaces, nothing escaped that need not be."""
    try:
        v = json.loads(leaf.decode())
        again = json.dumps(v, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    except (ValueError, UnicodeDecodeError):
        raise Bad(seq, seq, "leaf not canonical") from None
    known = isinstance(v, dict) and set(v) <= set(ORDER) and isinstance(v.get("actor"), dict) and set(v["actor"]) <= set(ACTOR)
    if not known or again != leaf or v.get("v") != 1:
        raise Bad(seq, seq, "leaf not canonical")
    if v.get("seq") != seq:
        raise Bad(seq, seq, "leaf of another place")
    return v


def copies(v):
    at = datetime.datetime.strptime(v["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    micros = (at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)
    return (micros, v["action"], v.get("object", ""), v.get("clinic", ""), v["actor"].get("id", ""), v.get("correlation", ""))


# --- the walk -----------------------------------------------------------------------------------------------------


class Walk:
    """One pass over leaves, stored hashes and checkpoints, in their order; the first thing that does not hold is Bad."""

    def __init__(self, signatures, witnesses, which):
        self.tree, self.sigs, self.which = Tree(), signatures, which
        self.witnesses = []
        for note in witnesses:
            c = signatures.parse(note)
            if not signatures.signed(c):
                raise SystemExit("a witnessed checkpoint is not signed by this log")
            self.witnesses.append(c)
        self.epoch, self.covered, self.points = 1, 0, 0
        self.removed, self.agreed = 0, 0
        self.forks = []  # witnessed roots that differ; forgiven when the next epoch declares them
        self.sealed = 0  # of a database: leaves before it lie in segments that this program cannot open
        self.unchecked = []  # notes whose signatures are left for the end: (size, checkpoint)

    def leaf(self, seq, leaf, copy, hashes):
        n = self.tree.size
        if seq < n:
            raise Bad(seq, seq, "leaf out of order")
        if seq > n or (leaf is None and self.removed != n):
            raise Bad(n, n, "leaf missing")
        if leaf is None:
            self.removed += 1
            h = hashes[0] if hashes else None
        else:
            v = read_leaf(leaf, n)
            if copy is not None and copies(v) != copy:
                raise Bad(n, n, "searchable copy differs from the leaf")
            self.told(v)
            h = leaf_hash(leaf)
        if h is None:
            raise Bad(n, n, "hash missing")
        made = self.tree.append(h)
        for i, want in enumerate(made):
            if i >= len(hashes) or hashes[i] is None:
                raise Bad(n, n, "hash missing")
            if hashes[i] != want:
                raise Bad(n, n, "leaf does not match its hash")
        for c in self.witnesses:
            if c["size"] == self.tree.size and c["epoch"] == self.epoch and c["root"] != self.tree.root():
                bad = Bad(self.covered, self.tree.size - 1, "root differs from the witnessed checkpoint")
                self.forks.append((c["size"], c["root"], bad))

    def told(self, v):
        n, facts = self.tree.size, v.get("facts", {})
        if v["action"] == "audit.damaged":
            first = int(facts.get("from", n)) if facts.get("from", "").isdigit() else n
            raise Bad(min(first, n), n, "did not fit the checkpoint when the server started")
        if v["action"] == "audit.segment_removed" and facts.get("until", "").isdigit() and int(facts["until"]) <= n:
            self.agreed = max(self.agreed, int(facts["until"]))
        if v["action"] == "audit.segment_sealed" and facts.get("until", "").isdigit() and int(facts["until"]) <= n:
            self.sealed = int(facts["until"])
        if v["action"] == "audit.epoch_began":
            self.epoch_began(n, facts)

    def epoch_began(self, n, facts):
        try:
            number, size = int(facts["epoch"]), int(facts["restored_size"])
            root = base64.b64decode(facts["restored_root"], validate=True)
            seen = int(facts.get("witnessed_size", "0"))
            seen_root = base64.b64decode(facts.get("witnessed_root", ""), validate=True)
        except (KeyError, ValueError, binascii.Error):
            raise Bad(n, n, "epoch does not say of what") from None
        if size != n or root != self.tree.root() or number <= self.epoch or (number != self.epoch + 1 and self.removed == 0):
            raise Bad(n, n, "epoch of another log")
        for c in self.witnesses:
            if c["epoch"] == self.epoch and c["size"] > n:
                if seen < c["size"] or (seen == c["size"] and seen_root != c["root"]):
                    raise Bad(n, c["size"] - 1, "restore did not declare the witnessed checkpoint")
        self.forks = [f for f in self.forks if not (seen > f[0] or (seen == f[0] and seen_root == f[1]))]
        self.epoch = number

    def checkpoint(self, size, note):
        if size <= self.covered:
            raise Bad(max(size - 1, 0), max(size - 1, 0), "checkpoint out of order")
        if size != self.tree.size:
            return False
        c = self.sigs.parse(note)
        if c and self.removed == size and c["epoch"] > self.epoch:
            self.epoch = c["epoch"]
        if not c or c["origin"] != self.sigs.origin or c["size"] != size or c["epoch"] != self.epoch:
            raise Bad(size - 1, size - 1, "checkpoint does not hold")
        if c["root"] != self.tree.root():
            if not self.sigs.signed(c):
                raise Bad(size - 1, size - 1, "checkpoint does not hold")
            raise Bad(self.covered, size - 1, "root differs from the signed checkpoint")
        self.unchecked.append((size, c))
        self.covered, self.points = size, self.points + 1
        return True

    def signatures(self, bad):
        """Checks the signatures of what was walked; the first that fails is the first bad seq, or bad comes before it."""
        todo = self.unchecked
        if self.which == "last":
            todo = todo[-1:]
        elif self.which != "all":
            todo = todo[::max(1, len(todo) // int(self.which))] + todo[-1:]
        with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            for (size, _), good in zip(todo, pool.map(lambda p: self.sigs.signed(p[1]), todo)):
                if not good:
                    return Bad(size - 1, size - 1, "checkpoint does not hold")
        return bad

    def end(self, next_point, next_hash, database=False):
        size = self.tree.size
        if database:
            self.agreed = max(self.agreed, self.sealed)
        if next_point is not None:
            raise Bad(size, next_point - 1, "leaf missing")
        for c in self.witnesses:
            if c["epoch"] > self.epoch or (c["epoch"] == self.epoch and c["size"] > size):
                raise Bad(size, max(size, c["size"] - 1), "log ends before the witnessed checkpoint")
        if self.covered != size:
            raise Bad(self.covered, size - 1, "no checkpoint covers the leaf")
        if self.removed > self.agreed:
            raise Bad(self.agreed, self.removed - 1, "leaf missing")
        if next_hash:
            raise Bad(size, size, "hash without a leaf")


def stored_up_to(size):
    """How many hashes a log of size leaves stores."""
    n = 0
    while size:
        n, size = n + size, size // 2
    return n


def walk_database(path, walk):
    db = sqlite3.connect("file:%s?mode=ro" % path.replace("?", "%3f").replace("#", "%23"), uri=True)
    db.text_factory = bytes
    hashes = db.execute("SELECT idx, hash FROM audit_hashes ORDER BY idx")
    points = db.execute("SELECT size, note FROM audit_checkpoints ORDER BY size")
    h, p = hashes.fetchone(), points.fetchone()
    if p and p[0] <= 0:
        raise Bad(0, 0, "checkpoint out of order")
    for seq, leaf, copy in database_leaves(db):
        mine, index, end = [], stored_up_to(walk.tree.size), stored_up_to(walk.tree.size + 1)
        while h and index < end:
            if h[0] != index:
                mine.append(None)
                index = end
                break
            mine.append(h[1])
            h, index = hashes.fetchone(), index + 1
        walk.leaf(seq, leaf, copy, mine)
        if p and p[0] == walk.tree.size:
            walk.checkpoint(*p)
            p = points.fetchone()
            if p and p[0] <= walk.covered:
                raise Bad(max(p[0] - 1, 0), max(p[0] - 1, 0), "checkpoint out of order")
    walk.end(p[0] if p else None, h, database=True)


def database_leaves(db):
    """Segments first. A sealed one cannot be read here: its leaves are taken by their hashes, as removed ones are."""
    try:
        segments = db.execute("SELECT first, until, removed FROM audit_segments ORDER BY first").fetchall()
    except sqlite3.OperationalError:
        segments = []
    for first, until, removed in segments:
        if removed is None:
            print("note: leaves %d to %d are in a sealed segment; verify an export to read them" % (first, until - 1), file=sys.stderr)
        for seq in range(first, until):
            yield seq, None, None
    columns = "SELECT seq, leaf, at, action, object, clinic, actor, correlation FROM audit_leaves ORDER BY seq"
    for seq, leaf, at, *words in db.execute(columns):
        yield seq, leaf, (at, *(w.decode() for w in words))


def walk_export(path, walk, header, lines):
    if header["from"] != 0 or header["until"] != header["size"]:
        return check_part(walk.sigs, header, lines)
    ended, point = False, None
    for line in lines:
        kind = line.get("type")
        if kind == "leaf":
            if point is not None and point <= walk.tree.size:
                raise Bad(max(point - 1, 0), max(point - 1, 0), "checkpoint out of order")
            leaf = line["leaf"].encode() if "leaf" in line else None
            walk.leaf(line["seq"], leaf, None, [base64.b64decode(h) for h in line.get("hashes", [])])
        elif kind == "checkpoint":
            if not walk.checkpoint(line["size"], line["note"]):
                raise Bad(walk.tree.size, line["size"] - 1, "leaf missing")
        elif kind == "end":
            ended = True
            if line["leaves"] != walk.tree.size:
                raise Bad(walk.tree.size, walk.tree.size, "leaf missing")
    if not ended:
        raise Bad(walk.tree.size, walk.tree.size, "export was cut")
    walk.end(None, None)
    check_growth(walk, header, path)
    return None


def check_growth(walk, header, path):
    """The consistency proofs of an export say the same as the walk: each is checked by itself."""
    last = None
    for line in read_lines(path):
        if line.get("type") == "witness":
            last = walk.sigs.parse(line["note"])
            if not walk.sigs.signed(last):
                raise Bad(0, last["size"] - 1 if last else 0, "witnessed checkpoint does not hold")
        if line.get("type") == "growth" and 0 < line["from"] <= line["to"]:
            proof = [base64.b64decode(h) for h in line["proof"]]
            c = walk.sigs.parse(header["checkpoint"])
            try:
                old, new = roots_from_growth(line["from"], line["to"], proof, True, last["root"])
            except ValueError:
                old, new = None, None
            if old != last["root"] or new != c["root"]:
                raise Bad(0, line["from"] - 1, "log did not grow from the witnessed checkpoint")


def check_part(sigs, header, lines):
    """A part of a log: every leaf by its own path to the checkpoint of the header."""
    c = sigs.parse(header["checkpoint"])
    if not sigs.signed(c) or c["size"] != header["size"]:
        raise Bad(header["from"], header["until"] - 1, "checkpoint does not hold")
    want, ended = header["from"], False
    for line in lines:
        if line.get("type") == "end":
            ended = True
        if line.get("type") != "leaf":
            continue
        if line["seq"] != want:
            raise Bad(want, want, "leaf missing")
        leaf = line.get("leaf", "").encode()
        if leaf:
            read_leaf(leaf, want)
            try:
                root = root_from_path(want, c["size"], leaf_hash(leaf), [base64.b64decode(h) for h in line.get("path", [])])
            except ValueError:
                root = None
            if root != c["root"]:
                raise Bad(want, want, "path does not hold")
        want += 1
    if want != header["until"] or not ended:
        raise Bad(want, header["until"] - 1, "leaf missing")
    return want - header["from"]


def read_lines(path):
    with open(path, encoding="utf-8", newline="\n") as f:
        for text in f:
            try:
                yield json.loads(text)
            except ValueError:
                raise SystemExit("%s: not an export: a line is no JSON" % path) from None


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--key", action="append", default=[], help="verifier key of the log, from a source that you trust")
    args.add_argument("--witness", action="append", default=[], help="file with a checkpoint that was kept elsewhere")
    args.add_argument("--signatures", default="", help="all, last, or about so many; without it all of up to 2000")
    args.add_argument("--json", action="store_true", help="print the verdict as JSON")
    args.add_argument("file")
    a = args.parse_args()
    with open(a.file, "rb") as f:
        database = f.read(16) == b"SQLite format 3\x00"
    keys, header, lines = a.key, None, None
    if not database:
        lines = read_lines(a.file)
        header = next(lines, {})
        if header.get("type") != "header" or header.get("format") != "nightbell-audit-export/1":
            raise SystemExit("%s: neither a database nor an export" % a.file)
    if not keys:
        keys = (header or {}).get("keys", [])
        if not keys:
            raise SystemExit("a database does not hold its verifier key: give it with --key")
        print("note: the keys come from the export itself; give those that you trust with --key", file=sys.stderr)
    sigs = Signatures(keys)
    witnesses = []
    for path in a.witness:
        with open(path, "rb") as f:
            witnesses.append(f.read())
    verdict = verify(a, sigs, witnesses, (header, lines))
    if a.json:
        print(json.dumps(verdict))
    elif verdict["ok"] and header is not None and verdict["size"] < header["size"]:
        print("%d entries hold in a log of %d" % (verdict["size"], header["size"]))
    elif verdict["ok"]:
        print("%(size)d entries hold under %(checkpoints)d checkpoints, epoch %(epoch)d, root %(root)s" % verdict)
    else:
        print("WRONG: %(why)s\nfirst entry that does not hold: %(first_bad)d" % verdict)
    return 0 if verdict["ok"] else 1


def verify(a, sigs, witnesses, export):
    walk = Walk(sigs, witnesses, a.signatures or "all")
    header, lines = export
    bad, part = None, None
    try:
        if header is None:
            walk_database(a.file, walk)
        else:
            part = walk_export(a.file, walk, header, lines)
    except Bad as b:
        bad = b
    if walk.forks and (bad is None or walk.forks[0][2].first <= bad.first):
        bad = walk.forks[0][2]
    if not a.signatures and len(walk.unchecked) > 2000:
        print("note: %d checkpoints; the signatures of about 2000 are checked (--signatures all for each)" % len(walk.unchecked), file=sys.stderr)
        walk.which = "2000"
    bad = walk.signatures(bad)
    verdict = {"ok": bad is None, "size": part if part is not None else walk.tree.size, "checkpoints": walk.points,
               "epoch": walk.epoch, "root": base64.b64encode(walk.tree.root()).decode(), "first_bad": -1, "last_bad": -1, "why": ""}
    if bad:
        verdict.update(first_bad=bad.first, last_bad=bad.last, why=bad.why)
    return verdict


if __name__ == "__main__":
    sys.exit(main())
