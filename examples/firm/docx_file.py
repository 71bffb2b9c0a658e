"""A text as a DOCX file."""

import io
from collections.abc import Iterable

import docx


def render(title: str, paragraphs: Iterable[str]) -> bytes:
    """Return the file; a paragraph that begins with ``# `` is a heading."""
    document = docx.Document()
    document.add_heading(title, level=0)
    for paragraph in paragraphs:
        if paragraph.startswith("# "):
            document.add_heading(paragraph.removeprefix("# "), level=1)
        else:
            document.add_paragraph(paragraph)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()
