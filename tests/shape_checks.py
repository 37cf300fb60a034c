"""Types and shapes as the tests hold them: beartype over the whole library, where numpy's numbers are numbers too."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from beartype import BeartypeConf, FrozenDict, beartype
from jaxtyping import Num

SCALARS = FrozenDict({int: Integral, float: Real | Num[Any, ""], bool: bool | np.bool_})
checked = beartype(conf=BeartypeConf(hint_overrides=SCALARS, is_color=False))
