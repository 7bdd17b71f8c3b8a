"""Run by test/clients/python-client.test.ts with the client that was generated from the document."""

import base64
import json
import os

from muster_client import AuthenticatedClient
from muster_client.api.artifacts import upload_artifact
from muster_client.api.deployments import create_static_deployment, get_deployment
from muster_client.api.device_authentication import list_devices
from muster_client.api.releases import list_releases
from muster_client.api.useradm import log_in
from muster_client.models import ArtifactUpload, Error, ErrorCode, LoginOptions, NewStaticDeployment
from muster_client.types import File

SERVER = os.environ["SERVER"]

credentials = f"{os.environ['EMAIL']}:{os.environ['PASSWORD']}"
basic = AuthenticatedClient(SERVER, base64.b64encode(credentials.encode()).decode(), prefix="Basic")
token = log_in.sync_detailed(client=basic, body=LoginOptions()).content.decode()
api = AuthenticatedClient(SERVER, token)

with open(os.environ["ARTIFACT"], "rb") as artifact:
    upload = ArtifactUpload(File(artifact, "release.mender"))
    uploaded = upload_artifact.sync_detailed(client=api, body=upload)

device = list_devices.sync(client=api, status=["accepted"], per_page=10)[0]
release = list_releases.sync(client=api)[0]

new = NewStaticDeployment("by a generated client", release.name, devices=[device.id], retries=1)
created = create_static_deployment.sync_detailed(client=api, body=new)
deployment = get_deployment.sync(created.headers["location"].split("/")[-1], client=api)

refused = create_static_deployment.sync(
    client=api, body=NewStaticDeployment("refused", "no such release", devices=[device.id])
)
assert isinstance(refused, Error) and isinstance(refused.code, ErrorCode)

print(
    json.dumps(
        {
            "uploaded": uploaded.status_code,
            "device": {"id": device.id, "status": device.status, "auth_sets": len(device.auth_sets)},
            "release": {"name": release.name, "artifacts": len(release.artifacts)},
            "deployment": {"name": deployment.name, "status": deployment.status, "retries": deployment.retries},
            "pending": deployment.statistics.status.pending,
            "refused": {"code": refused.code, "field": refused.field},
        }
    )
)
