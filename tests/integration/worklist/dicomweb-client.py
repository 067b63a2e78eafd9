"""Asks a DICOMweb service by Python's dicomweb-client and prints what came of it as JSON."""

import json
import os
import sys

from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session

url, study = sys.argv[1:]
session = create_session()
session.headers["Authorization"] = f"Bearer {os.environ['TOKEN']}"
client = DICOMwebClient(url=url, session=session)

series = client.search_for_series(study)
series_uid = series[0]["0020000E"]["Value"][0]
metadata = client.retrieve_series_metadata(study, series_uid)
instances = client.retrieve_series(study, series_uid)
instance_uid = metadata[0]["00080018"]["Value"][0]
frames = client.retrieve_instance_frames(study, series_uid, instance_uid, frame_numbers=[1])
rows, columns = (metadata[0][tag]["Value"][0] for tag in ("00280010", "00280011"))
assert len(frames[0]) == rows * columns * 2
print(
    json.dumps(
        {
            "studies": len(client.search_for_studies(search_filters={"StudyInstanceUID": study})),
            "none": len(client.search_for_studies(search_filters={"PatientID": "nobody"})),
            "series": len(series),
            "metadata": len(metadata),
            "instances": len(instances),
            "frame": [rows, columns],
        }
    )
)
