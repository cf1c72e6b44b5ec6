"""Does with the words of an `oras` line what ORAS does, by its SDK for Python: `artifacts.py <name> <secret> pull host/project/files:1`.

Files are read from, and written to, the folder that it is started in. Whoever starts it gives it a HOME of its own: there it keeps who
signed in. What is pushed is told by its digest; what is attached gets the tag `attached`.
"""

import argparse

import oras.client
import oras.oci

parser = argparse.ArgumentParser()
parser.add_argument("username")
parser.add_argument("secret")
parser.add_argument("command", choices=["push", "pull", "attach"])
parser.add_argument("--plain-http", action="store_true")
parser.add_argument("--artifact-type")
parser.add_argument("place")
parser.add_argument("files", nargs="*")
given = parser.parse_intermixed_args()

host = given.place.split("/")[0]
# With tokens it does not ask for one that may push where it has one that may pull.
client = oras.client.OrasClient(hostname=host, insecure=given.plain_http, auth_backend="basic")
client.login(username=given.username, password=given.secret, hostname=host, tls_verify=not given.plain_http)
if given.command == "pull":
    client.pull(given.place, outdir=".")
else:
    subject, place = None, given.place
    if given.command == "attach":
        container = client.get_container(given.place)
        answer = client.do_request(f"{client.prefix}://{container.manifest_url()}", "GET",
                                   headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})
        digest = answer.headers["Docker-Content-Digest"]
        subject = oras.oci.Subject("application/vnd.oci.image.manifest.v1+json", digest, len(answer.content))
        place = f"{given.place.rsplit(':', 1)[0]}:attached"
    # Without a file of the name, the configuration is the empty one, and of this type.
    response = client.push(place, files=given.files, manifest_config=f"none:{given.artifact_type}", subject=subject)
    print(response.headers["Docker-Content-Digest"])
