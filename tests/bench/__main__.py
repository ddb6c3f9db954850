"""All figures, one after the other: python -m tests.bench. The machine should have nothing else to do meanwhile."""

import subprocess
import sys

MODULES = ("matching", "quality", "semantic", "growth", "knowledge", "store", "web", "telegram", "delivery", "desk", "abuse")


def main() -> int:
    """Run every benchmark in a process of its own, so that none warms up or burdens another."""
    codes = []
    for name in MODULES:
        print(f"\n== {name}", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=False).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
