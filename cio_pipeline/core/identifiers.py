"""The kind of an identifier, and which texts identify the same person. Pure.

Everything that groups records by person - the order of requests, what
``-changed-only`` remembers, shards, repeated users, `verify` - compares `Identity`,
never the text of a record. The text itself is what is sent.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

# The names that the App API (``id_type``) and batches (``identifiers``) use.
IdentifierKind = Literal["id", "email", "cio_id", "phone"]

# The prefix of Customer.io's own id in a path; a batch does not use it.
CIO_ID_PREFIX = "cio_"


class Identity(NamedTuple):
    """What identifies a person or an object for Customer.io.

    Args:
        kind: the kind of the identifier; for an object, its type.
        value: the identifier; it is equal for emails that differ only in case.
    """

    kind: str
    value: str

    def as_bytes(self) -> bytes:
        """Return the bytes that are hashed for a person.

        They are the text in UTF-8, so digests on disk stay valid. Emails, and values
        that look like another kind, have a prefix, so that kinds cannot collide.
        """
        is_plain = self.kind != "email" and self.kind == identifier_kind(self.value)
        text = self.value if is_plain else f"{self.kind}\0{self.value}"
        return text.encode(errors="surrogatepass")


def identifier_kind(text: str) -> IdentifierKind:
    """Return the kind that Customer.io gives an identifier in a path, by its form."""
    if text.startswith(CIO_ID_PREFIX):
        return "cio_id"
    if "@" not in text:
        return "id"  # most are
    local, _, domain = text.rpartition("@")
    return "email" if local and "." in domain.strip(".") else "id"


def identity(kind: IdentifierKind, text: str) -> Identity:
    """Return the identity for an identifier of a known kind.

    Customer.io ignores case in emails, and compares all other identifiers exactly.
    Here case is Unicode's simple case folding (``CaseFolding.txt``, statuses C and
    S): each letter becomes one letter, independent of the letters around it. So ``É``
    equals ``é``, and a Greek capital sigma equals both small ones. But ``ß`` is not
    ``ss`` and a dotless i (U+0131) is not ``i``: these are other mailboxes.
    `str.casefold` would merge ``ß`` and ``ss``; `str.lower` would not merge the two
    small sigmas. Composed and decomposed letters (NFC, NFD), blanks, dots and
    ``+tags`` have nothing to do with case: such addresses are different people.
    """
    if kind != "email":
        return Identity(kind, text)
    if text.isascii():
        return Identity(kind, text.lower())
    return Identity(kind, "".join(map(_fold_letter, text)))


def identity_of(text: str) -> Identity:
    """Return the identity for an identifier in a path (`identifier_kind`)."""
    return identity(identifier_kind(text), text)


def _fold_letter(letter: str) -> str:
    """Fold one letter to one letter."""
    folded = letter.casefold()
    if len(folded) > 1:
        folded = letter.lower()
    return folded if len(folded) == 1 else letter
