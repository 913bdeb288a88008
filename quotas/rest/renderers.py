"""Files that a caller may ask for by Accept."""

from accounts.rest.renderers import naming

PdfRenderer = naming("application/pdf", "pdf")
CsvRenderer = naming("text/csv", "csv")
