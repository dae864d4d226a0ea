"""Evidence that outlives its keeper: proofs that anyone can check without the exchange."""
