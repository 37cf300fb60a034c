"""Signals where several processes train together: none of them acts on one before all have heard of it.

A checkpoint holds the random numbers of all processes, and every step adds up their gradients. So who left by himself,
or saved by himself, would wait for the others for ever, and they for him.
"""

from contextlib import ExitStack

import torch

import wgan_lib.training.stopping as stopping
from wgan_lib.training.engine import Engine


class Together:
    """The signals of all ranks. With one rank they are as ``stopping.held`` found them. Chapter: full-models."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.hold = engine, ExitStack()
        self.kept: list[int] = []

    def begin(self) -> None:
        """Keep signals back from now on, in the caller's own body too, where there are several ranks."""
        if self.engine.ranks > 1:
            self.kept = self.hold.enter_context(stopping.held(deliver=False))

    def heard(self, waiting: list[int]) -> list[int]:
        """Return the signals that any rank has heard; all ranks have to ask."""
        if self.engine.ranks == 1:
            return waiting
        flags = torch.tensor([float(number in self.kept) for number in stopping.SIGNALS], device=self.engine.device)
        shares = self.engine.mean(flags).tolist()
        return [number for number, share in zip(stopping.SIGNALS, shares, strict=True) if share > 0]

    def act(self, heard: list[int]) -> None:
        """Let signals through, on every rank; whoever goes on then keeps the next ones back."""
        if heard:
            later = [number for number in self.end() if number not in heard]
            stopping.delivered(heard)
            self.begin()
            self.kept += later

    def end(self) -> list[int]:
        """Keep nothing back any more; return what is still waiting."""
        self.hold.close()
        kept, self.kept = list(self.kept), []
        return kept
