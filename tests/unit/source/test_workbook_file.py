"""What is in the archive of a workbook."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from cio_pipeline.source.workbook_file import error_cells, is_workbook, unpacked_bytes
from tests.support.tables import write_open_document, write_workbook

RELATION = '<Relationship Target="%s" Id="rId7"/>'


def archive_of(**members: str) -> BytesIO:
    """Return an archive with these members."""
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    file.seek(0)
    return file


def workbook_with(xml: str, target: str = "worksheets/sheet1.xml") -> BytesIO:
    """Return a workbook whose sheet ``A & B`` has this XML."""
    return archive_of(
        xl__workbook_dot_xml='<sheets><sheet name="A &amp; B" r:id="rId7"/></sheets>',
        xl___rels__workbook_dot_xml_dot_rels=RELATION % target,
        xl__worksheets__sheet1_dot_xml=xml,
    )


def test_workbooks_are_told_from_other_archives(tmp_path: Path) -> None:
    """A ZIP archive of CSV files is something else."""
    excel = write_workbook({"Users": [["id"]]}, tmp_path / "a.xlsx")
    document = write_open_document({"Users": [["id"]]}, tmp_path / "a.ods")

    for path in (excel, document):
        with path.open("rb", buffering=0) as file:
            assert is_workbook(file)
            assert file.tell() == 0
            assert unpacked_bytes(file) > 1000
    assert is_workbook(archive_of(xl__workbook_dot_bin=""))
    assert not is_workbook(archive_of(users_dot_csv="id"))
    assert not is_workbook(archive_of(mimetype="application/epub+zip"))
    assert not is_workbook(BytesIO(b"PK\x03\x04 no more"))


@pytest.mark.parametrize(
    "target", ["worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml"]
)
def test_cells_with_errors_are_found(target: str) -> None:
    """Formulas may have failed, or errors may have been pasted as values."""
    xml = (
        '<c r="A1" t="s"><v>1</v></c>'
        '<c r="B2" t="e"><f>VLOOKUP(A1,"&gt;")</f><v>#N/A</v></c>'
        '<c t="e" s="1" r="AB10"><v>#REF!</v></c>'
        "<c r='C3' t='e'/>"
        '<x:c r="D4" t="e"><x:f/><x:v>#NAME?</x:v></x:c>'
    )

    found = error_cells(workbook_with(xml, target), "A & B")

    assert found == {(1, 1): "#N/A", (9, 27): "#REF!", (2, 2): "", (3, 3): "#NAME?"}


def test_errors_at_any_position_of_a_large_sheet_are_found() -> None:
    """The XML is read in pieces."""
    cells = "".join(f'<c r="A{n}" t="e"><v>#N/A</v></c>' for n in range(1, 80001))

    assert len(error_cells(workbook_with(cells), "A & B")) == 80000


def test_other_files_have_no_known_errors() -> None:
    """Then an error is an empty cell."""
    assert error_cells(workbook_with(""), "Other") == {}
    assert error_cells(archive_of(users_dot_csv="id"), "Users") == {}
    assert error_cells(BytesIO(b"\xd0\xcf\x11\xe0"), "Users") == {}
    assert unpacked_bytes(BytesIO(b"\xd0\xcf\x11\xe0")) == 4
