"""Run the installed command ``autopack`` with the contract on the path. Run by ``world.py``, with a JSON object.

``arguments`` are the command's. The last line on standard error says where the contract came from.
"""

import json
import sys
from importlib.metadata import entry_points

import autopack

if __name__ == "__main__":
    (entry,) = entry_points(group="console_scripts", name="autopack")
    sys.argv[1:] = json.loads(sys.argv[1])["arguments"]
    try:
        entry.load()()
    finally:
        print(json.dumps(list(autopack.__path__)), file=sys.stderr)
