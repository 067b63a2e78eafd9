"""What pydicom reads of result objects: one JSON line a path, with the decoded patient name and what each kind holds."""
import json
import sys

import pydicom


def read(path):
    dataset = pydicom.dcmread(path)
    said = {
        "sopClass": str(dataset.SOPClassUID),
        "study": str(dataset.StudyInstanceUID),
        "name": str(dataset.PatientName),
        "charset": str(dataset.get("SpecificCharacterSet", "")),
        "accession": str(dataset.AccessionNumber),
        "texts": [],
        "shape": [],
        "ones": [],
        "extent": [],
        "points": [],
    }
    if "PixelData" in dataset:
        pixels = dataset.pixel_array
        said["shape"] = list(pixels.shape)
        if dataset.Modality == "SEG":
            frames = pixels if pixels.ndim == 3 else pixels[None]
            said["ones"] = [int(frame.sum()) for frame in frames]
            rows, columns = frames[0].nonzero()
            edges = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            said["extent"] = [int(edge) for edge in edges]
    for annotation in dataset.get("GraphicAnnotationSequence", []):
        for graphic in annotation.GraphicObjectSequence:
            said["points"].append([float(value) for value in graphic.GraphicData])
    walk(dataset, said["texts"])
    if "VerifyingObserverSequence" in dataset:
        said["verifier"] = str(dataset.VerifyingObserverSequence[0].VerifyingObserverName)
    return said


def walk(item, texts):
    for child in item.get("ContentSequence", []):
        for keyword in ("TextValue", "PersonName"):
            if keyword in child:
                texts.append(str(child[keyword].value))
        walk(child, texts)


for given in sys.argv[1:]:
    print(json.dumps(read(given)))
