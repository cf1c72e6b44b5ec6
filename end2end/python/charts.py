"""Does with the words of a `helm` line what Helm does, by Helm's own code: `charts.py <name> <secret> pull oci://… --version 1.0.0`.

Files are read from, and written to, the folder that it is started in. `create <chart> <version>` makes and packages a chart.
"""

import argparse
import sys
import tempfile

import helm_python as helm

parser = argparse.ArgumentParser()
parser.add_argument("username")
parser.add_argument("secret")
commands = parser.add_subparsers(dest="command", required=True)
create = commands.add_parser("create")
create.add_argument("chart")
create.add_argument("version")
push = commands.add_parser("push")
push.add_argument("--plain-http", action="store_true")
push.add_argument("file")
push.add_argument("place")
pull = commands.add_parser("pull")
pull.add_argument("--plain-http", action="store_true")
pull.add_argument("--version")
pull.add_argument("place")
given = parser.parse_args()

if given.command == "create":
    helm.Chart.create(given.chart, ".").close()
    helm.package(given.chart, destination=".", version=given.version)
    sys.exit()

host = given.place.removeprefix("oci://").split("/")[0]
with tempfile.TemporaryDirectory() as folder:
    with helm.RegistryClient(plain_http=given.plain_http, credentials_file=f"{folder}/config.json") as client:
        client.login(host, given.username, given.secret, plain_http=given.plain_http)
        if given.command == "push":
            client.push(given.file, given.place, plain_http=given.plain_http)
        else:
            client.pull(given.place, version=given.version, destination=".", plain_http=given.plain_http)
