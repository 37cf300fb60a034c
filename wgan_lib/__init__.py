"""Wasserstein GANs you can take apart."""
