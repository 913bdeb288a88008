"""Files that a caller may ask for by Accept."""

from accounts.rest.renderers import NamedRenderer


class PdfRenderer(NamedRenderer):
    media_type = "application/pdf"
    format = "pdf"


class CsvRenderer(NamedRenderer):
    media_type = "text/csv"
    format = "csv"
