"""A stand-in for devices without float64, such as Apple's."""

from typing import Any

import torch

REFUSED = torch.Tensor.double, torch.Tensor.numpy, torch.Tensor.__array__


class NoDouble(torch.Tensor):
    """A float32 tensor that refuses float64 as long as it is not on the CPU, and that numpy cannot see.

    `.cpu()` gives a plain tensor; everything else computes and stays on the device.
    """

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is torch.Tensor.cpu:
            with torch._C.DisableTorchFunctionSubclass():
                return args[0].as_subclass(torch.Tensor)
        asked = [*args, *kwargs.values()]
        if func in REFUSED or any(a is torch.float64 for a in asked):
            raise TypeError("Cannot convert a tensor of this device to float64 or numpy: it has none")
        result = super().__torch_function__(func, types, args, kwargs)
        if isinstance(result, torch.Tensor) and result.dtype == torch.float64:
            raise TypeError(f"{func} made float64, which this device does not have")
        return result


def on_device(value: torch.Tensor) -> torch.Tensor:
    """Give the tensor as it would be on such a device."""
    return value.detach().float().as_subclass(NoDouble)
