"""Raw bytes become a verified, parsed, immutable act. Everything hostile stops here."""
