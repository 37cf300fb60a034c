"""What the chapter on full models would reproduce, had it the hours."""

from ledger import Entry

TWO_MINUTES = "two minutes on a GPU say nothing of it"


def entries() -> list[Entry]:
    """All of the chapter's claims."""
    return [
        Entry(claim="WGAN-GP's ResNet on CIFAR-10 without labels", source="gulrajani2017improved", where="table 3",
              setting=TWO_MINUTES, published="Inception score 7.86", agrees=None),
        Entry(claim="SN-GAN's ResNet on CIFAR-10 without labels", source="miyato2018spectral", where="table 2",
              setting=TWO_MINUTES, published="Inception score 8.22, FID 21.7", agrees=None),
    ]  # fmt: skip
