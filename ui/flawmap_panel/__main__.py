"""`python -m flawmap_panel [--device DEVICE] [PHOTO or FOLDER …]`."""

import argparse
import sys

from flawmap_api.words import DEVICES

from .app import run

parser = argparse.ArgumentParser(prog="flawmap panel")
parser.add_argument("--device", choices=DEVICES, default=None)
parser.add_argument("photos", nargs="*")
arguments = parser.parse_args()
sys.exit(run(arguments.photos, device=arguments.device))
