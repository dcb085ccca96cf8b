"""Rows of arrays inside the kernel by address: one number is passed on, nothing is counted, and it compiles quickly."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic


def rows_of(dtype: np.dtype[Any]) -> Any:
    """What gives the row at a place of the array at an address. Nothing checks that the place is inside."""
    kind, size = numba.from_dtype(dtype), dtype.itemsize

    @intrinsic
    def row(typing_context: Any, base: Any, place: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            offset = builder.mul(given[1], ir.Constant(ir.IntType(64), size))
            return builder.inttoptr(builder.add(given[0], offset), context.get_value_type(kind))

        return kind(types.int64, types.int64), generate

    return row
