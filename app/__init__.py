"""LeadBridge 线索桥: signed case-lead transfer between agencies that must work together."""

__version__ = "0.1.0"
