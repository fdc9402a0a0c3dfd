"""What a command writes is checked before any work."""

from __future__ import annotations
