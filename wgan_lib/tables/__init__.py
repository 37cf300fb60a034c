"""Tables to learn: rows of numbers, categories and dates from a CSV file, a data frame or arrays, and back.

Each row becomes one point of about unit scale (``columns``); a ``Table`` can ``sample`` rows and has ``held_out`` ones.
"""

from wgan_lib.tables.bundled import breast_cancer, clinic
from wgan_lib.tables.columns import Amount, Category, Constant
from wgan_lib.tables.packing import PackedLatent, PackedRows
from wgan_lib.tables.table import Table, of, read

__all__ = [
    "Amount",
    "Category",
    "Constant",
    "PackedLatent",
    "PackedRows",
    "Table",
    "breast_cancer",
    "clinic",
    "of",
    "read",
]
