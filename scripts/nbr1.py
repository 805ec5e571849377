#!/usr/bin/env python3
"""An independent reader of NBR1, the sealed recording file.

Written from docs/RECORDING-FORMAT.md alone, sharing no code with Nightbell: Python's standard library, and the
openssl command for the one thing that library lacks, the AES block. GCM is put together here from AES blocks and
GHASH (NIST SP 800-38D), since `openssl enc` refuses GCM.

    nbr1.py info FILE                          the clear header; needs no key
    nbr1.py verify FILE --key-file KEY         one JSON object; exit 0 ok, 1 anything else
    nbr1.py wav FILE --key-file KEY -o OUT     PCM16 WAV of what is authentic; exit 0 only for a whole file
    nbr1.py vectors FOLDER                     what verify and wav say of every vector in FOLDER/vectors.json

KEY is a file with 64 hexadecimal digits, "-" is standard input. The key of a file's records (not the data key) is
passed to openssl in its arguments: other users of the machine may see it, so run this where there are none.
"""

import argparse
import array
import hashlib
import hmac
import json
import os
import re
import struct
import subprocess
import sys

HEADER = 4096
MAGIC = b"\x89NBR\r\n\x1a\n"
FOOTER_MAGIC = b"NBREND\r\n"
MAX_PLAIN = 65536
META, AUDIO, MARK, FINAL = 1, 2, 3, 4
BATCH = 8 << 20
MAX_GUESSES = 1024
MAX_SAMPLE = 1 << 40


class Fault(Exception):
    """What is wrong with a file, and at which record (-1: the header)."""

    def __init__(self, kind, record):
        super().__init__(kind, record)
        self.kind, self.record = kind, record


# --- AES-256-GCM -----------------------------------------------------------------------------------------------------

def aes_blocks(key, blocks):
    """AES-256 of each 16-byte block."""
    run = subprocess.run(
        ["openssl", "enc", "-aes-256-ecb", "-nopad", "-nosalt", "-K", key.hex()],
        input=blocks, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if run.returncode != 0 or len(run.stdout) != len(blocks):
        raise SystemExit("openssl: " + run.stderr.decode(errors="replace").strip())
    return run.stdout


def ghash_tables(h):
    """For each byte place of a block, what every byte there contributes to block * h."""
    poly = 0xE1 << 120
    powers = []  # h * x^i
    v = int.from_bytes(h, "big")
    for _ in range(128):
        powers.append(v)
        v = (v >> 1) ^ (poly if v & 1 else 0)
    tables = []
    for place in range(16):
        row = [0] * 256
        for bit in range(8):
            row[0x80 >> bit] = powers[8 * place + bit]
        for byte in range(256):
            low = byte & -byte
            if byte != low:
                row[byte] = row[low] ^ row[byte ^ low]
        tables.append(row)
    return tables


def ghash(tables, aad, text):
    data = aad + bytes(-len(aad) % 16) + text + bytes(-len(text) % 16) + struct.pack(">QQ", 8 * len(aad), 8 * len(text))
    y = 0
    for i in range(0, len(data), 16):
        block = (y ^ int.from_bytes(data[i:i + 16], "big")).to_bytes(16, "big")
        y = 0
        for table, byte in zip(tables, block):
            y ^= table[byte]
    return y.to_bytes(16, "big")


class Cipher:
    def __init__(self, key):
        self.key = key
        self.tables = ghash_tables(aes_blocks(key, bytes(16)))

    def open_all(self, records):
        """Opens whole records (head, nonce, ciphertext, tag), lazily; None for one whose tag does not hold."""
        counters = []
        for rec in records:
            blocks = (len(rec) - 44 + 15) // 16
            counters.append(b"".join(rec[16:28] + struct.pack(">I", i) for i in range(1, blocks + 2)))
        stream = aes_blocks(self.key, b"".join(counters)) if records else b""
        at = 0
        for rec, counter in zip(records, counters):
            mine = stream[at:at + len(counter)]
            at += len(counter)
            text = rec[28:-16]
            tag = bytes(a ^ b for a, b in zip(ghash(self.tables, rec[:16], text), mine[:16]))
            if not hmac.compare_digest(tag, rec[-16:]):
                yield None
                continue
            pad = int.from_bytes(mine[16:16 + len(text)], "big")
            yield (int.from_bytes(text, "big") ^ pad).to_bytes(len(text), "big")


def hkdf_expand_sha512(key, info, length):
    out, block, i = b"", b"", 1
    while len(out) < length:
        block = hmac.new(key, block + info + bytes([i]), hashlib.sha512).digest()
        out, i = out + block, i + 1
    return out[:length]


# --- the file --------------------------------------------------------------------------------------------------------

def parse_header(b):
    if len(b) < HEADER:
        raise Fault("cut", -1)
    version, suite, length, flags = struct.unpack_from(">HHHH", b, 8)
    codec, channels, block_ms, rate, max_plain = struct.unpack_from(">BBHII", b, 64)
    if b[:8] != MAGIC:
        raise Fault("magic", -1)
    if version != 1:
        raise Fault("version", -1)
    if suite != 1:
        raise Fault("suite", -1)
    if length != HEADER:
        raise Fault("header", -1)
    if flags & ~1 or any(b[76:96]):
        raise Fault("reserved", -1)
    if block_ms != 1000 or max_plain != MAX_PLAIN:
        raise Fault("header", -1)
    slot, slot_length = struct.unpack_from(">HH", b, 128)
    if slot == 0 and any(b[130:HEADER]):
        raise Fault("reserved", -1)
    if slot != 0 and (slot > 3 or 148 + slot_length > HEADER or any(b[148 + slot_length:HEADER])):
        raise Fault("reserved", -1)
    width = 2 if codec == 3 else 1
    if codec not in (1, 2, 3) or channels not in (1, 2) or (codec != 3 and rate != 8000) or rate < 8000 \
            or 8 + rate * channels * width > MAX_PLAIN:
        raise Fault("header", -1)
    return {"file_id": b[16:32].hex(), "codec": {1: "PCMU", 2: "PCMA", 3: "L16"}[codec], "channels": channels, "rate": rate,
            "escrow": bool(flags & 1), "slot": slot, "frame": channels * width}


def parse_head(b, at):
    """The sealed length, type and number of the record at a place."""
    n, kind, flags, blank, seq = struct.unpack_from(">IBBHQ", b, at)
    if not 28 <= n <= MAX_PLAIN + 28:
        return "length", 0, 0, 0
    if not META <= kind <= FINAL:
        return "type", 0, 0, 0
    if flags or blank:
        return "reserved", 0, 0, 0
    return None, n, kind, seq


# Bytes that could be a record's head with a number below 2^32, at every place.
HEAD_LIKE = re.compile(rb"(?=\x00[\x00\x01]..[\x01-\x04]\x00{7}....)", re.DOTALL)


class Walk:
    """Goes through a file from the first record to its end or first fault; keeps what was authentic."""

    def __init__(self, b, key):
        self.b = b
        self.header = parse_header(b)
        okm = hkdf_expand_sha512(key, b"nightbell.recording.v1\x00" + b[:96], 64)
        if not hmac.compare_digest(okm[32:], b[96:128]):
            raise Fault("commitment", -1)
        self.cipher = Cipher(okm[:32])
        self.at, self.seq, self.samples = HEADER, 0, 0
        self.transcript = hashlib.sha256(b[:128]).digest()
        self.meta, self.final, self.marks = None, None, []
        self.blocks = []   # (first sample, file offset)
        self.audio = []    # (first sample, bytes)
        self.plaintext = hashlib.sha256()
        self.released = 0
        self.footer = False

    def run(self):
        """The verdict, and the fault behind one that is not ok."""
        try:
            while self.final is None:
                self.batch()
        except Fault as fault:
            return self.judge(fault)
        return self.ending()

    def batch(self):
        """Opens the next records, as far as their heads lead, in one call of openssl."""
        raws, trouble, at, seq, size = [], None, self.at, self.seq, 0
        while size < BATCH:
            trouble, n, kind = self.head(at, seq)
            if trouble:
                break
            raws.append((at, kind, self.b[at:at + 16 + n]))
            at, seq, size = at + 16 + n, seq + 1, size + n
            if kind == FINAL:
                break
        for (at, kind, raw), plain in zip(raws, self.cipher.open_all([r for _, _, r in raws])):
            if plain is None:
                raise Fault("tag", self.seq)
            self.admit(at, kind, raw, plain)
        if trouble:
            raise Fault(trouble, self.seq)

    def head(self, at, seq):
        left = len(self.b) - at
        if left == 0:
            return "no_final", 0, 0
        if left < 16:
            return "cut", 0, 0
        trouble, n, kind, number = parse_head(self.b, at)
        if trouble:
            return trouble, 0, 0
        if 16 + n > left:
            return "cut", 0, 0
        if number != seq:
            return "sequence", 0, 0
        return None, n, kind

    def admit(self, at, kind, raw, plain):
        if (self.seq == 0) != (kind == META):
            raise Fault("content", self.seq)
        if kind == META:
            self.meta = self.json(plain)
        elif kind == AUDIO:
            self.admit_audio(at, plain)
        elif kind == MARK:
            self.marks.append(plain)
        else:
            self.admit_final(at, plain)
        if kind != FINAL:
            self.plaintext.update(plain)
        self.transcript = hashlib.sha256(self.transcript + raw[:28] + raw[-16:]).digest()
        self.at, self.seq, self.released = at + len(raw), self.seq + 1, self.released + 1

    def json(self, plain):
        try:
            return json.loads(plain)
        except ValueError:
            raise Fault("content", self.seq) from None

    def admit_audio(self, at, plain):
        frame = self.header["frame"]
        if len(plain) <= 8 or (len(plain) - 8) % frame:
            raise Fault("content", self.seq)
        first = struct.unpack_from(">Q", plain)[0]
        if not self.samples <= first <= MAX_SAMPLE:
            raise Fault("content", self.seq)
        self.blocks.append((first, at))
        self.audio.append((first, plain[8:]))
        self.samples = first + (len(plain) - 8) // frame

    def admit_final(self, at, plain):
        if len(plain) < 53 or not 1 <= plain[0] <= 4:
            raise Fault("content", self.seq)
        status, records, samples, transcript, n = struct.unpack_from(">BQQ32sI", plain)
        if n > 4000 or len(plain) != 53 + 16 * n:
            raise Fault("content", self.seq)
        index = [struct.unpack_from(">QQ", plain, 53 + 16 * i) for i in range(n)]
        if any(b[0] <= a[0] or b[1] <= a[1] for a, b in zip(index, index[1:])):
            raise Fault("content", self.seq)
        if records != self.seq or samples < self.samples:
            raise Fault("final", self.seq)
        if transcript != self.transcript:
            raise Fault("transcript", self.seq)
        if not set(index) <= set(self.blocks):
            raise Fault("index", self.seq)
        self.final = {"status": status, "records": records, "samples": samples, "transcript": transcript.hex(), "at": at}
        self.samples = samples

    def judge(self, fault):
        """A torn tail has nothing authentic behind it; anything else is damage."""
        if fault.kind == "no_final":
            return "incomplete", fault
        if fault.kind in ("content", "final", "transcript", "index") or self.authentic_behind():
            return "damaged", fault
        return "incomplete", fault

    def authentic_behind(self):
        guesses = 0
        for found in HEAD_LIKE.finditer(self.b, self.at):
            trouble, n, _, _ = parse_head(self.b, found.start())
            if trouble:
                continue
            if found.start() + 16 + n <= len(self.b):
                raw = self.b[found.start():found.start() + 16 + n]
                if next(self.cipher.open_all([raw])) is not None:
                    return True
            guesses += 1
            if guesses > MAX_GUESSES:
                return True
        return False

    def ending(self):
        """After FINAL: the footer, or what a crash left of it."""
        tail = self.b[self.at:]
        want = FOOTER_MAGIC + struct.pack(">Q", self.final["at"])
        if tail == want:
            self.footer = True
            return "ok", None
        if len(tail) <= 16:
            same = 0
            while same < len(tail) and tail[same] == want[same]:
                same += 1
            if not any(tail[same:]):
                return "ok", None
        return "damaged", Fault("trailing", self.seq)


# --- sound -----------------------------------------------------------------------------------------------------------

def ulaw(octet):
    octet = ~octet & 0xFF
    value = (((octet & 15) << 3) + 132 << (octet >> 4 & 7)) - 132
    return -value if octet & 0x80 else value


def alaw(octet):
    octet ^= 0x55
    value, segment = ((octet & 15) << 4) + 8, octet >> 4 & 7
    if segment:
        value = value + 256 << segment - 1
    return value if octet & 0x80 else -value


def pcm16(codec, samples):
    """Little-endian PCM of a block."""
    if codec == "L16":
        out = array.array("H", samples)
        out.byteswap()
        return out.tobytes()
    table = [struct.pack("<h", (ulaw if codec == "PCMU" else alaw)(i)) for i in range(256)]
    return b"".join(table[octet] for octet in samples)


def wav(walk):
    """Pieces of a WAV file: pauses are silence, the timeline is the call's."""
    h = walk.header
    frame = 2 * h["channels"]
    size = walk.samples * frame
    yield b"RIFF" + struct.pack("<I", min(size + 44, 0xFFFFFFFF) - 8) + b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, 1, h["channels"], h["rate"], h["rate"] * frame, frame, 16) + b"data" + struct.pack(
        "<I", min(size + 44, 0xFFFFFFFF) - 44)
    at = 0
    for first, samples in walk.audio:
        yield bytes((first - at) * frame)
        yield pcm16(h["codec"], samples)
        at = first + len(samples) // h["frame"]
    yield bytes((walk.samples - at) * frame)


# --- commands --------------------------------------------------------------------------------------------------------

def digest(b):
    """SHA-256 as it is put on record: the escrow slot counts as zero."""
    h = hashlib.sha256(b[:128])
    h.update(bytes(max(0, min(len(b), HEADER) - 128)))
    h.update(b[HEADER:])
    return h.hexdigest()


def examine(b, key):
    """The walk (None where the header stops us) and what verify prints."""
    report = {"verdict": "damaged", "fault": "", "record": 0, "records": 0, "released": 0, "samples": 0, "status": 0, "footer": False,
              "transcript": "", "sha256": digest(b), "plaintext_sha256": hashlib.sha256().hexdigest()}
    try:
        walk = Walk(b, key)
    except Fault as fault:
        report.update(fault=fault.kind, record=fault.record, verdict="incomplete" if fault.kind == "cut" else "damaged")
        return None, report
    verdict, fault = walk.run()
    if fault:
        report.update(fault=fault.kind, record=fault.record)
    report.update(verdict=verdict, file_id=walk.header["file_id"], records=walk.seq, released=walk.released, samples=walk.samples,
                  footer=walk.footer, transcript=walk.transcript.hex(), plaintext_sha256=walk.plaintext.hexdigest())
    if walk.final:
        report.update(status=walk.final["status"], records=walk.final["records"], transcript=walk.final["transcript"])
    return walk, report


def read(path):
    with open(path, "rb") as f:
        return f.read()


def read_key(path):
    text = sys.stdin.read() if path == "-" else read(path).decode()
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise SystemExit("key: not 64 hexadecimal digits")
    return key


def vectors(folder):
    results = []
    for v in json.loads(read(os.path.join(folder, "vectors.json"))):
        walk, report = examine(read(os.path.join(folder, v["file"])), bytes.fromhex(v["key"]))
        if walk:
            sound = hashlib.sha256()
            for piece in wav(walk):
                sound.update(piece)
            report["wav_sha256"] = sound.hexdigest()
        results.append({"file": v["file"], **report})
    return results


def main():
    p = argparse.ArgumentParser(description="an independent reader of NBR1 recordings")
    p.add_argument("command", choices=["info", "verify", "wav", "vectors"])
    p.add_argument("file")
    p.add_argument("--key-file", help="file with the data key in hexadecimal; - is standard input")
    p.add_argument("-o", "--output", help="where the WAV goes; standard output by default")
    a = p.parse_args()
    if a.command == "vectors":
        print(json.dumps(vectors(a.file)))
        return 0
    b = read(a.file)
    if a.command == "info":
        try:
            print(json.dumps(parse_header(b)))
        except Fault as fault:
            print(json.dumps({"fault": fault.kind}))
            return 1
        return 0
    if not a.key_file:
        p.error("--key-file is needed")
    walk, report = examine(b, read_key(a.key_file))
    if a.command == "verify":
        print(json.dumps(report))
    elif walk:
        out = sys.stdout.buffer
        if a.output:
            out = os.fdopen(os.open(a.output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        with out:
            for piece in wav(walk):
                out.write(piece)
    if report["verdict"] != "ok" and a.command == "wav":
        print(json.dumps(report), file=sys.stderr)
    return 0 if report["verdict"] == "ok" else 1


if __name__ == "__main__":
    sys.exit(main())
