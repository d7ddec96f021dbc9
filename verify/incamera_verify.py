#!/usr/bin/env python3
"""An independent verifier of what founds and governs a talk, written from docs/protocol.md.

    incamera_verify.py FILE...         prints what stands in each case file, as JSON
    incamera_verify.py --check FOLDER  compares what comes out with what each file expects

Needs Python 3.9 and the package `cryptography`. It shares no code with the Rust crates: that is its purpose.

A case file is JSON; bytes are base64url without padding. Each part may be missing:

    talk           16 bytes
    genesis        H(Genesis) that the reader took part in
    offers         [offer]
    claims         [{offer, claim, secret?}]
    geneses        [genesis]
    charters       [[ratified, ...]]          the first, then its amendments
    record         [{sealed: SHA-256 of the sealed bytes, entry: bytes or null}]
    invitations    [invitation]               under the charter that stands at the end
    seats          [{seat, room}]             asked of what stands at the end
    expected       what comes out
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys
import unicodedata

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MATTERS = ["admit", "eject", "lock", "unlock", "end", "rules", "publish"]
ADMIT, EJECT, LOCK, UNLOCK, END, RULES, PUBLISH = range(7)
HEAD = 1
MEDIATOR = 7
NO_HASH = bytes(32)


class Refused(Exception):
    """Bytes that are refused; the first argument says why, in the words of the document."""


def require(holds, reason):
    if not holds:
        raise Refused(reason)


# ---------------------------------------------------------------------------------------------
# Encoding


class Reader:
    """Reads TLS presentation language from the front."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def fixed(self, count):
        require(self.at + count <= len(self.data), "unreadable")
        self.at += count
        return self.data[self.at - count : self.at]

    def uint(self, count):
        return int.from_bytes(self.fixed(count), "big")

    def opaque(self, cap):
        first = self.uint(1)
        form = first >> 6
        require(form != 3, "unreadable")
        extra = (0, 1, 3)[form]
        length = (first & 0x3F) << (8 * extra) | self.uint(extra)
        require(length >= (0, 0x40, 0x4000)[form], "unreadable")
        require(length <= cap, "unreadable")
        return self.fixed(length)

    def vector(self, cap, most, item):
        inner = Reader(self.opaque(cap))
        items = []
        while inner.at < len(inner.data):
            require(len(items) < most, "unreadable")
            items.append(item(inner))
        return items

    def version(self, known):
        require(self.uint(1) == known, "unreadable")

    def flag(self):
        value = self.uint(1)
        require(value <= 1, "unreadable")
        return bool(value)

    def delegation(self):
        index = self.uint(1)
        require(index < 16, "unreadable")
        return index

    def text(self, most):
        try:
            text = self.opaque(most * 4).decode("utf-8", "strict")
        except UnicodeDecodeError:
            raise Refused("unreadable") from None
        require(is_text(text, most), "unreadable")
        return text

    def finish(self):
        require(self.at == len(self.data), "unreadable")

    def so_far(self):
        return self.data[: self.at]


WHITE_SPACE = {*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
INVISIBLE = {0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF}
INVISIBLE |= {*range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)}


def is_text(text, most):
    if not 1 <= len(text) <= most:
        return False
    if ord(text[0]) in WHITE_SPACE or ord(text[-1]) in WHITE_SPACE:
        return False
    if any(unicodedata.category(c) == "Cc" or ord(c) in INVISIBLE for c in text):
        return False
    return unicodedata.normalize("NFC", text) == text


def opaque(content):
    length = len(content)
    if length < 0x40:
        return bytes([length]) + content
    if length < 0x4000:
        return (0x4000 | length).to_bytes(2, "big") + content
    return (0x8000_0000 | length).to_bytes(4, "big") + content


# ---------------------------------------------------------------------------------------------
# Cryptography


def sha256(data):
    return hashlib.sha256(data).digest()


def sign_content(label, content):
    return opaque(b"InCamera 1 " + label.encode()) + opaque(content)


def kdf(key, label, talk, context):
    info = b"InCamera 1 " + label.encode() + b"\0" + talk + context
    extracted = hmac.digest(bytes(32), key, "sha256")
    return hmac.digest(extracted, info + b"\1", "sha256")


P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(one, other):
    """Adds two points of edwards25519 (RFC 8032 section 5.1)."""
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x, y


def small_order_encodings():
    """The canonical encodings of the eight points whose order divides 8."""
    root_of_minus_one = pow(2, (P - 1) // 4, P)
    for y in range(2, 100):
        # Any point times the group's order is one of the eight; look for one that generates them.
        square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = pow(square, (P + 3) // 8, P)
        if (x * x - square) % P:
            x = x * root_of_minus_one % P
        if (x * x - square) % P:
            continue
        point, base = (0, 1), (x, y)
        for bit in bin(ORDER)[2:]:
            point = add(point, point)
            if bit == "1":
                point = add(point, base)
        points = [point]
        while points[-1] != (0, 1):
            points.append(add(points[-1], point))
        if len(points) == 8:
            return {(y | (x & 1) << 255).to_bytes(32, "little") for x, y in points}
    raise AssertionError("no generator of the small subgroup")


SMALL_ORDER = small_order_encodings()


def is_good_point(encoded):
    """Whether an encoding is canonical and of a point of large order; that it is a point at all is
    left to the verification."""
    value = int.from_bytes(encoded, "little")
    y, sign = value & (1 << 255) - 1, value >> 255
    if y >= P or (sign and y in (1, P - 1)):
        return False
    return encoded not in SMALL_ORDER


def verified(key, label, content, signature):
    """Sig(label, content), strictly."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if not (is_good_point(key) and is_good_point(r) and s < ORDER):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, sign_content(label, content))
    except (InvalidSignature, ValueError):
        return False
    return True


# ---------------------------------------------------------------------------------------------
# Founding


def has(mask, delegation):
    return bool(mask >> delegation & 1)


class Rules:
    def __init__(self, reader):
        self.admit = reader.uint(1)
        require(self.admit in (1, 2), "unreadable")
        self.consent = [reader.uint(2) for _ in MATTERS]

    def are_two_keyed(self, principals, everybody):
        """R-T1."""
        return all(principals & ~mask == 0 and mask & ~everybody == 0 for mask in self.consent)

    def shown(self):
        return {"admit": ("each", "roster")[self.admit - 1], "consent": self.consent}

    def same(self, other):
        return self.shown() == other.shown()


ORIGIN = set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]")


def read_origin(reader):
    origin = reader.opaque(280)
    for scheme in (b"https://", b"http://"):
        if origin.startswith(scheme):
            host = origin[len(scheme) :]
            require(host and set(host) <= ORIGIN, "unreadable")
            return origin
    raise Refused("unreadable")


class Party:
    def __init__(self, reader):
        start = reader.at
        self.name = reader.text(80)
        self.neutral = reader.flag()
        self.root = reader.fixed(32)
        self.next_root_hash = reader.fixed(32)
        self.control = reader.fixed(32)
        self.origins = reader.vector(1128, 4, read_origin)
        self.encoded = reader.data[start : reader.at]


def read_signature(reader, label, key):
    """The signature over everything before it, which ends the structure."""
    signed = reader.so_far()
    signature = reader.fixed(64)
    reader.finish()
    return lambda: verified(key, label, signed, signature)


class Offer:
    def __init__(self, data):
        require(len(data) <= 4096, "unreadable")
        reader = Reader(data)
        reader.version(1)
        self.encoded = data
        self.talk = reader.fixed(16)
        self.title = reader.text(200)
        self.slots = reader.uint(1)
        self.neutral = reader.uint(2)
        self.rules = Rules(reader)
        self.party = Party(reader)
        self.commitment = reader.fixed(32)
        require(read_signature(reader, "offer", self.party.root)(), "signature")
        self.everybody = (1 << self.slots) - 1
        principals = self.everybody & ~self.neutral
        require(2 <= self.slots <= 16, "slot")
        require(self.neutral & ~self.everybody == 0 and bin(principals).count("1") >= 2, "slot")
        require(self.party.neutral == has(self.neutral, 0), "slot")
        require(self.rules.are_two_keyed(principals, self.everybody), "one-keyed")


class Claim:
    def __init__(self, data, offer):
        require(len(data) <= 4096, "unreadable")
        reader = Reader(data)
        reader.version(1)
        self.talk = offer.talk
        self.encoded = data
        offer_hash = reader.fixed(32)
        self.slot = reader.delegation()
        self.party = Party(reader)
        reader.fixed(32)
        self.maced = reader.so_far()
        self.mac = reader.fixed(32)
        require(read_signature(reader, "claim", self.party.root)(), "signature")
        require(offer_hash == sha256(offer.encoded), "other-offer")
        require(1 <= self.slot < offer.slots, "slot")
        require(self.party.neutral == has(offer.neutral, self.slot), "slot")

    def is_made_with(self, secret):
        return hmac.compare_digest(kdf(secret, "claim", self.talk, self.maced), self.mac)


class Genesis:
    def __init__(self, reader):
        start = reader.at
        self.offer = Offer(reader.opaque(4096))
        self.claims = reader.vector(65600, 16, lambda inner: Claim(inner.opaque(4096), self.offer))
        nonce = reader.fixed(32)
        self.encoded = reader.data[start : reader.at]
        self.parties = [self.offer.party] + [claim.party for claim in self.claims]
        slots = [claim.slot for claim in self.claims]
        require(slots == list(range(1, self.offer.slots)), "slot")
        require(sha256(sign_content("nonce", nonce)) == self.offer.commitment, "nonce")
        require(not share_keys(self.parties), "same-key")

    def words(self):
        """The words as digits."""
        number = int.from_bytes(sha256(sign_content("words", self.encoded))[:9], "big") >> 6
        return f"{number:020d}"


def share_keys(parties):
    keys = [key for party in parties for key in (party.root, party.control)]
    return len(set(keys)) != len(keys)


class Charter:
    def __init__(self, data):
        reader = Reader(data)
        reader.version(1)
        self.encoded = data
        reader.uint(2)
        self.talk = reader.fixed(16)
        self.genesis_hash = reader.fixed(32)
        self.serial = reader.uint(4)
        self.prev_hash = reader.fixed(32)
        self.title = reader.text(200)
        self.rules = Rules(reader)
        self.parties = reader.vector(65536, 16, Party)
        reader.finish()
        self.everybody = (1 << len(self.parties)) - 1
        self.principals = sum(1 << d for d, party in enumerate(self.parties) if not party.neutral)

    def may_have(self, delegation, role):
        """R-T3."""
        there = delegation < len(self.parties)
        return there and (role != MEDIATOR or self.parties[delegation].neutral)


class Ratified:
    """A charter with its signatures; `before` is the one that it amends."""

    def __init__(self, data, before=None):
        require(len(data) <= 262144, "unreadable")
        reader = Reader(data)
        self.encoded = data
        self.charter = charter = Charter(reader.opaque(262144))
        self.genesis = genesis = Genesis(reader)
        signatures = reader.vector(16 * 64, 16, lambda inner: inner.fixed(64))
        reader.finish()
        two_keyed = charter.rules.are_two_keyed(charter.principals, charter.everybody)
        require(two_keyed, "one-keyed")
        if before is None:
            require(follows(charter, genesis), "differs")
        else:
            check_amendment(before, self)
        require(len(signatures) <= len(charter.parties), "unreadable")
        require(len(signatures) == len(charter.parties), "unsigned")
        for party, signature in zip(charter.parties, signatures):
            require(verified(party.root, "charter", charter.encoded, signature), "unsigned")


def follows(charter, genesis):
    """Whether a charter is the one that follows from a genesis."""
    offer = genesis.offer
    return (
        charter.talk == offer.talk
        and charter.genesis_hash == sha256(genesis.encoded)
        and charter.serial == 0
        and charter.prev_hash == NO_HASH
        and charter.title == offer.title
        and charter.rules.same(offer.rules)
        and [party.encoded for party in charter.parties] == [party.encoded for party in genesis.parties]
    )


def check_amendment(before, after):
    old, new = before.charter, after.charter
    same = new.talk == old.talk and new.genesis_hash == old.genesis_hash
    same = same and after.genesis.encoded == before.genesis.encoded
    require(same and new.serial == old.serial + 1 and new.prev_hash == sha256(old.encoded), "predecessor")
    # R-T2
    neutral = [party.neutral for party in old.parties] == [party.neutral for party in new.parties]
    replaced = [(a, b) for a, b in zip(old.parties, new.parties) if a.root != b.root]
    proper = all(sha256(b.root) == a.next_root_hash for a, b in replaced)
    require(neutral and len(replaced) <= 1 and proper and not share_keys(new.parties), "replaced")


# ---------------------------------------------------------------------------------------------
# Heads, invitations, seats


class HeadCert:
    def __init__(self, data, charter):
        require(len(data) <= 600, "unreadable")
        reader = Reader(data)
        reader.version(1)
        self.encoded = data
        talk = reader.fixed(16)
        self.delegation = reader.delegation()
        self.key = reader.fixed(32)
        reader.text(80)
        reader.uint(8)
        require(self.delegation < len(charter.parties), "unreadable")
        holds = read_signature(reader, "head", charter.parties[self.delegation].root)
        require(talk == charter.talk and holds(), "unreadable")


def read_role(reader):
    role = reader.uint(1)
    require(1 <= role <= MEDIATOR, "unreadable")
    return role


def read_rooms(reader):
    return reader.vector(64 * 16, 64, lambda inner: inner.fixed(16))


class Invitation:
    def __init__(self, data, charter):
        require(len(data) <= 3072, "unreadable")
        reader = Reader(data)
        reader.version(1)
        talk = reader.fixed(16)
        self.id = reader.fixed(16)
        delegation = reader.delegation()
        self.role = read_role(reader)
        self.rooms = read_rooms(reader)
        hint = Reader(opaque(reader.opaque(320)))
        if hint.data != b"\0":
            hint.text(80)
        reader.uint(8)
        self.automatic = reader.flag()
        self.key = reader.fixed(32)
        self.head = HeadCert(reader.opaque(600), charter)
        holds = read_signature(reader, "invite", self.head.key)
        require(talk == charter.talk and delegation == self.head.delegation, "elsewhere")
        require(charter.may_have(delegation, self.role), "role")
        # R-T4.
        require(not (self.automatic and self.role == HEAD), "role")
        require(holds(), "signature")


class SeatTbs:
    def __init__(self, data):
        reader = Reader(data)
        reader.version(2)
        self.encoded = data
        self.talk = reader.fixed(16)
        self.delegation = reader.delegation()
        self.role = read_role(reader)
        self.name = reader.text(80)
        self.rooms = read_rooms(reader)
        self.key = reader.fixed(32)
        self.invitation = reader.fixed(16)
        reader.uint(8)
        reader.finish()


class Approval:
    def __init__(self, data, tbs_hash, charter):
        reader = Reader(data)
        self.head = HeadCert(reader.opaque(600), charter)
        signature = reader.fixed(64)
        reader.finish()
        content = tbs_hash + bytes([self.head.delegation])
        require(verified(self.head.key, "approval", content, signature), "approval")


class Seat:
    def __init__(self, data, charter):
        require(len(data) <= 20480, "unreadable")
        reader = Reader(data)
        self.tbs = tbs = SeatTbs(reader.opaque(2048))
        consent = reader.fixed(64)
        by = reader.uint(1)
        require(by in (1, 2), "unreadable")
        if by == 1:
            invitation = None
            self.head = HeadCert(reader.opaque(600), charter)
        else:
            invitation = self.read_invitation(reader.opaque(3072), charter)
            self.head = invitation.head
        voucher = reader.fixed(64)
        tbs_hash = sha256(tbs.encoded)
        read = lambda inner: Approval(inner.opaque(1024), tbs_hash, charter)
        self.approvals = reader.vector(16384, 16, read)
        reader.finish()
        require(tbs.talk == charter.talk, "talk")
        require(charter.may_have(tbs.delegation, tbs.role), "role")
        if invitation:
            same = invitation.automatic and invitation.id == tbs.invitation and invitation.role == tbs.role
            require(same and set(tbs.rooms) <= set(invitation.rooms), "voucher")
        require(self.head.delegation == tbs.delegation, "voucher")
        key = invitation.key if invitation else self.head.key
        require(verified(key, "voucher", tbs.encoded, voucher), "voucher")
        require(verified(tbs.key, "seat", tbs.encoded, consent), "consent")
        by = [approval.head.delegation for approval in self.approvals]
        require(len(set(by)) == len(by) and tbs.delegation not in by, "approval")

    @staticmethod
    def read_invitation(data, charter):
        try:
            return Invitation(data, charter)
        except Refused:
            raise Refused("unreadable") from None


# ---------------------------------------------------------------------------------------------
# Record and acts


class Act:
    def __init__(self, data):
        reader = Reader(data)
        reader.version(1)
        self.hash = sha256(sign_content("act", data))
        self.matter = reader.uint(1)
        require(EJECT <= self.matter <= PUBLISH, "unreadable")
        args = Reader(reader.opaque(32832))
        self.prev_act = reader.fixed(32)
        self.last_position = reader.uint(8)
        reader.finish()
        if self.matter == EJECT:
            self.seat = args.fixed(32)
        elif self.matter == LOCK:
            self.room = args.fixed(16)
            self.seats = args.vector(32768, 1024, lambda inner: inner.fixed(32))
            ascending = all(a < b for a, b in zip(self.seats, self.seats[1:]))
            require(ascending, "unreadable")
        elif self.matter == UNLOCK:
            self.room = args.fixed(16)
        elif self.matter == RULES:
            self.rules = Rules(args)
        elif self.matter == PUBLISH:
            args.fixed(32)
        args.finish()


class Entry:
    """An entry's parts; `verify` makes sure of them."""

    def __init__(self, data):
        reader = Reader(data)
        reader.version(1)
        self.talk = reader.fixed(16)
        self.position = reader.uint(8)
        self.prev = reader.fixed(32)
        self.by = reader.uint(1)
        self.author = reader.opaque(20480)
        self.kind = reader.uint(1)
        reader.uint(8)
        self.body = reader.opaque(262144)
        self.signed = reader.so_far()
        self.signature = reader.fixed(64)
        reader.finish()

    def verify(self, charter):
        require(self.by in (1, 2), "entry")
        if self.by == 1:
            self.head, self.seat = HeadCert(self.author, charter), None
            self.delegation, key = self.head.delegation, self.head.key
        else:
            self.head, self.seat = None, Seat(self.author, charter)
            self.delegation, key = self.seat.tbs.delegation, self.seat.tbs.key
        require(verified(key, "entry", self.signed, self.signature), "entry")
        self.read_body()

    def read_body(self):
        if self.kind == 0 or self.kind >= 64:
            return
        require(self.kind <= 6, "entry")
        if self.kind == 1:
            self.act = Act(self.body)
            return
        reader = Reader(self.body)
        if self.kind in (2, 3):
            self.act_hash = reader.fixed(32)
        elif self.kind == 4:
            self.tbs_hash, self.approval = reader.fixed(32), reader.opaque(20480)
        elif self.kind == 5:
            self.tbs, self.consent = SeatTbs(reader.opaque(20480)), reader.fixed(64)
        else:
            self.revoked = (reader.delegation(), reader.fixed(32))
            self.revocation = reader.fixed(64)
        reader.finish()


def plenary(talk):
    return sha256(sign_content("plenary", talk))[:16]


def caucus(talk, delegation):
    return sha256(sign_content("caucus", talk + bytes([delegation])))[:16]


def why(reason, work):
    """Runs `work`; whatever it refuses, it refuses for `reason`."""
    try:
        return work()
    except Refused:
        raise Refused(reason) from None


class Record:
    """A record replayed, and what stands after it."""

    def __init__(self, talk, genesis=None):
        self.talk, self.expected = talk, genesis
        self.position, self.prev = 0, NO_HASH
        self.since = None
        self.ratified = None
        self.rules = None
        self.revoked_heads, self.revoked_seats = set(), set()
        self.locks = {}
        self.ended = False
        self.last_act = None
        self.open = {}  # act hash -> (act, {delegation: head key})
        self.approvals = {}  # tbs hash -> [HeadCert]

    @property
    def charter(self):
        return self.ratified.charter

    def push(self, sealed_hash, entry):
        """Takes the next entry; returns why it is void, or None."""
        expired = [hash for hash, (act, _) in self.open.items() if act.last_position < self.position]
        for hash in expired:
            del self.open[hash]
        changed, reason = bool(expired), None
        try:
            require(entry is not None, "sealed")
            changed = self.apply(entry) or changed
        except Refused as refused:
            reason = refused.args[0]
        self.position, self.prev = self.position + 1, sealed_hash
        if changed:
            self.since = (self.position, self.prev)
        return reason

    def apply(self, data):
        """Whether the entry changed what stands."""
        entry = why("entry", lambda: Entry(data))
        if self.ratified is None:
            return self.found(entry)
        why("entry", lambda: entry.verify(self.charter))
        self.check_place(entry)
        if entry.head:
            require(not self.is_revoked(entry.head), "author")
        else:
            why("author", lambda: self.check_admitted(entry.seat, self.charter.everybody))
        if entry.kind >= 64:
            return False
        kinds = [self.amend, self.propose, self.consent, self.retract, self.approve, self.withdraw, self.revoke_head]
        return kinds[entry.kind](entry) is not False

    def found(self, entry):
        require(entry.kind == 0, "founding")
        ratified = why("charter", lambda: Ratified(entry.body))
        genesis = sha256(ratified.genesis.encoded)
        require(self.expected in (None, genesis), "other-genesis")
        why("entry", lambda: entry.verify(ratified.charter))
        self.check_place(entry)
        require(ratified.charter.talk == self.talk, "place")
        require(entry.head, "not-head")
        self.ratified, self.rules = ratified, ratified.charter.rules
        self.last_act = sha256(ratified.encoded)
        return True

    def check_place(self, entry):
        """R-L1."""
        here = (entry.talk, entry.position, entry.prev)
        require(here == (self.talk, self.position, self.prev), "place")

    def is_revoked(self, head):
        return (head.delegation, head.key) in self.revoked_heads

    def amend(self, entry):
        require(not self.ended, "ended")
        self.ratified = why("charter", lambda: Ratified(entry.body, self.ratified))
        self.rules = self.charter.rules
        self.last_act = sha256(self.ratified.encoded)
        self.open = {}

    def propose(self, entry):
        act = entry.act
        require(entry.head, "not-head")
        require(not self.ended, "ended")
        require(act.prev_act == self.last_act, "old-act")  # R-L3
        require(1 <= act.last_position - self.position <= 4096, "expiry")
        if act.matter == LOCK and self.parties(act.room) is None:  # it begins a team's room
            begun = [room for room in self.locks if not self.is_given(room)]
            require(act.seats and len(begun) < 64, "no-room")
        if act.matter == UNLOCK:
            require(self.parties(act.room) is not None, "no-room")
        if act.matter == RULES:
            two_keyed = act.rules.are_two_keyed(self.charter.principals, self.charter.everybody)
            require(two_keyed, "one-keyed")
        if act.matter == EJECT:
            require(act.seat not in self.revoked_seats, "again")
        self.check_may_consent(entry.head, act)
        self.open.setdefault(act.hash, (act, {}))
        self.agree(entry.head, act)

    def consent(self, entry):
        require(entry.head, "not-head")
        require(entry.act_hash in self.open, "not-open")
        act, _ = self.open[entry.act_hash]
        self.check_may_consent(entry.head, act)
        self.agree(entry.head, act)

    def check_may_consent(self, head, act):
        require(has(self.rules.consent[act.matter], head.delegation), "not-asked")  # R-L2
        for hash, (_, agreed) in self.open.items():  # R-L4
            if head.delegation in agreed:
                raise Refused("again" if hash == act.hash else "bound")

    def agree(self, head, act):
        _, agreed = self.open[act.hash]
        agreed[head.delegation] = head.key
        asked = self.rules.consent[act.matter]
        if asked & ~sum(1 << delegation for delegation in agreed):
            return
        self.open = {}
        self.last_act = act.hash
        if act.matter == EJECT:
            self.revoke_seat(act.seat)
        elif act.matter == LOCK:
            self.locks[act.room] = set(act.seats)
        elif act.matter == UNLOCK:
            self.locks.pop(act.room, None)
        elif act.matter == END:
            self.ended = True
        elif act.matter == RULES:
            self.rules = act.rules

    def revoke_seat(self, key):
        self.revoked_seats.add(key)
        for seats in self.locks.values():
            seats.discard(key)

    def retract(self, entry):
        require(entry.head, "not-head")
        require(entry.act_hash in self.open, "not-open")
        _, agreed = self.open[entry.act_hash]
        require(entry.delegation in agreed, "not-open")
        del agreed[entry.delegation]
        self.drop_unwanted()

    def drop_unwanted(self):
        self.open = {hash: act for hash, act in self.open.items() if act[1]}

    def approve(self, entry):
        approval = why("approval", lambda: Approval(entry.approval, entry.tbs_hash, self.charter))
        require(not self.is_revoked(approval.head), "author")
        require(approval.head.delegation == entry.delegation, "not-own")
        known = self.approvals.setdefault(entry.tbs_hash, [])
        require(all(head.encoded != approval.head.encoded for head in known), "again")
        known.append(approval.head)
        return False

    def withdraw(self, entry):
        tbs = entry.tbs
        own = tbs.delegation == entry.delegation if entry.head else tbs.key == entry.seat.tbs.key
        holds = own and tbs.talk == self.talk and verified(tbs.key, "seat", tbs.encoded, entry.consent)
        require(holds, "not-own")  # R-L5
        require(tbs.key not in self.revoked_seats, "again")
        self.revoke_seat(tbs.key)

    def revoke_head(self, entry):
        delegation, key = entry.revoked
        require(delegation < len(self.charter.parties), "not-own")
        content = self.talk + bytes([delegation]) + key
        root = self.charter.parties[delegation].root
        require(verified(root, "revoke-head", content, entry.revocation), "not-own")
        require(entry.revoked not in self.revoked_heads, "again")
        self.revoked_heads.add(entry.revoked)
        for _, agreed in self.open.values():
            if agreed.get(delegation) == key:
                del agreed[delegation]
        self.drop_unwanted()

    def parties(self, room):
        """The mask of the delegations that a room is for, or None."""
        if room == plenary(self.talk):
            return self.charter.everybody
        for delegation in range(len(self.charter.parties)):
            if room == caucus(self.talk, delegation):
                return 1 << delegation
        return self.charter.everybody if room in self.locks else None

    def is_given(self, room):
        """Whether a talk has the room by its charter alone."""
        caucuses = (caucus(self.talk, delegation) for delegation in range(len(self.charter.parties)))
        return room == plenary(self.talk) or room in caucuses

    def check_admitted(self, seat, parties):
        revoked = seat.tbs.key in self.revoked_seats or self.is_revoked(seat.head)
        require(not revoked, "revoked")
        if self.rules.admit == 2:
            return
        approved = {a.head.delegation for a in seat.approvals if not self.is_revoked(a.head)}
        for delegation in range(16):
            asked = has(self.rules.consent[ADMIT] & parties, delegation)
            if asked and delegation != seat.tbs.delegation:
                require(delegation in approved, "not-approved")

    def check_stands(self, seat, room):
        parties = self.parties(room)
        party = parties is not None and has(parties, seat.tbs.delegation)
        needed = room if self.is_given(room) else plenary(self.talk)
        require(party and needed in seat.tbs.rooms, "room")
        self.check_admitted(seat, parties)
        require(room not in self.locks or seat.tbs.key in self.locks[room], "locked")

    def shown(self):
        """What stands, as JSON has it."""
        if self.ratified is None:
            return None
        charter = self.charter
        return {
            "serial": charter.serial,
            "title": charter.title,
            "charter": sha256(charter.encoded).hex(),
            "words": self.ratified.genesis.words(),
            "parties": [[party.name, party.neutral, party.root.hex()] for party in charter.parties],
            "rules": self.rules.shown(),
            "revoked_heads": sorted([d, key.hex()] for d, key in self.revoked_heads),
            "revoked_seats": sorted(key.hex() for key in self.revoked_seats),
            "locks": {room.hex(): sorted(key.hex() for key in seats) for room, seats in self.locks.items()},
            "ended": self.ended,
            "last_act": self.last_act.hex(),
            "open": {
                hash.hex(): [act.last_position, sorted([d, key.hex()] for d, key in agreed.items())]
                for hash, (act, agreed) in self.open.items()
            },
            "approvals": {
                tbs.hex(): [[head.delegation, head.key.hex()] for head in heads]
                for tbs, heads in self.approvals.items()
            },
            "next": [self.position, self.prev.hex()],
            "since": [self.since[0], self.since[1].hex()],
        }


# ---------------------------------------------------------------------------------------------
# Case files


def verdict(work):
    """"ok", or why it is refused."""
    try:
        work()
    except Refused as refused:
        return refused.args[0]
    return "ok"


def read_genesis(data):
    reader = Reader(data)
    genesis = Genesis(reader)
    reader.finish()
    return genesis


def check_claim(case):
    claim = Claim(case["claim"], Offer(case["offer"]))
    require("secret" not in case or claim.is_made_with(case["secret"]), "mac")


def judge_charters(chain):
    """The verdict on each; what amends one that is refused amends the one before that."""
    last, verdicts = None, []
    for data in chain:
        try:
            last = Ratified(data, last)
            verdicts.append("ok")
        except Refused as refused:
            verdicts.append(refused.args[0])
    return verdicts


def judge(case):
    """What comes out of a case, as its `expected` has it."""
    found = {}
    if "offers" in case:
        found["offers"] = [verdict(lambda: Offer(data)) for data in case["offers"]]
    if "claims" in case:
        found["claims"] = [verdict(lambda: check_claim(claim)) for claim in case["claims"]]
    if "geneses" in case:
        found["geneses"] = [verdict(lambda: read_genesis(data)) for data in case["geneses"]]
    if "charters" in case:
        found["charters"] = [judge_charters(chain) for chain in case["charters"]]
    if "record" in case:
        record = Record(case["talk"], case.get("genesis"))
        found["voids"] = [record.push(entry["sealed"], entry["entry"]) for entry in case["record"]]
        found["standing"] = record.shown()
        if record.ratified and "invitations" in case:
            judged = [verdict(lambda: Invitation(data, record.charter)) for data in case["invitations"]]
            found["invitations"] = judged
        if record.ratified and "seats" in case:
            check = lambda asked: record.check_stands(Seat(asked["seat"], record.charter), asked["room"])
            found["seats"] = [verdict(lambda: check(asked)) for asked in case["seats"]]
    return found


def unpacked(value):
    """Base64url texts as bytes, everywhere."""
    if isinstance(value, str):
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    if isinstance(value, list):
        return [unpacked(item) for item in value]
    if isinstance(value, dict):
        return {key: unpacked(item) for key, item in value.items()}
    return value


def read_case(path):
    case = json.loads(path.read_text())
    expected = case.pop("expected", None)
    case.pop("about", None)
    return unpacked(case), expected


def check(folder):
    paths = sorted(pathlib.Path(folder).glob("*.json"))
    passed = failed = 0
    for path in paths:
        case, expected = read_case(path)
        found = judge(case)
        if found == expected:
            passed += 1
            continue
        failed += 1
        print(f"{path.name}: expected")
        print(json.dumps(expected, indent=1, sort_keys=True))
        print("found")
        print(json.dumps(found, indent=1, sort_keys=True))
    print(f"test result: {passed} passed; {failed} failed")
    return passed > 0 and failed == 0


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--check":
        return 0 if check(arguments[1]) else 1
    if not arguments or arguments[0].startswith("-"):
        print(__doc__.strip())
        return 2
    for name in arguments:
        case, _ = read_case(pathlib.Path(name))
        print(json.dumps(judge(case), indent=2, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
