"""What we propose. Pure: aims, mixes, protocol, roster and dwell."""
