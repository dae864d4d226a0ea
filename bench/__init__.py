"""Measurements that anyone can repeat: `./run bench --help`. Nothing here is part of the service."""
