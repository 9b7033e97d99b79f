"""What the node keeps when machines fail under it: power cuts, kills and full disks, all under load.

python -m tests.faults powercut --runs 50
python -m tests.faults --help
"""
