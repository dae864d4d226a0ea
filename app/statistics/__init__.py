"""Figures of agencies, folded from what each act added: read, frozen into reports, shown with care to overseers."""
