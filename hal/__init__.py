"""What the outside world can do, and who does it. The contracts are in interface.py."""
