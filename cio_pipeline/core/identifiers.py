"""Who an identifier means: its kind, and which texts mean the same person. Pure.

Everything that treats the records of one person as one - the order of requests,
what ``-changed-only`` remembers, shards, repeated users, `verify` - compares
`Identity`, never the text of a record. The text itself is what is sent.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

# A name as the App API (``id_type``) and batches (``identifiers``) have it.
IdentifierKind = Literal["id", "email", "cio_id"]

# What Customer.io's own id begins with in a path; in a batch the prefix is left out.
CIO_ID_PREFIX = "cio_"


class Identity(NamedTuple):
    """A person as Customer.io tells people apart.

    Args:
        kind: the kind of the identifier.
        value: the identifier; of two emails that differ only in case, the same.
    """

    kind: IdentifierKind
    value: str

    def as_bytes(self) -> bytes:
        """Return the bytes that hashes and digests of a person are made of.

        An id is its own text in UTF-8, so digests on disk stay valid. Other kinds
        have a prefix, without which an email could be mistaken for an id.
        """
        is_plain = self.kind != "email" and self.kind == identifier_kind(self.value)
        text = self.value if is_plain else f"{self.kind}\0{self.value}"
        return text.encode(errors="surrogatepass")


def identifier_kind(text: str) -> IdentifierKind:
    """Return what Customer.io takes an identifier in a path for, by its shape."""
    if text.startswith(CIO_ID_PREFIX):
        return "cio_id"
    local, at, domain = text.rpartition("@")
    return "email" if at and local and "." in domain.strip(".") else "id"


def identity(kind: IdentifierKind, text: str) -> Identity:
    """Return the person that an identifier of a known kind means.

    Customer.io compares emails without regard to case, and all other identifiers
    exactly. Here case is Unicode's simple case folding (``CaseFolding.txt``,
    statuses C and S): each letter becomes one letter, whatever its neighbours.
    So ``É`` is ``é``, and a Greek capital sigma is both small ones. But ``ß`` is not
    ``ss`` and a dotless i (U+0131) is not ``i``: these are other letters, and other
    mailboxes. `str.casefold` would merge ``ß`` and ``ss``; `str.lower` would keep the
    two small sigmas apart. Composed and decomposed letters (NFC, NFD), blanks, dots
    and ``+tags`` are not a matter of case: such addresses remain different people.
    """
    if kind != "email":
        return Identity(kind, text)
    if text.isascii():
        return Identity(kind, text.lower())
    return Identity(kind, "".join(map(_fold_letter, text)))


def identity_of(text: str) -> Identity:
    """Return the person that an identifier in a path means (`identifier_kind`)."""
    return identity(identifier_kind(text), text)


def _fold_letter(letter: str) -> str:
    """Fold one letter; one whose folded form is longer keeps to one letter."""
    folded = letter.casefold()
    if len(folded) > 1:
        folded = letter.lower()
    return folded if len(folded) == 1 else letter
