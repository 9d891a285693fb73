"""UTL_RAW's everyday companions that SQL has: bitwise and RAW helpers.

Oracle Database SQL Language Reference 19c, "Functions", "Conversion Functions" (BIN_TO_NUM).
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import NUMBER
from dtm.sandbox.sql.functions.numeric import Number
from dtm.sandbox.sql.functions.registry import function


@function("BIN_TO_NUM", "N|N*", NUMBER)
def bin_to_num(*bits: Number) -> int:
    """Each argument is a bit, highest first; OraError 1428 for anything but 0 and 1."""
    result = 0
    for bit in bits:
        if bit not in (0, 1):
            raise OraError(1428, bit)
        result = result * 2 + int(bit)
    return result
